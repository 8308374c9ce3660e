/* The difference between two IPVS tables, against a model of what the kernel does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "ipvsd/ipvs_table.h"

/* Few keys and few values, so that random tables meet. */
#define SERVICES 6
#define DESTS    5
#define ROUNDS   20000

struct room {
	struct ipvs_service services[SERVICES];
	struct ipvs_dest dests[SERVICES * DESTS];
	struct ipvs_table table;
};

static struct ipvs_key key_of(unsigned number)
{
	struct ipvs_key key = {.address.family = number % 2 == 0 ? AF_INET : AF_INET6};

	if (number < 2) {
		key.fwmark = number + 1;
		return key;
	}
	key.protocol = 6;
	key.port = (uint16_t)(80 * (number / 4 + 1));
	key.address.bytes[0] = (uint8_t)number;
	return key;
}

static struct ipvs_service service_of(unsigned number, unsigned flavour)
{
	struct ipvs_service service = {.key = key_of(number), .timeout_s = flavour};

	snprintf(service.scheduler, sizeof(service.scheduler), "%s", flavour == 0 ? "rr" : "wlc");
	return service;
}

static struct ipvs_dest dest_of(unsigned service, unsigned number, unsigned weight)
{
	struct ipvs_dest dest = {.service = key_of(service),
		.port = (uint16_t)(8080 + number / 3),
		.weight = weight};

	dest.address.family = AF_INET;
	dest.address.bytes[3] = (uint8_t)(number % 3);
	return dest;
}

static void begin(struct room *room)
{
	memset(room, 0, sizeof(*room));
	room->table.services = room->services;
	room->table.dests = room->dests;
}

static void add_service(struct room *room, struct ipvs_service service)
{
	room->services[room->table.services_count++] = service;
}

static void add_dest(struct room *room, struct ipvs_dest dest)
{
	room->dests[room->table.dests_count++] = dest;
}

static unsigned below(unsigned *seed, unsigned limit)
{
	return (unsigned)rand_r(seed) % limit;
}

static void fill(struct room *room, unsigned *seed)
{
	begin(room);
	for (unsigned s = 0; s < SERVICES; s++) {
		if (below(seed, 2) == 0)
			continue;
		add_service(room, service_of(s, below(seed, 2)));
		for (unsigned d = 0; d < DESTS; d++) {
			if (below(seed, 2) == 0)
				add_dest(room, dest_of(s, d, below(seed, 3)));
		}
	}
	ipvs_table_sort(&room->table);
}

/* ---- a model of the kernel ---- */

