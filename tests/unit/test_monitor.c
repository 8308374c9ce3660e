/* Real and virtual servers as checkerd keeps them, in virtual time: the clock and the channel to
 * parentd are this file's. All checkers are MISC_CHECKs, whose commands it answers for. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "checkerd/monitor.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/timers.h"
#include "proto/state_tally.h"

#define S NSEC_PER_SEC

static uint64_t now_ns;
static bool nobody_listens; /* there is no parentd */

/* What parentd heard. */
static struct {
	struct check_real_state real[16];
	struct check_virtual_state virtual_server[4];
	struct check_checker_state checker[16];
	struct check_run run[64];
	size_t reals, virtuals, checkers, runs;
} heard;

uint64_t clock_now_ns(void)
{
	return now_ns;
}

#define HEAR(list_, count_)                                                                        \
	do {                                                                                       \
		if (heard.count_ < sizeof(heard.list_) / sizeof(heard.list_[0]))                   \
			memcpy(&heard.list_[heard.count_], body, sizeof(heard.list_[0]));          \
		heard.count_++;                                                                    \
	} while (0)

int child_send(struct child *child, enum proto_type type, const void *body)
{
	(void)child;
	if (nobody_listens) {
		errno = ENOTCONN;
		return -1;
	}
	if (type == CHECK_REAL_STATE)
		HEAR(real, reals);
	else if (type == CHECK_VIRTUAL_STATE)
		HEAR(virtual_server, virtuals);
	else if (type == CHECK_CHECKER_STATE)
		HEAR(checker, checkers);
	else if (type == CHECK_RUN)
		HEAR(run, runs);
	else
		fail_msg("message %s", proto_type_name((uint16_t)type));
	return 0;
}

void child_cork(struct child *child)
{
	(void)child;
}

void child_uncork(struct child *child)
{
	(void)child;
}

/* ---- a checkerd ---- */

struct fixture {
	int fd;
	struct state_page *page;
	struct timers *timers;
	struct monitor *monitor;
	struct check_conf conf;
};

static void armed(uint64_t due_ns, void *arg)
{
	(void)due_ns;
	(void)arg;
}

/* A monitor lives as long as its process: those of all tests, so that none counts as lost. */
static struct fixture *all[64];
static size_t count;

static void keep(const struct fixture *fixture)
{
	all[count] = malloc(sizeof(*fixture));
	assert_non_null(all[count]);
	*all[count++] = *fixture;
}

/* Killed and replaced: only the page is left. */
static void replace(struct fixture *fixture)
{
	static const struct kind_tools tools;
	const char *why;

	fixture->page = state_page_open(PROTO_CHECK, fixture->fd, true, &why);
	fixture->timers = timers_new(armed, NULL);
	assert_non_null(fixture->page);
	fixture->monitor = monitor_new(&tools, fixture->page, fixture->timers);
	memset(&heard, 0, sizeof(heard));
	keep(fixture);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	now_ns = 1000 * S;
	nobody_listens = false;
	fixture->fd = state_page_create(PROTO_CHECK);
	replace(fixture);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->fd);
	free(fixture);
	return 0;
}

/* ---- configurations ---- */

static void add(struct fixture *fixture, enum proto_type type, const void *body)
{
	char reason[PROTO_REASON_LEN];

	if (check_conf_add(&fixture->conf, type, body, reason, sizeof(reason)) == -1)
		fail_msg("%s", reason);
}

static void add_virtual(struct fixture *fixture, const char *name, uint32_t servers, uint32_t flags)
{
	struct conf_check_virtual item = {.quorum = 1, .servers = servers, .flags = flags};

	snprintf(item.name, sizeof(item.name), "%s", name);
	add(fixture, CONF_CHECK_VIRTUAL, &item);
}

static void add_real(struct fixture *fixture, const char *name, uint32_t checkers)
{
	struct conf_check_real item = {.virtual_server = (uint32_t)fixture->conf.virtuals.count - 1,
		.weight = 1,
		.checkers = checkers};

	snprintf(item.name, sizeof(item.name), "%s", name);
	add(fixture, CONF_CHECK_REAL, &item);
}

