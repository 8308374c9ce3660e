/* Following log files, and what their lines and the journal's entries become in JSON. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "holdfastctl/log_tail.h"
#include "holdfastctl/logs.h"

struct place {
	char directory[32];
	char path[64];
	char old[64];
	struct log_tail tail;
	struct log_lines lines;
};

static int begin(void **state)
{
	static struct place place;

	place = (struct place){.directory = "/tmp/hf-tail-XXXXXX", .tail = {.fd = -1}};
	assert_non_null(mkdtemp(place.directory));
	snprintf(place.path, sizeof(place.path), "%s/vrrpd.log", place.directory);
	snprintf(place.old, sizeof(place.old), "%s/vrrpd.log.1", place.directory);
	*state = &place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;

	log_tail_close(&place->tail);
	log_lines_clear(&place->lines);
	free(place->lines.lines);
	unlink(place->path);
	unlink(place->old);
	return rmdir(place->directory);
}

static void append(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_lines(struct place *place, const char *const *wanted, size_t count)
{
	log_lines_clear(&place->lines);
	assert_int_equal(log_tail_read(&place->tail, &place->lines), 0);
	assert_int_equal(place->lines.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(place->lines.lines[i], wanted[i]);
}

static void whole_lines_as_they_come(void **state)
{
	struct place *place = *state;

	append(place->path, "one\ntwo\nthr");
	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_lines(place, (const char *[]){"one", "two"}, 2);
	assert_lines(place, NULL, 0);
	append(place->path, "ee\n");
	assert_lines(place, (const char *[]){"three"}, 1);
}

static void a_file_that_comes_later(void **state)
{
	struct place *place = *state;

	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_lines(place, NULL, 0);
	append(place->path, "first\n");
	assert_lines(place, (const char *[]){"first"}, 1);
}

/* No line is lost: neither one that is written to the old file while nobody has the new one, nor
 * one after that. */
static void a_rotation(void **state)
{
	struct place *place = *state;

	append(place->path, "one\n");
	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_lines(place, (const char *[]){"one"}, 1);
	assert_int_equal(rename(place->path, place->old), 0);
	append(place->old, "two\n");
	assert_lines(place, (const char *[]){"two"}, 1);
	append(place->path, "four\n");
	append(place->old, "three\n");
	assert_lines(place, (const char *[]){"three"}, 1);
	assert_lines(place, (const char *[]){"four"}, 1);
	append(place->path, "five\n");
	assert_lines(place, (const char *[]){"five"}, 1);
}

static void a_file_that_is_emptied(void **state)
{
	struct place *place = *state;

	append(place->path, "a long line that was there before\n");
	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_lines(place, (const char *[]){"a long line that was there before"}, 1);
	assert_int_equal(truncate(place->path, 0), 0);
	append(place->path, "new\n");
	assert_lines(place, (const char *[]){"new"}, 1);
}

static void only_the_end_of_a_large_file(void **state)
{
	struct place *place = *state;
	FILE *file = fopen(place->path, "w");

	assert_non_null(file);
	for (int i = 0; i < 200000; i++)
		fprintf(file, "line %d\n", i);
	fclose(file);
	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_int_equal(log_tail_read(&place->tail, &place->lines), 0);
	assert_in_range(place->lines.count, 50000, 199999);
	assert_string_equal(place->lines.lines[place->lines.count - 1], "line 199999");
	assert_memory_equal(place->lines.lines[0], "line ", 5);
}

static void a_line_without_end_is_cut(void **state)
{
	struct place *place = *state;
	char *text = malloc(100001);

	assert_non_null(text);
	memset(text, 'x', 100000);
	text[100000] = '\0';
	append(place->path, text);
	append(place->path, "\nnext\n");
	free(text);
	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_int_equal(log_tail_read(&place->tail, &place->lines), 0);
	assert_int_equal(place->lines.count, 2);
	assert_int_equal(strlen(place->lines.lines[0]), LOG_TAIL_LINE - 1);
	assert_string_equal(place->lines.lines[1], "next");
}

