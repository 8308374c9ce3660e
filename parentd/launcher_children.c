#include "parentd/launcher_children.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_ended.h"
#include "parentd/launcher_logs.h"
#include "parentd/launcher_nursery.h"
#include "parentd/launcher_spawn.h"
#include "parentd/launcher_upgrade.h"

#define START_FAILED_MS 1000
#define RELEASE_TRIES   3

void launcher_children_init(struct launcher *launcher)
{
	for (int process = 0; process < PROTO_PROCESS_END; process++) {
		launcher->children[process] =
			(struct launcher_child){.process = (enum proto_process)process,
				.link = {.fd = -1},
				.page_fd = -1,
				.page_read_fd = -1,
				.program_fd = -1,
				.starting_fd = -1,
				.pid_file_fd = -1};
	}
}

struct launcher_child *launcher_parent(struct launcher *launcher)
{
	return &launcher->children[PROTO_PARENT];
}

bool launcher_is_daemon(const struct launcher_child *child)
{
	return child->process >= PROTO_VRRP;
}

bool launcher_is_runner(const struct launcher_child *child)
{
	return child->process >= PROTO_RUNNER_FIRST;
}

void launcher_child_kill(struct launcher_child *child, const char *reason)
{
	if (child->pid == 0)
		return;
	log_change(LOG_WARNING,
		&(struct log_change){.kind = LOG_PROCESS_KILLED,
			.child = proto_process_name(child->process),
			.state = "killed",
			.reason = reason},
		"%s[%d] is killed: %s", proto_process_name(child->process), (int)child->pid,
		reason);
	child->killed_for = ENDED_MISBEHAVED;
	if (launcher_kill(child->pid, child->uid) == -1)
		log_warn("kill");
}

/* Its scripts get their SIGTERM first. */
static void replace_runner(struct launcher_child *child)
{
	child->replacing = true;
	launcher_child_send(child, LAUNCHER_STOP, NULL, -1);
	child->kill_at_ns = clock_now_ns() + CHILD_STOP_MS * NSEC_PER_MSEC;
}

void launcher_child_replace(struct launcher_child *child, const char *reason)
{
	if (child->kill_at_ns != 0)
		return; /* it goes by itself, and is giving up what it holds */
	if (child->pid != 0 && launcher_is_runner(child)) {
		replace_runner(child);
	} else if (child->pid != 0) {
		child->replacing = true;
		launcher_child_kill(child, reason);
	} else if (child->wanted) {
		child->start_at_ns = clock_now_ns();
	}
}

void launcher_child_send(
	struct launcher_child *child, enum proto_type type, const void *body, int send_fd)
{
	if (child->pid == 0 || child->link.fd == -1)
		return;
	/* A closed channel is seen, and answered, where it is read. */
	if (launcher_link_send(&child->link, type, body, send_fd) == -1 && errno == EAGAIN)
		launcher_child_kill(child, "it does not read what the launcher sends");
}

/* ---- heartbeat ---- */

void launcher_children_pace(struct launcher *launcher)
{
	uint64_t now = clock_now_ns();

	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++)
		launcher->children[process].beat_at_ns = now;
}

/* It was started in the place of one that worked, answers, and has no configuration yet. Where none
 * has ever worked no address is held that could be lost: a busy machine may take its time to start.
 * Before it answers it waits for nobody, and where there is one processor parentd, whose priority
 * is lower, cannot run while it starts. */
static bool vrrpd_waits(const struct launcher *launcher)
{
	const struct launcher_child *vrrpd = &launcher->children[PROTO_VRRP];

	return vrrpd->pid != 0 && vrrpd->heartbeat.answers && vrrpd->worked_ns != 0 &&
	       vrrpd->worked_ns < vrrpd->started_ns;
}

bool launcher_child_watched(const struct launcher_child *child)
{
	return child->pid != 0 && child->link.fd != -1 && child->kill_at_ns == 0;
}

/* What proc(5) says of a process: PID (NAME) STATE PPID … UTIME STIME */
struct scheduling {
	char state;      /* 0: it cannot be read */
	uint64_t had_ns; /* processor time */
};