/* command is its number, text what it is known by. */
static struct conf_check_checker misc(const struct fixture *fixture, uint32_t command)
{
	struct conf_check_checker item = {.real = (uint32_t)fixture->conf.reals.count - 1,
		.type = CHECK_MISC,
		.delay_loop_us = 10000000,
		.delay_before_retry_us = 1000000,
		.timeout_us = 5000000,
		.command = command,
		.same_as = (uint32_t)fixture->conf.checkers.count};

	snprintf(item.text, sizeof(item.text), "%08x", command);
	return item;
}

static void apply(struct fixture *fixture)
{
	char reason[PROTO_REASON_LEN];

	memset(&heard, 0, sizeof(heard));
	if (check_conf_commit(&fixture->conf, 0, reason, sizeof(reason)) == -1 ||
		monitor_prepare(fixture->monitor, &fixture->conf, reason, sizeof(reason)) == -1)
		fail_msg("%s", reason);
	monitor_apply(fixture->monitor, &fixture->conf);
}

static void apply_one(struct fixture *fixture)
{
	add_virtual(fixture, "V", 1, 0);
	add_real(fixture, "R", 1);
	struct conf_check_checker item = misc(fixture, 0);
	add(fixture, CONF_CHECK_CHECKER, &item);
	apply(fixture);
}

/* ---- time ---- */

static void pass(const struct fixture *fixture, uint64_t duration_ns)
{
	uint64_t end_ns = now_ns + duration_ns;

	while (timers_next(fixture->timers) <= end_ns) {
		if (timers_next(fixture->timers) > now_ns)
			now_ns = timers_next(fixture->timers);
		timers_run(fixture->timers, now_ns);
	}
	now_ns = end_ns;
}

/* The latest run of a command ends. */
static void ran(const struct fixture *fixture, uint32_t command, int32_t status)
{
	for (size_t i = heard.runs; i-- > 0;) {
		if (heard.run[i].script != command)
			continue;
		const struct check_ran answer = {.script = command,
			.run = heard.run[i].run,
			.result = status == 0 ? CHECK_GOOD : CHECK_BAD,
			.status = status};
		monitor_ran(fixture->monitor, &answer);
		return;
	}
	fail_msg("command %u did not run", command);
}

/* ---- tests ---- */

static void test_first_failure(void **state)
{
	struct fixture *fixture = *state;

	apply_one(fixture);
	assert_int_equal(heard.checkers, 1);
	assert_int_equal(heard.checker[0].verdict, VERDICT_UNKNOWN);
	assert_int_equal(heard.real[0].up, 1);
	assert_int_equal(heard.real[0].news, NEWS_FIRST);
	assert_int_equal(heard.virtual_server[0].quorum_up, 1);
	assert_int_equal(heard.virtual_server[0].news, NEWS_FIRST);
	pass(fixture, 2 * S);
	assert_int_equal(heard.runs, 1);
	ran(fixture, 0, 7);
	assert_int_equal(heard.checkers, 2);
	assert_int_equal(heard.checker[1].verdict, VERDICT_DOWN);
	assert_string_equal(heard.checker[1].result, "exit status 7");
	assert_int_equal(heard.reals, 2);
	assert_int_equal(heard.real[1].up, 0);
	assert_int_equal(heard.real[1].news, NEWS_CHANGED);
	assert_string_equal(heard.real[1].reason, "MISC_CHECK: exit status 7");
	assert_int_equal(heard.virtuals, 2);
	assert_int_equal(heard.virtual_server[1].quorum_up, 0);
	/* the same again is no news */
	pass(fixture, 10 * S);
	ran(fixture, 0, 7);
	assert_int_equal(heard.checkers, 2);
	/* an answer that nobody waits for is none */
	ran(fixture, 0, 0);
	assert_int_equal(heard.reals, 2);
}

/* For metrics: a successor counts on. */
static void test_counts(void **state)
{
	struct fixture *fixture = *state;
	struct state_checker record;
	uint64_t words[TALLY_WORDS];

	apply_one(fixture);
	pass(fixture, 2 * S);
	ran(fixture, 0, 7);
	replace(fixture);
	apply_one(fixture);
	pass(fixture, 10 * S);
	now_ns += S / 100;
	ran(fixture, 0, 0);
	assert_int_equal(state_checker_load(fixture->page, heard.checker[0].record, &record), 1);
	assert_int_equal(record.attempts, 2);
	assert_int_equal(record.failures, 1);
	state_tally_load(fixture->page, TALLY_RESULTS(CHECK_MISC), words);
	assert_int_equal(words[TALLY_GOOD], 1);
	assert_int_equal(words[TALLY_BAD], 1);
	assert_int_equal(words[TALLY_UNKNOWN], 0);
	state_tally_load(fixture->page, TALLY_LATENCY(CHECK_MISC), words);
	assert_true(words[TALLY_SUM] >= 10000);
}

