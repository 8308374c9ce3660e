#include "parentd/launcher_upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_handover.h"
#include "parentd/launcher_spawn.h"
#include "proto/state_page.h"

/* A program may take so long to show that it works. */
#define STEP_LIMIT_NS (10 * NSEC_PER_SEC)

/* In this order they are tried and replaced: what everything depends on comes last. */
static const enum proto_process order[] = {
	PROTO_RUNNER, PROTO_IPVS, PROTO_CHECK, PROTO_VRRP, PROTO_PARENT, PROTO_LAUNCHER};
#define STEPS (sizeof(order) / sizeof(order[0]))

void launcher_upgrade_report(struct launcher *launcher)
{
	const struct launcher_upgrade *upgrade = &launcher->upgrade;
	struct launcher_upgrade_report report = {.state = upgrade->state, .count = upgrade->count};

	proto_string_set(report.reason, sizeof(report.reason), upgrade->reason);
	launcher_child_send(launcher_parent(launcher), LAUNCHER_UPGRADE, &report, -1);
}

/* One program may be that of several processes: this one and the next so many. */
static int last_of(enum proto_process process)
{
	return process == PROTO_RUNNER ? PROTO_RUNNER_LAST : (int)process;
}

static void replace_all_of(
	struct launcher *launcher, enum proto_process process, const char *reason)
{
	for (int i = (int)process; i <= last_of(process); i++)
		launcher_child_replace(&launcher->children[i], reason);
}

static uint32_t starts_of(const struct launcher *launcher, enum proto_process process)
{
	uint32_t starts = 0;

	for (int i = (int)process; i <= last_of(process); i++)
		starts += launcher->children[i].starts;
	return starts;
}

static void finish(struct launcher *launcher, enum upgrade_state state)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;

	for (size_t i = 0; i < STEPS; i++) {
		if (upgrade->program_fd[order[i]] != -1)
			close(upgrade->program_fd[order[i]]);
		upgrade->program_fd[order[i]] = -1;
	}
	upgrade->phase = UPGRADE_IDLE;
	upgrade->state = state;
	upgrade->count++;
	launcher_upgrade_report(launcher);
}

void launcher_upgrade_done(struct launcher *launcher)
{
	if (launcher->upgrade.phase == UPGRADE_IDLE)
		log_info("executed again");
	else
		log_line(LOG_NOTICE,
			"upgraded: every process but the nurseries is of the new programs, "
			"Holdfast %s",
			HOLDFAST_VERSION);
	finish(launcher, UPGRADE_DONE);
}

/* From here on program_fd holds what ran before, and the child what is new, or the reverse. */
static void exchange_programs(struct launcher *launcher, enum proto_process process)
{
	int *mine = process == PROTO_LAUNCHER ? &launcher->program_fd
					      : &launcher->children[process].program_fd;
	int *other = &launcher->upgrade.program_fd[process];
	int fd = *mine;

	*mine = *other;
	*other = fd;
}

/* What was replaced already goes back to the program it ran before. */
static void refuse(struct launcher *launcher, enum proto_process process, const char *why)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;

	snprintf(upgrade->reason, sizeof(upgrade->reason), "the new %s: %s",
		proto_process_name(process), why);
	log_line(LOG_ERR, "upgrade refused, the programs that ran go on: %s", upgrade->reason);
	if (upgrade->phase == UPGRADE_REPLACING) {
		for (size_t i = 0; i < STEPS && order[i] != PROTO_LAUNCHER; i++) {
			if (i > upgrade->step)
				break;
			exchange_programs(launcher, order[i]);
			replace_all_of(launcher, order[i], "back to its program before");
		}
	}
	finish(launcher, UPGRADE_REFUSED);
}

static void kill_trial(const struct launcher *launcher)
{
	const struct launcher_upgrade *upgrade = &launcher->upgrade;

	launcher_kill(upgrade->trial_pid, launcher_user_of(launcher, order[upgrade->step])->uid);
}