/* Field number, from 3 on, behind the name; 0 where there is none. */
static uint64_t stat_field(const char *name_end, int number)
{
	const char *field = name_end;

	for (int i = 2; i < number && field != NULL; i++)
		field = strchr(field + 1, ' ');
	return field == NULL ? 0 : strtoull(field + 1, NULL, 10);
}

static struct scheduling scheduling_of(pid_t pid)
{
	struct scheduling scheduling = {0};
	char path[32];
	char text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return scheduling;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	const char *name_end = strrchr(text, ')');
	if (name_end == NULL || name_end[1] != ' ')
		return scheduling;
	scheduling.state = name_end[2];
	scheduling.had_ns = (stat_field(name_end, 14) + stat_field(name_end, 15)) *
			    (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
	return scheduling;
}

/* Asleep in the kernel, and not to be woken: to kill it would only make its successor wait for the
 * same thing. All namespaces share the lock that changes of addresses take, for instance. */
static bool waits_for_kernel(pid_t pid)
{
	return scheduling_of(pid).state == 'D';
}

/* It would run, and others run: a successor would have more to do in the time that it does not get.
 * What has real-time priority does not wait for others, and has no such excuse. */
static bool starves(const struct launcher_child *child, uint64_t now_ns)
{
	if (child->process == PROTO_VRRP || child->process == PROTO_PARENT)
		return false;
	struct scheduling now = scheduling_of(child->pid);
	return heartbeat_starves(
		&child->heartbeat, now.state, now.had_ns - child->had_when_asked_ns, now_ns);
}

static void hangs(struct launcher_child *child, uint64_t now_ns)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "it has not answered for %" PRIu64 " ms",
		(now_ns - child->heartbeat.asked_ns) / NSEC_PER_MSEC);
	child->heartbeat.asked_ns = now_ns;
	launcher_child_kill(child, reason);
	child->killed_for = ENDED_HUNG;
}

void launcher_child_beat(
	const struct launcher *launcher, struct launcher_child *child, uint64_t now_ns)
{
	const struct proto_heartbeat question = {.sent_ns = now_ns};

	const struct heartbeat_plan plan =
		heartbeat_plan(child->process, launcher->advert_int_us, vrrpd_waits(launcher));

	child->beat_at_ns = now_ns + plan.period_ms * NSEC_PER_MSEC;
	switch (heartbeat_tick(&child->heartbeat, &plan, now_ns)) {
	case HEARTBEAT_WAIT:
		return;
	case HEARTBEAT_ASK:
		child->had_when_asked_ns = scheduling_of(child->pid).had_ns;
		launcher_child_send(child, LAUNCHER_HEARTBEAT, &question, -1);
		return;
	case HEARTBEAT_OVERDUE:
		if (!child->busy && !waits_for_kernel(child->pid))
			hangs(child, now_ns);
		return;
	case HEARTBEAT_HUNG:
		if (!starves(child, now_ns)) {
			hangs(child, now_ns);
			return;
		}
		log_info("%s waits for a processor", proto_process_name(child->process));
		heartbeat_forgive(&child->heartbeat, now_ns);
		return;
	}
}

void launcher_child_busy(struct launcher_child *child, bool busy)
{
	child->busy = busy;
	if (!busy)
		heartbeat_forgive(&child->heartbeat, clock_now_ns());
}

/* From now on the new vrrpd waits, and what parentd owed before does not count. */
static void vrrpd_is_there(struct launcher *launcher)
{
	heartbeat_forgive(&launcher->children[PROTO_PARENT].heartbeat, clock_now_ns());
	launcher_children_pace(launcher);
}

void launcher_child_answered(
	struct launcher *launcher, struct launcher_child *child, uint32_t generation)
{
	bool first = !child->heartbeat.answers;

	heartbeat_answered(&child->heartbeat);
	if (generation != 0)
		child->worked_ns = clock_now_ns();
	else if (first && child->process == PROTO_VRRP)
		vrrpd_is_there(launcher);
}

/* ---- start ---- */

