#include "parentd/launcher_store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_notify.h"
#include "parentd/launcher_spawn.h"
#include "parentd/notified.h"
#include "proto/state_page.h"

#define RECORD_MAGIC   UINT32_C(0x48465352)
#define RECORD_VERSION 1
#define RECORD_COPIES  2
#define CONF_MAX       ((off_t)64 << 20)
#define PASSED_FIRST   3
#define PASSED_MAX     64
#define END_LIMIT_MS   1000
#define AGAIN_NS       (1 * NSEC_PER_SEC)

/* What is kept, and the bit of each in launcher_store.owed. */
enum item {
	ITEM_RECORD,
	ITEM_CONFIGURATION,
	ITEM_PAGE,                                /* of PROTO_LAUNCHER, which has none */
	ITEM_LINK = ITEM_PAGE + PROTO_DAEMON_END, /* likewise */
	ITEM_END = ITEM_LINK + PROTO_DAEMON_END,
};

struct record_child {
	int32_t pid; /* 0: it was never started */
	uint32_t uid;
};

struct record {
	uint32_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t checksum; /* of everything behind it */
	uint32_t sequence;
	uint32_t was_ready;
	uint32_t generation;
	uint32_t advert_int_us;
	struct record_child children[PROTO_DAEMON_END];
};

#define RECORD_SIZE ((off_t)(RECORD_COPIES * sizeof(struct record)))

static uint32_t checksum_of(const struct record *record)
{
	size_t behind = offsetof(struct record, sequence);

	return proto_checksum(0, (const char *)record + behind, sizeof(*record) - behind);
}

/* ---- the things that are kept ---- */

static enum item page_of(enum proto_process process)
{
	return (enum item)(ITEM_PAGE + (int)process);
}

static enum item link_of(enum proto_process process)
{
	return (enum item)(ITEM_LINK + (int)process);
}

static bool is_link(enum item item)
{
	return item > ITEM_LINK;
}

static enum proto_process process_of(enum item item)
{
	return (enum proto_process)((int)item - (int)(item > ITEM_LINK ? ITEM_LINK : ITEM_PAGE));
}

static bool item_exists(enum item item)
{
	if (item <= ITEM_CONFIGURATION)
		return true;
	if (item > ITEM_PAGE && item < ITEM_LINK)
		return process_of(item) >= PROTO_PARENT;
	return is_link(item) && process_of(item) >= PROTO_VRRP;
}

static void item_name(enum item item, char *name, size_t size)
{
	if (item == ITEM_RECORD)
		snprintf(name, size, "launcher");
	else if (item == ITEM_CONFIGURATION)
		snprintf(name, size, "configuration");
	else
		snprintf(name, size, "%s-%s", is_link(item) ? "channel" : "page",
			proto_process_name(process_of(item)));
}

static int item_fd(const struct launcher *launcher, enum item item)
{
	if (item == ITEM_RECORD)
		return launcher->store.record_fd;
	if (item == ITEM_CONFIGURATION)
		return launcher->conf_fd;
	const struct launcher_child *child = &launcher->children[process_of(item)];
	return is_link(item) ? child->link.fd : child->page_fd;
}

/* ---- giving ---- */

bool launcher_store_works(const struct launcher *launcher)
{
	return launcher->notify_fd != -1 && launcher->store.record_fd != -1;
}

static int tell(const struct launcher *launcher, const char *what, enum item item, int fd)
{
	char name[64];
	char text[96];

	item_name(item, name, sizeof(name));
	snprintf(text, sizeof(text), "%s=1\nFDNAME=%s", what, name);
	return notify_send_fd(launcher->notify_fd, text, fd);
}

/* Of a channel only the newest end is open, and the service manager drops what is closed at its
 * other end by itself; a configuration has to be taken back before there is a new one. */
static int give(const struct launcher *launcher, enum item item)
{
	int fd = item_fd(launcher, item);

	if (fd == -1)
		return 0;
	if (item == ITEM_CONFIGURATION && tell(launcher, "FDSTOREREMOVE", item, -1) == -1)
		return -1;
	return tell(launcher, "FDSTORE", item, fd);
}