void launcher_upgrade_abandon(struct launcher *launcher)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;

	if (upgrade->phase == UPGRADE_IDLE)
		return;
	if (upgrade->phase == UPGRADE_TRYING) {
		kill_trial(launcher);
		upgrade->trial_pid = 0;
		launcher_link_close(&upgrade->trial_link);
	}
	snprintf(upgrade->reason, sizeof(upgrade->reason), "everything stops");
	log_warnx("upgrade given up: %s", upgrade->reason);
	finish(launcher, UPGRADE_REFUSED);
}

/* ---- trying ---- */

static void try_next(struct launcher *launcher)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;
	struct launcher_child trial = {.process = order[upgrade->step],
		.page_fd = -1,
		.program_fd = upgrade->program_fd[order[upgrade->step]],
		.trying = true};
	int ends[2];

	if (trial.process == PROTO_LAUNCHER && launcher_handover_write(launcher) == -1) {
		refuse(launcher, trial.process, "what it is to be told cannot be written");
		return;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) {
		refuse(launcher, trial.process, strerror(errno));
		return;
	}
	upgrade->trial_pid = launcher_spawn(launcher, &trial, ends[1]);
	close(ends[1]);
	/* A launcher has no row in the table to talk to itself. */
	launcher_link_open(&upgrade->trial_link, ends[0],
		trial.process == PROTO_LAUNCHER ? PROTO_PARENT : trial.process);
	upgrade->deadline_ns = clock_now_ns() + STEP_LIMIT_NS;
	if (upgrade->trial_pid == -1) {
		launcher_link_close(&upgrade->trial_link);
		upgrade->trial_pid = 0;
		refuse(launcher, trial.process, strerror(errno));
	}
}

/* What is wrong with the program that was tried; NULL: all is well. text holds the words. */
static const char *judge(struct launcher_link *link, int wait_status, char *text, size_t size)
{
	struct launcher_message message;
	const char *why;

	if (WIFSIGNALED(wait_status)) {
		snprintf(text, size, "it was ended by SIG%s%s", sigabbrev_np(WTERMSIG(wait_status)),
			WTERMSIG(wait_status) == SIGSYS ? " (a system call that it may not make: "
							  "restart the service instead)"
							: "");
		return text;
	}
	switch (launcher_link_receive(link, &message, &why)) {
	case LINK_BROKEN:
		return why; /* such as another version of the protocol */
	case LINK_EMPTY:
	case LINK_CLOSED:
		if (WEXITSTATUS(wait_status) == 0)
			return "it said nothing: is it a program of this suite?";
		if (WEXITSTATUS(wait_status) == LAUNCHER_EXEC_FAILED)
			return "it cannot be executed";
		snprintf(text, size, "it ended with exit status %d", WEXITSTATUS(wait_status));
		return text;
	case LINK_MESSAGE:
		break;
	}
	if (message.header.type != PROCESS_PROBED)
		return "it said something else than it should";
	if (((const struct process_probed *)message.body)->state_page_version != STATE_PAGE_VERSION)
		return "its state pages are of another version";
	return NULL;
}

static void begin_replacing(struct launcher *launcher);

bool launcher_upgrade_reaped(struct launcher *launcher, pid_t pid, int wait_status)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;
	enum proto_process process = order[upgrade->step];
	char text[96];

	if (upgrade->phase != UPGRADE_TRYING || pid != upgrade->trial_pid)
		return false;
	upgrade->trial_pid = 0;
	const char *why = judge(&upgrade->trial_link, wait_status, text, sizeof(text));
	launcher_link_close(&upgrade->trial_link);
	if (why != NULL) {
		refuse(launcher, process, why);
	} else if (++upgrade->step < STEPS) {
		try_next(launcher);
	} else {
		begin_replacing(launcher);
	}
	return true;
}

/* ---- replacing ---- */

