/* Real servers and quorum: what the numbers mean, and what holds whatever happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "checkerd/service.h"

#define SERVERS 8

static struct service made(uint32_t quorum, uint32_t hysteresis, bool quorum_up,
	struct service_server *servers, size_t count)
{
	struct service service;

	service_init(&service, quorum, hysteresis, quorum_up);
	for (size_t i = 0; i < count; i++)
		service_add(&service, &servers[i]);
	service_settle(&service);
	return service;
}

static void fill(struct service_server *servers, size_t count, uint32_t weight)
{
	for (size_t i = 0; i < count; i++)
		servers[i] = (struct service_server){.configured = weight};
}

static void test_server(void **state)
{
	struct service_server server = {.configured = 3, .inhibit = true};
	struct service service = made(1, 0, true, &server, 1);
	struct service_change change;

	(void)state;
	/* up only when none of its checkers fails */
	change = service_update(&service, &server, 1, 0);
	assert_true(change.server && change.weight && change.quorum);
	assert_int_equal(service_server_weight_in_force(&server), 0);
	change = service_update(&service, &server, 1, 0);
	assert_false(change.server || change.weight || change.quorum);
	change = service_update(&service, &server, -1, 0);
	assert_false(change.server);
	change = service_update(&service, &server, -1, 0);
	assert_true(change.server && change.quorum);
	assert_int_equal(service_server_weight_in_force(&server), 3);
	/* weights stay within what IPVS takes */
	change = service_update(&service, &server, 0, -5);
	assert_true(change.weight && change.quorum && !change.server);
	assert_int_equal(service_server_weight(&server), 0);
	assert_true(service_server_up(&server));
	change = service_update(&service, &server, 0, (int64_t)1 << 40);
	assert_int_equal(service_server_weight(&server), INT32_MAX);
	assert_int_equal(service.weight_up, INT32_MAX);
}

static void test_quorum_with_hysteresis(void **state)
{
	struct service_server servers[SERVERS];
	struct service service;

	(void)state;
	fill(servers, SERVERS, 1);
	service = made(4, 2, true, servers, SERVERS);
	/* lost below 4 - 2, gained at 4 + 2 */
	for (unsigned up = SERVERS - 1; up > 0; up--) {
		service_update(&service, &servers[up], 1, 0);
		assert_int_equal(service.weight_up, up);
		assert_int_equal(service.quorum_up, up >= 2);
	}
	for (unsigned up = 2; up <= SERVERS; up++) {
		service_update(&service, &servers[up - 1], -1, 0);
		assert_int_equal(service.quorum_up, up >= 6);
	}
}

static void test_limits(void **state)
{
	struct service_server servers[2];
	struct service service;

	(void)state;
	fill(servers, 2, 3);
	service = made(100, 0, true, servers, 2); /* cut to what there is */
	assert_int_equal(service.quorum, 6);
	assert_true(service.quorum_up);
	service_update(&service, &servers[0], 1, 0);
	assert_false(service.quorum_up);
	service_update(&service, &servers[0], -1, 0);
	assert_true(service.quorum_up);
	/* all of them are enough, however large the hysteresis */
	service = made(6, 5, false, servers, 2);
	assert_true(service.quorum_up);
	service = made(6, UINT32_MAX, false, servers, 2);
	assert_int_equal(service.hysteresis, 5);
	/* nothing that could serve is no quorum, and does not wrap */
	fill(servers, 2, 0);
	service = made(1, 1, true, servers, 2);
	assert_int_equal(service.hysteresis, 0);
	assert_false(service.quorum_up);
	/* a checker that gives weight brings it */
	service_update(&service, &servers[0], 0, 4);
	assert_true(service.quorum_up);
	service = made(1, 0, true, NULL, 0);
	assert_false(service.quorum_up);
}

static void test_start(void **state)
{
	struct service_server servers[4];

	(void)state;
	fill(servers, 4, 1);
	servers[0].failing = 1;
	/* what had its quorum keeps it, what had not has to gain it */
	assert_true(made(3, 1, true, servers, 4).quorum_up);
	assert_false(made(3, 1, false, servers, 4).quorum_up);
}

static uint32_t drawn(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33) % below;
}

static uint64_t sum_up(const struct service_server *servers, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += service_server_up(&servers[i]) ? service_server_weight(&servers[i]) : 0;
	return sum;
}

/* One random walk of servers that fail, recover and change their weights. */
static void walk(uint64_t seed)
{
	struct service_server servers[SERVERS];
	uint64_t at = seed;
	size_t count = drawn(&at, SERVERS + 1);

	for (size_t i = 0; i < count; i++)
		servers[i] = (struct service_server){.configured = drawn(&at, 5),
			.failing = drawn(&at, 3) == 0,
			.inhibit = drawn(&at, 2) == 0};
	struct service service =
		made(drawn(&at, 12), drawn(&at, 12), drawn(&at, 2) == 0, servers, count);
	for (int i = 0; count > 0 && i < 200; i++) {
		struct service_server *server = &servers[drawn(&at, (uint32_t)count)];
		bool quorum = service.quorum_up;
		bool up = service_server_up(server);
		uint32_t what = drawn(&at, 3);
		int failing = what == 0 ? 1 : what == 1 && server->failing > 0 ? -1 : 0;
		struct service_change change = service_update(
			&service, server, failing, what == 2 ? (int64_t)drawn(&at, 7) - 3 : 0);
		uint64_t sum = sum_up(servers, count);

		assert_int_equal(service.weight_up, sum);
		assert_int_equal(change.quorum, quorum != service.quorum_up);
		assert_int_equal(change.server, up != service_server_up(server));
		if (service.quorum_up)
			assert_true(sum > 0 && sum >= service_lost_below(&service));
		else
			assert_true(sum == 0 || sum < service_gains_at(&service));
		/* between the thresholds nothing changes */
		if (sum > 0 && sum >= service_lost_below(&service) &&
			sum < service_gains_at(&service))
			assert_int_equal(service.quorum_up, quorum);
	}
}

static void test_whatever_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++)
		walk(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_quorum_with_hysteresis),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_whatever_happens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
