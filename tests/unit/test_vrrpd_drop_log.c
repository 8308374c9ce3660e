/* How often a dropped advertisement is worth a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vrrpd/drop_log.h"

static void tell_once_and_count_the_rest(void **state)
{
	struct drop_log log = {0};
	uint64_t now_ns = 1000;
	uint32_t suppressed;

	(void)state;
	assert_true(drop_log_note(&log, 1, 2, 3, now_ns, &suppressed));
	assert_int_equal(suppressed, 0);
	for (int i = 0; i < 3; i++)
		assert_false(drop_log_note(&log, 1, 2, 3, ++now_ns, &suppressed));
	assert_true(drop_log_note(&log, 1, 2, 4, now_ns, &suppressed));
	now_ns += DROP_LOG_PERIOD;
	assert_true(drop_log_note(&log, 1, 2, 3, now_ns, &suppressed));
	assert_int_equal(suppressed, 3);
}

/* Whoever makes up source addresses cannot fill the log. */
static void stay_short_whatever_the_sources(void **state)
{
	struct drop_log log = {0};
	unsigned lines = 0;
	uint32_t suppressed;

	(void)state;
	for (uint32_t source = 1; source <= 10000; source++)
		lines += drop_log_note(&log, source, 1, 1, 1000 + source, &suppressed);
	assert_int_equal(lines, DROP_LOG_BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tell_once_and_count_the_rest),
		cmocka_unit_test(stay_short_whatever_the_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
