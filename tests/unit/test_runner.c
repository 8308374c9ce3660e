/* What runner and parentd decide about scripts without starting one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/proto.h"
#include "runner/fifo_lines.h"
#include "runner/nursery_denials.h"
#include "runner/recent.h"
#include "runner/run_queue.h"
#include "runner/tail.h"
#include "runner/words.h"

/* ---- words ---- */

static const char *split(const char *line, size_t size, uint32_t words)
{
	static const char *argv[WORDS_MAX + 1];
	char *exact = malloc(size); /* exactly as long as it is, for AddressSanitizer */

	assert_non_null(exact);
	memcpy(exact, line, size);
	const char *why = words_split(exact, size, words, argv);
	for (uint32_t i = 0; why == NULL && i < words; i++)
		assert_true(argv[i] >= exact && argv[i] + strlen(argv[i]) < exact + size);
	if (why == NULL)
		assert_null(argv[words]);
	free(exact);
	return why;
}

static void test_words(void **state)
{
	const char *argv[WORDS_MAX + 1];

	(void)state;
	assert_null(words_split("/a\0b c\0\0\0\0", 10, 3, argv));
	assert_string_equal(argv[0], "/a");
	assert_string_equal(argv[1], "b c");
	assert_string_equal(argv[2], "");
	assert_null(split("/a\0b", 5, 2));
	assert_string_equal(split("/a\0b", 5, 0), "no words");
	assert_string_equal(split("/a\0b", 5, 1), "more words than announced");
	assert_string_equal(split("/a\0b", 5, 3), "fewer words than announced");
	assert_string_equal(split("/a\0bc", 5, 2), "fewer words than announced");
	assert_string_equal(split("/abcd", 5, 1), "fewer words than announced");
	assert_string_equal(split("\0b\0\0\0", 5, 2), "the first word is empty");
	assert_string_equal(split("/a\0\0b", 5, 1), "more words than announced");
	assert_string_equal(split("/a", 3, UINT32_MAX), "too many words");
}

