#include "runner/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/child.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/signals.h"
#include "runner/nursery_message.h"
#include "runner/nursery_sandbox.h"

#define EXEC_FAILED 127
#define FD_RAISED   16 /* above those that a runner finds its own at */

struct nursery {
	int channel;
	int signals;
	bool for_root;
	char **arguments; /* of the runners: as the nursery's own */
};

/* The order of the descriptors with NURSERY_START. */
enum { START_CHANNEL, START_PAGE, START_PROGRAM };

/* The launcher always reads; when it is gone, so are we. */
static void tell(const struct nursery *nursery, struct nursery_message *message)
{
	if (nursery_send(nursery->channel, message, NULL, 0, 0) == -1)
		_exit(0);
}

static void tell_ready(const struct nursery *nursery)
{
	struct nursery_message message = {.type = NURSERY_READY, .pid = getpid()};

	tell(nursery, &message);
}

/* The launcher waits for nobody; to us, nothing is more important than that it hears us. */
static void take_channel(struct nursery *nursery, int channel)
{
	int flags = fcntl(channel, F_GETFL);

	if (flags == -1 || fcntl(channel, F_SETFL, flags & ~O_NONBLOCK) == -1)
		fatal("channel");
	nursery->channel = channel;
}

/* ---- a runner ---- */

/* Received ones may have the very numbers that others are to have. */
static int place_fds(const int fds[NURSERY_FDS], int *program)
{
	int raised[NURSERY_FDS];

	for (int i = 0; i < NURSERY_FDS; i++) {
		raised[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_RAISED);
		if (raised[i] == -1)
			return -1;
	}
	if (dup2(raised[START_CHANNEL], FD_LAUNCHER) == -1 ||
		dup2(raised[START_PAGE], FD_STATE_PAGE) == -1)
		return -1;
	fcntl(FD_SYSLOG, F_SETFD, 0); /* absent without a system log */
	fcntl(FD_JOURNAL, F_SETFD, 0);
	*program = raised[START_PROGRAM];
	return 0;
}

static _Noreturn void become_runner(const struct nursery *nursery,
	const struct nursery_message *order, const int fds[NURSERY_FDS])
{
	char user[PROTO_USER_LEN + 8], zone[72];
	char *environment[] = {user, NULL, NULL};
	const char *place = getenv("TZ");
	int program = -1;

	snprintf(user, sizeof(user), "USER=%s", order->user);
	if (place != NULL && strlen(place) < sizeof(zone) - sizeof("TZ=")) {
		snprintf(zone, sizeof(zone), "TZ=%s", place);
		environment[1] = zone;
	}
	signals_default();
	setsid();
	if (place_fds(fds, &program) == -1)
		log_warn("descriptors of a runner");
	else if (nursery_become(order->uid, order->gid) == -1)
		log_warn("runner cannot become user %u, group %u", order->uid, order->gid);
	else
		execveat(program, "", nursery->arguments, environment, AT_EMPTY_PATH);
	log_warn("cannot execute a runner");
	_exit(EXEC_FAILED);
}

/* The launcher looks as well; whoever could order us about does not get root so easily. */
static bool is_refused(const struct nursery *nursery, const struct nursery_message *order)
{
	return !nursery->for_root && (order->uid == 0 || order->gid == 0);
}

static void start_runner(const struct nursery *nursery, const struct nursery_message *order,
	const int fds[NURSERY_FDS])
{
	struct nursery_message answer = {
		.type = NURSERY_STARTED, .slot = order->slot, .serial = order->serial};

	if (is_refused(nursery, order)) {
		answer.status = EPERM;
		tell(nursery, &answer);
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		become_runner(nursery, order, fds);
	if (pid == -1)
		answer.status = errno;
	else
		answer.pid = pid;
	tell(nursery, &answer);
}

/* ---- the twin ---- */

/* The copy goes on in the same loop, with a channel of its own. Nobody has to know the pid here: it
 * says so itself, or its end is said. */
static void make_twin(struct nursery *nursery, int channel)
{
	pid_t pid = fork();

	if (pid != 0) {
		if (pid == -1)
			log_warn("twin of the nursery");
		return;
	}
	close(nursery->channel);
	take_channel(nursery, fcntl(channel, F_DUPFD_CLOEXEC, FD_RAISED));
	tell_ready(nursery);
}

/* ---- loop ---- */

static void handle(struct nursery *nursery, const struct nursery_message *message, const int *fds,
	unsigned count)
{
	if (message->type == NURSERY_QUIT)
		_exit(0);
	if (message->type == NURSERY_START && count == NURSERY_FDS)
		start_runner(nursery, message, fds);
	else if (message->type == NURSERY_SPARE && count == 1)
		make_twin(nursery, fds[0]);
	else
		fatalx("protocol violation: message %u to the nursery", message->type);
}

static void read_channel(struct nursery *nursery)
{
	struct nursery_message message;
	int fds[NURSERY_FDS];
	unsigned count;

	switch (nursery_receive(nursery->channel, &message, fds, &count)) {
	case NURSERY_NOTHING:
		return;
	case NURSERY_GONE:
		log_debug("stopped: the launcher is gone");
		_exit(0);
	case NURSERY_MESSAGE:
		break;
	}
	handle(nursery, &message, fds, count);
	while (count > 0)
		close(fds[--count]);
}

static void reap(const struct nursery *nursery)
{
	struct signalfd_siginfo signals[8];
	struct nursery_message ended = {.type = NURSERY_ENDED};
	pid_t pid;

	while (read(nursery->signals, signals, sizeof(signals)) > 0)
		;
	while ((pid = waitpid(-1, &ended.status, WNOHANG)) > 0) {
		ended.pid = pid;
		tell(nursery, &ended);
	}
}

static void open_signals(struct nursery *nursery)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL) == -1)
		fatal("sigprocmask");
	nursery->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (nursery->signals == -1)
		fatal("signals");
}

void nursery_run(int argc, char **argv, bool for_root)
{
	static struct nursery nursery;
	struct child_options options;

	child_init(PROTO_RUNNER, argc, argv, &options);
	log_init("nursery", &options.log);
	prctl(PR_SET_NAME, "nursery");
	nursery = (struct nursery){.for_root = for_root, .arguments = argv};
	take_channel(&nursery, child_launcher_fd());
	open_signals(&nursery);
	nursery_sandbox_enter(options.sandbox, for_root);
	tell_ready(&nursery);
	for (;;) {
		struct pollfd fds[] = {{.fd = nursery.channel, .events = POLLIN},
			{.fd = nursery.signals, .events = POLLIN}};
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			fatal("poll");
		if (fds[1].revents != 0)
			reap(&nursery);
		if (fds[0].revents != 0)
			read_channel(&nursery);
	}
}
