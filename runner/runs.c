#include "runner/runs.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "runner/drain.h"
#include "runner/execute.h"
#include "runner/groups.h"
#include "runner/recent.h"
#include "runner/run_queue.h"
#include "runner/runs.h"
#include "runner/tail.h"
#include "runner/words.h"

/* What SIGKILL does not end by then waits for the kernel; nobody is to wait with it. */
#define RUN_KILL_MS 1000

/* Read in one go and at the end: what a pipe holds by default. */
#define OUTPUT_CHUNK 16384
#define OUTPUT_READS 4

struct run {
	struct runs *runs;
	struct runner_run order;
	struct execution execution;
	uint64_t started_ns;
	enum { RUN_GOES, RUN_TERMINATED, RUN_KILLED } phase;
	bool timed_out;
	bool stopped; /* ended with the runner, for no reason of its own */
	bool ended;   /* the process itself; of its group some may be left */
	int wait_status;
	struct event *timer;
	struct event *readable;
	struct tail tail;
};

struct runs {
	struct event_base *base;
	void (*done)(const struct runner_done *done, void *arg);
	void *arg;
	bool stopping;
	struct run_queue queue;
	struct run *list[RUNS_MAX]; /* by their place in the queue */
	struct recent recent;
};

static void start_waiting(struct runs *runs);

struct runs *runs_new(
	struct event_base *base, void (*done)(const struct runner_done *done, void *arg), void *arg)
{
	struct runs *runs = calloc(1, sizeof(*runs));

	if (runs == NULL)
		return NULL;
	runs->base = base;
	runs->done = done;
	runs->arg = arg;
	return runs;
}

static void answer_without_run(
	struct runs *runs, uint64_t run, enum runner_outcome outcome, int status)
{
	struct runner_done done = {.run = run, .outcome = outcome, .status = status};

	runs->done(&done, runs->arg);
}

static void set_timer(struct run *run, uint32_t wait_ms)
{
	const struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = (wait_ms % 1000) * 1000L};

	if (wait_ms != 0)
		event_add(run->timer, &wait);
}

/* ---- output ---- */

/* False when there will be no more. */
static bool read_output(struct run *run)
{
	char bytes[OUTPUT_CHUNK];

	for (int i = 0; i < OUTPUT_READS; i++) {
		ssize_t length = read(run->execution.output_fd, bytes, sizeof(bytes));
		if (length == -1)
			return errno == EAGAIN || errno == EINTR;
		if (length == 0)
			return false;
		tail_add(&run->tail, bytes, (size_t)length);
	}
	return true;
}

static void on_readable(int fd, short events, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)events;
	if (!read_output(run))
		event_del(run->readable);
}

/* ---- end ---- */

static void run_free(struct run *run)
{
	if (run->timer != NULL)
		event_free(run->timer);
	if (run->readable != NULL)
		event_free(run->readable);
	free(run);
}

/* Places are looked for by the run itself: a number may have been given twice. */
static void leave_list(struct runs *runs, const struct run *run)
{
	for (int i = 0; i < RUNS_MAX; i++) {
		if (runs->list[i] != run)
			continue;
		runs->list[i] = NULL;
		run_queue_remove(&runs->queue, i);
		return;
	}
}

/* What this host lacked for a moment, or a file that is just being written, says nothing about what
 * the script would have said. */
static bool is_passing(int reason)
{
	return reason == EAGAIN || reason == ENOMEM || reason == EMFILE || reason == ENFILE ||
	       reason == ETXTBSY;
}

static void judge(const struct run *run, struct runner_done *done)
{
	int reason = run->ended ? execution_error(&run->execution) : 0;
	int signal_number = WIFSIGNALED(run->wait_status) ? WTERMSIG(run->wait_status) : 0;

	done->outcome = RAN_EXITED;
	done->status = WEXITSTATUS(run->wait_status);
	if (reason != 0) {
		done->outcome = is_passing(reason) ? RAN_NOT_RUN : RAN_NOT_STARTED;
		done->status = reason;
	} else if (run->stopped && (!run->ended || signal_number != 0)) {
		done->outcome = RAN_NOT_RUN;
		done->status = 0;
	} else if (run->timed_out) {
		done->outcome = RAN_TIMED_OUT;
		done->status = run->ended ? signal_number : SIGKILL;
	} else if (!run->ended || signal_number != 0) {
		done->outcome = RAN_SIGNALED;
		done->status = run->ended ? signal_number : SIGKILL;
	}
}

static void complete(struct run *run)
{
	struct runs *runs = run->runs;
	struct runner_done done = {.run = run->order.run};
	bool open = read_output(run);
	bool may_come_again = run->order.queue != 0;

	judge(run, &done);
	done.duration_us = (clock_now_ns() - run->started_ns) / 1000;
	log_topic(LOG_TOPIC_SCRIPTS, "%s[%d] is over after %.3f s", run->order.line,
		(int)run->execution.pid, (double)done.duration_us / 1e6);
	tail_text(&run->tail, done.output, sizeof(done.output));
	event_del(run->readable);
	if (open)
		drain_adopt(runs->base, run->execution.output_fd);
	else
		close(run->execution.output_fd);
	close(run->execution.error_fd);
	groups_remove(run->execution.pid);
	leave_list(runs, run);
	run_free(run);
	if (may_come_again && done.outcome != RAN_NOT_RUN)
		recent_add(&runs->recent, &done);
	runs->done(&done, runs->arg);
	start_waiting(runs);
}

static bool group_is_empty(const struct run *run)
{
	return kill(-run->execution.pid, 0) == -1 && errno == ESRCH;
}

/* One that ends in its own time may leave processes behind, such as a daemon that it started; one
 * that is made to end takes all of its group with it. */
