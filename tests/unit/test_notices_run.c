/* Notices on their way to a runner and back: how many at once, what is kept of them, and for how
 * long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/loop.h"
#include "parentd/notices.h"
#include "parentd/notified.h"
#include "parentd/parent.h"
#include "parentd/script_user.h"

#define THINGS 150
#define TESTS  6

static char line[] = "/bin/true", user_name[] = "nobody";
static const struct conf_command command = {.line = line, .user = user_name};

/* The other end of the runner's channel keeps what it was told to run. */
struct bench {
	struct parent parent;
	struct notified *notified;
	struct notices *notices;
	struct channel *runner;
	uint64_t runs[4 * THINGS];
	unsigned ordered, answered;
};

/* Reachable to the end: runners and notices are never freed. */
static struct bench benches[TESTS];
static unsigned benches_used;

static void tell(enum proto_type type, const void *body, void *arg)
{
	(void)type, (void)body, (void)arg;
}

static void up(int slot, void *arg)
{
	(void)slot;
	notices_up(((struct bench *)arg)->notices);
}

static void done(int slot, const struct runner_done *done, void *arg)
{
	notices_done(((struct bench *)arg)->notices, slot, done);
}

static void lost(int slot, void *arg)
{
	notices_lost(((struct bench *)arg)->notices, slot);
}

static const struct runners_ops ops = {.tell = tell, .up = up, .done = done, .lost = lost};

static void on_order(struct channel *channel, const struct proto_header *header, const void *body,
	int fd, void *arg)
{
	struct bench *bench = arg;

	(void)channel, (void)fd;
	if (header->type == RUNNER_RUN && bench->ordered < 4 * THINGS)
		bench->runs[bench->ordered++] = ((const struct runner_run *)body)->run;
}

static void on_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel, (void)why, (void)arg;
}

static const struct channel_handlers handlers = {on_order, on_closed};

static void turn(struct bench *bench)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(bench->parent.base, EVLOOP_NONBLOCK);
}

static void connect_runner(struct bench *bench)
{
	const struct launcher_child_started started = {.process = PROTO_RUNNER_FIRST, .pid = 4711};
	const struct child_hello hello = {.pid = 4711};
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	runners_started(bench->parent.runners, &started, ends[0]);
	bench->runner = channel_new(
		bench->parent.base, ends[1], PROTO_RUNNER_FIRST, PROTO_PARENT, &handlers, bench);
	assert_non_null(bench->runner);
	assert_int_equal(channel_send(bench->runner, CHILD_HELLO, 1, &hello, -1), 0);
	turn(bench);
}

static int begin(void **state)
{
	struct bench *bench = &benches[benches_used++];
	struct runner_user user;
	char why[160];

	bench->parent.base = loop_new();
	bench->parent.conf = conf_load_text("test", "", 0, NULL, NULL);
	bench->parent.runners = runners_new(bench->parent.base, &ops, bench);
	bench->notified = notified_open(-1, false);
	bench->notices = notices_new(&bench->parent, bench->notified);
	if (!script_user(bench->parent.conf, &command, &user, why, sizeof(why)))
		return -1;
	runners_want(bench->parent.runners, &user, 1);
	*state = bench;
	return 0;
}

static int end(void **state)
{
	struct bench *bench = *state;

	if (bench->runner != NULL)
		channel_free(bench->runner);
	conf_free(bench->parent.conf);
	return 0;
}

static void happens(struct bench *bench, unsigned thing, enum event_state state)
{
	char name[32];
	const struct state_event event = {
		.kind = EVENT_INSTANCE, .state = state, .name = name, .specific = &command};

	snprintf(name, sizeof(name), "VI_%u", thing);
	notices_event(bench->notices, NULL, 0, &event);
}

static void forget(struct bench *bench, unsigned thing)
{
	char name[32];

	snprintf(name, sizeof(name), "VI_%u", thing);
	notices_forget(bench->notices, notified_key(EVENT_INSTANCE, name, NULL));
}

static void answer(struct bench *bench, const char *output)
{
	struct runner_done answer = {.run = bench->runs[bench->answered++]};

	proto_string_set(answer.output, sizeof(answer.output), output);
	assert_int_equal(channel_send(bench->runner, RUNNER_DONE, 0, &answer, -1), 0);
	turn(bench);
}

static size_t shown(const struct bench *bench)
{
	json_t *array = notices_json(bench->notices);
	size_t count = json_array_size(array);

	json_decref(array);
	return count;
}

static void test_no_more_at_once_than_a_runner_takes(void **state)
{
	struct bench *bench = *state;

	connect_runner(bench);
	for (unsigned i = 0; i < THINGS; i++)
		happens(bench, i, EVENT_MASTER);
	turn(bench);
	assert_int_equal(bench->ordered, 64);
	for (unsigned i = 1; i <= THINGS; i++) {
		answer(bench, "");
		assert_int_equal(bench->ordered, 64 + i < THINGS ? 64 + i : THINGS);
	}
	assert_true(notices_idle(bench->notices));
	assert_int_equal(shown(bench), THINGS);
}

