/* When a checker tries and what its attempts mean, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checkerd/checker.h"
#include "common/clock.h"

#define S     NSEC_PER_SEC
#define MS    NSEC_PER_MSEC
#define BEGIN (1000 * S)

static const struct checker_params plain = {.delay_loop_ns = 6 * S,
	.delay_before_retry_ns = 2 * S,
	.warmup_ns = 6 * S,
	.retry = 2,
	.steps = 1};

/* One attempt that takes took_ns; the time at which it began. */
static uint64_t attempt(struct checker *checker, const struct checker_params *params,
	enum checker_result result, uint64_t took_ns)
{
	uint64_t now = checker_deadline(checker);

	assert_false(checker_due(checker, params, now - 1));
	assert_true(checker_due(checker, params, now));
	checker_result(checker, params, result, now + took_ns);
	return now;
}

/* Every letter of results is what one attempt after the other gave: g good, b bad, u unknown; every
 * letter of wanted the verdict after it: . unknown, + up, - down. */
static void assert_verdicts(
	const struct checker_params *params, const char *results, const char *wanted)
{
	struct checker checker;

	checker_init(&checker, params, BEGIN, 0);
	for (; *results != '\0'; results++, wanted++) {
		enum checker_result result = *results == 'g'   ? CHECKER_GOOD
					     : *results == 'b' ? CHECKER_BAD
							       : CHECKER_UNKNOWN;
		enum proto_verdict before = checker.verdict;
		uint64_t now = checker_deadline(&checker);
		assert_true(checker_due(&checker, params, now));
		bool changed = checker_result(&checker, params, result, now);
		assert_int_equal(changed, before != checker.verdict);
		assert_int_equal(".-+"[checker.verdict], *wanted);
	}
	assert_int_equal(*wanted, '\0');
}

static void test_verdicts(void **state)
{
	struct checker_params urls = plain;

	(void)state;
	assert_verdicts(&plain, "b", "-"); /* the very first failure counts at once */
	assert_verdicts(&plain, "gbbb", "+++-");
	assert_verdicts(&plain, "gbbgbbgbbb", "+++++++++-");
	assert_verdicts(&plain, "bbgbb", "--+++"); /* a success counts at once */
	assert_verdicts(
		&plain, "gbubub", "+++++-"); /* nobody knows: neither counts nor breaks a row */
	assert_verdicts(&plain, "ub", ".-");
	struct checker_params impatient = plain;
	impatient.retry = 0;
	assert_verdicts(&impatient, "gbgb", "+-+-");
	urls.steps = 3;
	assert_verdicts(&urls, "gggg", "..++");
	assert_verdicts(&urls, "gb", ".-");
	assert_verdicts(&urls, "bggg", "---+");
	assert_verdicts(&urls, "bggbggg", "------+");
	assert_verdicts(&urls, "gggbgggbbb", "..+++++++-");
}

static void test_alpha(void **state)
{
	struct checker_params alpha = plain;
	struct checker checker;

	(void)state;
	alpha.alpha = true;
	checker_init(&checker, &alpha, BEGIN, 0);
	assert_true(checker_fails(&checker, &alpha));
	assert_false(checker_fails(&checker, &plain));
	attempt(&checker, &alpha, CHECKER_GOOD, 0);
	assert_false(checker_fails(&checker, &alpha));
}

static void test_first_attempt(void **state)
{
	struct checker checker;
	struct checker_params never = plain;

	(void)state;
	checker_init(&checker, &plain, BEGIN, 0);
	assert_int_equal(checker_deadline(&checker), BEGIN + S);
	checker_init(&checker, &plain, BEGIN, UINT32_MAX);
	assert_int_equal(checker_deadline(&checker), BEGIN + 7 * S);
	checker_init(&checker, &plain, BEGIN, UINT32_MAX / 2);
	assert_in_range(checker_deadline(&checker), BEGIN + 4 * S - MS, BEGIN + 4 * S);
	never.warmup_ns = UINT64_MAX / 4;
	checker_init(&checker, &never, BEGIN, UINT32_MAX);
	assert_in_range(checker_deadline(&checker), never.warmup_ns, never.warmup_ns + BEGIN + S);
}