static void complete_if_over(struct run *run)
{
	if (run->ended && (run->phase != RUN_TERMINATED || group_is_empty(run)))
		complete(run);
}

/* The process itself may have gone to another group; its number is its own until it is reaped. */
static void signal_all(const struct run *run, int number)
{
	pid_t pid = run->execution.pid;

	kill(-pid, number);
	if (!run->ended && getpgid(pid) != pid)
		kill(pid, number);
}

static void terminate(struct run *run)
{
	if (run->phase != RUN_GOES)
		return;
	run->phase = RUN_TERMINATED;
	signal_all(run, SIGTERM);
	signal_all(run, SIGCONT); /* one that was stopped, too */
	set_timer(run, RUN_TERM_MS);
}

static void on_timer(int fd, short events, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)events;
	switch (run->phase) {
	case RUN_GOES:
		run->timed_out = true;
		terminate(run);
		return;
	case RUN_TERMINATED:
		run->phase = RUN_KILLED;
		signal_all(run, SIGKILL);
		if (run->ended)
			complete(run);
		else
			set_timer(run, RUN_KILL_MS);
		return;
	case RUN_KILLED:
		log_warnx("%s[%d] does not end: it waits for the kernel", run->order.line,
			(int)run->execution.pid);
		complete(run);
		return;
	}
}

static void ended(struct runs *runs, pid_t pid, int wait_status)
{
	for (int i = 0; i < RUNS_MAX; i++) {
		struct run *run = runs->list[i];
		if (run == NULL || run->execution.pid != pid || run->ended)
			continue;
		run->ended = true;
		run->wait_status = wait_status;
		return;
	}
}

void runs_reap(struct runs *runs)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
		ended(runs, pid, wait_status);
	/* A group may have become empty by the end of one that we did not start. */
	for (int i = 0; i < RUNS_MAX; i++) {
		if (runs->list[i] != NULL && runs->list[i]->ended)
			complete_if_over(runs->list[i]);
	}
}

/* ---- start ---- */

static void not_started(struct run *run, int reason)
{
	struct runs *runs = run->runs;
	uint64_t number = run->order.run;

	leave_list(runs, run);
	run_free(run);
	answer_without_run(
		runs, number, is_passing(reason) ? RAN_NOT_RUN : RAN_NOT_STARTED, reason);
}

static void start(struct run *run)
{
	struct runs *runs = run->runs;
	const char *argv[WORDS_MAX + 1];

	words_split(run->order.line, sizeof(run->order.line), run->order.words, argv);
	run->timer = event_new(runs->base, -1, 0, on_timer, run);
	if (run->timer == NULL || execute(argv, run->order.secure != 0, &run->execution) == -1) {
		not_started(run, run->timer == NULL ? ENOMEM : errno);
		return;
	}
	log_topic(LOG_TOPIC_SCRIPTS, "%s[%d] started", run->order.line, (int)run->execution.pid);
	groups_add(run->execution.pid);
	run->started_ns = clock_now_ns();
	run->readable = event_new(
		runs->base, run->execution.output_fd, EV_READ | EV_PERSIST, on_readable, run);
	if (run->readable == NULL || event_add(run->readable, NULL) == -1)
		fatalx("event loop: no memory");
	set_timer(run, run->order.timeout_ms);
}

static void start_waiting(struct runs *runs)
{
	int place;

	while (!runs->stopping && (place = run_queue_next(&runs->queue)) != -1)
		start(runs->list[place]);
}

/* It comes from a parentd that does not know whether the one before it gave the order. */
static bool is_repeated(struct runs *runs, const struct runner_run *order)
{
	struct runner_done done;

	if (order->queue == 0)
		return false;
	if (run_queue_find(&runs->queue, order->run) != -1)
		return true; /* it will be answered when it has ended */
	if (!recent_find(&runs->recent, order->run, &done))
		return false;
	runs->done(&done, runs->arg);
	return true;
}

const char *runs_order(struct runs *runs, const struct runner_run *order)
{
	const char *argv[WORDS_MAX + 1];
	const char *why = words_split(order->line, sizeof(order->line), order->words, argv);
	struct run *run = NULL;
	int place = -1;

	if (why != NULL)
		return why;
	if (is_repeated(runs, order))
		return NULL;
	if (!runs->stopping)
		run = calloc(1, sizeof(*run));
	if (run != NULL)
		place = run_queue_add(&runs->queue, order->run, order->queue);
	if (place == -1) {
		free(run);
		answer_without_run(runs, order->run, RAN_NOT_RUN, 0);
		return NULL;
	}
	run->runs = runs;
	run->order = *order;
	runs->list[place] = run;
	start_waiting(runs);
	return NULL;
}

/* ---- ending before its time ---- */

static void drop(struct runs *runs, struct run *run)
{
	uint64_t number = run->order.run;

	leave_list(runs, run);
	run_free(run);
	answer_without_run(runs, number, RAN_NOT_RUN, 0);
}

static void end_place(struct runs *runs, int place)
{
	if (runs->queue.entries[place].state == RUN_WAITING)
		drop(runs, runs->list[place]);
	else
		terminate(runs->list[place]);
}

void runs_end(struct runs *runs, uint64_t run)
{
	int place = run_queue_find(&runs->queue, run);

	if (place != -1)
		end_place(runs, place);
}

void runs_stop(struct runs *runs)
{
	runs->stopping = true;
	for (int i = 0; i < RUNS_MAX; i++) {
		if (runs->list[i] == NULL)
			continue;
		runs->list[i]->stopped = runs->list[i]->phase == RUN_GOES;
		end_place(runs, i);
	}
}

bool runs_idle(const struct runs *runs)
{
	return runs->queue.running == 0 && runs->queue.waiting == 0;
}
