#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_dispatch.h"
#include "parentd/launcher_logs.h"
#include "parentd/launcher_notify.h"
#include "parentd/launcher_nursery.h"
#include "parentd/launcher_upgrade.h"

/* Longer than parentd gives its scripts at a stop. */
#define RUNNERS_STAY_MS 3000

void launcher_report_failed(struct launcher *launcher, int exit_status)
{
	unsigned char status = (unsigned char)exit_status;

	if (launcher->ready_fd == -1)
		return;
	if (write(launcher->ready_fd, &status, 1) != 1)
		log_warn("the command that started the daemon");
	close(launcher->ready_fd);
	launcher->ready_fd = -1;
}

/* Until now everything was said on the terminal; a daemon lets go of it. */
static void leave_terminal(const struct launcher *launcher)
{
	log_init(proto_process_name(PROTO_LAUNCHER), &launcher->log);
	if (launcher->options->foreground || launcher->log.console)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(launcher->null_fd, fd);
}

static void reload(struct launcher *launcher);

void launcher_report_ready(struct launcher *launcher)
{
	if (launcher->ready || launcher->stopping)
		return;
	launcher->ready = true;
	launcher_status_ready(&launcher->status);
	launcher_store_release(launcher);
	if (launcher->was_ready)
		return;
	launcher->was_ready = true;
	launcher_store_save(launcher);
	leave_terminal(launcher);
	launcher_report_failed(launcher, 0); /* status 0 is the good news */
	if (launcher->reload_early)
		reload(launcher);
}

void launcher_stop(struct launcher *launcher, int exit_status)
{
	struct launcher_child *parent = launcher_parent(launcher);

	if (launcher->stopping)
		return;
	launcher->stopping = true;
	launcher->exit_status = exit_status;
	notify_send(launcher->notify_fd, "STOPPING=1");
	launcher_upgrade_abandon(launcher);
	parent->wanted = false;
	parent->start_at_ns = 0;
	launcher_child_send(parent, LAUNCHER_STOPPING, NULL, -1);
	for (int process = PROTO_VRRP; process < PROTO_RUNNER_FIRST; process++)
		launcher_child_stop(launcher, &launcher->children[process]);
	launcher_store_release(launcher);
	launcher_store_forget(launcher);
	launcher->runners_until_ns = clock_now_ns() + RUNNERS_STAY_MS * NSEC_PER_MSEC;
}

void launcher_leave(struct launcher *launcher)
{
	if (launcher->stopping)
		return;
	if (!launcher_store_works(launcher) || !launcher->was_ready) {
		launcher_stop(launcher, 0);
		return;
	}
	log_line(LOG_NOTICE,
		"leaving: vrrpd, checkerd and ipvsd go on until the service is started "
		"again, %d s at most",
		STORE_PATIENCE_S);
	launcher->leaving = true;
}

/* Runners stay for the scripts that are to be told of the stop: until parentd says of each that it
 * is not wanted any more, but not for long, and not without parentd. */
static void stop_runners(struct launcher *launcher, uint64_t now_ns)
{
	if (launcher->runners_until_ns == 0 ||
		(now_ns < launcher->runners_until_ns && launcher_parent(launcher)->link.fd != -1))
		return;
	launcher->runners_until_ns = 0;
	for (int process = PROTO_RUNNER_FIRST; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *child = &launcher->children[process];
		if (child->kill_at_ns == 0)
			launcher_child_stop(launcher, child);
	}
}

static void reap(struct launcher *launcher)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
		if (!launcher_upgrade_reaped(launcher, pid, wait_status) &&
			!launcher_nursery_reaped(launcher, pid, wait_status))
			launcher_child_reaped(launcher, pid, wait_status);
	}
}

/* What kept a process from living may be what the operator has just mended. */
static void start_waiting(struct launcher *launcher)
{
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *child = &launcher->children[process];
		if (child->pid == 0 && child->wanted)
			child->start_at_ns = clock_now_ns();
	}
}

static void reload(struct launcher *launcher)
{
	if (launcher->stopping)
		return;
	if (!launcher->was_ready) { /* the file may have been read before it changed */
		launcher->reload_early = true;
		return;
	}
	log_info("reload asked for");
	launcher->ready = false;
	notify_reloading(launcher->notify_fd);
	launcher_logs_open(launcher);
	start_waiting(launcher);
	launcher_child_send(launcher_parent(launcher), LAUNCHER_RELOAD, NULL, -1);
}

static void handle_signal(struct launcher *launcher, uint32_t number)
{
	struct launcher_dump dump = {.what = number == SIGUSR2 ? 2 : 1};

	switch (number) {
	case SIGCHLD:
		reap(launcher);
		return;
	case SIGHUP:
		reload(launcher);
		return;
	case SIGUSR1:
	case SIGUSR2:
		launcher_child_send(launcher_parent(launcher), LAUNCHER_DUMP, &dump, -1);
		return;
	case SIGQUIT:
		launcher_leave(launcher);
		return;
	default:
		if (!launcher->stopping)
			log_info("stopping: SIG%s", sigabbrev_np((int)number));
		launcher_stop(launcher, 0);
		return;
	}
}