static bool same_key(const struct ipvs_key *a, const struct ipvs_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct ipvs_service *service_in(const struct ipvs_table *table, const struct ipvs_key *key)
{
	for (size_t i = 0; i < table->services_count; i++) {
		if (same_key(&table->services[i].key, key))
			return &table->services[i];
	}
	return NULL;
}

static struct ipvs_dest *dest_in(const struct ipvs_table *table, const struct ipvs_dest *dest)
{
	for (size_t i = 0; i < table->dests_count; i++) {
		struct ipvs_dest *one = &table->dests[i];
		if (same_key(&one->service, &dest->service) &&
			memcmp(&one->address, &dest->address, sizeof(one->address)) == 0 &&
			one->port == dest->port)
			return one;
	}
	return NULL;
}

static void remove_dest(struct ipvs_table *table, struct ipvs_dest *dest)
{
	*dest = table->dests[--table->dests_count];
}

static void remove_service(struct ipvs_table *table, struct ipvs_service *service)
{
	for (size_t i = 0; i < table->dests_count;) {
		if (same_key(&table->dests[i].service, &service->key))
			remove_dest(table, &table->dests[i]);
		else
			i++;
	}
	*service = table->services[--table->services_count];
}

/* As the kernel refuses: what exists cannot be added, what does not exist cannot be changed. */
static void do_change(struct room *kernel, const struct ipvs_change *change)
{
	struct ipvs_table *table = &kernel->table;
	struct ipvs_service *service = service_in(
		table, change->dest != NULL ? &change->dest->service : &change->service->key);
	struct ipvs_dest *dest = change->dest != NULL ? dest_in(table, change->dest) : NULL;

	switch (change->action) {
	case IPVS_ADD_SERVICE:
		assert_null(service);
		add_service(kernel, *change->service);
		return;
	case IPVS_SET_SERVICE:
		assert_non_null(service);
		*service = *change->service;
		return;
	case IPVS_DELETE_SERVICE:
		assert_non_null(service);
		remove_service(table, service);
		return;
	case IPVS_ADD_DEST:
		assert_non_null(service);
		assert_null(dest);
		add_dest(kernel, *change->dest);
		return;
	case IPVS_SET_DEST:
		assert_non_null(dest);
		*dest = *change->dest;
		return;
	case IPVS_DELETE_DEST:
		assert_non_null(dest);
		remove_dest(table, dest);
		return;
	case IPVS_ACTIONS:
		break;
	}
	fail_msg("no such action");
}

static size_t apply(struct room *kernel, const struct room *wanted, const struct room *owned)
{
	struct room before = *kernel;
	struct ipvs_change *changes;

	before.table.services = before.services;
	before.table.dests = before.dests;
	size_t count = ipvs_difference(&before.table, &wanted->table, &owned->table, &changes);
	assert_true(count != (size_t)-1);
	for (size_t i = 0; i < count; i++)
		do_change(kernel, &changes[i]);
	free(changes);
	ipvs_table_sort(&kernel->table);
	return count;
}

/* ---- what must hold ---- */

static void assert_wanted_is_there(const struct room *kernel, const struct room *wanted)
{
	for (size_t i = 0; i < wanted->table.services_count; i++) {
		const struct ipvs_service *wants = &wanted->services[i];
		const struct ipvs_service *has = service_in(&kernel->table, &wants->key);
		assert_non_null(has);
		assert_memory_equal(has, wants, sizeof(*has));
	}
	for (size_t i = 0; i < wanted->table.dests_count; i++) {
		const struct ipvs_dest *wants = &wanted->dests[i];
		const struct ipvs_dest *has = dest_in(&kernel->table, wants);
		assert_non_null(has);
		assert_memory_equal(has, wants, sizeof(*has));
	}
}

/* What neither was nor is ours is as before; what was ours and is not wanted is gone. */
static void assert_rest(const struct room *before, const struct room *after,
	const struct room *wanted, const struct room *owned)
{
	for (size_t i = 0; i < before->table.dests_count; i++) {
		const struct ipvs_dest *dest = &before->dests[i];
		const struct ipvs_dest *now = dest_in(&after->table, dest);
		if (dest_in(&wanted->table, dest) != NULL)
			continue;
		if (dest_in(&owned->table, dest) != NULL) {
			assert_null(now);
		} else {
			assert_non_null(now);
			assert_memory_equal(now, dest, sizeof(*now));
		}
	}
	for (size_t i = 0; i < before->table.services_count; i++) {
		const struct ipvs_service *service = &before->services[i];
		bool used = false;
		if (service_in(&wanted->table, &service->key) != NULL)
			continue;
		for (size_t d = 0; d < after->table.dests_count; d++)
			used = used || same_key(&after->dests[d].service, &service->key);
		if (used || service_in(&owned->table, &service->key) == NULL)
			assert_memory_equal(service_in(&after->table, &service->key), service,
				sizeof(*service));
		else
			assert_null(service_in(&after->table, &service->key));
	}
}

static void test_random_tables(void **state)
{
	unsigned seed = 5;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct room kernel, wanted, owned, before;
		fill(&kernel, &seed);
		fill(&wanted, &seed);
		fill(&owned, &seed);
		before = kernel;
		before.table.services = before.services;
		before.table.dests = before.dests;
		apply(&kernel, &wanted, &owned);
		assert_wanted_is_there(&kernel, &wanted);
		assert_rest(&before, &kernel, &wanted, &owned);
		assert_int_equal(apply(&kernel, &wanted, &owned), 0);
	}
}

static void test_order(void **state)
{
	struct room kernel, wanted;
	struct ipvs_change *changes;

	(void)state;
	begin(&kernel);
	begin(&wanted);
	add_service(&kernel, service_of(2, 0));
	add_dest(&kernel, dest_of(2, 0, 1));
	add_service(&kernel, service_of(3, 0));
	add_service(&wanted, service_of(2, 1));
	add_dest(&wanted, dest_of(2, 1, 1));
	add_service(&wanted, service_of(4, 0));
	add_dest(&wanted, dest_of(4, 0, 1));
	ipvs_table_sort(&kernel.table);
	ipvs_table_sort(&wanted.table);
	/* all that is there is owned: the server that goes, goes behind the one that comes */
	size_t count = ipvs_difference(&kernel.table, &wanted.table, &kernel.table, &changes);
	static const enum ipvs_action expected[] = {IPVS_ADD_SERVICE, IPVS_SET_SERVICE,
		IPVS_ADD_DEST, IPVS_ADD_DEST, IPVS_DELETE_DEST, IPVS_DELETE_SERVICE};
	assert_int_equal(count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(changes[i].action, expected[i]);
	free(changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_tables),
		cmocka_unit_test(test_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