static void test_successor(void **state)
{
	struct fixture *fixture = *state;

	apply_one(fixture);
	pass(fixture, 2 * S);
	ran(fixture, 0, 7);
	pass(fixture, 3 * S); /* due again 6 s from now */
	replace(fixture);
	assert_int_equal(monitor_left(fixture->monitor), 1);
	apply_one(fixture);
	assert_int_equal(heard.checker[0].verdict, VERDICT_DOWN);
	assert_string_equal(heard.checker[0].result, "exit status 7");
	assert_int_equal(heard.real[0].up, 0);
	assert_int_equal(heard.real[0].news, NEWS_REPEATED);
	assert_int_equal(heard.virtual_server[0].news, NEWS_REPEATED);
	pass(fixture, 5 * S);
	assert_int_equal(heard.runs, 0);
	pass(fixture, 2 * S);
	assert_int_equal(heard.runs, 1);
	ran(fixture, 0, 0);
	assert_int_equal(heard.real[1].news, NEWS_CHANGED);
}

/* What nobody heard is news for whoever listens next. */
static void test_untold(void **state)
{
	struct fixture *fixture = *state;

	apply_one(fixture);
	pass(fixture, 2 * S);
	nobody_listens = true;
	ran(fixture, 0, 7);
	nobody_listens = false;
	replace(fixture);
	apply_one(fixture);
	assert_int_equal(heard.real[0].up, 0);
	assert_int_equal(heard.real[0].news, NEWS_CHANGED);
	assert_int_equal(heard.virtual_server[0].news, NEWS_CHANGED);
}

/* Other numbers, times and weights, and something new in front: what is checked is the same. */
static void test_reload(void **state)
{
	struct fixture *fixture = *state;
	struct conf_check_checker item;

	apply_one(fixture);
	pass(fixture, 2 * S);
	ran(fixture, 0, 7);
	add_virtual(fixture, "W", 1, 0);
	add_real(fixture, "R", 1);
	item = misc(fixture, 0);
	snprintf(item.text, sizeof(item.text), "other");
	add(fixture, CONF_CHECK_CHECKER, &item);
	add_virtual(fixture, "V", 1, 0);
	add_real(fixture, "R", 1);
	item = misc(fixture, 1);
	snprintf(item.text, sizeof(item.text), "%08x", 0);
	item.delay_loop_us = 2000000;
	item.retry = 4;
	add(fixture, CONF_CHECK_CHECKER, &item);
	apply(fixture);
	assert_int_equal(heard.checker[0].verdict, VERDICT_UNKNOWN);
	assert_int_equal(heard.checker[1].verdict, VERDICT_DOWN);
	assert_int_equal(heard.real[0].news, NEWS_FIRST);
	assert_int_equal(heard.real[1].up, 0);
	assert_int_equal(heard.real[1].news, NEWS_REPEATED);
	/* the shorter time counts at once, and the new number is asked for */
	pass(fixture, 3 * S);
	ran(fixture, 1, 0);
	assert_int_equal(heard.real[2].real, 1);
	assert_int_equal(heard.real[2].news, NEWS_CHANGED);
	/* what is gone is forgotten: it begins anew when it comes back */
	apply(fixture);
	apply_one(fixture);
	assert_int_equal(heard.checker[0].verdict, VERDICT_UNKNOWN);
	assert_int_equal(heard.real[0].news, NEWS_FIRST);
}

