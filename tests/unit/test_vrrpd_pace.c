/* How often the same thing is put right, and told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vrrpd/pace.h"

#define NOW UINT64_C(1000000000000)

static void a_burst_and_then_once_in_a_while(void **state)
{
	struct pace pace = {0};
	uint64_t again_ns = 0;

	(void)state;
	for (int i = 0; i < PACE_BURST; i++)
		assert_true(pace_allows(&pace, NOW, &again_ns));
	assert_false(pace_allows(&pace, NOW, &again_ns));
	assert_int_equal(again_ns, NOW + PACE_GAP_NS);
	assert_false(pace_allows(&pace, again_ns - 1, &again_ns));
	assert_true(pace_allows(&pace, NOW + PACE_GAP_NS, &again_ns));
	assert_false(pace_allows(&pace, NOW + PACE_GAP_NS, &again_ns));
	assert_int_equal(again_ns, NOW + 2 * PACE_GAP_NS);
}

static void tried_all_the_time_it_is_no_faster(void **state)
{
	struct pace pace = {0};
	uint64_t again_ns;
	unsigned times = 0;

	(void)state;
	for (uint64_t at = 0; at < 100 * PACE_GAP_NS; at += PACE_GAP_NS / 10)
		times += pace_allows(&pace, NOW + at, &again_ns);
	assert_in_range(times, 100, 100 + PACE_BURST);
}

static void after_a_rest_the_burst_is_back(void **state)
{
	struct pace pace = {0};
	uint64_t again_ns;

	(void)state;
	while (pace_allows(&pace, NOW, &again_ns))
		;
	for (int i = 0; i < PACE_BURST; i++)
		assert_true(pace_allows(&pace, NOW + PACE_BURST * PACE_GAP_NS, &again_ns));
}

static void in_a_row_is_within_a_second(void **state)
{
	struct pace pace = {0};
	uint64_t again_ns;

	(void)state;
	assert_false(pace_in_a_row(&pace, NOW));
	assert_true(pace_allows(&pace, NOW, &again_ns));
	assert_true(pace_in_a_row(&pace, NOW + PACE_ROW_NS - 1));
	assert_false(pace_in_a_row(&pace, NOW + PACE_ROW_NS));
}

static void one_line_counts_those_left_out(void **state)
{
	struct pace_log log = {0};
	uint32_t left_out = 7;

	(void)state;
	assert_true(pace_logs(&log, NOW, &left_out));
	assert_int_equal(left_out, 0);
	for (int i = 0; i < 3; i++)
		assert_false(pace_logs(&log, NOW + PACE_LOG_GAP_NS - 1, &left_out));
	assert_true(pace_logs(&log, NOW + PACE_LOG_GAP_NS, &left_out));
	assert_int_equal(left_out, 3);
	assert_true(pace_logs(&log, NOW + 2 * PACE_LOG_GAP_NS, &left_out));
	assert_int_equal(left_out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_and_then_once_in_a_while),
		cmocka_unit_test(tried_all_the_time_it_is_no_faster),
		cmocka_unit_test(after_a_rest_the_burst_is_back),
		cmocka_unit_test(in_a_row_is_within_a_second),
		cmocka_unit_test(one_line_counts_those_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
