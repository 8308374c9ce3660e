/* The balancer against a model of the kernel: random configurations, states, foreign entries and
 * deaths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/ip_vs.h>

#include "fake_ipvs.h"

static unsigned seed;

static unsigned below(unsigned limit)
{
	return (unsigned)rand_r(&seed) % limit;
}

static void random_states(struct service *services, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		services[i].quorum = below(2) == 0 ? TOLD_UP : TOLD_DOWN;
		for (unsigned r = 0; r < services[i].reals_count; r++) {
			services[i].reals[r].told = below(3) == 0 ? TOLD_DOWN : TOLD_UP;
			services[i].reals[r].told_weight = below(4);
		}
	}
}

static struct server random_server(void)
{
	return (struct server){.number = below(ADDRESSES),
		.weight = 1 + below(3),
		.flags = below(3) == 0 ? IPVS_REAL_INHIBIT : 0U};
}

static unsigned random_conf(struct service services[3])
{
	static const char *const schedulers[] = {"rr", "wlc", "sh"};
	unsigned count = below(4);

	for (unsigned i = 0; i < count; i++) {
		services[i] = (struct service){.keys = below(1U << KEYS),
			.scheduler = schedulers[below(3)],
			.reals_count = below(MAX_REALS + 1),
			.has_sorry = below(2) == 0,
			.sorry = random_server()};
		for (unsigned r = 0; r < services[i].reals_count; r++)
			services[i].reals[r] = random_server();
	}
	random_states(services, count);
	return count;
}

/* Somebody else at work. */
static void meddle(void)
{
	static const struct service theirs = {.scheduler = "lc"};
	unsigned key = below(KEYS + FOREIGN_KEYS);
	const struct ipvs_service service = service_of(&theirs, key);
	const struct ipvs_dest dest = dest_of(key, below(ADDRESSES + FOREIGN_ADDRESSES), below(9));
	struct kernel_service *has = kernel_service(&service.key);
	struct kernel_dest *has_dest = kernel_dest(&dest);

	switch (below(4)) {
	case 0:
		if (has != NULL)
			has->is = service;
		else
			add_kernel_service(&service, true);
		break;
	case 1:
		if (has != NULL && has_dest == NULL)
			add_kernel_dest(&dest, true);
		else if (has_dest != NULL)
			has_dest->is.weight = below(9);
		break;
	case 2:
		if (has_dest != NULL)
			delete_dest(has_dest);
		break;
	default:
		if (has != NULL)
			delete_service(has);
		break;
	}
}

/* What is not ours, and never was configured: services of their own keys, and servers of addresses
 * of their own. */
static uint32_t sum_of_foreign(void)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < kernel.services_count; i++) {
		const struct ipvs_service *service = &kernel.services[i].is;
		if (service->key.fwmark == 0 && service->key.address.bytes[3] >= 100 + KEYS)
			sum += proto_checksum(0, service, sizeof(*service));
	}
	for (size_t i = 0; i < kernel.dests_count; i++) {
		const struct ipvs_dest *dest = &kernel.dests[i].is;
		if (dest->address.bytes[3] >= ADDRESSES)
			sum += proto_checksum(0, dest, sizeof(*dest));
	}
	return sum;
}

#define ROUNDS 3000

/* Whatever happens, the kernel has what is wanted in the end, nothing foreign was touched, and when
 * all is as it should be nothing is written. */
static void test_chance(void **state)
{
	struct service services[3];
	unsigned count = 0;

	(void)state;
	seed = 7;
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t foreign;
		unsigned what = below(4);
		for (unsigned i = below(4); i > 0; i--)
			meddle();
		foreign = sum_of_foreign();
		if (what == 0) {
			count = random_conf(services);
			force(services, count);
		} else if (what == 1) {
			random_states(services, count);
			tell(services, count);
			run();
		} else if (what == 2) {
			die();
			start();
			force(services, count);
		} else {
			die();
			start();
			count = random_conf(services);
			force(services, count);
		}
		let_time_pass();
		assert_kernel(services, count);
		assert_int_equal(sum_of_foreign(), foreign);
		assert_stays();
	}
}

/* A successor that knows no state yet, or some, leaves everything as it is. */
static void test_nothing_is_written_without_a_change(void **state)
{
	struct service services[3];

	(void)state;
	seed = 11;
	for (int round = 0; round < 300; round++) {
		unsigned count = random_conf(services);
		force(services, count);
		size_t writes = kernel.writes;
		die();
		start();
		configure(services, count);
		balancer_states_end(ipvsd.balancer);
		run();
		assert_stays();
		tell(services, count);
		run();
		assert_stays();
		force(services, count);
		assert_stays();
		assert_int_equal(kernel.writes, writes);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_chance),
		TEST(test_nothing_is_written_without_a_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
