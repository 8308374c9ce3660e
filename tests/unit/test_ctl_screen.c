/* What `holdfastctl watch` writes so that the screen shows what it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "holdfastctl/screen.h"

static void expect(struct screen *screen, int rows, int columns, const char *text, const char *foot,
	const char *wanted)
{
	size_t length = 0;
	char *bytes = screen_change(screen, rows, columns, text, foot, &length);

	assert_non_null(bytes);
	assert_int_equal(length, strlen(bytes));
	assert_string_equal(bytes, wanted);
	free(bytes);
}

#define LINE(row, text) "\033[" #row ";1H\033[0m" text "\033[0m\033[K"
#define ALL             "\033[0m\033[2J"

static void test_only_what_differs(void **state)
{
	struct screen screen = {0};

	(void)state;
	expect(&screen, 4, 80, "one\ntwo\n", "foot",
		ALL LINE(1, "one") LINE(2, "two") LINE(3, "") LINE(4, "foot"));
	expect(&screen, 4, 80, "one\ntwo\n", "foot", "");
	expect(&screen, 4, 80, "one\n2\n", "foot", LINE(2, "2"));
	expect(&screen, 4, 80, "", "foot", LINE(1, "") LINE(2, ""));
	screen_forget(&screen);
}

static void test_resized(void **state)
{
	struct screen screen = {0};

	(void)state;
	expect(&screen, 2, 80, "one\n", "foot", ALL LINE(1, "one") LINE(2, "foot"));
	expect(&screen, 2, 40, "one\n", "foot", ALL LINE(1, "one") LINE(2, "foot"));
	expect(&screen, 3, 40, "one\n", "foot", ALL LINE(1, "one") LINE(2, "") LINE(3, "foot"));
	expect(&screen, 1, 40, "one\n", "foot", ALL LINE(1, "and 1 more lines; foot"));
	screen_forget(&screen);
	expect(&screen, 1, 40, "", "foot", ALL LINE(1, "foot"));
	screen_forget(&screen);
}

static void test_too_long(void **state)
{
	struct screen screen = {0};

	(void)state;
	expect(&screen, 3, 80, "one\ntwo\nthree\nfour", "foot",
		ALL LINE(1, "one") LINE(2, "two") LINE(3, "and 2 more lines; foot"));
	expect(&screen, 3, 80, "one\ntwo", "foot", LINE(3, "foot"));
	screen_forget(&screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_differs),
		cmocka_unit_test(test_resized),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
