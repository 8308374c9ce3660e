/* Configuration items for ipvsd: what fits together, and what does not. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "ipvsd/ipvs_conf.h"
#include "proto/state_page.h"

static struct ipvs_conf conf;
static char reason[PROTO_REASON_LEN];

static int setup(void **state)
{
	(void)state;
	reason[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ipvs_conf_clear(&conf);
	return 0;
}

static int give(enum proto_type type, const void *body)
{
	return ipvs_conf_add(&conf, type, body, reason, sizeof(reason));
}

static int commit(void)
{
	return ipvs_conf_commit(&conf, reason, sizeof(reason));
}

static const struct conf_ipvs_global global;

static struct conf_ipvs_virtual virtual_with(uint32_t entries, uint32_t reals, uint32_t flags)
{
	return (struct conf_ipvs_virtual){.name = "v",
		.scheduler = "rr",
		.flags = flags,
		.prefix = 128,
		.protocol = IPPROTO_TCP,
		.entries = entries,
		.reals = reals};
}

static struct conf_ipvs_entry entry_of(const char *first, uint32_t count)
{
	struct conf_ipvs_entry entry = {.count = count, .port = 80};

	entry.first.family = strchr(first, ':') != NULL ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(entry.first.family, first, entry.first.bytes), 1);
	return entry;
}

static struct conf_ipvs_real real_of(uint32_t virtual_server)
{
	struct conf_ipvs_real real = {.name = "r", .virtual_server = virtual_server, .port = 80};

	real.address.family = AF_INET;
	return real;
}

static void begin(uint32_t entries, uint32_t reals, uint32_t flags)
{
	const struct conf_ipvs_virtual item = virtual_with(entries, reals, flags);

	assert_int_equal(give(CONF_IPVS_GLOBAL, &global), 0);
	assert_int_equal(give(CONF_IPVS_VIRTUAL, &item), 0);
}

static void test_whole(void **state)
{
	const struct conf_ipvs_entry entry = entry_of("10.0.0.254", 3);
	const struct conf_ipvs_real real = real_of(0);
	const struct in_addr third = {.s_addr = htonl(0x0a000100)};

	(void)state;
	begin(1, 2, IPVS_VIRTUAL_SORRY);
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), 0);
	assert_int_equal(give(CONF_IPVS_SORRY, &real), 0);
	assert_int_equal(give(CONF_IPVS_REAL, &real), 0);
	assert_int_equal(commit(), -1);
	assert_int_equal(give(CONF_IPVS_REAL, &real), 0);
	assert_int_equal(commit(), 0);
	assert_int_equal(conf.places, 3 * (1 + 2 + 1));
	const struct ipvs_key key = ipvs_conf_key(&conf.entries[0], 2);
	assert_memory_equal(key.address.bytes, &third, sizeof(third));
	assert_int_equal(key.port, 80);
	assert_int_equal(key.protocol, IPPROTO_TCP);
}

static void test_nothing_at_all_is_refused(void **state)
{
	(void)state;
	assert_int_equal(commit(), -1);
	assert_int_equal(give(CONF_IPVS_GLOBAL, &global), 0);
	assert_int_equal(commit(), 0);
	assert_int_equal(give(CONF_IPVS_GLOBAL, &global), -1);
}

/* Every item where it does not belong. */
static void test_order(void **state)
{
	const struct conf_ipvs_virtual item = virtual_with(1, 1, IPVS_VIRTUAL_SORRY);
	const struct conf_ipvs_entry entry = entry_of("10.0.0.1", 1);
	const struct conf_ipvs_real real = real_of(0);
	const struct conf_ipvs_real others = real_of(1);

	(void)state;
	assert_int_equal(give(CONF_IPVS_VIRTUAL, &item), -1);
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), -1);
	assert_int_equal(give(CONF_IPVS_REAL, &real), -1);
	assert_int_equal(give(CONF_IPVS_SORRY, &real), -1);
	begin(1, 1, IPVS_VIRTUAL_SORRY);
	assert_int_equal(give(CONF_IPVS_VIRTUAL, &item), -1);
	assert_int_equal(give(CONF_IPVS_SORRY, &real), -1);
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), 0);
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), -1);
	assert_int_equal(give(CONF_IPVS_REAL, &real), -1);
	assert_int_equal(give(CONF_IPVS_SORRY, &others), -1);
	assert_int_equal(give(CONF_IPVS_SORRY, &real), 0);
	assert_int_equal(give(CONF_IPVS_REAL, &others), -1);
	assert_int_equal(give(CONF_IPVS_REAL, &real), 0);
	assert_int_equal(give(CONF_IPVS_REAL, &real), -1);
	assert_int_equal(give(CHECK_TELL, &real), -1);
	assert_int_equal(commit(), 0);
}

static void test_addresses_end_somewhere(void **state)
{
	struct conf_ipvs_entry entry = entry_of("255.255.255.255", 2);

	(void)state;
	begin(3, 0, 0);
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), -1);
	entry = entry_of("fd00::ffff:ffff", 2);
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), -1);
	entry.first.family = 0;
	entry.count = 1;
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), -1);
	entry = entry_of("10.0.0.1", 2);
	entry.fwmark = 7;
	assert_int_equal(give(CONF_IPVS_ENTRY, &entry), -1);
	struct conf_ipvs_real real = real_of(0);
	real.address.family = 0;
	assert_int_equal(give(CONF_IPVS_REAL, &real), -1);
}

static void test_too_many(void **state)
{
	const struct conf_ipvs_entry entry = entry_of("10.0.0.0", IPVS_RANGE_MAX);

	(void)state;
	begin(3, 0, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(give(CONF_IPVS_ENTRY, &entry), 0);
	assert_int_equal(commit(), -1);
	assert_non_null(strstr(reason, "196608 entries"));
	ipvs_conf_clear(&conf);
	begin(0, 0, 0);
	const struct conf_ipvs_virtual item = virtual_with(0, 0, 0);
	for (int i = 1; i < STATE_IPVS_ENTRIES; i++)
		assert_int_equal(give(CONF_IPVS_VIRTUAL, &item), 0);
	assert_int_equal(give(CONF_IPVS_VIRTUAL, &item), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_nothing_at_all_is_refused),
		TEST(test_order),
		TEST(test_addresses_end_somewhere),
		TEST(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
