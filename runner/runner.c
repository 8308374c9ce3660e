#include "runner/runner.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/loop.h"
#include "runner/drain.h"
#include "runner/execute.h"
#include "runner/fifos.h"
#include "runner/groups.h"
#include "runner/runs.h"

/* Answers that are kept while there is no parentd. */
#define KEPT_MAX 256

/* Batches that a parentd may have left in the socket. */
#define LAST_READS 8

/* There is no configuration: a runner that answers, works. */
#define GENERATION 1

struct runner {
	struct event_base *base;
	struct channel *launcher;
	struct channel *parent; /* NULL: none */
	struct runs *runs;
	struct fifos *fifos;
	bool stopping;
	struct runner_done kept[KEPT_MAX];
	unsigned kept_count;
};

/* ---- to parentd ---- */

static void keep(struct runner *runner, const struct runner_done *done)
{
	if (runner->kept_count == KEPT_MAX) {
		memmove(runner->kept, runner->kept + 1, (KEPT_MAX - 1) * sizeof(*runner->kept));
		runner->kept_count--;
		log_warnx("an answer is lost: there has been no parentd for long");
	}
	runner->kept[runner->kept_count++] = *done;
}

static void tell(struct runner *runner, const struct runner_done *done)
{
	/* A parentd that is gone shows as end of file, and another one will come. */
	if (runner->parent == NULL || channel_send(runner->parent, RUNNER_DONE, 0, done, -1) == -1)
		keep(runner, done);
}

static void stop_if_idle(struct runner *runner)
{
	if (!runner->stopping || !runs_idle(runner->runs))
		return;
	log_info("stopped");
	drain_leave();
	_exit(0);
}

static void on_done(const struct runner_done *done, void *arg)
{
	tell(arg, done);
	stop_if_idle(arg);
}

/* Who has not heard it asks for it: the state of a fifo is no news. */
static void on_fifo(const struct runner_fifo_state *state, void *arg)
{
	const struct runner *runner = arg;

	if (runner->parent != NULL &&
		channel_send(runner->parent, RUNNER_FIFO_STATE, 0, state, -1) == -1)
		log_debug("fifo: %s", strerror(errno));
}

/* ---- from parentd ---- */

static void parent_drop(struct runner *runner)
{
	channel_free(runner->parent);
	runner->parent = NULL;
}

static void judge(struct runner *runner, uint16_t type, const char *why)
{
	if (why == NULL)
		return;
	log_warnx("protocol violation: %s from parentd: %s", proto_type_name(type), why);
	parent_drop(runner);
}

static void runner_dispatch_parent(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct runner *runner = arg;

	(void)channel;
	(void)fd;
	switch (header->type) {
	case RUNNER_RUN:
		judge(runner, header->type, runs_order(runner->runs, body));
		return;
	case RUNNER_FIFO:
		judge(runner, header->type, fifos_order(runner->fifos, body));
		return;
	case RUNNER_FIFO_LINE:
		fifos_line(runner->fifos, body);
		return;
	case RUNNER_END:
		runs_end(runner->runs, ((const struct runner_end *)body)->run);
		return;
	default:
		return; /* the table lets nothing else through */
	}
}

static void parent_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel;
	if (why != NULL)
		log_warnx("protocol violation: %s", why);
	else
		log_debug("parentd is gone; the scripts that run go on");
	parent_drop(arg);
}

static const struct channel_handlers parent_handlers = {runner_dispatch_parent, parent_closed};

/* What the parentd before has ordered is still to be done: more does not fit into a socket. */
static void finish_reading(struct runner *runner)
{
	for (int i = 0; i < LAST_READS && runner->parent != NULL; i++)
		channel_read(runner->parent);
}