/* Makes the channel between parentd and a running child and gives each its end, together with what
 * parentd has to know about the child. */
static void connect_with_parent(
	struct launcher *launcher, struct launcher_child *child, bool adopted)
{
	struct launcher_child *parent = launcher_parent(launcher);
	struct launcher_child_started started = {.process = child->process,
		.pid = child->pid,
		.restarts = child->restarts,
		.adopted = adopted,
		.started_ns = child->started_ns};
	struct launcher_child_page page = {.process = child->process};
	int ends[2];

	if (parent->pid == 0)
		return; /* the next one gets to know it when it starts */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) {
		log_warn("channel between parentd and %s", proto_process_name(child->process));
		return;
	}
	launcher_child_send(parent, LAUNCHER_CHILD_STARTED, &started, ends[0]);
	if (!launcher_is_runner(child))
		launcher_child_send(parent, LAUNCHER_CHILD_PAGE, &page, child->page_read_fd);
	launcher_child_send(child, LAUNCHER_PARENT_CHANNEL, NULL, ends[1]);
	close(ends[0]);
	close(ends[1]);
}

static void pid_file_write(const struct launcher_child *child)
{
	char text[16];
	int length = child->pid == 0 ? 0 : snprintf(text, sizeof(text), "%d\n", (int)child->pid);

	if (child->pid_file_fd == -1)
		return;
	if (ftruncate(child->pid_file_fd, 0) == -1 ||
		pwrite(child->pid_file_fd, text, (size_t)length, 0) != length)
		log_warn("pid file of %s", proto_process_name(child->process));
}

/* Another try to have vrrpd give up what it holds? */
static bool release_again(struct launcher_child *child)
{
	if (++child->release_tries < RELEASE_TRIES)
		return true;
	log_line(LOG_ERR,
		"vrrpd could not give its addresses up: they may still be on this node while "
		"another has taken them over");
	child->release_tries = 0;
	child->releasing = false;
	return false;
}

void launcher_child_start_failed(struct launcher_child *child, const char *what)
{
	log_warn("%s of %s", what, proto_process_name(child->process));
	if (!child->wanted && !release_again(child))
		return;
	log_info("%s is tried again in %u ms", proto_process_name(child->process), START_FAILED_MS);
	child->start_at_ns = clock_now_ns() + START_FAILED_MS * NSEC_PER_MSEC;
}

static void introduce(struct launcher *launcher, struct launcher_child *child)
{
	if (launcher_is_daemon(child)) {
		if (child->release_tries == 0)
			connect_with_parent(launcher, child, false);
		if (child->process == PROTO_VRRP)
			launcher_parent(launcher)->beat_at_ns = child->started_ns;
		return;
	}
	for (int process = PROTO_VRRP; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *running = &launcher->children[process];
		if (running->pid != 0 && running->kill_at_ns == 0)
			connect_with_parent(launcher, running, true);
	}
	if (launcher->upgrade.state != UPGRADE_NONE)
		launcher_upgrade_report(launcher);
	launcher_logs_report(launcher);
	launcher_ended_tell_all(launcher);
}

void launcher_child_start(struct launcher *launcher, struct launcher_child *child)
{
	int ends[2];

	child->start_at_ns = 0;
	if (launcher_is_runner(child)) {
		launcher_runner_start(launcher, child);
		return;
	}
	launcher_store_succeed(launcher, child);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) {
		launcher_child_start_failed(child, "channel");
		return;
	}
	child->starts++;
	pid_t pid = launcher_spawn(launcher, child, ends[1]);
	close(ends[1]);
	if (pid == -1) {
		launcher_child_start_failed(child, "start");
		close(ends[0]);
		return;
	}
	launcher_child_begin(launcher, child, pid, ends[0]);
}

