/* The pure parts of the launcher and of parentd: restarts, heartbeats, control requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "parentd/control_request.h"
#include "parentd/heartbeat.h"
#include "parentd/restart.h"
#include "parentd/script_run.h"

static uint32_t delay(struct restart *restart, uint64_t lasted_ms)
{
	const struct restart_life life = {.lasted_ms = lasted_ms};
	struct restart_plan plan = restart_plan(restart, &life);

	assert_false(plan.release); /* it holds nothing */
	return plan.delay_ms;
}

static void test_restart_backs_off(void **state)
{
	static const uint32_t expected[] = {
		0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000};
	struct restart restart = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(delay(&restart, 5), expected[i]);
	/* it never wraps back to no delay */
	for (int i = 0; i < 100; i++)
		assert_int_equal(delay(&restart, 0), RESTART_MAX_MS);
	/* one that lived is replaced at once, and the count begins anew */
	assert_int_equal(delay(&restart, RESTART_EARLY_MS), 0);
	assert_int_equal(delay(&restart, 5), 0);
	assert_int_equal(delay(&restart, 5), 0);
	assert_int_equal(delay(&restart, 5), 100);
}

static void test_restart_hurries(void **state)
{
	const struct restart_life life = {.worked = true, .hurry_ms = 25, .holds = true};
	struct restart restart = {0};

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(restart_plan(&restart, &life).delay_ms, 0);
	for (int i = 0; i < 100; i++) {
		struct restart_plan plan = restart_plan(&restart, &life);
		assert_int_equal(plan.delay_ms, 25);
		assert_false(plan.release); /* in each of its lives it advertised */
	}
}

static void test_restart_releases(void **state)
{
	struct restart_life life = {.hurry_ms = 250, .holds = true, .release_ms = 2500};
	struct restart restart = {0};

	(void)state;
	for (life.idle_ms = 0; life.idle_ms < 2500; life.idle_ms += 250)
		assert_false(restart_plan(&restart, &life).release);
	assert_true(restart_plan(&restart, &life).release);
	assert_int_equal(restart_released(&restart), 1000);

	/* three deaths at least, however long they took */
	life.idle_ms = 60000;
	assert_false(restart_plan(&restart, &life).release);
	assert_false(restart_plan(&restart, &life).release);
	assert_true(restart_plan(&restart, &life).release);
	assert_int_equal(restart_released(&restart), 2000);
	for (int i = 0; i < 100; i++)
		restart_released(&restart);
	assert_int_equal(restart_released(&restart), RESTART_RELEASED_MAX_MS);

	/* until it was well for long */
	life.lasted_ms = RESTART_RECOVERED_MS;
	restart_plan(&restart, &life);
	assert_int_equal(restart_released(&restart), RESTART_RELEASED_MIN_MS);
}

static void test_heartbeat_plan(void **state)
{
	(void)state;
	struct heartbeat_plan second = heartbeat_plan(PROTO_VRRP, 1000000, false);
	assert_int_equal(second.limit_ms, 500);
	assert_int_equal(second.period_ms, 250);
	/* parentd is in a hurry only while a vrrpd waits for it */
	struct heartbeat_plan tenth = heartbeat_plan(PROTO_PARENT, 200000, true);
	assert_int_equal(tenth.limit_ms, 50);
	assert_int_equal(tenth.period_ms, 25);
	struct heartbeat_plan idle = heartbeat_plan(PROTO_PARENT, 200000, false);
	assert_int_equal(idle.limit_ms, 5000);
	assert_int_equal(idle.period_ms, 1000);
	assert_int_equal(heartbeat_plan(PROTO_VRRP, 10000, true).limit_ms, HEARTBEAT_LIMIT_MIN_MS);
	assert_int_equal(heartbeat_plan(PROTO_VRRP, 40950000, true).limit_ms, 5000);
	assert_int_equal(heartbeat_plan(PROTO_VRRP, 0, true).limit_ms, 5000);
	assert_int_equal(heartbeat_plan(PROTO_CHECK, 10000, true).limit_ms, 5000);
	assert_int_equal(heartbeat_plan(PROTO_IPVS, 10000, true).period_ms, 1000);
}