static void parent_adopt(struct runner *runner, int fd)
{
	struct child_hello hello = {.pid = getpid()};
	unsigned count;

	finish_reading(runner);
	parent_drop(runner);
	fifos_new_parent(runner->fifos);
	count = runner->kept_count;
	hello.resumed = count;
	runner->parent =
		channel_new(runner->base, fd, PROTO_RUNNER, PROTO_PARENT, &parent_handlers, runner);
	if (runner->parent == NULL) {
		log_warn("channel to parentd");
		close(fd);
		return;
	}
	if (channel_send(runner->parent, CHILD_HELLO, GENERATION, &hello, -1) == -1)
		return;
	/* Those that cannot be told are kept again, behind the ones that are left. */
	for (unsigned i = 0; i < count; i++) {
		struct runner_done done = runner->kept[0];
		memmove(runner->kept, runner->kept + 1,
			--runner->kept_count * sizeof(*runner->kept));
		tell(runner, &done);
	}
}

/* ---- launcher ---- */

static void stop(struct runner *runner)
{
	runner->stopping = true;
	runs_stop(runner->runs);
	stop_if_idle(runner);
}

static void heartbeat(struct runner *runner, const struct proto_heartbeat *question)
{
	if (channel_send(runner->launcher, PROCESS_HEARTBEAT, GENERATION, question, -1) == -1)
		log_debug("heartbeat: %s", strerror(errno));
}

static void runner_dispatch_launcher(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct runner *runner = arg;

	(void)channel;
	switch (header->type) {
	case LAUNCHER_HEARTBEAT:
		heartbeat(runner, body);
		log_tick(clock_now_ns());
		return;
	case LAUNCHER_PARENT_CHANNEL:
		parent_adopt(runner, fd);
		return;
	case LAUNCHER_LOG_FILE:
		log_set_file(fd);
		return;
	case LAUNCHER_TOPICS:
		log_set_topics(((const struct launcher_topics *)body)->topics);
		return;
	case LAUNCHER_STOP:
		stop(runner);
		return;
	default:
		return; /* the table lets no other type through */
	}
}

static void launcher_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel;
	if (why != NULL)
		log_warnx("protocol violation: %s", why);
	stop(arg);
}

static const struct channel_handlers launcher_handlers = {
	runner_dispatch_launcher, launcher_closed};

/* ---- start ---- */

static void on_child(int fd, short events, void *arg)
{
	struct runner *runner = arg;
	struct signalfd_siginfo signals[8];

	(void)events;
	while (read(fd, signals, sizeof(signals)) > 0)
		;
	runs_reap(runner->runs);
}

static void watch_children(struct runner *runner)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL) == -1)
		fatal("sigprocmask");
	int fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	struct event *event =
		fd == -1 ? NULL
			 : event_new(runner->base, fd, EV_READ | EV_PERSIST, on_child, runner);
	if (event == NULL || event_add(event, NULL) == -1)
		fatal("signals");
}

/* What a script leaves behind comes to us rather than to the nursery, so that it is reaped here. A
 * process that is not dumpable cannot be traced by others of the scripts' user. */
static void set_process(void)
{
	umask(022);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 || chdir("/") == -1)
		fatal("start");
}

void runner_run(int argc, char **argv)
{
	static struct runner runner;
	struct child_options options;

	child_init(PROTO_RUNNER, argc, argv, &options);
	if (options.probe)
		_exit(child_probe_answer(FD_LAUNCHER));
	set_process();
	execute_init();
	groups_open();
	runner.base = loop_new();
	runner.runs = runs_new(runner.base, on_done, &runner);
	runner.fifos = fifos_new(runner.base, on_fifo, &runner);
	runner.launcher = channel_new(runner.base, child_launcher_fd(), PROTO_RUNNER,
		PROTO_LAUNCHER, &launcher_handlers, &runner);
	if (runner.runs == NULL || runner.fifos == NULL || runner.launcher == NULL)
		fatal("channel to the launcher");
	watch_children(&runner);
	log_debug("started");
	loop_run(runner.base);
}