static void test_times(void **state)
{
	struct checker checker;
	uint64_t first;
	uint64_t second;

	(void)state;
	checker_init(&checker, &plain, BEGIN, 0);
	first = attempt(&checker, &plain, CHECKER_GOOD, S);
	second = attempt(&checker, &plain, CHECKER_BAD, S);
	assert_int_equal(second - first, 6 * S);
	/* retries after the failed attempt has ended */
	first = attempt(&checker, &plain, CHECKER_BAD, 0);
	assert_int_equal(first - second, 3 * S);
	second = attempt(&checker, &plain, CHECKER_BAD, 0);
	assert_int_equal(second - first, 2 * S);
	assert_int_equal(checker.verdict, VERDICT_DOWN);
	/* failed: every delay_loop */
	for (int i = 0; i < 3; i++) {
		first = attempt(&checker, &plain, CHECKER_BAD, 0);
		assert_int_equal(first - second, 6 * S);
		second = first;
	}
}

static void test_urls_take_turns(void **state)
{
	struct checker_params urls = plain;
	struct checker checker;
	uint64_t first;

	(void)state;
	urls.steps = 2;
	checker_init(&checker, &urls, BEGIN, 0);
	first = attempt(&checker, &urls, CHECKER_GOOD, S);
	assert_int_equal(checker.step, 1);
	assert_int_equal(attempt(&checker, &urls, CHECKER_GOOD, S), first + 6 * S);
	assert_int_equal(checker.step, 0);
	/* the failed url again, not the next one, and not before delay_loop */
	first = attempt(&checker, &urls, CHECKER_BAD, S);
	assert_int_equal(checker.step, 0);
	assert_int_equal(checker_deadline(&checker), first + 7 * S);
	urls.fast_recovery = true;
	checker_init(&checker, &urls, BEGIN, 0);
	first = attempt(&checker, &urls, CHECKER_GOOD, S);
	assert_int_equal(attempt(&checker, &urls, CHECKER_GOOD, 0), first + S);
	assert_int_equal(checker.verdict, VERDICT_UP);
	assert_int_equal(checker_deadline(&checker), first + 7 * S);
	/* one by one once it is up */
	first = attempt(&checker, &urls, CHECKER_GOOD, 0);
	assert_int_equal(checker_deadline(&checker), first + 6 * S);
}

static void test_not_piled_up(void **state)
{
	struct checker checker;
	struct checker_params script = plain;
	uint64_t began = BEGIN + S;

	(void)state;
	checker_init(&checker, &plain, BEGIN, 0);
	assert_true(checker_due(&checker, &plain, began));
	for (int i = 1; i < 4; i++)
		assert_false(checker_due(&checker, &plain, began + (uint64_t)i * 6 * S));
	/* its turns stay where they were */
	assert_true(checker_result(&checker, &plain, CHECKER_GOOD, began + 19 * S));
	assert_int_equal(checker_deadline(&checker), began + 24 * S);
	assert_int_equal(checker.run, 1);
	/* a result that never comes is waited for with an end */
	script.wait_ns = 10 * S;
	checker_init(&checker, &script, BEGIN, 0);
	assert_true(checker_due(&checker, &script, began));
	assert_false(checker_due(&checker, &script, began + 6 * S));
	assert_true(checker_due(&checker, &script, began + 12 * S));
	assert_int_equal(checker.run, 2);
}

static void test_lateness_does_not_add_up(void **state)
{
	struct checker checker;

	(void)state;
	checker_init(&checker, &plain, BEGIN, 0);
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(checker_deadline(&checker), BEGIN + S + i * 6 * S);
		assert_true(checker_due(&checker, &plain, checker_deadline(&checker) + 40 * MS));
		checker_result(&checker, &plain, CHECKER_GOOD, checker.started_ns + S);
	}
	/* turns that a standstill ate are not made up for */
	uint64_t woke = checker_deadline(&checker) + 100 * S;
	assert_true(checker_due(&checker, &plain, woke));
	checker_result(&checker, &plain, CHECKER_GOOD, woke);
	assert_int_equal(checker_deadline(&checker), woke + 6 * S);
}