/* On a busy machine; what is asked for again later has still had no more than its share. */
static void test_heartbeat_of_who_starves(void **state)
{
	struct heartbeat heartbeat = {.asked_ns = 100 * NSEC_PER_SEC};
	uint64_t now = heartbeat.asked_ns + 5 * NSEC_PER_SEC;

	(void)state;
	assert_true(heartbeat_starves(&heartbeat, 'R', NSEC_PER_SEC, now));
	assert_false(heartbeat_starves(&heartbeat, 'S', NSEC_PER_SEC, now));
	assert_false(heartbeat_starves(&heartbeat, 'T', 0, now));
	assert_false(heartbeat_starves(&heartbeat, 'R', 3 * NSEC_PER_SEC, now));
	assert_false(heartbeat_starves(&heartbeat, 'R', 3 * NSEC_PER_SEC, now + 60 * NSEC_PER_SEC));
}

static void test_heartbeat_finds_a_hang(void **state)
{
	const struct heartbeat_plan plan = {.period_ms = 100, .limit_ms = 300};
	struct heartbeat heartbeat = {0};
	uint64_t now = NSEC_PER_SEC;

	(void)state;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_ASK);
	/* it has yet to start: patience, to a limit */
	for (int i = 0; i < 20; i++) {
		now += 100 * NSEC_PER_MSEC;
		assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_WAIT);
	}
	heartbeat_answered(&heartbeat);
	now += 100 * NSEC_PER_MSEC;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_ASK);
	for (int i = 0; i < 2; i++) {
		now += 100 * NSEC_PER_MSEC;
		assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_WAIT);
	}
	for (int waited = 300; waited < HEARTBEAT_LIMIT_MAX_MS; waited += 100) {
		now += 100 * NSEC_PER_MSEC;
		assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_OVERDUE);
	}
	now += 100 * NSEC_PER_MSEC;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_HUNG);
}

/* It said that it is busy, and is not any more: the question that it has yet to answer counts anew.
 */
static void test_heartbeat_excuse(void **state)
{
	const struct heartbeat_plan plan = {.period_ms = 100, .limit_ms = 300};
	struct heartbeat heartbeat = {.answers = true};
	uint64_t now = NSEC_PER_SEC;

	(void)state;
	heartbeat_forgive(&heartbeat, now);
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_ASK);
	for (int i = 0; i < 8; i++) {
		now += 100 * NSEC_PER_MSEC;
		(void)heartbeat_tick(&heartbeat, &plan, now);
	}
	heartbeat_forgive(&heartbeat, now);
	now += 100 * NSEC_PER_MSEC;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_WAIT);
	now += 200 * NSEC_PER_MSEC;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_OVERDUE);
}

static void test_heartbeat_of_one_that_never_starts(void **state)
{
	const struct heartbeat_plan plan = {.period_ms = 100, .limit_ms = 300};
	struct heartbeat heartbeat = {0};
	uint64_t now = NSEC_PER_SEC;

	(void)state;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_ASK);
	for (int waited = 100; waited < HEARTBEAT_LIMIT_MAX_MS; waited += 100) {
		now += 100 * NSEC_PER_MSEC;
		assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_WAIT);
	}
	now += 100 * NSEC_PER_MSEC;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_HUNG);
}

static void test_heartbeat_forgives_its_own_sleep(void **state)
{
	const struct heartbeat_plan plan = {.period_ms = 100, .limit_ms = 300};
	struct heartbeat heartbeat = {0};
	uint64_t now = NSEC_PER_SEC;

	(void)state;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_ASK);
	/* the launcher itself did not run: the answer may lie unread */
	now += 5 * NSEC_PER_SEC;
	assert_int_equal(heartbeat_tick(&heartbeat, &plan, now), HEARTBEAT_WAIT);
}

static void refused(const char *line, size_t length)
{
	struct control_request request;
	const char *why = NULL;

	assert_int_equal(control_request_parse(line, length, &request, &why), -1);
	assert_non_null(why);
}