static void lines_of_several_files_by_time(void **state)
{
	struct place *place = *state;

	append(place->path, "2026-11-21 01:02:03.500 vrrpd[1] info: b\n"
			    "2026-11-21 01:02:03.400 vrrpd[1] info: a\n"
			    "2026-11-21 01:02:03.500 parentd[2] info: c\n");
	assert_int_equal(log_tail_open(&place->tail, place->path, 0), 0);
	assert_int_equal(log_tail_read(&place->tail, &place->lines), 0);
	log_lines_sort(&place->lines);
	assert_string_equal(place->lines.lines[0], "2026-11-21 01:02:03.400 vrrpd[1] info: a");
	assert_string_equal(place->lines.lines[1], "2026-11-21 01:02:03.500 vrrpd[1] info: b");
	assert_string_equal(place->lines.lines[2], "2026-11-21 01:02:03.500 parentd[2] info: c");
}

static void a_line_in_its_parts(void **state)
{
	static const char *const wrong[] = {"", "x", "2026-11-21", "2026-11-21 01:02:03",
		"2026-11-21 01:02:03.456", "2026-11-21 01:02:03.456 vrrpd",
		"2026-11-21 01:02:03.456 vrrpd[12", "2026-11-21 01:02:03.456 vrrpd[12]",
		"2026-11-21 01:02:03.456 vrrpd[12] info", "2026-11-21 01:02:03.4567 v[1] info: x",
		"2026-11-21 01:02:03.-45 v[1] info: x", "2026-11-21 01:02:03.456 v[x] info: x"};
	char line[] = "2026-11-21 01:02:03.456 vrrpd[12] notice: VI_1: a [b] c: d";
	struct log_line_parts parts;

	(void)state;
	assert_int_equal(log_line_parse(line, &parts), 0);
	assert_true(parts.at > 1795222923.455 && parts.at < 1795222923.457);
	assert_string_equal(parts.process, "vrrpd");
	assert_int_equal(parts.pid, 12);
	assert_string_equal(parts.level, "notice");
	assert_string_equal(parts.message, "VI_1: a [b] c: d");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s", wrong[i]);
		assert_int_equal(log_line_parse(text, &parts), -1);
	}
}

static void an_entry_of_the_journal(void **state)
{
	json_t *entry = json_loads("{\"__REALTIME_TIMESTAMP\":\"1795222923456789\",\"_PID\":\"12\","
				   "\"PRIORITY\":\"5\",\"SYSLOG_IDENTIFIER\":\"vrrpd\","
				   "\"MESSAGE\":\"VI_1: A -> B: c\",\"HOLDFAST_STATE\":\"B\","
				   "\"HOLDFAST_OLD_STATE\":\"A\",\"HOLDFAST_INSTANCE\":\"VI_1\","
				   "\"HOLDFAST_REASON\":[1,2],\"_EXE\":\"/x\"}",
		0, NULL);
	json_t *line = logs_entry_json(entry);
	json_t *other = json_loads("{\"MESSAGE\":[1,2,3],\"__REALTIME_TIMESTAMP\":\"1\"}", 0, NULL);

	(void)state;
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "level")), "notice");
	assert_string_equal(json_string_value(json_object_get(line, "process")), "vrrpd");
	assert_string_equal(json_string_value(json_object_get(line, "instance")), "VI_1");
	assert_string_equal(json_string_value(json_object_get(line, "state")), "B");
	assert_string_equal(json_string_value(json_object_get(line, "old_state")), "A");
	assert_int_equal(json_integer_value(json_object_get(line, "pid")), 12);
	assert_null(json_object_get(line, "reason"));
	assert_null(json_object_get(line, "_EXE"));
	assert_null(logs_entry_json(other));
	assert_null(logs_entry_json(NULL));
	json_decref(entry);
	json_decref(line);
	json_decref(other);
}

#define TAIL_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	setenv("TZ", "UTC0", 1);
	const struct CMUnitTest tests[] = {
		TAIL_TEST(whole_lines_as_they_come),
		TAIL_TEST(a_file_that_comes_later),
		TAIL_TEST(a_rotation),
		TAIL_TEST(a_file_that_is_emptied),
		TAIL_TEST(only_the_end_of_a_large_file),
		TAIL_TEST(a_line_without_end_is_cut),
		TAIL_TEST(lines_of_several_files_by_time),
		cmocka_unit_test(a_line_in_its_parts),
		cmocka_unit_test(an_entry_of_the_journal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
