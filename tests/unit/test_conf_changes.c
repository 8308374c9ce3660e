/* What `holdfastctl reload --dry-run` says has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "parentd/conf_changes.h"

static void expect(const char *before, const char *after, const char *wanted)
{
	json_t *changes = conf_changes_json(before, after);
	char *text = json_dumps(changes, JSON_COMPACT);

	assert_string_equal(text, wanted);
	free(text);
	json_decref(changes);
}

#define GLOBAL "global_defs {\n\tvrrp_version 2\n}\n\n"
#define ONE                                                                                        \
	"vrrp_instance \"A\" {\n\tpriority 100\n\tvirtual_ipaddress {\n\t\t10.0.0.1/24\n\t}\n}\n"

static void test_nothing(void **state)
{
	(void)state;
	expect(GLOBAL ONE, GLOBAL ONE, "[]");
	expect("", "", "[]");
	expect(GLOBAL ONE, ONE GLOBAL, "[]");
}

static void test_blocks(void **state)
{
	(void)state;
	expect(GLOBAL, GLOBAL ONE,
		"[{\"block\":\"vrrp_instance \\\"A\\\"\",\"change\":\"added\",\"removed\":[],"
		"\"added\":[]}]");
	expect(GLOBAL ONE, GLOBAL,
		"[{\"block\":\"vrrp_instance \\\"A\\\"\",\"change\":\"removed\",\"removed\":[],"
		"\"added\":[]}]");
	expect("one {\n}\n", "two {\n}\n",
		"[{\"block\":\"one\",\"change\":\"removed\",\"removed\":[],\"added\":[]},"
		"{\"block\":\"two\",\"change\":\"added\",\"removed\":[],\"added\":[]}]");
}

static void test_lines(void **state)
{
	(void)state;
	expect("a {\n\tx 1\n\ty 2\n}\n", "a {\n\tx 1\n\ty 3\n}\n",
		"[{\"block\":\"a\",\"change\":\"changed\",\"removed\":[\"y 2\"],\"added\":[\"y "
		"3\"]}]");
	expect("a {\n\tx 1\n}\n", "a {\n\tx 1\n\tx 1\n}\n",
		"[{\"block\":\"a\",\"change\":\"changed\",\"removed\":[],\"added\":[\"x 1\"]}]");
}

/* A line is known by the blocks that it is in. */
static void test_inner_blocks(void **state)
{
	(void)state;
	expect("v {\n\tr 1 {\n\t\tweight 1\n\t}\n\tr 2 {\n\t\tweight 1\n\t}\n}\n",
		"v {\n\tr 1 {\n\t\tweight 1\n\t}\n\tr 2 {\n\t\tC {\n\t\t\tport 2\n\t\t}\n\t}\n}\n",
		"[{\"block\":\"v\",\"change\":\"changed\",\"removed\":[\"r 2: weight "
		"1\"],\"added\":["
		"\"r 2: C: port 2\"]}]");
}

/* What no conf_print() writes must not break it. */
static void test_odd_texts(void **state)
{
	(void)state;
	expect("}\n}\n", "a {\n",
		"[{\"block\":\"a\",\"change\":\"added\",\"removed\":[],\"added\":[]}]");
	expect("alone\n", "",
		"[{\"block\":\"alone\",\"change\":\"removed\",\"removed\":[],\"added\":[]}]");
	expect("a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ni {\nx\n", "a {\n",
		"[{\"block\":\"a\",\"change\":\"changed\",\"removed\":["
		"\"b: c: d: e: f: g: h: i {\",\"b: c: d: e: f: g: h: x\"],\"added\":[]}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_inner_blocks),
		cmocka_unit_test(test_odd_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