/* What was ordered of a runner that is lost goes to the next one, and what waited behind it too. */
static void test_runner_is_lost(void **state)
{
	const struct launcher_child_exited exited = {.process = PROTO_RUNNER_FIRST, .pid = 4711};
	struct bench *bench = *state;

	connect_runner(bench);
	for (unsigned i = 0; i < THINGS; i++)
		happens(bench, i, EVENT_MASTER);
	turn(bench);
	channel_free(bench->runner);
	runners_exited(bench->parent.runners, &exited);
	turn(bench);
	bench->answered = bench->ordered;
	connect_runner(bench);
	while (bench->answered < bench->ordered)
		answer(bench, "");
	assert_int_equal(bench->ordered, 64 + THINGS);
	assert_true(notices_idle(bench->notices));
}

/* Configurations come and go for years. */
static void test_what_is_removed_is_forgotten(void **state)
{
	struct bench *bench = *state;

	connect_runner(bench);
	for (unsigned i = 0; i < 10; i++) {
		happens(bench, i, EVENT_BACKUP);
		happens(bench, i, EVENT_FAULT);
	}
	for (unsigned i = 0; i < 9; i++)
		forget(bench, i);
	turn(bench);
	assert_int_equal(shown(bench), 10); /* they have something to run */
	while (bench->answered < bench->ordered)
		answer(bench, "");
	assert_int_equal(bench->ordered, 20);
	assert_true(notices_idle(bench->notices));
	assert_int_equal(shown(bench), 1);
	forget(bench, 9);
	forget(bench, 10);
	assert_int_equal(shown(bench), 0);
	/* and one that comes back before it is forgotten stays */
	happens(bench, 3, EVENT_BACKUP);
	forget(bench, 3);
	happens(bench, 3, EVENT_MASTER);
	turn(bench);
	while (bench->answered < bench->ordered)
		answer(bench, "");
	assert_int_equal(shown(bench), 1);
}

static void test_what_waits_is_counted(void **state)
{
	struct bench *bench = *state;

	for (unsigned i = 0; i < 3; i++) {
		happens(bench, i, EVENT_BACKUP);
		happens(bench, i, EVENT_MASTER);
		happens(bench, i, EVENT_FAULT);
	}
	assert_int_equal(notified_waiting(bench->notified), 6);
	connect_runner(bench);
	assert_int_equal(bench->ordered, 3);
	answer(bench, "");
	assert_int_equal(notified_waiting(bench->notified), 5);
	while (bench->answered < bench->ordered)
		answer(bench, "");
	assert_int_equal(notified_waiting(bench->notified), 0);
	happens(bench, 1, EVENT_BACKUP);
	happens(bench, 1, EVENT_MASTER);
	assert_int_equal(notified_waiting(bench->notified), 1);
	bench->notices = notices_new(&bench->parent, bench->notified); /* says it */
	assert_int_equal(notified_waiting(bench->notified), 0);
}

static void test_nothing_waits_for_the_stop(void **state)
{
	struct bench *bench = *state;

	connect_runner(bench);
	for (unsigned i = 0; i < 3; i++) {
		happens(bench, i, EVENT_UP);
		happens(bench, i, EVENT_DOWN);
		happens(bench, i, EVENT_UP);
	}
	notices_stopping(bench->notices);
	assert_int_equal(notified_waiting(bench->notified), 0);
	happens(bench, 0, EVENT_STOP);
	happens(bench, 1, EVENT_MASTER); /* too late */
	turn(bench);
	while (bench->answered < bench->ordered)
		answer(bench, "");
	assert_int_equal(bench->ordered, 4);
	assert_true(notices_idle(bench->notices));
}

/* Whatever a runner says that has become its user's tool. */
static void test_output_is_cleaned(void **state)
{
	struct bench *bench = *state;

	connect_runner(bench);
	happens(bench, 0, EVENT_MASTER);
	turn(bench);
	answer(bench, "one\033[2J\xff\r\ntwo\n");
	json_t *array = notices_json(bench->notices);
	assert_int_equal(json_array_size(array), 1);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(array, 0), "last_output")),
		"one?[2J??\ntwo\n");
	json_decref(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_no_more_at_once_than_a_runner_takes, begin, end),
		cmocka_unit_test_setup_teardown(test_runner_is_lost, begin, end),
		cmocka_unit_test_setup_teardown(test_what_is_removed_is_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(test_what_waits_is_counted, begin, end),
		cmocka_unit_test_setup_teardown(test_nothing_waits_for_the_stop, begin, end),
		cmocka_unit_test_setup_teardown(test_output_is_cleaned, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