static void give_owed(struct launcher *launcher)
{
	struct launcher_store *store = &launcher->store;

	store->again_ns = 0;
	for (int item = 0; item < ITEM_END; item++) {
		if ((store->owed & UINT32_C(1) << item) == 0)
			continue;
		if (give(launcher, (enum item)item) == -1) {
			log_warn("service manager: %s", "what it is to keep");
			store->again_ns = clock_now_ns() + AGAIN_NS;
			return;
		}
		store->owed &= ~(UINT32_C(1) << item);
	}
}

static void owe(struct launcher *launcher, enum item item)
{
	if (!launcher_store_works(launcher) || launcher->stopping)
		return;
	launcher->store.owed |= UINT32_C(1) << item;
	give_owed(launcher);
}

void launcher_store_run(struct launcher *launcher, uint64_t now_ns)
{
	if (launcher->store.again_ns != 0 && now_ns >= launcher->store.again_ns)
		give_owed(launcher);
}

/* Until it has a successor, the orphan. */
static struct record_child who_runs(const struct launcher *launcher, enum proto_process process)
{
	const struct launcher_orphan *orphan = &launcher->store.orphans[process];
	const struct launcher_child *child = &launcher->children[process];

	if (orphan->fd != -1)
		return (struct record_child){orphan->pid, orphan->uid};
	return (struct record_child){child->pid, child->uid};
}

/* Two copies in turn: whoever dies while it writes leaves the older one. */
void launcher_store_save(struct launcher *launcher)
{
	struct launcher_store *store = &launcher->store;
	struct record record = {.magic = RECORD_MAGIC,
		.version = RECORD_VERSION,
		.size = sizeof(record),
		.sequence = ++store->sequence,
		.was_ready = launcher->was_ready,
		.generation = launcher->generation,
		.advert_int_us = launcher->advert_int_us};
	off_t at = (off_t)((store->sequence % RECORD_COPIES) * sizeof(record));

	if (store->record_fd == -1)
		return;
	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++)
		record.children[process] = who_runs(launcher, (enum proto_process)process);
	record.checksum = checksum_of(&record);
	if (pwrite(store->record_fd, &record, sizeof(record), at) != (ssize_t)sizeof(record))
		log_warn("record for the next launcher");
}

int launcher_store_begin(struct launcher *launcher)
{
	struct launcher_store *store = &launcher->store;

	if (launcher->notify_fd == -1)
		return 0;
	if (store->record_fd == -1) {
		int fd = memfd_create("launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (fd == -1 || ftruncate(fd, RECORD_SIZE) == -1 ||
			fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1)
			return -1;
		store->record_fd = launcher_fd_raise(fd);
	}
	launcher_store_save(launcher);
	for (int item = 0; item < ITEM_END; item++) {
		if ((store->refused & UINT32_C(1) << item) != 0 &&
			tell(launcher, "FDSTOREREMOVE", (enum item)item, -1) == -1)
			return -1;
	}
	owe(launcher, ITEM_RECORD);
	for (int process = PROTO_PARENT; process < PROTO_DAEMON_END; process++)
		owe(launcher, page_of((enum proto_process)process));
	return 0;
}

/* The record first: an open channel leads to the process whose number is in it. */
void launcher_store_child(struct launcher *launcher, const struct launcher_child *child)
{
	if (child->process < PROTO_VRRP || child->process >= PROTO_DAEMON_END || !child->wanted)
		return;
	launcher_store_save(launcher);
	owe(launcher, link_of(child->process));
}

void launcher_store_configuration(struct launcher *launcher)
{
	launcher_store_save(launcher);
	owe(launcher, ITEM_CONFIGURATION);
}

void launcher_store_forget(struct launcher *launcher)
{
	if (!launcher_store_works(launcher))
		return;
	for (int item = 0; item < ITEM_END; item++) {
		if (item_exists((enum item)item) &&
			tell(launcher, "FDSTOREREMOVE", (enum item)item, -1) == -1)
			log_warn("service manager: what it keeps");
	}
	launcher->store.owed = 0;
	launcher->store.again_ns = 0;
}