static void read_signals(struct launcher *launcher)
{
	struct signalfd_siginfo signal;

	while (read(launcher->signal_fd, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
		handle_signal(launcher, signal.ssi_signo);
}

static void run_timers(struct launcher *launcher)
{
	uint64_t now = clock_now_ns();

	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *child = &launcher->children[process];
		if (child->pid != 0 && child->kill_at_ns != 0 && now >= child->kill_at_ns) {
			child->kill_at_ns = now + CHILD_STOP_MS * NSEC_PER_MSEC;
			launcher_child_kill(child, "it did not end in time");
		}
		if (launcher_child_watched(child) && now >= child->beat_at_ns)
			launcher_child_beat(launcher, child, now);
		if (child->pid == 0 && child->start_at_ns != 0 && now >= child->start_at_ns)
			launcher_child_start(launcher, child);
	}
}

static void earliest(uint64_t *deadline, uint64_t time_ns)
{
	if (time_ns != 0 && time_ns < *deadline)
		*deadline = time_ns;
}

/* NULL: nothing is due. */
static const struct timespec *poll_timeout(
	const struct launcher *launcher, struct timespec *timeout)
{
	uint64_t deadline = UINT64_MAX;
	uint64_t now = clock_now_ns();

	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		const struct launcher_child *child = &launcher->children[process];
		earliest(&deadline, child->pid != 0 ? child->kill_at_ns : child->start_at_ns);
		if (launcher_child_watched(child))
			earliest(&deadline, child->beat_at_ns);
	}
	earliest(&deadline, launcher->runners_until_ns);
	earliest(&deadline, launcher_upgrade_deadline(launcher));
	earliest(&deadline, launcher_nursery_deadline(launcher));
	earliest(&deadline, launcher->store.again_ns);
	earliest(&deadline, launcher->status.next_ns);
	earliest(&deadline, launcher->status.again_ns);
	if (deadline == UINT64_MAX)
		return NULL;
	uint64_t wait_ns = deadline > now ? deadline - now : 0;
	*timeout = (struct timespec){.tv_sec = (time_t)(wait_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(wait_ns % NSEC_PER_SEC)};
	return timeout;
}

/* parentd ends last, so that it can still say what happened; its end of file tells it to. */
static bool all_ended(struct launcher *launcher)
{
	struct launcher_child *parent = launcher_parent(launcher);

	if (!launcher->stopping)
		return false;
	for (int process = PROTO_VRRP; process < PROTO_PROCESS_END; process++) {
		if (launcher->children[process].pid != 0 ||
			launcher->children[process].start_at_ns != 0)
			return false;
	}
	if (parent->pid != 0 && !launcher->parent_told_to_end) {
		launcher->parent_told_to_end = true;
		launcher_link_close(&parent->link);
		parent->kill_at_ns = clock_now_ns() + CHILD_STOP_MS * NSEC_PER_MSEC;
	}
	return parent->pid == 0;
}

/* Polled before the children: signals and the nurseries. */
#define FIRST_CHILD (1 + LAUNCHER_NURSERIES)

static void wait_for_events(struct launcher *launcher)
{
	struct pollfd fds[FIRST_CHILD + PROTO_PROCESS_END] = {{launcher->signal_fd, POLLIN, 0}};
	struct launcher_child *polled[FIRST_CHILD + PROTO_PROCESS_END] = {NULL};
	struct timespec timeout;
	nfds_t count = FIRST_CHILD;

	for (int i = 0; i < LAUNCHER_NURSERIES; i++)
		fds[1 + i] = (struct pollfd){launcher->nurseries[i].fd, POLLIN, 0};

	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *child = &launcher->children[process];
		if (child->link.fd == -1)
			continue;
		polled[count] = child;
		fds[count++] = (struct pollfd){child->link.fd, POLLIN, 0};
	}
	if (ppoll(fds, count, poll_timeout(launcher, &timeout), NULL) == -1) {
		if (errno != EINTR)
			fatal("poll");
		return;
	}
	/* The spare one first: it may become the other. */
	for (int i = LAUNCHER_NURSERIES - 1; i >= 0; i--) {
		if (fds[1 + i].revents != 0)
			launcher_nursery_dispatch(launcher, &launcher->nurseries[i]);
	}
	for (nfds_t i = FIRST_CHILD; i < count; i++) {
		if (fds[i].revents != 0 && polled[i]->link.fd == fds[i].fd)
			launcher_dispatch(launcher, polled[i]);
	}
	if (fds[0].revents != 0)
		read_signals(launcher);
}

int launcher_run(struct launcher *launcher)
{
	struct launcher_child *parent = launcher_parent(launcher);

	parent->wanted = true;
	launcher_child_start(launcher, parent);
	return launcher_go_on(launcher);
}

int launcher_go_on(struct launcher *launcher)
{
	launcher_children_pace(launcher);
	launcher_status_init(&launcher->status, clock_now_ns());
	while (!launcher->leaving && !all_ended(launcher)) {
		wait_for_events(launcher);
		run_timers(launcher);
		log_tick(clock_now_ns());
		stop_runners(launcher, clock_now_ns());
		launcher_upgrade_run(launcher, clock_now_ns());
		launcher_nursery_run(launcher, clock_now_ns());
		launcher_store_run(launcher, clock_now_ns());
		launcher_status_run(launcher, clock_now_ns());
	}
	if (launcher->leaving)
		return 0;
	launcher_nursery_end(launcher);
	log_info("stopped");
	return launcher->exit_status;
}
