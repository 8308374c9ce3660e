#include "parentd/launcher_nursery.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_spawn.h"
#include "runner/nursery_message.h"

/* A nursery that leaves something undone for so long hangs. */
#define PATIENCE_NS (5 * NSEC_PER_SEC)
/* Between two tries to have a twin. */
#define SPARE_AGAIN_NS (1 * NSEC_PER_SEC)
#define END_MS         1000
/* Messages read in one go. */
#define READ_BATCH 64

static struct launcher_nursery *active(struct launcher *launcher)
{
	return &launcher->nurseries[0];
}

static struct launcher_nursery *spare(struct launcher *launcher)
{
	return &launcher->nurseries[1];
}

static int make_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}

/* ---- start of the nurseries ---- */

static void ask_for_spare(struct launcher *launcher)
{
	struct nursery_message order = {.type = NURSERY_SPARE};
	struct launcher_nursery *twin = spare(launcher);
	int ends[2];

	launcher->spare_at_ns = clock_now_ns() + SPARE_AGAIN_NS;
	if (active(launcher)->fd == -1 || twin->fd != -1 || make_pair(ends) == -1)
		return;
	if (nursery_send(active(launcher)->fd, &order, &ends[1], 1, MSG_DONTWAIT) == -1) {
		log_warn("spare nursery");
		close(ends[0]);
	} else {
		*twin = (struct launcher_nursery){.fd = launcher_fd_raise(ends[0])};
		launcher->spare_at_ns = 0;
		launcher->nursery_patience_ns = clock_now_ns() + PATIENCE_NS;
	}
	close(ends[1]);
}

int launcher_nursery_begin(struct launcher *launcher)
{
	int ends[2];

	/* What a dead nursery leaves behind becomes ours, so that its end is known. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 || make_pair(ends) == -1)
		return -1;
	/* The nursery waits, and answers without regard for how much is unread. */
	pid_t pid = launcher_spawn_nursery(launcher, ends[1]);
	close(ends[1]);
	if (pid == -1) {
		close(ends[0]);
		return -1;
	}
	*active(launcher) = (struct launcher_nursery){.fd = launcher_fd_raise(ends[0]), .pid = pid};
	ask_for_spare(launcher);
	return 0;
}

void launcher_nursery_go_on(struct launcher *launcher)
{
	launcher->spare_at_ns = spare(launcher)->fd == -1 ? clock_now_ns() : 0;
	launcher->nursery_patience_ns = clock_now_ns() + PATIENCE_NS;
}

/* ---- runners ---- */

static const char *refusal(const struct launcher *launcher, const struct parent_runner *order)
{
	if ((order->uid == 0 || order->gid == 0) && !launcher->options->allow_root_scripts)
		return "root's scripts are only run with --allow-root-scripts";
	for (int process = PROTO_LAUNCHER; process < PROTO_DAEMON_END; process++) {
		if (launcher->users[process].uid == order->uid)
			return "that is a user of the suite itself";
	}
	return NULL;
}

void launcher_runner_wanted(struct launcher *launcher, const struct parent_runner *order)
{
	struct launcher_child *child = &launcher->children[order->process];
	struct suite_user *user = &launcher->users[order->process];
	const char *why = refusal(launcher, order);

	if (launcher->stopping)
		return;
	if (why != NULL) {
		log_line(LOG_ERR, "no scripts are run as %s (user %u, group %u): %s", order->user,
			order->uid, order->gid, why);
		return;
	}
	bool same = user->uid == order->uid && user->gid == order->gid &&
		    strcmp(child->user, order->user) == 0;
	if (same && child->wanted)
		return;
	if (!same) {
		launcher_child_stop(launcher, child);
		child->page_is_old = true;
		*user = (struct suite_user){order->uid, order->gid};
		strlcpy(child->user, order->user, sizeof(child->user));
	}
	child->wanted = true;
	child->restart = (struct restart){0};
	/* One that still stops is replaced when it has ended. */
	child->replacing = child->pid != 0;
	if (child->pid == 0 && child->starting_fd == -1)
		child->start_at_ns = clock_now_ns();
}

/* What one user left there is nothing that another one's runner should act upon. */
static int clear_page(struct launcher_child *child)
{
	static const char zero[RUNNER_PAGE_SIZE];

	if (child->page_is_old &&
		pwrite(child->page_fd, zero, sizeof(zero), 0) != (ssize_t)sizeof(zero))
		return -1;
	child->page_is_old = false;
	return 0;
}