/* ---- taking ---- */

void launcher_store_init(struct launcher_store *store)
{
	*store = (struct launcher_store){.record_fd = -1};
	for (int process = 0; process < PROTO_DAEMON_END; process++)
		store->orphans[process].fd = -1;
}

unsigned launcher_store_passed(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");

	if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != getpid())
		return 0;
	long passed = strtol(count, NULL, 10);
	return passed > 0 && passed <= PASSED_MAX ? (unsigned)passed : 0;
}

/* NULL: it is what it should be. */
static const char *check_file(int fd, off_t size, int seals)
{
	struct stat status;
	int have = fcntl(fd, F_GET_SEALS);

	if (have == -1 || (have & seals) != seals)
		return "it is not sealed";
	if (fstat(fd, &status) == -1 || status.st_size <= 0 || status.st_size > CONF_MAX ||
		(size != 0 && status.st_size != size))
		return "it has another size";
	return NULL;
}

static const char *check_page(enum proto_process process, int fd)
{
	const char *why;

	if (process == PROTO_PARENT)
		return check_file(fd, NOTIFIED_PAGE_SIZE, F_SEAL_SHRINK | F_SEAL_GROW);
	struct state_page *page = state_page_open(process, fd, true, &why);
	state_page_close(page);
	return page == NULL ? why : NULL;
}

