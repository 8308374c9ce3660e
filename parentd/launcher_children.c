#include "parentd/launcher_children.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_logs.h"
#include "parentd/launcher_spawn.h"

struct launcher_child *launcher_parent(struct launcher *launcher)
{
	return &launcher->children[PROTO_PARENT];
}

bool launcher_is_daemon(const struct launcher_child *child)
{
	return child->process == PROTO_VRRP || child->process == PROTO_CHECK ||
	       child->process == PROTO_IPVS;
}

void launcher_child_kill(struct launcher_child *child, const char *reason)
{
	if (child->pid == 0)
		return;
	log_line(LOG_WARNING, "%s[%d] is killed: %s", proto_process_name(child->process),
		(int)child->pid, reason);
	if (kill(child->pid, SIGKILL) == -1)
		log_warn("kill");
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

static void start_failed(struct launcher_child *child, const char *what)
{
	uint32_t delay_ms = restart_delay_ms(&child->restart, 0);

	log_warn("%s of %s; tried again in %u ms", what, proto_process_name(child->process),
		delay_ms);
	child->start_at_ns = clock_now_ns() + delay_ms * NSEC_PER_MSEC;
}

static void introduce(struct launcher *launcher, struct launcher_child *child)
{
	if (launcher_is_daemon(child)) {
		connect_with_parent(launcher, child, false);
		return;
	}
	for (int process = PROTO_VRRP; process < PROTO_PROCESS_END; process++) {
		struct launcher_child *running = &launcher->children[process];
		if (running->pid != 0 && running->kill_at_ns == 0)
			connect_with_parent(launcher, running, true);
	}
}

void launcher_child_start(struct launcher *launcher, struct launcher_child *child)
{
	int ends[2];

	child->start_at_ns = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == -1) {
		start_failed(child, "channel");
		return;
	}
	child->starts++;
	pid_t pid = launcher_spawn(launcher, child, ends[1]);
	close(ends[1]);
	if (pid == -1) {
		start_failed(child, "start");
		close(ends[0]);
		return;
	}
	child->pid = pid;
	child->kill_at_ns = 0;
	child->started_ns = clock_now_ns();
	launcher_link_open(&child->link, ends[0], child->process);
	log_debug("%s[%d] started", proto_process_name(child->process), (int)pid);
	launcher_logs_send(launcher, child);
	introduce(launcher, child);
	pid_file_write(child);
}

void launcher_child_stop(struct launcher *launcher, struct launcher_child *child)
{
	(void)launcher;
	child->wanted = false;
	child->start_at_ns = 0;
	if (child->pid == 0)
		return;
	launcher_child_send(child, LAUNCHER_STOP, NULL, -1);
	child->kill_at_ns = clock_now_ns() + CHILD_STOP_MS * NSEC_PER_MSEC;
}

static void log_end(const struct launcher_child *child, int wait_status, const char *then)
{
	const char *name = proto_process_name(child->process);

	if (WIFSIGNALED(wait_status)) {
		int number = WTERMSIG(wait_status);
		const char *abbreviation = sigabbrev_np(number);
		log_warnx("%s[%d] was ended by SIG%s%s%s", name, (int)child->pid,
			abbreviation != NULL ? abbreviation : "?",
			number == SIGSYS ? " (a system call outside its list)" : "", then);
	} else if (child->wanted || WEXITSTATUS(wait_status) != 0) {
		log_warnx("%s[%d] ended with exit status %d%s", name, (int)child->pid,
			WEXITSTATUS(wait_status), then);
	} else {
		log_info("%s[%d] ended as told", name, (int)child->pid);
	}
}

static struct launcher_child *child_by_pid(struct launcher *launcher, pid_t pid)
{
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		if (launcher->children[process].pid == pid)
			return &launcher->children[process];
	}
	return NULL;
}

/* Not one start that worked: then it never will, and going round for ever would only hide it. */
static bool never_started(const struct launcher *launcher, const struct launcher_child *child)
{
	return !launcher->was_ready && child->process == PROTO_PARENT &&
	       child->restart.early_deaths >= 3;
}

void launcher_child_exited(struct launcher *launcher, pid_t pid, int wait_status)
{
	struct launcher_child *child = child_by_pid(launcher, pid);
	char then[64] = "";
	uint32_t delay_ms = 0;

	if (child == NULL)
		return;
	uint64_t now = clock_now_ns();
	if (child->wanted) {
		delay_ms = restart_delay_ms(
			&child->restart, (now - child->started_ns) / NSEC_PER_MSEC);
		child->start_at_ns = now + delay_ms * NSEC_PER_MSEC;
		child->restarts++;
		if (delay_ms == 0)
			strlcpy(then, "; a new one is started", sizeof(then));
		else
			snprintf(then, sizeof(then), "; a new one is started in %" PRIu32 " ms",
				delay_ms);
	}
	log_end(child, wait_status, then);
	launcher_link_close(&child->link);
	child->pid = 0;
	child->kill_at_ns = 0;
	pid_file_write(child);
	if (launcher_is_daemon(child)) {
		struct launcher_child_exited exited = {.process = child->process,
			.pid = pid,
			.wait_status = wait_status,
			.restart_ms = delay_ms};
		launcher_child_send(launcher_parent(launcher), LAUNCHER_CHILD_EXITED, &exited, -1);
	}
	if (never_started(launcher, child)) {
		log_line(LOG_ERR, "parentd does not start: giving up");
		launcher_stop(launcher, 1);
	}
}
