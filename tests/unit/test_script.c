/* When a vrrp_script runs and what its results mean, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checkerd/checks.h"
#include "checkerd/script.h"
#include "common/clock.h"

#define S     NSEC_PER_SEC
#define BEGIN (1000 * S)

static const struct script_params plain = {
	.interval_ns = 2 * S, .timeout_ns = 2 * S, .rise = 1, .fall = 1};

/* Every letter of results is what one run after the other gave: g good, b bad, u unknown; every
 * letter of wanted the verdict after it: . unknown, + up, - down. */
static void assert_verdicts(
	const struct script_params *params, const char *results, const char *wanted)
{
	struct script script;
	uint64_t now = BEGIN;

	script_init(&script, params, now);
	for (; *results != '\0'; results++, wanted++, now += params->interval_ns) {
		enum script_result result = *results == 'g'   ? SCRIPT_GOOD
					    : *results == 'b' ? SCRIPT_BAD
							      : SCRIPT_UNKNOWN;
		enum proto_verdict before = script.verdict;
		assert_true(script_due(&script, params, now));
		bool changed = script_result(&script, params, script.run, result);
		assert_int_equal(changed, before != script.verdict);
		assert_int_equal(".-+"[script.verdict], *wanted);
	}
}

static void test_verdicts(void **state)
{
	(void)state;
	assert_verdicts(&plain, "gbgbug", "+-+--+");
	/* what the documentation says, from the very first result on */
	struct script_params careful = {.interval_ns = S, .rise = 2, .fall = 3};
	assert_verdicts(&careful, "ggbbgbbbggg", ".++++++--++"); /* 2 up, 3 down */
	assert_verdicts(&careful, "bbb", "..-");
	assert_verdicts(&careful, "bbgg", "...+");
	/* nobody knows: neither counts nor breaks a row */
	assert_verdicts(&careful, "gugubbuub", "..++++++-");
	struct script_params pessimist = {
		.interval_ns = S, .rise = 2, .fall = 2, .init_fail = true};
	assert_verdicts(&pessimist, "gbgg", "---+");
}

static void test_starts_from_start_to_start(void **state)
{
	struct script script;

	(void)state;
	script_init(&script, &plain, BEGIN);
	assert_false(script_due(&script, &plain, BEGIN - 1));
	assert_true(script_due(&script, &plain, BEGIN + S / 10));
	assert_int_equal(script_deadline(&script), BEGIN + 2 * S);
	script_result(&script, &plain, script.run, SCRIPT_GOOD);
	/* a host that stood still does not make up for what it missed */
	assert_true(script_due(&script, &plain, BEGIN + 100 * S));
	assert_int_equal(script_deadline(&script), BEGIN + 102 * S);
}

static void test_a_turn_is_left_out_while_it_runs(void **state)
{
	struct script script;

	(void)state;
	script_init(&script, &plain, BEGIN);
	assert_true(script_due(&script, &plain, BEGIN));
	assert_false(script_due(&script, &plain, BEGIN + 2 * S));
	assert_false(script_due(&script, &plain, BEGIN + 4 * S));
	script_result(&script, &plain, script.run, SCRIPT_BAD);
	assert_int_equal(script.verdict, VERDICT_DOWN);
	assert_true(script_due(&script, &plain, BEGIN + 6 * S));
}

/* parentd or the runner died, and its result with it. */
static void test_a_result_that_never_comes(void **state)
{
	struct script script;

	(void)state;
	script_init(&script, &plain, BEGIN);
	assert_true(script_due(&script, &plain, BEGIN));
	uint32_t lost = script.run;
	assert_false(script_due(&script, &plain, BEGIN + 6 * S));
	assert_true(script_due(&script, &plain, BEGIN + 8 * S));
	assert_int_equal(script.run, lost + 1);
	/* late, twice, never asked for */
	assert_false(script_result(&script, &plain, lost, SCRIPT_BAD));
	assert_int_equal(script.verdict, VERDICT_UNKNOWN);
	assert_true(script_result(&script, &plain, lost + 1, SCRIPT_GOOD));
	assert_false(script_result(&script, &plain, lost + 1, SCRIPT_BAD));
	assert_false(script_result(&script, &plain, lost + 2, SCRIPT_BAD));
	assert_int_equal(script.verdict, VERDICT_UP);
}