static void replace_next(struct launcher *launcher)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;
	enum proto_process process = order[upgrade->step];

	upgrade->deadline_ns = clock_now_ns() + STEP_LIMIT_NS;
	upgrade->begun_ns = clock_now_ns();
	exchange_programs(launcher, process);
	if (process != PROTO_LAUNCHER) {
		upgrade->starts = starts_of(launcher, process);
		replace_all_of(launcher, process, "it is upgraded");
		return;
	}
	const char *why = launcher_handover_exec(launcher);
	exchange_programs(launcher, process);
	refuse(launcher, process, why);
}

static void begin_replacing(struct launcher *launcher)
{
	launcher->upgrade.phase = UPGRADE_REPLACING;
	launcher->upgrade.step = 0;
	log_info("upgrade: all new programs can be executed and speak this version");
	replace_next(launcher);
}

/* The new one has the configuration; or it need not run. */
static bool is_replaced(const struct launcher *launcher)
{
	const struct launcher_upgrade *upgrade = &launcher->upgrade;
	enum proto_process process = order[upgrade->step];

	for (int i = (int)process; i <= last_of(process); i++) {
		const struct launcher_child *child = &launcher->children[i];
		if (child->wanted && (child->pid == 0 || child->worked_ns <= child->started_ns ||
					     child->started_ns <= upgrade->begun_ns))
			return false;
	}
	return true;
}

/* Dead again, more than once: others than we may have killed it the first time. */
static bool keeps_dying(const struct launcher *launcher)
{
	const struct launcher_upgrade *upgrade = &launcher->upgrade;

	enum proto_process process = order[upgrade->step];
	uint32_t processes = (uint32_t)(last_of(process) - (int)process) + 1;

	return starts_of(launcher, process) > upgrade->starts + 2 * processes;
}

void launcher_upgrade_run(struct launcher *launcher, uint64_t now_ns)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;

	if (upgrade->phase == UPGRADE_IDLE)
		return;
	if (upgrade->phase == UPGRADE_TRYING) {
		if (now_ns >= upgrade->deadline_ns && upgrade->trial_pid != 0)
			kill_trial(launcher);
		return;
	}
	if (is_replaced(launcher)) {
		upgrade->step++;
		replace_next(launcher);
	} else if (keeps_dying(launcher)) {
		refuse(launcher, order[upgrade->step], "it keeps dying");
	} else if (now_ns >= upgrade->deadline_ns) {
		refuse(launcher, order[upgrade->step], "it does not get to work");
	}
}

uint64_t launcher_upgrade_deadline(const struct launcher *launcher)
{
	return launcher->upgrade.phase == UPGRADE_IDLE ? 0 : launcher->upgrade.deadline_ns;
}

/* ---- begin ---- */

static int open_programs(struct launcher *launcher)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;
	char path[PATH_MAX + 16];

	for (size_t i = 0; i < STEPS; i++) {
		if (order[i] == PROTO_LAUNCHER)
			strlcpy(path, launcher->program, sizeof(path));
		else
			snprintf(path, sizeof(path), "%s/%s", launcher->libexec_dir,
				proto_process_name(order[i]));
		int fd = open(path, O_PATH | O_CLOEXEC);
		upgrade->program_fd[order[i]] = fd == -1 ? -1 : launcher_fd_raise(fd);
		if (upgrade->program_fd[order[i]] == -1) {
			refuse(launcher, order[i], strerror(errno));
			return -1;
		}
	}
	return 0;
}

void launcher_upgrade_begin(struct launcher *launcher)
{
	struct launcher_upgrade *upgrade = &launcher->upgrade;

	if (upgrade->phase != UPGRADE_IDLE || launcher->stopping)
		return;
	log_line(LOG_NOTICE, "upgrade asked for: trying the programs in %s", launcher->libexec_dir);
	upgrade->state = UPGRADE_RUNNING;
	upgrade->reason[0] = '\0';
	upgrade->step = 0;
	launcher_upgrade_report(launcher);
	if (open_programs(launcher) == -1)
		return;
	upgrade->phase = UPGRADE_TRYING;
	try_next(launcher);
}
