/* Numbers of processes, verdicts and delays, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "conf/conf.h"
#include "parentd/process_match.h"
#include "parentd/quorum.h"
#include "parentd/track_value.h"

#define SECONDS NSEC_PER_SEC

static const struct quorum_params at_once = {.min = 1, .max = UINT32_MAX};
static const struct quorum_params delayed = {
	.min = 2, .max = 3, .terminate_delay_ns = 2 * SECONDS, .fork_delay_ns = 5 * SECONDS};

static void test_at_once(void **state)
{
	struct quorum quorum;

	(void)state;
	quorum_init(&quorum, false);
	assert_int_equal(quorum.verdict, VERDICT_UNKNOWN);
	assert_true(quorum_count(&quorum, &at_once, 0, 1));
	assert_int_equal(quorum.verdict, VERDICT_DOWN);
	assert_false(quorum_count(&quorum, &at_once, 0, 2));
	assert_true(quorum_count(&quorum, &at_once, 1, 3));
	assert_int_equal(quorum.verdict, VERDICT_UP);
	assert_false(quorum_count(&quorum, &at_once, 100000, 4));
	assert_true(quorum_count(&quorum, &at_once, 0, 5));
	assert_int_equal(quorum_deadline(&quorum), UINT64_MAX);
}

static void test_limits(void **state)
{
	const struct quorum_params none = {.min = 0, .max = 0};
	const struct quorum_params few = {.min = 2, .max = 3};
	struct quorum quorum;

	(void)state;
	quorum_init(&quorum, false);
	quorum_count(&quorum, &none, 0, 1);
	assert_int_equal(quorum.verdict, VERDICT_UP);
	assert_true(quorum_count(&quorum, &none, 1, 2));
	assert_int_equal(quorum.verdict, VERDICT_DOWN);
	for (uint32_t count = 0; count < 6; count++) {
		quorum_init(&quorum, false);
		quorum_count(&quorum, &few, count, 1);
		assert_int_equal(
			quorum.verdict, count == 2 || count == 3 ? VERDICT_UP : VERDICT_DOWN);
	}
}

static void test_what_is_first_does_not_wait(void **state)
{
	struct quorum quorum;

	(void)state;
	quorum_init(&quorum, false);
	assert_true(quorum_count(&quorum, &delayed, 2, SECONDS));
	assert_int_equal(quorum.verdict, VERDICT_UP);
}

static void test_delays(void **state)
{
	struct quorum quorum;

	(void)state;
	quorum_init(&quorum, false);
	quorum_count(&quorum, &delayed, 2, SECONDS);
	assert_false(quorum_count(&quorum, &delayed, 1, 10 * SECONDS));
	assert_int_equal(quorum_deadline(&quorum), 12 * SECONDS);
	/* a further loss does not begin anew */
	assert_false(quorum_count(&quorum, &delayed, 0, 11 * SECONDS));
	assert_int_equal(quorum_deadline(&quorum), 12 * SECONDS);
	assert_false(quorum_count(&quorum, &delayed, 0, 12 * SECONDS - 1));
	assert_true(quorum_count(&quorum, &delayed, 0, 12 * SECONDS));
	assert_int_equal(quorum.verdict, VERDICT_DOWN);
	assert_false(quorum_count(&quorum, &delayed, 3, 20 * SECONDS));
	assert_int_equal(quorum_deadline(&quorum), 25 * SECONDS);
	assert_true(quorum_count(&quorum, &delayed, 3, 25 * SECONDS));
	assert_int_equal(quorum.verdict, VERDICT_UP);
}

static void test_what_comes_back_in_time_is_nothing(void **state)
{
	struct quorum quorum;

	(void)state;
	quorum_init(&quorum, false);
	quorum_count(&quorum, &delayed, 2, SECONDS);
	assert_false(quorum_count(&quorum, &delayed, 1, 10 * SECONDS));
	assert_false(quorum_count(&quorum, &delayed, 2, 11 * SECONDS));
	assert_int_equal(quorum_deadline(&quorum), UINT64_MAX);
	/* the next loss has its own delay */
	assert_false(quorum_count(&quorum, &delayed, 1, 12 * SECONDS));
	assert_false(quorum_count(&quorum, &delayed, 1, 13 * SECONDS));
	assert_true(quorum_count(&quorum, &delayed, 1, 14 * SECONDS));
}

/* Whoever follows a parentd that died does not know what that had told: it waits. */
static void test_after_another(void **state)
{
	struct quorum quorum;

	(void)state;
	quorum_init(&quorum, true);
	assert_true(quorum_count(&quorum, &at_once, 1, SECONDS));
	quorum_init(&quorum, true);
	assert_false(quorum_count(&quorum, &delayed, 0, SECONDS));
	assert_int_equal(quorum.verdict, VERDICT_UNKNOWN);
	assert_int_equal(quorum_deadline(&quorum), 3 * SECONDS);
	assert_false(quorum_count(&quorum, &delayed, 2, 2 * SECONDS));
	assert_int_equal(quorum_deadline(&quorum), 7 * SECONDS);
	assert_true(quorum_count(&quorum, &delayed, 2, 7 * SECONDS));
	assert_int_equal(quorum.verdict, VERDICT_UP);
}

