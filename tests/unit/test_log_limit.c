/* How often a line that others can cause is written, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/log_limit.h"

static const struct log_source source = {.topic = "drop", .key = 7};
static const struct log_source other = {.topic = "drop", .key = 8};

static void the_first_is_written_and_the_rest_counted(void **state)
{
	struct log_limits limits = {0};
	struct log_left_out note;
	uint64_t now_ns = 1000;

	(void)state;
	assert_true(log_limits_take(&limits, &source, now_ns, &note));
	assert_int_equal(note.lines, 0);
	log_limits_wrote(&limits, &source, LOG_WARNING, "dropped from 10.0.0.7");
	for (int i = 0; i < 3; i++)
		assert_false(log_limits_take(&limits, &source, ++now_ns, &note));
	assert_true(log_limits_take(&limits, &other, now_ns, &note));
	assert_false(log_limits_due(&limits, now_ns, &note));
	now_ns += 10 * NSEC_PER_SEC;
	assert_true(log_limits_due(&limits, now_ns, &note));
	assert_int_equal(note.lines, 3);
	assert_int_equal(note.since_ns, 1000);
	assert_int_equal(note.level, LOG_WARNING);
	assert_string_equal(note.text, "dropped from 10.0.0.7");
	assert_false(log_limits_due(&limits, now_ns, &note));
	assert_true(log_limits_take(&limits, &source, now_ns, &note));
	assert_int_equal(note.lines, 0);
}

/* The next line of its kind does not wait for a tick. */
static void what_was_left_out_is_said_before_the_next_one(void **state)
{
	struct log_limits limits = {0};
	struct log_left_out note;

	(void)state;
	assert_true(log_limits_take(&limits, &source, 1, &note));
	log_limits_wrote(&limits, &source, LOG_INFO, "text");
	assert_false(log_limits_take(&limits, &source, 2, &note));
	assert_true(log_limits_take(&limits, &source, 1 + 10 * NSEC_PER_SEC, &note));
	assert_int_equal(note.lines, 1);
	assert_string_equal(note.text, "text");
	assert_false(log_limits_due(&limits, 100 * NSEC_PER_SEC, &note));
}

/* Whoever makes up source addresses cannot fill the log, and every line of his is counted. */
static void it_stays_short_whatever_the_sources(void **state)
{
	struct log_limits limits = {0};
	struct log_left_out note;
	uint32_t written = 0, told = 0;

	(void)state;
	for (uint32_t key = 1; key <= 10000; key++) {
		const struct log_source made_up = {.topic = "drop", .key = key};
		written += log_limits_take(&limits, &made_up, 1000 + key, &note);
		told += note.lines;
	}
	assert_int_equal(written, LOG_LIMIT_BURST);
	while (log_limits_due(&limits, 11 * NSEC_PER_SEC, &note))
		told += note.lines;
	assert_int_equal(written + told, 10000);
}

/* Nor do those that are known have more than all together may have. */
static void a_note_gives_no_more_lines_than_all_may_have(void **state)
{
	struct log_limits limits = {0};
	struct log_left_out note;
	uint64_t now_ns = 1;

	(void)state;
	for (int round = 0; round < 10; round++, now_ns += 11 * NSEC_PER_SEC) {
		uint32_t written = 0;
		while (log_limits_due(&limits, now_ns, &note))
			;
		for (uint64_t i = 0; i < 10000; i++) {
			const struct log_source known = {.topic = "drop", .key = i % 40};
			written += log_limits_take(&limits, &known, now_ns + i, &note);
		}
		assert_int_equal(written, LOG_LIMIT_BURST);
	}
}

static void a_source_may_have_more_and_another_period(void **state)
{
	const struct log_source topic = {.topic = "packets", .period_s = 1, .most = 100};
	struct log_limits limits = {0};
	struct log_left_out note;
	uint32_t written = 0;

	(void)state;
	for (uint64_t i = 0; i < 250; i++)
		written += log_limits_take(&limits, &topic, 1 + i, &note);
	assert_int_equal(written, 100);
	assert_true(log_limits_take(&limits, &source, 300, &note)); /* takes nothing from others */
	assert_true(log_limits_due(&limits, 1 + NSEC_PER_SEC, &note));
	assert_int_equal(note.lines, 150);
	for (uint64_t i = 0; i < 100; i++)
		assert_true(log_limits_take(&limits, &topic, 2 + NSEC_PER_SEC + i, &note));
	assert_false(log_limits_take(&limits, &topic, 3 + NSEC_PER_SEC, &note));
}

/* A day of a line a second: all are accounted for. */
static void nothing_is_lost_over_a_day(void **state)
{
	struct log_limits limits = {0};
	struct log_left_out note;
	uint32_t written = 0, told = 0;

	(void)state;
	for (uint64_t second = 1; second <= 86400; second++) {
		written += log_limits_take(&limits, &source, second * NSEC_PER_SEC, &note);
		told += note.lines;
		if (second % 5 == 0) {
			while (log_limits_due(&limits, second * NSEC_PER_SEC, &note))
				told += note.lines;
		}
	}
	while (log_limits_due(&limits, 100000 * NSEC_PER_SEC, &note))
		told += note.lines;
	assert_int_equal(written + told, 86400);
	assert_in_range(written, 7000, 8640);
}

static void topics_are_read_and_written(void **state)
{
	const char *unknown = NULL;
	char text[128];
	uint32_t topics;

	(void)state;
	assert_int_equal(log_topics_parse("packets,state", &topics, &unknown), 0);
	assert_int_equal(topics, LOG_TOPIC_PACKETS | LOG_TOPIC_STATE);
	log_topics_text(topics, text, sizeof(text));
	assert_string_equal(text, "packets,state");
	assert_int_equal(log_topics_parse(" netlink  checks ", &topics, &unknown), 0);
	assert_int_equal(topics, LOG_TOPIC_NETLINK | LOG_TOPIC_CHECKS);
	assert_int_equal(log_topics_parse("all", &topics, &unknown), 0);
	assert_int_equal(topics, LOG_TOPICS_ALL);
	log_topics_text(topics, text, sizeof(text));
	assert_int_equal(log_topics_parse(text, &topics, &unknown), 0);
	assert_int_equal(topics, LOG_TOPICS_ALL);
	assert_int_equal(log_topics_parse("none", &topics, &unknown), 0);
	assert_int_equal(topics, 0);
	log_topics_text(0, text, sizeof(text));
	assert_string_equal(text, "none");
	assert_int_equal(log_topics_parse("packets,pack", &topics, &unknown), -1);
	assert_string_equal(unknown, "pack");
	log_topics_text(LOG_TOPICS_ALL, text, 10);
	assert_string_equal(text, "packets");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_written_and_the_rest_counted),
		cmocka_unit_test(what_was_left_out_is_said_before_the_next_one),
		cmocka_unit_test(it_stays_short_whatever_the_sources),
		cmocka_unit_test(a_note_gives_no_more_lines_than_all_may_have),
		cmocka_unit_test(a_source_may_have_more_and_another_period),
		cmocka_unit_test(nothing_is_lost_over_a_day),
		cmocka_unit_test(topics_are_read_and_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