/* A runner that is not there yet must not cost a turn: an instance may wait for the first result.
 */
static void test_who_knows_nothing_asks_again_soon(void **state)
{
	static const uint64_t wanted_ms[] = {50, 100, 200, 400, 800, 1000, 1000};
	struct script_params rare = plain;
	struct script script;
	uint64_t now = BEGIN;

	(void)state;
	rare.interval_ns = 60 * S;
	script_init(&script, &rare, now);
	for (size_t i = 0; i < sizeof(wanted_ms) / sizeof(wanted_ms[0]); i++) {
		assert_true(script_due(&script, &rare, now));
		script_result(&script, &rare, script.run, SCRIPT_UNKNOWN);
		assert_int_equal(script_deadline(&script), now + wanted_ms[i] * NSEC_PER_MSEC);
		now = script_deadline(&script);
	}
	assert_true(script_due(&script, &rare, now));
	script_result(&script, &rare, script.run, SCRIPT_GOOD);
	assert_int_equal(script_deadline(&script), now + 60 * S);
	now += 60 * S;
	assert_true(script_due(&script, &rare, now));
	script_result(&script, &rare, script.run, SCRIPT_UNKNOWN);
	assert_int_equal(script_deadline(&script), now + 50 * NSEC_PER_MSEC);
	/* never later than its turn */
	script_init(&script, &plain, BEGIN);
	script.unknowns = 100;
	struct script_params often = {.interval_ns = S / 10, .rise = 1, .fall = 1};
	assert_true(script_due(&script, &often, BEGIN));
	script_result(&script, &often, script.run, SCRIPT_UNKNOWN);
	assert_int_equal(script_deadline(&script), BEGIN + S / 10);
}

static void test_resume(void **state)
{
	static const struct {
		int64_t due_s, expected_s;
	} rows[] = {{1, 1}, {-5, 0}, {2, 2}, {1000, 2}};
	struct script_params careful = plain;

	(void)state;
	careful.fall = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct script script = {.verdict = VERDICT_UP,
			.streak = 1,
			.due_ns = (uint64_t)((int64_t)BEGIN + rows[i].due_s * (int64_t)S),
			.give_up_ns = BEGIN + S,
			.run = 7};
		script_resume(&script, &careful, BEGIN);
		assert_int_equal(
			script_deadline(&script), BEGIN + (uint64_t)rows[i].expected_s * S);
		/* the second failure in a row, the first was before */
		assert_true(script_due(&script, &careful, script_deadline(&script)));
		assert_true(script_result(&script, &careful, script.run, SCRIPT_BAD));
		assert_int_equal(script.verdict, VERDICT_DOWN);
	}
	struct script nonsense = {.verdict = (enum proto_verdict)99};
	script_resume(&nonsense, &careful, BEGIN);
	assert_int_equal(nonsense.verdict, VERDICT_UNKNOWN);
}

static void test_times_are_bounded(void **state)
{
	struct conf_check_script scripts[2] = {
		{.name = "a", .interval_us = 1000, .timeout_us = UINT64_C(315360000000000)},
		{.name = "b", .interval_us = UINT64_C(315360000000000), .timeout_us = 1}};
	char reason[PROTO_REASON_LEN] = "";

	(void)state;
	assert_int_equal(checks_judge(scripts, 2, reason, sizeof(reason)), 0);
	scripts[1].interval_us++;
	assert_int_equal(checks_judge(scripts, 2, reason, sizeof(reason)), -1);
	assert_non_null(strstr(reason, "script 1 "));
	scripts[1].interval_us = 999;
	assert_int_equal(checks_judge(scripts, 2, reason, sizeof(reason)), -1);
	scripts[1].interval_us = 1000;
	scripts[0].timeout_us++;
	assert_int_equal(checks_judge(scripts, 2, reason, sizeof(reason)), -1);
	assert_non_null(strstr(reason, "script 0 "));
	scripts[0].timeout_us = 1;
	scripts[0].name[0] = '\0';
	assert_int_equal(checks_judge(scripts, 2, reason, sizeof(reason)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_starts_from_start_to_start),
		cmocka_unit_test(test_a_turn_is_left_out_while_it_runs),
		cmocka_unit_test(test_a_result_that_never_comes),
		cmocka_unit_test(test_who_knows_nothing_asks_again_soon),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_times_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
