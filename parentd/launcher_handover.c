#include "parentd/launcher_handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_nursery.h"
#include "parentd/launcher_sandbox.h"
#include "parentd/launcher_spawn.h"
#include "runner/nursery_message.h"

#define HANDOVER_MAGIC   UINT32_C(0x48464c48)
#define HANDOVER_VERSION 3
#define OWN_FDS          14
#define CHILD_FDS        6

extern char **environ;

struct handover_child {
	int32_t fds[CHILD_FDS];
	int32_t wanted;
	int32_t pid;
	uint32_t uid;
	int32_t departed[LAUNCHER_DEPARTED_MAX];
	uint32_t departed_for[LAUNCHER_DEPARTED_MAX];
	uint32_t killed_for;
	uint32_t ended[ENDED_CAUSES];
	int32_t releasing;
	int32_t replacing;
	int32_t page_is_old;
	uint32_t reserved;
	char user[PROTO_USER_LEN];
	uint32_t link_sent;
	uint32_t link_received;
	uint32_t link_state;
	uint32_t restarts;
	uint32_t starts;
	uint32_t release_tries;
	struct restart restart;
	uint64_t started_ns;
	uint64_t start_at_ns;
	uint64_t kill_at_ns;
	uint64_t worked_ns;
};

struct handover {
	uint32_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t checksum; /* of everything behind it */
	int32_t fds[OWN_FDS];
	uint32_t ready;
	uint32_t was_ready;
	uint32_t filter;
	uint32_t generation;
	uint32_t advert_int_us;
	uint32_t upgrades;
	uint32_t upgrading; /* rather than only being executed again */
	uint32_t nursery_version;
	uint32_t topics[PROTO_RUNNER + 1];
	int32_t nursery_pids[LAUNCHER_NURSERIES];
	uint32_t store_sequence;
	uint32_t store_owed;
	uint32_t refused;
	uint32_t refused_beside;
	struct parent_status vrrp;
	uint32_t reserved;
	struct suite_user users[PROTO_PROCESS_END];
	char runtime_dir[PATH_MAX];
	char libexec_dir[PATH_MAX];
	char program[PATH_MAX];
	char config[PATH_MAX];
	char pid_file[PATH_MAX];
	char own_log_dir[PATH_MAX];
	char asked_log_dir[PATH_MAX];
	struct handover_child children[PROTO_PROCESS_END];
};

/* Too large for a stack that a fault would have to grow. */
static struct handover record;

static uint32_t checksum_of(const struct handover *handover)
{
	size_t behind = offsetof(struct handover, fds);

	return proto_checksum(0, (const char *)handover + behind, sizeof(*handover) - behind);
}

/* ---- what goes over ---- */

static void own_fds(struct launcher *launcher, int *fds[OWN_FDS])
{
	int *const all[OWN_FDS] = {&launcher->lock_fd, &launcher->pid_fd, &launcher->null_fd,
		&launcher->control_fd, &launcher->conf_fd, &launcher->notify_fd,
		&launcher->signal_fd, &launcher->handover_fd, &launcher->program_fd,
		&launcher->log.syslog_fd, &launcher->log.journal_fd, &launcher->nurseries[0].fd,
		&launcher->nurseries[1].fd, &launcher->store.record_fd};

	memcpy(fds, all, sizeof(all));
}

static void child_fds(struct launcher_child *child, int *fds[CHILD_FDS])
{
	int *const all[CHILD_FDS] = {&child->link.fd, &child->page_fd, &child->page_read_fd,
		&child->program_fd, &child->pid_file_fd, &child->starting_fd};

	memcpy(fds, all, sizeof(all));
}

struct path {
	char *mine;
	char *written;
};

#define PATHS 7
static void paths(struct launcher *launcher, struct handover *handover, struct path *all)
{
	const struct path list[PATHS] = {
		{launcher->runtime_dir, handover->runtime_dir},
		{launcher->libexec_dir, handover->libexec_dir},
		{launcher->program, handover->program},
		{launcher->config, handover->config},
		{launcher->pid_file, handover->pid_file},
		{launcher->own_log_dir, handover->own_log_dir},
		{launcher->asked_log_dir, handover->asked_log_dir},
	};

	memcpy(all, list, sizeof(list));
}

