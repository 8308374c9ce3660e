/* What parentd takes from a runner that is not what it should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/channel.h"
#include "parentd/runners.h"

struct heard {
	unsigned done;
	unsigned lost;
	char killed[PROTO_REASON_LEN];
};

static void tell(enum proto_type type, const void *body, void *arg)
{
	struct heard *heard = arg;

	if (type == PARENT_CHILD_KILL)
		strcpy(heard->killed, ((const struct parent_child_kill *)body)->reason);
}

static void up(int slot, void *arg)
{
	(void)slot;
	(void)arg;
}

static void done(int slot, const struct runner_done *done, void *arg)
{
	(void)slot;
	(void)done;
	((struct heard *)arg)->done++;
}

static void lost(int slot, void *arg)
{
	(void)slot;
	((struct heard *)arg)->lost++;
}

static const struct runners_ops ops = {.tell = tell, .up = up, .done = done, .lost = lost};

static void on_message(struct channel *channel, const struct proto_header *header, const void *body,
	int fd, void *arg)
{
	(void)channel, (void)header, (void)body, (void)fd;
	(*(unsigned *)arg)++;
}

static void on_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel, (void)why, (void)arg;
}

static const struct channel_handlers handlers = {on_message, on_closed};

struct bench {
	struct event_base *base;
	struct runners *runners;
	struct channel *runner; /* its end */
	unsigned orders;        /* that it got */
	struct heard heard;
};

static void set_up(struct bench *bench)
{
	const struct launcher_child_started started = {.process = PROTO_RUNNER_FIRST, .pid = 4711};
	const struct child_hello hello = {.pid = 4711};
	int ends[2];

	*bench = (struct bench){.base = event_base_new()};
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	bench->runners = runners_new(bench->base, &ops, &bench->heard);
	runners_started(bench->runners, &started, ends[0]);
	bench->runner = channel_new(
		bench->base, ends[1], PROTO_RUNNER_FIRST, PROTO_PARENT, &handlers, &bench->orders);
	assert_non_null(bench->runner);
	assert_int_equal(channel_send(bench->runner, CHILD_HELLO, 0, &hello, -1), 0);
	event_base_loop(bench->base, EVLOOP_NONBLOCK);
	assert_true(runners_info(bench->runners, 0)->up);
}

static void say_done(struct bench *bench)
{
	const struct runner_done message = {.run = 1};

	channel_send(bench->runner, RUNNER_DONE, 0, &message, -1);
	event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

static void order(struct bench *bench)
{
	const char *words[] = {"/bin/true"};
	const struct runner_order what = {.run = 1, .words_count = 1, .words = words};

	assert_int_equal(runners_run(bench->runners, 0, &what), 0);
	event_base_loop(bench->base, EVLOOP_NONBLOCK);
}

static void test_messages_without_an_end(void **state)
{
	static struct bench bench; /* reachable to the end: runners are never freed */

	(void)state;
	set_up(&bench);
	for (int i = 0; i < 3000; i++) {
		order(&bench);
		say_done(&bench);
	}
	assert_int_equal(bench.orders, 3000);
	assert_int_equal(bench.heard.done, 3000);
	assert_string_equal(bench.heard.killed, "");
	for (int i = 0; i < 50000 && bench.heard.lost == 0; i++)
		say_done(&bench);
	assert_int_equal(bench.heard.lost, 1);
	assert_string_equal(
		bench.heard.killed, "protocol violation: it sends messages that answer nothing");
	assert_false(runners_info(bench.runners, 0)->up);
}

static void test_hello_again(void **state)
{
	const struct child_hello hello = {.pid = 4711};
	static struct bench bench; /* reachable to the end: runners are never freed */

	(void)state;
	set_up(&bench);
	channel_send(bench.runner, CHILD_HELLO, 0, &hello, -1);
	event_base_loop(bench.base, EVLOOP_NONBLOCK);
	assert_int_equal(bench.heard.lost, 1);
	assert_string_not_equal(bench.heard.killed, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_without_an_end),
		cmocka_unit_test(test_hello_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