static const char *check_link(int fd)
{
	struct pollfd end = {.fd = fd};
	const struct timespec at_once = {0};

	if (ppoll(&end, 1, &at_once, NULL) == -1)
		return strerror(errno);
	return (end.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? "the process has ended" : NULL;
}

static const char *check(enum item item, int fd)
{
	if (item == ITEM_RECORD)
		return check_file(fd, RECORD_SIZE, F_SEAL_SHRINK | F_SEAL_GROW);
	if (item == ITEM_CONFIGURATION)
		return check_file(fd, 0, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	return is_link(item) ? check_link(fd) : check_page(process_of(item), fd);
}

/* ITEM_END: none of ours. */
static enum item item_named(const char *name, size_t length)
{
	char mine[64];

	for (int item = 0; item < ITEM_END; item++) {
		item_name((enum item)item, mine, sizeof(mine));
		if (item_exists((enum item)item) && strlen(mine) == length &&
			memcmp(mine, name, length) == 0)
			return (enum item)item;
	}
	return ITEM_END;
}

static int *place_of(struct launcher *launcher, enum item item)
{
	if (item == ITEM_RECORD)
		return &launcher->store.record_fd;
	if (item == ITEM_CONFIGURATION)
		return &launcher->conf_fd;
	if (is_link(item))
		return &launcher->store.orphans[process_of(item)].fd;
	return &launcher->children[process_of(item)].page_fd;
}

/* Where two have the same name the service manager was given the first that it names last. */
static void take(struct launcher *launcher, int fd, const char *name, size_t length)
{
	enum item item = item_named(name, length);
	const char *why = item == ITEM_END ? "it is not known here" : check(item, fd);

	if (why == NULL && *place_of(launcher, item) != -1)
		why = "there are two of them";
	if (why != NULL) {
		log_info("%.*s, which the service manager kept, is not used: %s", (int)length, name,
			why);
		close(fd);
		if (item != ITEM_END && *place_of(launcher, item) == -1)
			launcher->store.refused |= UINT32_C(1) << item;
		return;
	}
	*place_of(launcher, item) = launcher_fd_raise(fd);
}

static bool read_record(int fd, struct record *newest)
{
	struct record copy;
	bool found = false;

	for (int i = 0; i < RECORD_COPIES; i++) {
		off_t at = (off_t)((size_t)i * sizeof(copy));
		if (pread(fd, &copy, sizeof(copy), at) != (ssize_t)sizeof(copy) ||
			copy.magic != RECORD_MAGIC || copy.version != RECORD_VERSION ||
			copy.size != sizeof(copy) || copy.checksum != checksum_of(&copy))
			continue;
		if (!found || (int32_t)(copy.sequence - newest->sequence) > 0)
			*newest = copy;
		found = true;
	}
	return found;
}

/* An orphan goes on only until a successor can: for that its number and its page are needed. */
static void adopt_orphan(
	struct launcher *launcher, enum proto_process process, const struct record_child *known)
{
	struct launcher_orphan *orphan = &launcher->store.orphans[process];

	if (orphan->fd == -1)
		return;
	orphan->pid = known->pid;
	orphan->uid = known->uid;
	if (known->pid > 1 && launcher->children[process].page_fd != -1) {
		log_line(LOG_NOTICE, "%s[%d] goes on until its successor starts",
			proto_process_name(process), (int)orphan->pid);
		return;
	}
	log_warnx("%s of before cannot be succeeded: it gives up what it holds",
		proto_process_name(process));
	orphan->pid = 0;
	/* The end of the channel to it, whoever else holds that open. */
	if (shutdown(orphan->fd, SHUT_WR) == -1)
		log_warn("channel to %s of before", proto_process_name(process));
}

static void use_record(struct launcher *launcher, const struct record *record)
{
	launcher->store.sequence = record->sequence;
	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++)
		adopt_orphan(launcher, (enum proto_process)process, &record->children[process]);
	if (record->was_ready == 0 || launcher->conf_fd == -1)
		return;
	launcher->was_ready = true;
	launcher->generation = record->generation;
	launcher->advert_int_us = record->advert_int_us;
	/* What the page says is held is held. */
	if (launcher->children[PROTO_VRRP].page_fd != -1)
		launcher->children[PROTO_VRRP].worked_ns = clock_now_ns();
}

void launcher_store_collect(struct launcher *launcher, unsigned count)
{
	const char *names = getenv("LISTEN_FDNAMES");
	struct record record = {0};

	for (unsigned i = 0; i < count; i++) {
		size_t length = names != NULL ? strcspn(names, ":") : 0;
		take(launcher, PASSED_FIRST + (int)i, names != NULL ? names : "", length);
		if (names != NULL)
			names += names[length] == ':' ? length + 1 : length;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (launcher->store.record_fd != -1 && !read_record(launcher->store.record_fd, &record))
		log_warnx("what the last launcher left is damaged: starting without");
	use_record(launcher, &record);
}

/* ---- orphans ---- */

/* It is alive as long as its end of the channel is open, so the number is still its own. */
static void end_orphan(struct launcher_orphan *orphan, enum proto_process process)
{
	struct pollfd end = {.fd = orphan->fd};
	const struct timespec patience = {.tv_sec = END_LIMIT_MS / 1000};

	if (check_link(orphan->fd) != NULL)
		return;
	if (orphan->pid != 0 && launcher_kill(orphan->pid, orphan->uid) == -1)
		log_warn("%s[%d] of before", proto_process_name(process), (int)orphan->pid);
	if (ppoll(&end, 1, &patience, NULL) != 1)
		log_warnx("%s of before does not end", proto_process_name(process));
}

void launcher_store_succeed(struct launcher *launcher, const struct launcher_child *child)
{
	if (child->process >= PROTO_DAEMON_END)
		return;
	struct launcher_orphan *orphan = &launcher->store.orphans[child->process];
	if (orphan->fd == -1)
		return;
	end_orphan(orphan, child->process);
	close(orphan->fd);
	orphan->fd = -1;
}

void launcher_store_release(struct launcher *launcher)
{
	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++) {
		struct launcher_orphan *orphan = &launcher->store.orphans[process];
		if (orphan->fd == -1 || launcher->children[process].wanted)
			continue;
		log_info("%s[%d] of before is not wanted any more: it gives up what it holds",
			proto_process_name((enum proto_process)process), (int)orphan->pid);
		close(orphan->fd);
		orphan->fd = -1;
		if (tell(launcher, "FDSTOREREMOVE", link_of((enum proto_process)process), -1) == -1)
			log_warn("service manager");
	}
}
