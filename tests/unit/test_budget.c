/* How much a process may say, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "parentd/budget.h"

#define BEGIN (1000 * NSEC_PER_SEC)

static unsigned take_all(struct budget *budget, uint64_t now_ns)
{
	unsigned count = 0;

	budget_earn(budget, now_ns);
	while (budget_take(budget))
		count++;
	return count;
}

static void test_so_many_at_once_and_so_many_a_second(void **state)
{
	struct budget budget;

	(void)state;
	budget_init(&budget, BEGIN);
	assert_int_equal(take_all(&budget, BEGIN), BUDGET_MAX);
	assert_int_equal(take_all(&budget, BEGIN + NSEC_PER_SEC), BUDGET_PER_S);
	assert_int_equal(take_all(&budget, BEGIN + NSEC_PER_SEC), 0);
	assert_int_equal(take_all(&budget, BEGIN + 100 * NSEC_PER_SEC), BUDGET_MAX);
}

/* What is asked for more often than a message is earned loses nothing. */
static void test_nothing_is_lost_in_small_steps(void **state)
{
	struct budget budget;
	unsigned count = 0;

	(void)state;
	budget_init(&budget, BEGIN);
	take_all(&budget, BEGIN);
	for (uint64_t ns = 0; ns <= NSEC_PER_SEC; ns += 7000)
		count += take_all(&budget, BEGIN + ns);
	assert_in_range(count, BUDGET_PER_S - 1, BUDGET_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_so_many_at_once_and_so_many_a_second),
		cmocka_unit_test(test_nothing_is_lost_in_small_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