/* Two servers with the same checker: one attempt, news of both. */
static void test_followers(void **state)
{
	struct fixture *fixture = *state;
	struct conf_check_checker item;

	for (int turn = 0; turn < 2; turn++) {
		add_virtual(fixture, "V", 1, 0);
		add_real(fixture, "R", 1);
		item = misc(fixture, 0);
		add(fixture, CONF_CHECK_CHECKER, &item);
		add_virtual(fixture, "W", 1, 0);
		add_real(fixture, "R", 1);
		item = misc(fixture, 0);
		item.same_as = turn == 0 ? 0 : 1;
		add(fixture, CONF_CHECK_CHECKER, &item);
		apply(fixture);
		if (turn == 1)
			break;
		pass(fixture, 2 * S);
		assert_int_equal(heard.runs, 1);
		ran(fixture, 0, 7);
		assert_int_equal(heard.reals, 4);
		assert_true(heard.real[2].up == 0 && heard.real[3].up == 0);
	}
	/* each on its own again, where both were */
	assert_true(heard.checker[0].verdict == VERDICT_DOWN &&
		    heard.checker[1].verdict == VERDICT_DOWN);
	assert_true(heard.real[0].news == NEWS_REPEATED && heard.real[1].news == NEWS_REPEATED);
	pass(fixture, 10 * S);
	assert_int_equal(heard.runs, 2);
}

/* First attempts come evenly over the warmup, whatever their number. */
static void test_spread(void **state)
{
	struct fixture *fixture = *state;
	char name[PROTO_NAME_LEN];

	add_virtual(fixture, "V", 60, 0);
	for (uint32_t i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "R%u", i);
		add_real(fixture, name, 1);
		struct conf_check_checker item = misc(fixture, i);
		item.warmup_us = 9000000;
		add(fixture, CONF_CHECK_CHECKER, &item);
	}
	apply(fixture);
	pass(fixture, 1 * S - 1);
	assert_int_equal(heard.runs, 0);
	for (size_t second = 1; second <= 3; second++) {
		pass(fixture, 3 * S);
		assert_in_range(heard.runs, 20 * second - 3, 20 * second + 3);
	}
}

/* The run of a predecessor, or one that was given up, ends late: nobody waits for that. */
static void test_run_of_another(void **state)
{
	struct fixture *fixture = *state;
	struct check_ran answer = {.result = CHECK_BAD, .status = 1};

	apply_one(fixture);
	pass(fixture, 2 * S);
	answer.run = heard.run[0].run - 1;
	monitor_ran(fixture->monitor, &answer);
	assert_int_equal(heard.reals, 1);
	answer.run++;
	monitor_ran(fixture->monitor, &answer);
	assert_int_equal(heard.reals, 2);
}

static void test_file(void **state)
{
	struct fixture *fixture = *state;
	struct check_file_value value = {.file = 3, .known = 1, .value = 4};

	for (uint32_t number = 0; number < 2; number++) {
		add_virtual(fixture, number == 0 ? "V" : "W", 1, 0);
		add_real(fixture, "R", 1);
		struct conf_check_checker item = misc(fixture, 3 + number);
		item.type = CHECK_FILE;
		item.weight = 2;
		add(fixture, CONF_CHECK_CHECKER, &item);
	}
	apply(fixture);
	monitor_file_value(fixture->monitor, &value);
	assert_int_equal(heard.reals, 3);
	assert_int_equal(heard.real[2].real, 0);
	assert_int_equal(heard.real[2].weight, 9);
	assert_int_equal(heard.real[2].news, NEWS_REPEATED); /* up it was before */
	assert_int_equal(heard.virtual_server[2].weight_up, 9);
	value.value = INT32_MIN;
	monitor_file_value(fixture->monitor, &value);
	assert_int_equal(heard.real[3].up, 0);
	assert_int_equal(heard.real[3].news, NEWS_CHANGED);
	value.file = 5;
	monitor_file_value(fixture->monitor, &value);
	value.file = 2;
	monitor_file_value(fixture->monitor, &value);
	assert_int_equal(heard.reals, 4);
	assert_int_equal(heard.runs, 0);
}

static void test_suspended(void **state)
{
	struct fixture *fixture = *state;
	struct conf_check_checker item;
	struct check_suspend suspend = {.virtual_server = 0, .suspended = 0};

	add_virtual(fixture, "V", 1, CHECK_VIRTUAL_HA_SUSPEND);
	add_real(fixture, "R", 1);
	item = misc(fixture, 0);
	add(fixture, CONF_CHECK_CHECKER, &item);
	apply(fixture);
	pass(fixture, 60 * S);
	assert_int_equal(heard.runs, 0);
	monitor_suspend(fixture->monitor, &suspend);
	pass(fixture, 11 * S);
	assert_int_not_equal(heard.runs, 0);
	suspend.suspended = 1;
	monitor_suspend(fixture->monitor, &suspend);
	/* what was under way is not waited for */
	ran(fixture, 0, 7);
	assert_int_equal(heard.reals, 1);
	size_t runs = heard.runs;
	pass(fixture, 60 * S);
	assert_int_equal(heard.runs, runs);
}