/* ---- which processes ---- */

static void test_names(void **state)
{
	const struct process_rule nginx = {.process = "nginx"};
	const struct process_rule longer = {.process = "a-name-of-more-than-fifteen"};

	(void)state;
	assert_false(process_rule_wants_line(&nginx));
	assert_true(process_rule_matches_name(&nginx, "nginx"));
	assert_false(process_rule_matches_name(&nginx, "nginx2"));
	assert_false(process_rule_matches_name(&nginx, "ngin"));
	assert_false(process_rule_matches_name(&nginx, ""));
	assert_true(process_rule_matches_name(&longer, "a-name-of-more-"));
	assert_false(process_rule_matches_name(&longer, "a-name-of-more"));
}

#define LINE(words) words, sizeof(words)

static bool with(enum conf_match match, const char *line, size_t length)
{
	static const char params[] = "-q\0two words";
	const struct process_rule rule = {.process = "/usr/bin/daemon",
		.params = params,
		.params_length = sizeof(params),
		.match = match};

	assert_true(process_rule_wants_line(&rule));
	return process_rule_matches_line(&rule, line, length);
}

static void test_lines(void **state)
{
	(void)state;
	assert_true(with(CONF_MATCH_EXACT, LINE("/usr/bin/daemon\0-q\0two words")));
	assert_false(with(CONF_MATCH_EXACT, LINE("/usr/bin/daemon\0-q\0two words\0-x")));
	assert_false(with(CONF_MATCH_EXACT, LINE("/usr/bin/daemon\0-q")));
	assert_false(with(CONF_MATCH_EXACT, LINE("/usr/bin/daemon")));
	assert_false(with(CONF_MATCH_EXACT, LINE("/usr/bin/daemons\0-q\0two words")));
	assert_false(with(CONF_MATCH_EXACT, "", 0));
	assert_true(with(CONF_MATCH_PARTIAL, LINE("/usr/bin/daemon\0-q\0two words")));
	assert_true(with(CONF_MATCH_PARTIAL, LINE("/usr/bin/daemon\0-q\0two words\0-x")));
	assert_false(with(CONF_MATCH_PARTIAL, LINE("/usr/bin/daemon\0-q\0two wordsmiths")));
	assert_true(with(CONF_MATCH_INITIAL, LINE("/usr/bin/daemon\0-q\0two wordsmiths")));
	assert_true(with(CONF_MATCH_INITIAL, LINE("/usr/bin/daemon\0-q\0two words")));
	assert_false(with(CONF_MATCH_INITIAL, LINE("/usr/bin/daemon\0-qq\0two words")));
}

static void test_full_command(void **state)
{
	const struct process_rule any = {.process = "/usr/bin/daemon", .full_command = true};
	const struct process_rule none = {.process = "daemon", .match = CONF_MATCH_EXACT};

	(void)state;
	assert_true(process_rule_wants_line(&any));
	assert_true(process_rule_matches_line(&any, LINE("/usr/bin/daemon\0-q")));
	assert_false(process_rule_matches_line(&any, LINE("daemon\0-q")));
	assert_true(process_rule_matches_line(&none, LINE("daemon")));
	assert_true(process_rule_matches_line(&none, "daemon", 6));
	assert_false(process_rule_matches_line(&none, LINE("daemon\0-q")));
}

/* ---- numbers in files ---- */

static int64_t number(const char *text, size_t length, enum track_content content)
{
	int64_t value = 77;

	assert_int_equal(track_value_parse(text, length, &value), content);
	return value;
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(number("5\n", 2, TRACK_NUMBER), 5);
	assert_int_equal(number(" \n-12 and more", 14, TRACK_NUMBER), -12);
	assert_int_equal(number("+7", 2, TRACK_NUMBER), 7);
	assert_int_equal(number("123", 2, TRACK_NUMBER), 12);
	assert_int_equal(number("", 0, TRACK_NOTHING), 0);
	assert_int_equal(number(" \n", 2, TRACK_NOTHING), 0);
	assert_int_equal(number("x5", 2, TRACK_UNUSABLE), 0);
	assert_int_equal(number("-", 1, TRACK_UNUSABLE), 0);
	assert_int_equal(number("99999999999999999999", 20, TRACK_NUMBER), INT64_MAX);
	assert_int_equal(number("-99999999999999999999", 21, TRACK_NUMBER), INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_what_is_first_does_not_wait),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_what_comes_back_in_time_is_nothing),
		cmocka_unit_test(test_after_another),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_full_command),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
