/* What the state pages count for metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/state_tally.h"

struct fixture {
	int fd;
	struct state_page *page;
};

static void reopen(struct fixture *fixture, enum proto_process process)
{
	const char *why;

	state_page_close(fixture->page);
	fixture->page = state_page_open(process, fixture->fd, true, &why);
	assert_non_null(fixture->page);
}

static int set_up_page(void **state, enum proto_process process)
{
	static struct fixture fixture;

	fixture = (struct fixture){.fd = state_page_create(process)};
	assert_true(fixture.fd >= 0);
	reopen(&fixture, process);
	*state = &fixture;
	return 0;
}

static int set_up(void **state)
{
	return set_up_page(state, PROTO_VRRP);
}

static int set_up_ipvs(void **state)
{
	return set_up_page(state, PROTO_IPVS);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	state_page_close(fixture->page);
	close(fixture->fd);
	return 0;
}

static void test_buckets(void **state)
{
	struct fixture *fixture = *state;
	uint64_t words[TALLY_WORDS];

	state_tally_observe(fixture->page, 1, tally_lateness_us, 0);
	state_tally_observe(fixture->page, 1, tally_lateness_us, 50); /* a bound is in its bucket */
	state_tally_observe(fixture->page, 1, tally_lateness_us, 51);
	state_tally_observe(fixture->page, 1, tally_lateness_us, 2500000);
	state_tally_observe(fixture->page, 1, tally_lateness_us, 2500001);
	state_tally_load(fixture->page, 1, words);
	assert_int_equal(words[0], 2);
	assert_int_equal(words[1], 1);
	assert_int_equal(words[TALLY_BUCKETS - 1], 1);
	assert_int_equal(words[TALLY_ABOVE], 1);
	assert_int_equal(words[TALLY_SUM], 5000102);
	for (size_t i = 1; i < TALLY_BUCKETS; i++) {
		assert_true(tally_lateness_us[i] > tally_lateness_us[i - 1]);
		assert_true(tally_latency_us[i] > tally_latency_us[i - 1]);
	}
}

/* A successor counts on; what has another owner begins anew, and its neighbours stay. */
static void test_successor(void **state)
{
	struct fixture *fixture = *state;
	const uint32_t last = TALLY_VRRP_GROUPS - 1;
	uint64_t words[TALLY_WORDS];

	state_tally_load(fixture->page, last, words);
	assert_int_equal(words[3], 0);
	state_tally_add(fixture->page, last, 3, 1);
	state_tally_add(fixture->page, last - 1, 15, 7);
	reopen(fixture, PROTO_VRRP);
	state_tally_add(fixture->page, last, 3, 2);
	state_tally_load(fixture->page, last, words);
	assert_int_equal(words[3], 3);
	state_tally_clear(fixture->page, last);
	state_tally_load(fixture->page, last, words);
	assert_int_equal(words[3], 0);
	state_tally_load(fixture->page, last - 1, words);
	assert_int_equal(words[15], 7);
}

static void test_no_such_group(void **state)
{
	struct fixture *fixture = *state;
	uint64_t words[TALLY_WORDS];

	memset(words, 0xff, sizeof(words));
	state_tally_load(fixture->page, 0, words);
	for (size_t i = 0; i < TALLY_WORDS; i++)
		assert_int_equal(words[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_buckets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_successor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_such_group, set_up_ipvs, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
