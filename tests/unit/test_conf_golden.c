/* Every tests/golden/NAME.conf against what is said about it (NAME.err) and, when it has no error,
 * what it means (NAME.ok); NAME-1.conf and NAME-2.conf are also judged side by side (NAME.cmp).
 * `test_conf_golden --regenerate` writes these files anew: read the difference before committing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <err.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

static const struct conf_options options = {.config_id = "golden"};
static bool regenerate;

static char *read_file(const char *name)
{
	FILE *file = fopen(name, "r");
	char *text = NULL;
	size_t size = 0;
	if (file == NULL)
		return strdup("");
	if (getdelim(&text, &size, '\0', file) == -1 && text != NULL)
		text[0] = '\0';
	fclose(file);
	return text;
}

/* NAME with its ending (".conf", "-1.conf") replaced; static storage. */
static const char *with_ending(const char *name, size_t ending, const char *other)
{
	static char buf[256];
	snprintf(buf, sizeof(buf), "%.*s%s", (int)(strlen(name) - ending), name, other);
	return buf;
}

/* An empty text and no file are the same. */
static void expect(const char *file, const char *text)
{
	if (regenerate) {
		unlink(file);
		if (text[0] == '\0')
			return;
		FILE *out = fopen(file, "w");
		if (out == NULL)
			err(1, "%s", file);
		fputs(text, out);
		fclose(out);
		return;
	}
	char *wanted = read_file(file);
	if (strcmp(wanted, text) != 0)
		fail_msg("%s differs; it would be:\n%s", file, text);
	free(wanted);
}

static char *reported(const struct conf *conf)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (TAILQ_EMPTY(&conf->findings))
		fputs("", out);
	else
		conf_report(conf, out, false);
	fclose(out);
	return text;
}

static char *printed(const struct conf *conf)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	conf_print(conf, out);
	fclose(out);
	return text;
}

/* What conf_print writes means the same: reading and printing it again changes nothing. */
static void expect_fixpoint(const char *name, const char *text)
{
	struct conf *again = conf_load_text(name, text, strlen(text), &options, NULL);
	char *second = printed(again);
	if (again->errors > 0)
		conf_report(again, stderr, false);
	assert_int_equal(again->errors, 0);
	assert_string_equal(text, second);
	free(second);
	conf_free(again);
}

static void golden_file(const char *name)
{
	struct conf *conf = conf_load(name, &options, NULL);
	char *report = reported(conf);
	char *print = conf->errors == 0 ? printed(conf) : strdup("");
	expect(with_ending(name, 5, ".err"), report);
	expect(with_ending(name, 5, ".ok"), print);
	if (conf->errors == 0)
		expect_fixpoint(name, print);
	free(report);
	free(print);
	conf_free(conf);
}

static void golden_pair(const char *first)
{
	struct conf_findings findings = TAILQ_HEAD_INITIALIZER(findings);
	struct conf *one = conf_load(first, &options, NULL);
	struct conf *two = conf_load(with_ending(first, 7, "-2.conf"), &options, NULL);
	const struct conf *nodes[] = {one, two};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	unsigned errors = conf_compare(nodes, 2, &findings);
	conf_findings_print(&findings, out, false);
	fprintf(out, "%u errors\n", errors);
	fclose(out);
	expect(with_ending(first, 7, ".cmp"), text);
	conf_findings_free(&findings);
	free(text);
	conf_free(one);
	conf_free(two);
}

static size_t for_each(const char *pattern, void (*function)(const char *name))
{
	glob_t found;
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++)
		function(found.gl_pathv[i]);
	size_t count = found.gl_pathc;
	globfree(&found);
	return count;
}

static void test_golden(void **state)
{
	(void)state;
	assert_int_equal(chdir(TESTS_DIR "/golden"), 0);
	assert_true(for_each("*.conf", golden_file) > 20);
	assert_true(for_each("*-1.conf", golden_pair) > 2);
}

/* Beyond what is not implemented yet, our own examples give no reason to complain. */
static void example(const char *name)
{
	struct conf *conf = conf_load(name, &options, NULL);
	const struct conf_finding *finding;
	TAILQ_FOREACH(finding, &conf->findings, entry)
	if (strstr(finding->text, "not implemented yet") == NULL)
		fail_msg("%s:%u: %s", name, finding->place.line, finding->text);
	char *print = printed(conf);
	expect_fixpoint(name, print);
	free(print);
	conf_free(conf);
}

static void example_pair(const char *first)
{
	struct conf_findings findings = TAILQ_HEAD_INITIALIZER(findings);
	struct conf *one = conf_load(first, &options, NULL);
	struct conf *two = conf_load(with_ending(first, 7, "-b.conf"), &options, NULL);
	const struct conf *nodes[] = {one, two};
	assert_int_equal(conf_compare(nodes, 2, &findings), 0);
	if (!TAILQ_EMPTY(&findings))
		fail_msg("%s: %s", first, TAILQ_FIRST(&findings)->text);
	conf_free(one);
	conf_free(two);
}

static void test_examples(void **state)
{
	(void)state;
	assert_int_equal(chdir(TESTS_DIR "/../conf/examples"), 0);
	assert_true(for_each("*.conf", example) >= 16);
	assert_true(for_each("*-a.conf", example_pair) >= 8);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_examples),
	};
	regenerate = argc > 1 && strcmp(argv[1], "--regenerate") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