static void test_control_requests(void **state)
{
	static const char good[] = "{\"command\": \"vrrp\", \"name\": \"VI_1\"}";
	static const char dry_run[] = "{\"command\": \"dry-run\"}";
	struct control_request request;
	const char *why;

	(void)state;
	assert_int_equal(control_request_parse(good, strlen(good), &request, &why), 0);
	assert_int_equal(request.command, CONTROL_VRRP);
	assert_string_equal(request.name, "VI_1");
	assert_false(control_request_changes(&request));
	static const char reload[] = "{\"command\":\"reload\"}";
	assert_int_equal(control_request_parse(reload, strlen(reload), &request, &why), 0);
	assert_true(control_request_changes(&request));
	const char *restart = "{\"command\": \"restart\", \"name\": \"vrrpd\"}";
	assert_int_equal(control_request_parse(restart, strlen(restart), &request, &why), 0);
	assert_string_equal(request.name, "vrrpd");
	assert_true(control_request_changes(&request));
	const char *upgrade = "{\"command\": \"upgrade\"}";
	assert_int_equal(control_request_parse(dry_run, strlen(dry_run), &request, &why), 0);
	assert_int_equal(request.command, CONTROL_DRY_RUN);
	assert_true(control_request_changes(&request));
	assert_int_equal(control_request_parse(upgrade, strlen(upgrade), &request, &why), 0);
	assert_true(control_request_changes(&request));
}

static void test_hostile_control_requests(void **state)
{
	static const char *const lines[] = {"", "{", "[]", "null", "\"status\"", "{}",
		"{\"command\": 1}", "{\"command\": null}", "{\"command\": \"halt\"}",
		"{\"command\": \"Status\"}", "{\"command\": \"status\", \"command\": \"reload\"}",
		"{\"command\": \"status\", \"name\": \"VI_1\"}",
		"{\"command\": \"vrrp\", \"name\": 7}",
		"{\"command\": \"vrrp\", \"name\": \"x\", \"more\": 1}",
		"{\"command\": \"status\"} {\"command\": \"reload\"}",
		"{\"command\": \"status\\u0000\"}", "{\"command\": \"\xff\xfe\"}"};
	char name[200], deep[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refused(lines[i], strlen(lines[i]));
	/* a name that does not fit a message */
	memset(name, 'a', sizeof(name));
	memcpy(name, "{\"command\":\"vrrp\",\"name\":\"", 26);
	memcpy(name + sizeof(name) - 2, "\"}", 2);
	refused(name, sizeof(name));
	memset(deep, '[', sizeof(deep));
	refused(deep, sizeof(deep));
	/* bytes after a NUL count as well */
	refused("{\"command\":\"status\"}\0x", 22);
}

static void test_only_awaited_runs_are_believed(void **state)
{
	struct script_run run = {0};

	(void)state;
	/* a parentd before us ordered it; that is believed once */
	assert_true(script_run_end(&run, UINT64_C(1) << 32 | 41));
	assert_int_equal(run.asked, 41);
	assert_false(script_run_end(&run, UINT64_C(1) << 32 | 41));
	assert_false(script_run_end(&run, UINT64_C(1) << 32 | 42));
	assert_false(script_run_join(&run, 42));
	script_run_begin(&run, 1042, 42);
	assert_false(script_run_end(&run, 1041)); /* another one's, or made up */
	assert_false(script_run_end(&run, 0));
	assert_true(script_run_end(&run, 1042));
	assert_int_equal(run.asked, 42);
	assert_false(script_run_end(&run, 1042)); /* once is enough */
}

static void test_a_run_under_way_answers_for_the_next(void **state)
{
	struct script_run run = {0};

	(void)state;
	script_run_begin(&run, 1042, 42);
	assert_false(script_run_end(&run, 1041)); /* nothing heard yet, but one is under way */
	assert_true(script_run_join(&run, 7));
	assert_true(script_run_join(&run, 8));
	assert_true(script_run_end(&run, 1042));
	assert_int_equal(run.asked, 8);
	assert_false(script_run_join(&run, 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_awaited_runs_are_believed),
		cmocka_unit_test(test_a_run_under_way_answers_for_the_next),
		cmocka_unit_test(test_restart_backs_off),
		cmocka_unit_test(test_restart_hurries),
		cmocka_unit_test(test_restart_releases),
		cmocka_unit_test(test_heartbeat_plan),
		cmocka_unit_test(test_heartbeat_excuse),
		cmocka_unit_test(test_heartbeat_of_one_that_never_starts),
		cmocka_unit_test(test_heartbeat_of_who_starves),
		cmocka_unit_test(test_heartbeat_finds_a_hang),
		cmocka_unit_test(test_heartbeat_forgives_its_own_sleep),
		cmocka_unit_test(test_control_requests),
		cmocka_unit_test(test_hostile_control_requests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
