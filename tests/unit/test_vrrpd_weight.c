/* What a tracked thing does to the priority, as the rules have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vrrpd/weight.h"

static struct effect verdict(int weight, bool reverse, enum proto_verdict state)
{
	return weight_of_verdict((struct weight){weight, reverse}, state);
}

static struct effect value(int weight, bool reverse, int64_t number)
{
	return weight_of_value((struct weight){weight, reverse}, number);
}

static void test_positive_is_a_bonus(void **state)
{
	(void)state;
	assert_int_equal(verdict(20, false, VERDICT_UP).addition, 20);
	assert_int_equal(verdict(20, false, VERDICT_DOWN).addition, 0);
	assert_int_equal(verdict(20, true, VERDICT_UP).addition, -20);
	assert_int_equal(verdict(20, false, VERDICT_UNKNOWN).addition, 0);
}

static void test_negative_is_a_penalty(void **state)
{
	(void)state;
	assert_int_equal(verdict(-30, false, VERDICT_DOWN).addition, -30);
	assert_int_equal(verdict(-30, false, VERDICT_UP).addition, 0);
	assert_int_equal(verdict(-30, true, VERDICT_DOWN).addition, 30);
	assert_false(verdict(-30, false, VERDICT_DOWN).fault);
}

static void test_zero_is_a_fault(void **state)
{
	(void)state;
	assert_true(verdict(0, false, VERDICT_DOWN).fault);
	assert_false(verdict(0, false, VERDICT_UP).fault);
	assert_true(verdict(0, true, VERDICT_UP).fault);
	assert_false(verdict(0, true, VERDICT_DOWN).fault);
	assert_false(verdict(0, false, VERDICT_UNKNOWN).fault);
	assert_false(verdict(0, true, VERDICT_UNKNOWN).fault);
}

static void test_value_is_multiplied(void **state)
{
	(void)state;
	assert_int_equal(value(1, false, 7).addition, 7);
	assert_int_equal(value(-10, false, 3).addition, -30);
	assert_int_equal(value(-10, true, 3).addition, 30);
	assert_int_equal(value(10, false, -3).addition, -30);
	assert_int_equal(value(10, false, 0).addition, 0);
}

static void test_value_bounds(void **state)
{
	(void)state;
	assert_int_equal(value(1, false, 253).addition, 253);
	assert_int_equal(value(1, false, 254).addition, 253);
	assert_int_equal(value(254, false, INT64_MAX).addition, 253);
	assert_int_equal(value(254, true, INT64_MIN).addition, 253);
	assert_int_equal(value(1, false, -253).addition, -253);
	assert_false(value(1, false, -253).fault);
	assert_true(value(1, false, -254).fault);
	assert_true(value(-254, false, INT64_MAX).fault);
	assert_true(value(2, false, -127).fault);
}

static void test_value_of_weight_zero(void **state)
{
	(void)state;
	assert_true(value(0, false, 1).fault);
	assert_true(value(0, false, -1).fault);
	assert_false(value(0, false, 0).fault);
	assert_true(value(0, true, 0).fault);
	assert_false(value(0, true, 1).fault);
	assert_int_equal(value(0, false, 1).addition, 0);
}

static void test_priority_stays_in_bounds(void **state)
{
	(void)state;
	assert_int_equal(weight_priority(100, -20), 80);
	assert_int_equal(weight_priority(100, -200), 1);
	assert_int_equal(weight_priority(250, 20), 254);
	assert_int_equal(weight_priority(255, -20), 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positive_is_a_bonus),
		cmocka_unit_test(test_negative_is_a_penalty),
		cmocka_unit_test(test_zero_is_a_fault),
		cmocka_unit_test(test_value_is_multiplied),
		cmocka_unit_test(test_value_bounds),
		cmocka_unit_test(test_value_of_weight_zero),
		cmocka_unit_test(test_priority_stays_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