static void apply_many(struct fixture *fixture, uint32_t many, uint32_t flags)
{
	char name[PROTO_NAME_LEN];

	add_virtual(fixture, "V", many, flags);
	for (uint32_t i = 0; i < many; i++) {
		snprintf(name, sizeof(name), "R%u", i);
		add_real(fixture, name, 1);
		struct conf_check_checker item = misc(fixture, i);
		item.warmup_us = item.delay_loop_us;
		add(fixture, CONF_CHECK_CHECKER, &item);
	}
	apply(fixture);
}

/* A reload may suspend, and may end that: what went by meanwhile is not made up for at once. */
static void test_suspended_by_a_reload(void **state)
{
	struct fixture *fixture = *state;

	apply_many(fixture, 20, 0);
	pass(fixture, 11 * S);
	assert_int_equal(heard.runs, 20);
	apply_many(fixture, 20, CHECK_VIRTUAL_HA_SUSPEND);
	pass(fixture, 3600 * S);
	assert_int_equal(heard.runs, 0);
	apply_many(fixture, 20, 0);
	pass(fixture, S / 2);
	assert_in_range(heard.runs, 0, 4);
	pass(fixture, 10 * S);
	assert_in_range(heard.runs, 20, 24);
}

/* As many as the page holds, replaced by as many others, and a successor for those. */
static void test_all_places(void **state)
{
	struct fixture *fixture = *state;
	struct conf_check_checker item;
	char name[PROTO_NAME_LEN];

	for (uint32_t turn = 0; turn < 2; turn++) {
		add_virtual(fixture, "V", STATE_CHECKERS, 0);
		for (uint32_t i = 0; i < STATE_CHECKERS; i++) {
			snprintf(name, sizeof(name), "R%u-%u", turn, i);
			add_real(fixture, name, 1);
			item = misc(fixture, i);
			add(fixture, CONF_CHECK_CHECKER, &item);
		}
		apply(fixture);
		assert_int_equal(heard.checkers, STATE_CHECKERS);
		assert_int_equal(heard.reals, STATE_CHECKERS);
	}
	replace(fixture);
	assert_int_equal(monitor_left(fixture->monitor), STATE_CHECKERS);
}

static void refused_with(
	struct fixture *fixture, const struct conf_check_checker *item, const char *wanted)
{
	char reason[PROTO_REASON_LEN];

	add_virtual(fixture, "V", 1, 0);
	add_real(fixture, "R", 1);
	add(fixture, CONF_CHECK_CHECKER, item);
	assert_int_equal(check_conf_commit(&fixture->conf, 0, reason, sizeof(reason)), -1);
	assert_string_equal(reason, wanted);
	check_conf_clear(&fixture->conf);
}

static void test_refused(void **state)
{
	struct fixture *fixture = *state;
	struct conf_check_checker item;
	char reason[PROTO_REASON_LEN];

	add_virtual(fixture, "V", 2, 0);
	add_real(fixture, "R", 1);
	item = misc(fixture, 0);
	add(fixture, CONF_CHECK_CHECKER, &item);
	assert_int_equal(check_conf_commit(&fixture->conf, 0, reason, sizeof(reason)), -1);
	assert_string_equal(reason, "missing real server of virtual server 0");
	check_conf_clear(&fixture->conf);
	add_virtual(fixture, "V", 1, 0);
	add_real(fixture, "R", 1);
	item.real = 1;
	assert_int_equal(
		check_conf_add(&fixture->conf, CONF_CHECK_CHECKER, &item, reason, sizeof(reason)),
		-1);
	check_conf_clear(&fixture->conf);
	item.real = 0;
	item.same_as = 1;
	refused_with(fixture, &item, "same_as of checker 0");
	item.same_as = 0;
	item.delay_loop_us = 999;
	refused_with(fixture, &item, "times out of bounds: checker 0");
	item.delay_loop_us = 1000;
	item.fwmark = 1;
	refused_with(fixture, &item, "packets cannot be marked: checker 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_successor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_untold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_followers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spread, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_run_of_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_suspended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_suspended_by_a_reload, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