/* Whatever a predecessor left, the next attempt is neither in the past nor far away. */
static void test_resume(void **state)
{
	struct checker checker;
	unsigned seconds[12] = {0};

	(void)state;
	for (uint64_t i = 0; i < 600; i++) { /* 600 with turns evenly over 6 s, 3 s away */
		checker = (struct checker){.verdict = VERDICT_DOWN, .due_ns = BEGIN + i * 10 * MS};
		checker_resume(&checker, &plain, BEGIN + 3 * S);
		assert_int_equal(checker.verdict, VERDICT_DOWN);
		assert_in_range(checker.due_ns, BEGIN + 3 * S, BEGIN + 9 * S - 1);
		seconds[(checker.due_ns - BEGIN) / S]++;
	}
	for (int i = 3; i < 6; i++)
		assert_in_range(seconds[i], 199, 201); /* twice the pace, no burst */
	checker = (struct checker){.verdict = VERDICT_UP, .due_ns = BEGIN};
	checker_resume(&checker, &plain, BEGIN + 100 * S);
	assert_int_equal(checker.due_ns, BEGIN + 102 * S); /* its own turn */
	checker = (struct checker){.verdict = (enum proto_verdict)9,
		.due_ns = UINT64_MAX,
		.step = 7,
		.passed = 9,
		.running = true};
	checker_resume(&checker, &plain, BEGIN);
	assert_int_equal(checker.verdict, VERDICT_UNKNOWN);
	assert_int_equal(checker.step, 0);
	assert_false(checker.running);
	assert_in_range(checker.due_ns, BEGIN, BEGIN + 7 * S);
	/* a failed attempt that did not count stays one */
	checker_init(&checker, &plain, BEGIN, 0);
	attempt(&checker, &plain, CHECKER_GOOD, 0);
	attempt(&checker, &plain, CHECKER_BAD, 0);
	attempt(&checker, &plain, CHECKER_BAD, 0);
	checker_resume(&checker, &plain, checker.due_ns - S);
	attempt(&checker, &plain, CHECKER_BAD, 0);
	assert_int_equal(checker.verdict, VERDICT_DOWN);
}

static void test_late_results(void **state)
{
	struct checker checker;

	(void)state;
	checker_init(&checker, &plain, BEGIN, 0);
	assert_false(checker_result(&checker, &plain, CHECKER_BAD, BEGIN));
	assert_int_equal(checker.verdict, VERDICT_UNKNOWN);
	/* nobody knows: again soon */
	assert_true(checker_due(&checker, &plain, BEGIN + S));
	assert_false(checker_result(&checker, &plain, CHECKER_UNKNOWN, BEGIN + 2 * S));
	assert_int_equal(checker_deadline(&checker), BEGIN + 3 * S);
}

static void test_misc(void **state)
{
	int64_t weight;

	(void)state;
	assert_int_equal(checker_judge_misc(0, true, 7, &weight), CHECKER_GOOD);
	assert_int_equal(weight, 7);
	assert_int_equal(checker_judge_misc(1, true, 7, &weight), CHECKER_BAD);
	assert_int_equal(checker_judge_misc(2, true, 7, &weight), CHECKER_GOOD);
	assert_int_equal(weight, 0);
	assert_int_equal(checker_judge_misc(255, true, 7, &weight), CHECKER_GOOD);
	assert_int_equal(weight, 253);
	assert_int_equal(checker_judge_misc(2, false, 7, &weight), CHECKER_BAD);
	assert_int_equal(checker_judge_misc(-1, true, 7, &weight), CHECKER_BAD);
	assert_int_equal(checker_judge_misc(256, true, 7, &weight), CHECKER_BAD);
}

static void test_file(void **state)
{
	int64_t added;

	(void)state;
	assert_int_equal(checker_judge_file(5, -2, &added), CHECKER_GOOD);
	assert_int_equal(added, -10);
	assert_int_equal(checker_judge_file(0, 0, &added), CHECKER_GOOD);
	assert_int_equal(checker_judge_file(3, 0, &added), CHECKER_BAD);
	assert_int_equal(checker_judge_file(INT32_MIN, 1, &added), CHECKER_BAD);
	assert_int_equal(checker_judge_file(INT32_MIN + 1, 1, &added), CHECKER_GOOD);
	assert_int_equal(checker_judge_file(INT64_MAX, 1000, &added), CHECKER_GOOD);
	assert_int_equal(added, INT32_MAX);
	assert_int_equal(checker_judge_file(INT64_MAX, -1000, &added), CHECKER_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_first_attempt),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_urls_take_turns),
		cmocka_unit_test(test_not_piled_up),
		cmocka_unit_test(test_lateness_does_not_add_up),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_late_results),
		cmocka_unit_test(test_misc),
		cmocka_unit_test(test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