static void write_child(struct handover_child *to, struct launcher_child *child)
{
	int *fds[CHILD_FDS];

	child_fds(child, fds);
	for (size_t i = 0; i < CHILD_FDS; i++)
		to->fds[i] = *fds[i];
	for (size_t i = 0; i < LAUNCHER_DEPARTED_MAX; i++)
		to->departed[i] = child->departed[i];
	for (size_t i = 0; i < LAUNCHER_DEPARTED_MAX; i++)
		to->departed_for[i] = child->departed_for[i];
	to->killed_for = child->killed_for;
	memcpy(to->ended, child->ended, sizeof(to->ended));
	to->wanted = child->wanted;
	to->pid = child->pid;
	to->uid = child->uid;
	to->releasing = child->releasing;
	to->replacing = child->replacing;
	to->page_is_old = child->page_is_old;
	memcpy(to->user, child->user, sizeof(to->user));
	to->link_sent = child->link.sent;
	to->link_received = child->link.received;
	to->link_state = child->link.state;
	to->restarts = child->restarts;
	to->starts = child->starts;
	to->release_tries = child->release_tries;
	to->restart = child->restart;
	to->started_ns = child->started_ns;
	to->start_at_ns = child->start_at_ns;
	to->kill_at_ns = child->kill_at_ns;
	to->worked_ns = child->worked_ns;
}

int launcher_handover_make(struct launcher *launcher)
{
	int fd = memfd_create("handover", MFD_CLOEXEC);

	launcher->handover_fd = fd == -1 ? -1 : launcher_fd_raise(fd);
	return launcher->handover_fd == -1 ? -1 : 0;
}

int launcher_handover_write(struct launcher *launcher)
{
	struct path all[PATHS];
	int *fds[OWN_FDS];

	memset(&record, 0, sizeof(record));
	record.magic = HANDOVER_MAGIC;
	record.version = HANDOVER_VERSION;
	record.size = sizeof(record);
	own_fds(launcher, fds);
	for (size_t i = 0; i < OWN_FDS; i++)
		record.fds[i] = *fds[i];
	record.ready = launcher->ready;
	record.was_ready = launcher->was_ready;
	record.filter = launcher->filter;
	record.generation = launcher->generation;
	record.advert_int_us = launcher->advert_int_us;
	record.upgrades = launcher->upgrade.count;
	record.upgrading = launcher->upgrade.phase == UPGRADE_REPLACING;
	record.store_sequence = launcher->store.sequence;
	record.store_owed = launcher->store.owed;
	record.refused = launcher->status.refused;
	record.refused_beside = launcher->status.refused_beside;
	record.vrrp = launcher->status.vrrp;
	record.nursery_version = NURSERY_VERSION;
	for (int i = 0; i < LAUNCHER_NURSERIES; i++)
		record.nursery_pids[i] = launcher->nurseries[i].pid;
	memcpy(record.topics, launcher->topics, sizeof(record.topics));
	memcpy(record.users, launcher->users, sizeof(record.users));
	paths(launcher, &record, all);
	for (size_t i = 0; i < PATHS; i++)
		strlcpy(all[i].written, all[i].mine, PATH_MAX);
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++)
		write_child(&record.children[process], &launcher->children[process]);
	record.checksum = checksum_of(&record);
	if (ftruncate(launcher->handover_fd, 0) == -1)
		return -1;
	ssize_t length = pwrite(launcher->handover_fd, &record, sizeof(record), 0);
	return length == (ssize_t)sizeof(record) ? 0 : -1;
}

/* ---- executing ---- */

static void keep_fds(struct launcher *launcher, bool keep)
{
	int *fds[OWN_FDS];

	own_fds(launcher, fds);
	for (size_t i = 0; i < OWN_FDS; i++)
		fcntl(*fds[i], F_SETFD, keep ? 0 : FD_CLOEXEC);
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		child_fds(&launcher->children[process], fds);
		for (size_t i = 0; i < CHILD_FDS; i++)
			fcntl(*fds[i], F_SETFD, keep ? 0 : FD_CLOEXEC);
	}
}

const char *launcher_handover_exec(struct launcher *launcher)
{
	uint64_t capabilities = launcher_sandbox_capabilities(PROTO_LAUNCHER);
	struct launcher_command command;

	if (launcher_handover_write(launcher) == -1)
		return strerror(errno);
	launcher_command_again(&command, launcher, false);
	keep_fds(launcher, true);
	if (caps_pass_on(capabilities) == 0)
		execveat(launcher->program_fd, "", command.arguments, environ, AT_EMPTY_PATH);
	const char *why = strerror(errno);
	keep_fds(launcher, false);
	if (caps_set(capabilities, capabilities, 0) == -1 || caps_clear_ambient() == -1)
		fatal("capabilities");
	return why;
}

/* ---- taking over ---- */