static int send_start(struct launcher *launcher, struct launcher_child *child, int channel_fd)
{
	const struct suite_user *user = &launcher->users[child->process];
	struct nursery_message order = {.type = NURSERY_START,
		.slot = child->process,
		.serial = child->starts,
		.uid = user->uid,
		.gid = user->gid};
	const int fds[NURSERY_FDS] = {
		channel_fd, child->page_fd, launcher->children[PROTO_RUNNER_FIRST].program_fd};

	memcpy(order.user, child->user, sizeof(order.user));
	if (active(launcher)->fd == -1) {
		errno = ECHILD;
		return -1;
	}
	return nursery_send(active(launcher)->fd, &order, fds, NURSERY_FDS, MSG_DONTWAIT);
}

void launcher_runner_start(struct launcher *launcher, struct launcher_child *child)
{
	int ends[2];

	if (active(launcher)->fd == -1)
		return; /* said when it became so */
	if (clear_page(child) == -1 || make_pair(ends) == -1) {
		launcher_child_start_failed(child, "channel");
		return;
	}
	child->starts++;
	if (send_start(launcher, child, ends[1]) == -1) {
		launcher_child_start_failed(child, "start");
		close(ends[0]);
	} else {
		child->starting_fd = launcher_fd_raise(ends[0]);
		launcher->nursery_patience_ns = clock_now_ns() + PATIENCE_NS;
	}
	close(ends[1]);
}

void launcher_runner_forget(struct launcher_child *child)
{
	if (!launcher_is_runner(child) || child->starting_fd == -1)
		return;
	close(child->starting_fd);
	child->starting_fd = -1;
}

static void started(struct launcher *launcher, const struct nursery_message *message)
{
	struct launcher_child *child = &launcher->children[message->slot];
	int fd = child->starting_fd;

	if (fd == -1 || message->serial != child->starts)
		return; /* taken back since */
	child->starting_fd = -1;
	if (message->pid > 0) {
		launcher_child_begin(launcher, child, message->pid, fd);
		return;
	}
	close(fd);
	errno = message->status;
	launcher_child_start_failed(child, "start");
}

/* ---- what a nursery says ---- */

static bool is_waited_for(const struct launcher *launcher)
{
	for (int slot = PROTO_RUNNER_FIRST; slot <= PROTO_RUNNER_LAST; slot++) {
		if (launcher->children[slot].starting_fd != -1)
			return true;
	}
	return launcher->nurseries[1].fd != -1 && launcher->nurseries[1].pid == 0;
}

static void ready(struct launcher *launcher, struct launcher_nursery *nursery,
	const struct nursery_message *m)
{
	nursery->pid = m->pid;
	if (nursery == spare(launcher))
		log_debug("nursery[%d] is there, should the other one die", (int)m->pid);
}

/* False: it says what it must not. */
static bool handle(struct launcher *launcher, struct launcher_nursery *nursery,
	const struct nursery_message *message)
{
	if (message->type == NURSERY_READY && message->pid > 0) {
		ready(launcher, nursery, message);
	} else if (message->type == NURSERY_STARTED && message->slot >= PROTO_RUNNER_FIRST &&
		   message->slot <= PROTO_RUNNER_LAST) {
		started(launcher, message);
	} else if (message->type == NURSERY_ENDED && message->pid > 0) {
		launcher_child_reaped(launcher, message->pid, message->status);
	} else {
		return false;
	}
	launcher->nursery_patience_ns = is_waited_for(launcher) ? clock_now_ns() + PATIENCE_NS : 0;
	return true;
}

/* ---- the end of one ---- */

/* What it was told to start is started by the other one. A process that it did start finds its
 * channel closed, and ends. */
static void start_again(struct launcher *launcher)
{
	for (int slot = PROTO_RUNNER_FIRST; slot <= PROTO_RUNNER_LAST; slot++) {
		struct launcher_child *child = &launcher->children[slot];
		if (child->starting_fd == -1)
			continue;
		launcher_runner_forget(child);
		child->start_at_ns = clock_now_ns();
	}
}