void launcher_child_begin(
	struct launcher *launcher, struct launcher_child *child, pid_t pid, int fd)
{
	child->pid = pid;
	child->uid = launcher->users[child->process].uid;
	child->started_ns = clock_now_ns();
	child->kill_at_ns = child->wanted ? 0 : child->started_ns + CHILD_STOP_MS * NSEC_PER_MSEC;
	child->busy = false;
	child->killed_for = ENDED_SIGNAL;
	child->heartbeat = (struct heartbeat){.tick_ns = child->started_ns};
	child->beat_at_ns = child->started_ns;
	launcher_link_open(&child->link, fd, child->process);
	log_debug("%s[%d] started", proto_process_name(child->process), (int)pid);
	launcher_store_child(launcher, child);
	launcher_logs_begin(launcher, child);
	introduce(launcher, child);
	pid_file_write(child);
}

/* A vrrpd that is not to run any more died with what it held: another one gives that up. */
static void release_unwanted(struct launcher_child *child)
{
	if (child->process != PROTO_VRRP || child->worked_ns == 0)
		return;
	log_warnx("vrrpd died before it gave its addresses up: it is started once more to do so");
	child->releasing = true;
	child->start_at_ns = clock_now_ns();
}

void launcher_child_stop(struct launcher *launcher, struct launcher_child *child)
{
	bool dead = child->pid == 0 && (child->wanted || child->start_at_ns != 0);

	(void)launcher;
	child->wanted = false;
	child->start_at_ns = 0;
	launcher_runner_forget(child);
	if (dead)
		release_unwanted(child);
	if (child->pid == 0)
		return;
	launcher_child_send(child, LAUNCHER_STOP, NULL, -1);
	child->kill_at_ns = clock_now_ns() + CHILD_STOP_MS * NSEC_PER_MSEC;
}

/* ---- end ---- */

static void log_reaped(enum proto_process process, pid_t pid, int wait_status, bool told)
{
	char how[80];
	const struct log_change change = {.kind = LOG_PROCESS_ENDED,
		.child = proto_process_name(process),
		.state = "ended",
		.reason = how};
	bool as_told = told && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;

	if (WIFSIGNALED(wait_status)) {
		int number = WTERMSIG(wait_status);
		const char *abbreviation = sigabbrev_np(number);
		snprintf(how, sizeof(how), "was ended by SIG%s%s",
			abbreviation != NULL ? abbreviation : "?",
			number == SIGSYS ? " (a system call outside its list)" : "");
	} else if (as_told) {
		strlcpy(how, "ended as told", sizeof(how));
	} else {
		snprintf(how, sizeof(how), "ended with exit status %d", WEXITSTATUS(wait_status));
	}
	log_change(as_told ? LOG_INFO : LOG_WARNING, &change, "%s[%d] %s", change.child, (int)pid,
		how);
}

/* Not one start that worked: then it never will, and going round for ever would only hide it. */
static bool never_started(const struct launcher *launcher, const struct launcher_child *child)
{
	return !launcher->was_ready && child->process == PROTO_PARENT &&
	       child->restart.early_deaths >= 3;
}

/* vrrpd has two and a half of its advertisement intervals, then others take over; parentd is in the
 * same hurry as long as it works, because a new vrrpd gets its configuration from it. */
static struct restart_plan plan_of(const struct launcher *launcher, struct launcher_child *child)
{
	uint64_t now = clock_now_ns();
	uint32_t advert_int_ms = launcher->advert_int_us / 1000;
	bool vrrp = child->process == PROTO_VRRP;
	struct restart_life life = {
		.lasted_ms = (now - child->started_ns) / NSEC_PER_MSEC,
		.worked = child->worked_ns >= child->started_ns,
		.holds = vrrp && child->worked_ns != 0,
		.release_ms = advert_int_ms * 5 / 2,
		.idle_ms = (now - child->worked_ns) / NSEC_PER_MSEC,
	};

	if (vrrp || (child->process == PROTO_PARENT && life.worked))
		life.hurry_ms = advert_int_ms / 4;
	return restart_plan(&child->restart, &life);
}