static bool text_is_good(const char *text)
{
	return memchr(text, '\0', PATH_MAX) != NULL;
}

/* Into record. */
static const char *read_record(int fd)
{
	struct launcher unused;
	struct path all[PATHS];

	ssize_t length = pread(fd, &record, sizeof(record), 0);
	if (length < (ssize_t)offsetof(struct handover, fds) || record.magic != HANDOVER_MAGIC)
		return "what was handed over is no record of a launcher";
	if (record.version != HANDOVER_VERSION)
		return "what was handed over is of another version";
	if (length != (ssize_t)sizeof(record) || record.size != sizeof(record))
		return "what was handed over has another size";
	if (record.checksum != checksum_of(&record))
		return "what was handed over is damaged";
	if (record.nursery_version != NURSERY_VERSION)
		return "the nursery that runs is of another version: restart the service instead";
	paths(&unused, &record, all);
	for (size_t i = 0; i < PATHS; i++) {
		if (!text_is_good(all[i].written))
			return "what was handed over has a text without an end";
	}
	return NULL;
}

const char *launcher_handover_check(struct launcher *launcher, int fd)
{
	const char *why = read_record(fd);

	launcher->filter = why == NULL ? record.filter : 0;
	return why;
}

static void take_child(struct launcher_child *child, const struct handover_child *from)
{
	int *fds[CHILD_FDS];

	child_fds(child, fds);
	for (size_t i = 0; i < CHILD_FDS; i++)
		*fds[i] = from->fds[i];
	for (size_t i = 0; i < LAUNCHER_DEPARTED_MAX; i++)
		child->departed[i] = from->departed[i];
	for (size_t i = 0; i < LAUNCHER_DEPARTED_MAX; i++)
		child->departed_for[i] = (enum ended_cause)from->departed_for[i];
	child->killed_for = (enum ended_cause)from->killed_for;
	memcpy(child->ended, from->ended, sizeof(child->ended));
	child->wanted = from->wanted != 0;
	child->pid = from->pid;
	child->uid = from->uid;
	child->releasing = from->releasing != 0;
	child->replacing = from->replacing != 0;
	child->page_is_old = from->page_is_old != 0;
	memcpy(child->user, from->user, sizeof(child->user));
	child->link.peer = child->process;
	child->link.sent = from->link_sent;
	child->link.received = from->link_received;
	child->link.state = (enum proto_state)from->link_state;
	child->restarts = from->restarts;
	child->starts = from->starts;
	child->release_tries = from->release_tries;
	child->restart = from->restart;
	child->started_ns = from->started_ns;
	child->start_at_ns = from->start_at_ns;
	child->kill_at_ns = from->kill_at_ns;
	child->worked_ns = from->worked_ns;
}

static void take_nurseries(struct launcher *launcher)
{
	for (int i = 0; i < LAUNCHER_NURSERIES; i++)
		launcher->nurseries[i].pid = record.nursery_pids[i];
	launcher_nursery_go_on(launcher);
}

const char *launcher_handover_take(struct launcher *launcher, int fd)
{
	const char *why = launcher_handover_check(launcher, fd);
	struct path all[PATHS];
	int *fds[OWN_FDS];

	if (why != NULL)
		return why;
	own_fds(launcher, fds);
	for (size_t i = 0; i < OWN_FDS; i++)
		*fds[i] = record.fds[i];
	paths(launcher, &record, all);
	for (size_t i = 0; i < PATHS; i++)
		strlcpy(all[i].mine, all[i].written, PATH_MAX);
	launcher->ready = record.ready != 0;
	launcher->was_ready = record.was_ready != 0;
	launcher->generation = record.generation;
	launcher->advert_int_us = record.advert_int_us;
	launcher->upgrade.count = record.upgrades;
	launcher->upgrade.phase = record.upgrading != 0 ? UPGRADE_REPLACING : UPGRADE_IDLE;
	memcpy(launcher->topics, record.topics, sizeof(record.topics));
	memcpy(launcher->users, record.users, sizeof(record.users));
	launcher->store.sequence = record.store_sequence;
	launcher->store.owed = record.store_owed;
	launcher->store.again_ns = record.store_owed != 0 ? clock_now_ns() : 0;
	launcher->status.refused = record.refused != 0;
	launcher->status.refused_beside = record.refused_beside;
	launcher->status.vrrp = record.vrrp;
	take_nurseries(launcher);
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++)
		take_child(&launcher->children[process], &record.children[process]);
	keep_fds(launcher, false);
	return NULL;
}
