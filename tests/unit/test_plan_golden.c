/* Every tests/golden/plan/NAME-1.conf with those beside it (NAME-2.conf …) against what
 * `holdfastctl plan` shows (NAME.plan). `test_plan_golden --regenerate` writes these files anew:
 * read the difference before committing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <err.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holdfastctl/plan.h"

#define NODES_MAX 4

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

static void expect(const char *file, const char *text)
{
	if (regenerate) {
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

/* Loads NAME-1.conf, NAME-2.conf … or NAME-a.conf, NAME-b.conf …. */
static size_t load(const char *name, char first, struct conf **confs, char names[][64])
{
	static const struct conf_options options = {.config_id = "golden"};
	size_t count = 0;
	char file[256];

	for (; count < NODES_MAX; count++) {
		snprintf(file, sizeof file, "%s-%c.conf", name, (char)(first + (int)count));
		if (access(file, R_OK) == -1)
			break;
		confs[count] = conf_load(file, &options, NULL);
		if (confs[count]->errors > 0)
			conf_report(confs[count], stderr, false);
		assert_int_equal(confs[count]->errors, 0);
		snprintf(names[count], 64, "node%zu", count + 1);
	}
	return count;
}

static struct plan *make(const char *name, char first, struct conf **confs, size_t *count)
{
	static char names[NODES_MAX][64];
	const struct conf *list[NODES_MAX];
	const char *pointers[NODES_MAX];
	char why[256];

	*count = load(name, first, confs, names);
	for (size_t i = 0; i < *count; i++) {
		list[i] = confs[i];
		pointers[i] = names[i];
	}
	struct plan *plan = plan_make(list, pointers, *count, why, sizeof why);
	assert_non_null(plan);
	return plan;
}

static void golden(const char *name)
{
	struct conf *confs[NODES_MAX];
	size_t count, size;
	struct plan *plan = make(name, '1', confs, &count);
	char *text, file[256];
	struct view view = {.out = open_memstream(&text, &size), .width = 100};

	show_plan(&view, plan);
	fclose(view.out);
	snprintf(file, sizeof file, "%s.plan", name);
	expect(file, text);
	free(text);
	plan_free(plan);
	for (size_t i = 0; i < count; i++)
		conf_free(confs[i]);
}

/* The examples are to be copied, so nothing may be wrong with them. */
static void example(const char *name)
{
	struct conf *confs[NODES_MAX];
	size_t count;
	struct plan *plan = make(name, 'a', confs, &count);

	if (plan_is_wrong(plan))
		fail_msg("%s: %s", name, plan_finding_text(TAILQ_FIRST(&plan->findings)));
	plan_free(plan);
	for (size_t i = 0; i < count; i++)
		conf_free(confs[i]);
}

static size_t for_each(const char *pattern, size_t ending, void (*function)(const char *name))
{
	char name[256];
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		snprintf(name, sizeof name, "%.*s", (int)(strlen(found.gl_pathv[i]) - ending),
			found.gl_pathv[i]);
		function(name);
	}
	size_t count = found.gl_pathc;
	globfree(&found);
	return count;
}

static void test_golden(void **state)
{
	(void)state;
	assert_true(for_each("*-1.conf", strlen("-1.conf"), golden) > 0);
}

static void test_examples(void **state)
{
	(void)state;
	assert_true(for_each("../../../conf/examples/*-a.conf", strlen("-a.conf"), example) > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_examples),
	};

	regenerate = argc > 1 && strcmp(argv[1], "--regenerate") == 0;
	if (chdir(TESTS_DIR "/golden/plan") == -1)
		err(1, "%s", TESTS_DIR "/golden/plan");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