static bool ended_well(int wait_status)
{
	return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

/* It gave up what it held, or could not: then once more, without parentd, whose configuration may
 * be what it dies of. */
static struct restart_plan after_release(struct launcher_child *child, int wait_status)
{
	if (!ended_well(wait_status) && release_again(child))
		return (struct restart_plan){.release = true};
	child->release_tries = 0;
	return (struct restart_plan){.delay_ms = restart_released(&child->restart)};
}

static void log_plan(const struct launcher_child *child, const struct restart_plan *plan)
{
	const char *name = proto_process_name(child->process);
	const struct log_change change = {
		.kind = LOG_PROCESS_STARTED, .child = name, .state = "started again"};

	if (plan->release)
		log_change(LOG_ERR, &change,
			"%s keeps dying: it is started to give its addresses up", name);
	else if (plan->delay_ms > 0)
		log_change(LOG_WARNING, &change, "%s is started again in %" PRIu32 " ms", name,
			plan->delay_ms);
	else
		log_change(LOG_WARNING, &change, "%s is started again", name);
}

/* What comes after its life: wait_status is only known, and only looked at, after a release. */
static uint32_t plan_next(
	const struct launcher *launcher, struct launcher_child *child, int wait_status)
{
	struct restart_plan plan = {0};

	if (child->releasing) {
		plan = after_release(child, wait_status);
	} else if (!child->replacing) {
		plan = plan_of(launcher, child);
	}
	child->releasing = plan.release;
	child->start_at_ns = clock_now_ns() + plan.delay_ms * NSEC_PER_MSEC;
	child->restarts++;
	log_plan(child, &plan);
	return plan.delay_ms;
}

static void end_life(struct launcher *launcher, struct launcher_child *child, int wait_status)
{
	struct launcher_child_exited exited = {.process = child->process, .pid = child->pid};

	if (child->wanted)
		exited.restart_ms = plan_next(launcher, child, wait_status);
	else if (ended_well(wait_status))
		child->releasing = false;
	else if (!child->releasing || release_again(child))
		release_unwanted(child);
	if (launcher_is_daemon(child))
		launcher_child_send(launcher_parent(launcher), LAUNCHER_CHILD_EXITED, &exited, -1);
	launcher_link_close(&child->link);
	child->pid = 0;
	child->kill_at_ns = 0;
	child->replacing = false;
	pid_file_write(child);
	if (never_started(launcher, child)) {
		log_line(LOG_ERR, "parentd does not start: giving up");
		launcher_stop(launcher, 1);
	}
}

/* Where a process that is as good as dead is remembered (pid 0: where one can be), or NULL. */
static pid_t *departed_place(struct launcher_child *child, pid_t pid)
{
	for (size_t i = 0; i < LAUNCHER_DEPARTED_MAX; i++) {
		if (child->departed[i] == pid)
			return &child->departed[i];
	}
	return NULL;
}

void launcher_child_lost(struct launcher *launcher, struct launcher_child *child)
{
	pid_t *place = departed_place(child, 0);

	launcher_link_close(&child->link);
	if (child->kill_at_ns != 0)
		return; /* told to go, or waited for already */
	if (!child->wanted || child->releasing || place == NULL) {
		child->kill_at_ns = clock_now_ns() + CHILD_GONE_MS * NSEC_PER_MSEC;
		return;
	}
	if (launcher_kill(child->pid, child->uid) == -1)
		log_warn("kill");
	*place = child->pid;
	child->departed_for[place - child->departed] =
		child->replacing ? ENDED_ORDERED : child->killed_for;
	end_life(launcher, child, 0);
}

void launcher_child_reaped(struct launcher *launcher, pid_t pid, int wait_status)
{
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *child = &launcher->children[process];
		pid_t *place = departed_place(child, pid);
		if (place == NULL && child->pid != pid)
			continue;
		log_reaped(child->process, pid, wait_status,
			place == NULL && (!child->wanted || child->releasing || child->replacing));
		enum ended_cause cause = launcher_ended_cause(child,
			place != NULL ? child->departed_for[place - child->departed]
				      : child->killed_for,
			wait_status);
		bool replaced = place != NULL || child->wanted;
		if (place != NULL)
			*place = 0;
		else
			end_life(launcher, child, wait_status);
		if (replaced)
			launcher_ended_count(launcher, child, cause);
		return;
	}
}