static void test_words_fill_a_line(void **state)
{
	char line[PROTO_PATH_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = i % 2 == 0 ? 'x' : '\0';
	assert_null(split(line, sizeof(line), sizeof(line) / 2));
	line[sizeof(line) - 1] = 'x';
	assert_string_equal(
		split(line, sizeof(line), sizeof(line) / 2), "fewer words than announced");
}

/* ---- tail ---- */

static const char *text_of(const struct tail *tail, size_t size)
{
	static char text[2 * TAIL_BYTES];

	memset(text, 'z', sizeof(text));
	tail_text(tail, text, size);
	assert_int_equal(strnlen(text, size), strlen(text));
	for (size_t i = strlen(text); i < size; i++)
		assert_int_equal(text[i], 0);
	assert_int_equal(text[size], 'z');
	return text;
}

static const char *tail_of(const char *bytes, size_t length, size_t size)
{
	struct tail tail = {0};

	tail_add(&tail, bytes, length);
	return text_of(&tail, size);
}

static void test_tail(void **state)
{
	(void)state;
	assert_string_equal(tail_of("", 0, 16), "");
	assert_string_equal(tail_of("a", 1, 16), "a\n");
	assert_string_equal(tail_of("a\n\n\n", 4, 16), "a\n");
	assert_string_equal(tail_of("\n\n", 2, 16), "");
	assert_string_equal(tail_of("a\r\n\tb\0\x1b\x7f\xc3\xb6", 10, 16), "a\n b?????\n");
	assert_string_equal(tail_of("first\nsecond\n", 13, 13), "second\n");
	assert_string_equal(tail_of("first\nsecond\n", 13, 8), "second\n");
	assert_string_equal(tail_of("first\nsecond\n", 13, 7), "econd\n");
	assert_string_equal(tail_of("first\nsecond\n", 13, 14), "first\nsecond\n");
}

static void test_tail_of_much(void **state)
{
	struct tail tail = {0};
	static char lines[3 * TAIL_BYTES];
	char line[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		int length = snprintf(line, sizeof(line), "line %d\n", i);
		tail_add(&tail, line, (size_t)length);
	}
	const char *text = text_of(&tail, 30);
	assert_string_equal(text, "line 4998\nline 4999\n");
	assert_int_equal(tail.length, TAIL_BYTES);
	memset(lines, 'x', sizeof(lines));
	tail_add(&tail, lines, sizeof(lines));
	text = text_of(&tail, 30);
	assert_int_equal(strspn(text, "x"), 28);
	assert_string_equal(text + 28, "\n");
}

/* ---- queue ---- */

static struct run_queue queue;

static void test_queue_order(void **state)
{
	(void)state;
	memset(&queue, 0, sizeof(queue));
	assert_int_equal(run_queue_next(&queue), -1);
	int a1 = run_queue_add(&queue, 1, 7);
	int a2 = run_queue_add(&queue, 2, 7);
	int b1 = run_queue_add(&queue, 3, 8);
	int free1 = run_queue_add(&queue, 4, 0);
	assert_int_equal(run_queue_next(&queue), a1);
	assert_int_equal(run_queue_next(&queue), b1);
	assert_int_equal(run_queue_next(&queue), free1);
	assert_int_equal(run_queue_next(&queue), -1);
	assert_int_equal(run_queue_find(&queue, 2), a2);
	run_queue_remove(&queue, b1);
	assert_int_equal(run_queue_next(&queue), -1);
	/* A later one takes the place of an earlier one, but not its turn. */
	int a3 = run_queue_add(&queue, 5, 7);
	assert_int_equal(a3, b1);
	run_queue_remove(&queue, a1);
	assert_int_equal(run_queue_next(&queue), a2);
	run_queue_remove(&queue, a2);
	assert_int_equal(run_queue_next(&queue), a3);
	run_queue_remove(&queue, a3);
	run_queue_remove(&queue, free1);
	assert_int_equal(queue.running, 0);
	assert_int_equal(queue.waiting, 0);
	assert_int_equal(run_queue_find(&queue, 5), -1);
}

static void test_queue_limits(void **state)
{
	(void)state;
	memset(&queue, 0, sizeof(queue));
	for (unsigned i = 0; i < RUNS_AT_ONCE; i++) {
		assert_int_not_equal(run_queue_add(&queue, i, 0), -1);
		assert_int_not_equal(run_queue_next(&queue), -1);
	}
	assert_int_equal(run_queue_add(&queue, 1000, 0), -1);
	/* Queues of their own wait as well when nothing more may run. */
	for (unsigned i = 0; i < RUNS_WAITING; i++)
		assert_int_not_equal(run_queue_add(&queue, 2000 + i, 1 + i), -1);
	assert_int_equal(run_queue_add(&queue, 3000, 1), -1);
	assert_int_equal(run_queue_next(&queue), -1);
	run_queue_remove(&queue, run_queue_find(&queue, 5));
	int place = run_queue_next(&queue);
	assert_int_equal(queue.entries[place].run, 2000);
	assert_int_equal(run_queue_next(&queue), -1);
	assert_int_equal(queue.running, RUNS_AT_ONCE);
	assert_int_equal(queue.waiting, RUNS_WAITING - 1);
}

/* ---- orders that come again ---- */

static void test_recent_answers(void **state)
{
	static struct recent recent;
	struct runner_done done = {.duration_us = 5, .outcome = RAN_SIGNALED, .status = 9};

	(void)state;
	for (done.run = 1; done.run <= RECENT_MAX; done.run++)
		recent_add(&recent, &done);
	assert_false(recent_find(&recent, RECENT_MAX + 1, &done));
	assert_true(recent_find(&recent, 1, &done));
	assert_int_equal(done.run, 1);
	assert_int_equal(done.duration_us, 5);
	assert_int_equal(done.outcome, RAN_SIGNALED);
	assert_int_equal(done.status, 9);
	/* one more and the oldest is forgotten */
	done.run = RECENT_MAX + 1;
	recent_add(&recent, &done);
	assert_false(recent_find(&recent, 1, &done));
	assert_true(recent_find(&recent, 2, &done));
	assert_true(recent_find(&recent, RECENT_MAX + 1, &done));
}

/* ---- lines for a fifo ---- */

static void test_fifo_lines(void **state)
{
	static struct fifo_lines lines;
	struct runner_fifo_line line = {0};

	(void)state;
	assert_null(fifo_lines_first(&lines));
	for (line.number = 1; line.number <= FIFO_LINES_MAX; line.number++)
		assert_int_equal(fifo_lines_push(&lines, &line), 0);
	fifo_lines_pop(&lines);
	assert_int_equal(fifo_lines_push(&lines, &line), 0);
	/* nobody reads: the oldest go, the latest stay, in order */
	line.number++;
	assert_int_equal(fifo_lines_push(&lines, &line), 1);
	for (uint64_t number = 3; number <= FIFO_LINES_MAX + 2; number++) {
		assert_int_equal(fifo_lines_first(&lines)->number, number);
		fifo_lines_pop(&lines);
	}
	assert_null(fifo_lines_first(&lines));
}

/* ---- what scripts may not do ---- */

static void test_every_denial_has_a_reason(void **state)
{
	size_t count;
	const struct nursery_denial *denials = nursery_denials(&count);

	(void)state;
	assert_true(count > 20);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(denials[i].rule.reason);
		assert_true(strlen(denials[i].rule.reason) > 10);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(denials[i].rule.call, denials[j].rule.call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_fill_a_line),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_tail_of_much),
		cmocka_unit_test(test_queue_order),
		cmocka_unit_test(test_queue_limits),
		cmocka_unit_test(test_recent_answers),
		cmocka_unit_test(test_fifo_lines),
		cmocka_unit_test(test_every_denial_has_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
