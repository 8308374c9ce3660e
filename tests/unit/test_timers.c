/* The heap of timers, and how advertisements gather on a common beat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/timers.h"
#include "vrrpd/gather.h"

#define COUNT    1000
#define INTERVAL UINT64_C(100000000)

struct probe {
	struct timer timer;
	struct timers *timers;
	uint64_t again_ns; /* set anew when it expires; 0 not */
	uint64_t *last_ns;
	unsigned expired;
};

static uint64_t armed_ns;

static void arm(uint64_t due_ns, void *arg)
{
	(void)arg;
	armed_ns = due_ns;
}

static void expired(void *arg, uint64_t now_ns)
{
	struct probe *probe = arg;

	assert_false(timer_running(&probe->timer));
	assert_true(probe->timer.due_ns <= now_ns);
	assert_true(probe->timer.due_ns >= *probe->last_ns);
	*probe->last_ns = probe->timer.due_ns;
	probe->expired++;
	if (probe->again_ns != 0)
		timers_set(probe->timers, &probe->timer, probe->again_ns);
}

static void expire_in_order_whatever_was_moved_and_cancelled(void **state)
{
	struct timers *timers = timers_new(arm, NULL);
	struct probe *probes = calloc(COUNT, sizeof *probes);
	uint64_t last_ns = 0;
	unsigned seed = 1;

	(void)state;
	assert_non_null(probes);
	for (size_t i = 0; i < COUNT; i++) {
		probes[i] = (struct probe){.timers = timers, .last_ns = &last_ns};
		timer_init(&probes[i].timer, expired, &probes[i]);
		timers_set(timers, &probes[i].timer, 1 + (uint64_t)rand_r(&seed) % 5000);
	}
	for (size_t i = 0; i < COUNT; i += 2)
		timers_set(timers, &probes[i].timer, 1 + (uint64_t)rand_r(&seed) % 5000);
	for (size_t i = 0; i < COUNT; i += 5)
		timers_cancel(timers, &probes[i].timer);
	timers_run(timers, 2500);
	assert_true(last_ns <= 2500);
	timers_run(timers, 5000);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(probes[i].expired, i % 5 == 0 ? 0 : 1);
	assert_true(timers_next(timers) == UINT64_MAX);
	assert_true(armed_ns == UINT64_MAX);
	free(probes);
	timers_free(timers);
}

static void arm_only_for_something_earlier(void **state)
{
	struct timers *timers = timers_new(arm, NULL);
	uint64_t last_ns = 0;
	struct probe first = {.timers = timers, .last_ns = &last_ns};
	struct probe second = first;

	(void)state;
	timer_init(&first.timer, expired, &first);
	timer_init(&second.timer, expired, &second);
	timers_set(timers, &first.timer, 100);
	assert_int_equal(armed_ns, 100);
	timers_set(timers, &second.timer, 200);
	assert_int_equal(armed_ns, 100);
	timers_set(timers, &second.timer, 50);
	assert_int_equal(armed_ns, 50);
	timers_run(timers, 60);
	assert_int_equal(armed_ns, 100);
	timers_free(timers);
}

static void put_off_lazily(void **state)
{
	struct timers *timers = timers_new(arm, NULL);
	uint64_t last_ns = 0;
	struct probe probe = {.timers = timers, .last_ns = &last_ns, .again_ns = 300};

	(void)state;
	timer_init(&probe.timer, expired, &probe);
	timers_set_lazily(timers, &probe.timer, 100);
	timers_set_lazily(timers, &probe.timer, 300);
	assert_int_equal(timers_next(timers), 100);
	timers_set_lazily(timers, &probe.timer, 80);
	assert_int_equal(timers_next(timers), 80);
	timers_run(timers, 100);
	assert_int_equal(probe.expired, 1);
	assert_int_equal(timers_next(timers), 300);
	timers_free(timers);
}

/* From any two phases advertisements come to leave together, each one never late and never more
 * than a fiftieth early. */
static void gather_on_one_beat(void **state)
{
	uint64_t now_ns[2] = {7 * INTERVAL + 123456, 7 * INTERVAL + 87654321};

	(void)state;
	for (int round = 0; round < 60; round++)
		for (int i = 0; i < 2; i++) {
			uint64_t timer_ns = now_ns[i] + INTERVAL;
			uint64_t sent_ns = gather_deadline(timer_ns, INTERVAL, 3);

			assert_true(sent_ns <= timer_ns);
			assert_true(sent_ns >= timer_ns - INTERVAL / 50);
			now_ns[i] = sent_ns;
		}
	assert_int_equal(now_ns[0] % INTERVAL, now_ns[1] % INTERVAL);
	assert_int_equal(now_ns[0] % INTERVAL, INTERVAL / 16 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expire_in_order_whatever_was_moved_and_cancelled),
		cmocka_unit_test(arm_only_for_something_earlier),
		cmocka_unit_test(put_off_lazily),
		cmocka_unit_test(gather_on_one_beat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