static void nursery_gone(struct launcher *launcher, struct launcher_nursery *nursery)
{
	bool twin = nursery == spare(launcher);

	close(nursery->fd);
	nursery->fd = -1;
	if (nursery->pid != 0)
		kill(nursery->pid, SIGKILL); /* dead already, unless it broke the protocol */
	log_warnx("%s[%d] is gone%s", twin ? "spare nursery" : "nursery", (int)nursery->pid,
		twin ? "" : ": its twin takes its place");
	nursery->pid = 0;
	launcher->nursery_patience_ns = 0;
	if (!twin) {
		*active(launcher) = *spare(launcher);
		*spare(launcher) = (struct launcher_nursery){.fd = -1};
		start_again(launcher);
	}
	if (active(launcher)->fd == -1)
		log_line(LOG_ERR, "no nursery is left: no runner can be started until the service "
				  "is started anew");
	else
		launcher->spare_at_ns = clock_now_ns() + (twin ? SPARE_AGAIN_NS : 0);
}

void launcher_nursery_dispatch(struct launcher *launcher, struct launcher_nursery *nursery)
{
	struct nursery_message message;
	int fds[NURSERY_FDS];
	unsigned count;
	int fd = nursery->fd;

	for (unsigned i = 0; i < READ_BATCH && nursery->fd == fd; i++) {
		switch (nursery_receive(fd, &message, fds, &count)) {
		case NURSERY_NOTHING:
			return;
		case NURSERY_GONE:
			nursery_gone(launcher, nursery);
			return;
		case NURSERY_MESSAGE:
			break;
		}
		while (count > 0)
			close(fds[--count]);
		if (!handle(launcher, nursery, &message)) {
			nursery_gone(launcher, nursery);
			return;
		}
	}
}

bool launcher_nursery_reaped(struct launcher *launcher, pid_t pid, int wait_status)
{
	(void)wait_status;
	for (int i = 0; i < LAUNCHER_NURSERIES; i++) {
		struct launcher_nursery *nursery = &launcher->nurseries[i];
		if (nursery->pid != pid)
			continue;
		nursery->pid = 0; /* the number may be somebody else's from now on */
		return true;
	}
	return false;
}

void launcher_nursery_run(struct launcher *launcher, uint64_t now_ns)
{
	struct launcher_nursery *nursery = active(launcher);

	if (launcher->nursery_patience_ns != 0 && now_ns >= launcher->nursery_patience_ns) {
		launcher->nursery_patience_ns = 0;
		if (is_waited_for(launcher) && nursery->pid != 0) {
			log_line(LOG_WARNING,
				"nursery[%d] is killed: it does not do what it is told",
				(int)nursery->pid);
			kill(nursery->pid, SIGKILL);
		}
	}
	if (launcher->spare_at_ns != 0 && now_ns >= launcher->spare_at_ns && !launcher->stopping)
		ask_for_spare(launcher);
}

uint64_t launcher_nursery_deadline(const struct launcher *launcher)
{
	uint64_t patience = launcher->nursery_patience_ns;
	uint64_t again = launcher->stopping ? 0 : launcher->spare_at_ns;

	if (patience == 0 || (again != 0 && again < patience))
		return again;
	return patience;
}

/* Its end of the channel is closed by nothing but its end, as it is in no other process. */
static void wait_for_end(struct launcher_nursery *nursery)
{
	struct pollfd end = {nursery->fd, POLLIN, 0};
	struct timespec patience = {.tv_sec = END_MS / 1000};
	struct nursery_message message;
	int fds[NURSERY_FDS];
	unsigned count;

	if (nursery->fd == -1)
		return;
	while (ppoll(&end, 1, &patience, NULL) == 1 &&
		nursery_receive(nursery->fd, &message, fds, &count) != NURSERY_GONE)
		;
	close(nursery->fd);
	nursery->fd = -1;
}

void launcher_nursery_end(struct launcher *launcher)
{
	struct nursery_message order = {.type = NURSERY_QUIT};

	for (int i = 0; i < LAUNCHER_NURSERIES; i++) {
		if (launcher->nurseries[i].fd != -1)
			nursery_send(launcher->nurseries[i].fd, &order, NULL, 0, MSG_DONTWAIT);
	}
	for (int i = 0; i < LAUNCHER_NURSERIES; i++)
		wait_for_end(&launcher->nurseries[i]);
}
