/* Regular expressions over bodies, and how long a body may keep them busy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "checkerd/body_regex.h"

static char reason[160];

static int match_with(const struct body_regex_params *params, const char *body, size_t length)
{
	struct body_regex *regex = body_regex_new(params, reason, sizeof(reason));

	assert_non_null(regex);
	int result = body_regex_match(regex, body, length, reason, sizeof(reason));
	assert_int_equal(body_regex_match(regex, body, length, reason, sizeof(reason)), result);
	body_regex_free(regex);
	return result;
}

static struct body_regex_params params_of(const char *pattern)
{
	return (struct body_regex_params){
		.pattern = pattern, .length = strlen(pattern), .max_offset = BODY_REGEX_NO_BOUND};
}

static int match(const char *pattern, const char *body)
{
	const struct body_regex_params params = params_of(pattern);

	return match_with(&params, body, strlen(body));
}

static void test_match(void **state)
{
	(void)state;
	assert_int_equal(match("status: (ok|fine)", "the status: fine\n"), 1);
	assert_int_equal(match("^ok$", "ok"), 1);
	assert_int_equal(match("^ok$", "no"), 0);
	assert_int_equal(match("", ""), 1);
	assert_int_equal(match("x", ""), 0);
	const struct body_regex_params zero = params_of("a.b");
	assert_int_equal(match_with(&zero, "..a\0b", 5), 1);
}

static void test_options(void **state)
{
	struct body_regex_params params = params_of("OK$");

	(void)state;
	assert_int_equal(match_with(&params, "ok\nx", 4), 0);
	params.options = PCRE2_CASELESS | PCRE2_MULTILINE;
	assert_int_equal(match_with(&params, "ok\nx", 4), 1);
	/* what is no UTF-8 does not match, and does no harm */
	params = params_of("\xc3\xa4");
	params.options = PCRE2_UTF;
	assert_int_equal(match_with(&params, "\xff\xc3\xa4\xc3", 4), 1);
	assert_int_equal(match_with(&params, "\xff\xff\xc3", 3), 0);
}

static void test_offsets(void **state)
{
	struct body_regex_params params = params_of("x");

	(void)state;
	params.min_offset = 3;
	assert_int_equal(match_with(&params, "..x", 3), 0);
	assert_int_equal(match_with(&params, "...x", 4), 1);
	assert_int_equal(match_with(&params, "xx", 2), 0);
	params.max_offset = 5;
	assert_int_equal(match_with(&params, ".....x", 6), 1);
	assert_int_equal(match_with(&params, "......x", 7), 0);
}

static void test_wrong(void **state)
{
	const struct body_regex_params params = params_of("a(b");

	(void)state;
	assert_null(body_regex_new(&params, reason, sizeof(reason)));
	assert_string_equal(
		reason, "the regex is wrong at character 4: missing closing parenthesis");
}

static uint64_t processor_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Without a bound these take from minutes to longer than the universe. */
static void test_catastrophes(void **state)
{
	static const char *const patterns[] = {"(a+)+$", "(a|a)*b", "a*a*a*a*b", "(?:a*+x|b)",
		"(a*?){50}b", "(.*)(.*)(.*)(.*)(.*)[0]b"};
	char *body = malloc(BODY_REGEX_MAX);

	(void)state;
	assert_non_null(body);
	memset(body, 'a', BODY_REGEX_MAX);
	body[BODY_REGEX_MAX - 1] = '!';
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const struct body_regex_params params = params_of(patterns[i]);
		struct body_regex *regex = body_regex_new(&params, reason, sizeof(reason));
		assert_non_null(regex);
		uint64_t before = processor_ms();
		int result = body_regex_match(regex, body, BODY_REGEX_MAX, reason, sizeof(reason));
		assert_int_not_equal(result, 1);
		if (result == -1)
			assert_true(strstr(reason, "more than 50 ms") != NULL ||
				    strstr(reason, "too much memory") != NULL);
		assert_in_range(processor_ms() - before, 0, 1000);
		body_regex_free(regex);
	}
	free(body);
}

/* Every turn of the group is remembered: 256 KiB of them would take many megabytes. */
static void test_memory(void **state)
{
	struct body_regex_params params = params_of("(a|b)*[cd]");
	char *body = malloc(BODY_REGEX_MAX);

	(void)state;
	assert_non_null(body);
	memset(body, 'a', BODY_REGEX_MAX);
	assert_int_equal(match_with(&params, body, 300), 0);
	assert_int_equal(match_with(&params, body, BODY_REGEX_MAX), -1);
	assert_string_equal(reason, "the regex needs too much memory on this body");
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_catastrophes),
		cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
