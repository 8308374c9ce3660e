/* What vrrpd accepts as a configuration, and how it compares two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "proto/state_page.h"
#include "vrrpd/config.h"

static struct conf_vrrp_instance instance(const char *name, uint8_t vrid)
{
	struct conf_vrrp_instance c = {.family = AF_INET,
		.vrid = vrid,
		.priority = 100,
		.version = 3,
		.advert_int_cs = 100,
		.down_timer_adverts = 3,
		.group = {.family = AF_INET, .bytes = {224, 0, 0, 18}},
		.addresses = 1};

	proto_string_set(c.name, sizeof c.name, name);
	proto_string_set(c.ifname, sizeof c.ifname, "eth0");
	return c;
}

static struct conf_vrrp_address address(uint32_t index, uint8_t last)
{
	struct conf_vrrp_address a = {.instance = index,
		.ifname = "eth0",
		.address = {.family = AF_INET, .bytes = {10, 0, 0, last}},
		.prefixlen = 24};

	return a;
}

static int add(struct config *config, enum proto_type type, const void *body)
{
	char reason[PROTO_REASON_LEN] = "";

	return config_add(config, type, body, reason, sizeof reason);
}

/* A configuration of one instance with one address, changed by whoever calls. */
static int judge(const struct conf_vrrp_instance *c, char *reason, size_t size)
{
	struct config *config = config_new();
	struct conf_vrrp_address a = address(0, 1);
	int result;

	assert_int_equal(add(config, CONF_VRRP_INSTANCE, c), 0);
	assert_int_equal(add(config, CONF_VRRP_ADDRESS, &a), 0);
	result = config_check(config, reason, size);
	config_free(config);
	return result;
}

static void refuse_what_cannot_run(void **state)
{
	char reason[PROTO_REASON_LEN];
	struct conf_vrrp_instance c;

	(void)state;
	c = instance("VI_1", 1);
	assert_int_equal(judge(&c, reason, sizeof reason), 0);
	c = instance("VI_1", 0);
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	c = instance("VI_1", 1);
	c.family = AF_INET6;
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	c = instance("VI_1", 1);
	c.version = 2;
	c.advert_int_cs = 150;
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	c = instance("VI_1", 1);
	c.advert_int_cs = 4096;
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	c = instance("VI_1", 1);
	c.group.bytes[0] = 10;
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	c = instance("VI_1", 1);
	c.ifname[0] = '\0';
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	c = instance("VI_1", 1);
	c.flags = CONF_VRRP_UNICAST;
	assert_int_equal(judge(&c, reason, sizeof reason), -1);
	assert_string_equal(reason, "VI_1: unicast without a peer");
}

static void refuse_wrong_numbers_of_items(void **state)
{
	struct config *config = config_new();
	struct conf_vrrp_instance c = instance("VI_1", 1);
	struct conf_vrrp_address a = address(0, 1);
	char reason[PROTO_REASON_LEN];

	(void)state;
	assert_int_equal(add(config, CONF_VRRP_ADDRESS, &a), -1);
	assert_int_equal(add(config, CONF_VRRP_INSTANCE, &c), 0);
	assert_int_equal(config_check(config, reason, sizeof reason), -1);
	assert_string_equal(reason, "VI_1: items are missing");
	a.instance = 1;
	assert_int_equal(add(config, CONF_VRRP_ADDRESS, &a), -1);
	a.instance = 0;
	assert_int_equal(add(config, CONF_VRRP_ADDRESS, &a), 0);
	assert_int_equal(add(config, CONF_VRRP_ADDRESS, &a), -1);
	assert_int_equal(config_check(config, reason, sizeof reason), 0);
	config_free(config);
}

static int judge_two(const char *name, uint8_t vrid, const char *ifname)
{
	struct config *config = config_new();
	struct conf_vrrp_instance c = instance("VI_1", 1);
	struct conf_vrrp_address a = address(0, 1);
	char reason[PROTO_REASON_LEN];
	int result;

	add(config, CONF_VRRP_INSTANCE, &c);
	add(config, CONF_VRRP_ADDRESS, &a);
	c = instance(name, vrid);
	proto_string_set(c.ifname, sizeof c.ifname, ifname);
	a = address(1, 2);
	add(config, CONF_VRRP_INSTANCE, &c);
	add(config, CONF_VRRP_ADDRESS, &a);
	result = config_check(config, reason, sizeof reason);
	config_free(config);
	return result;
}

static void refuse_a_virtual_router_twice(void **state)
{
	(void)state;
	assert_int_equal(judge_two("VI_2", 2, "eth0"), 0);
	assert_int_equal(judge_two("VI_2", 1, "eth1"), 0);
	assert_int_equal(judge_two("VI_2", 1, "eth0"), -1);
	assert_int_equal(judge_two("VI_1", 2, "eth0"), -1);
}

static void refuse_more_instances_than_records(void **state)
{
	struct config *config = config_new();
	char name[PROTO_NAME_LEN];

	(void)state;
	for (int i = 0; i <= STATE_VRRP_INSTANCES; i++) {
		struct conf_vrrp_instance c;

		snprintf(name, sizeof name, "VI_%d", i);
		c = instance(name, (uint8_t)(1 + i % 255));
		assert_int_equal(
			add(config, CONF_VRRP_INSTANCE, &c), i < STATE_VRRP_INSTANCES ? 0 : -1);
	}
	config_free(config);
}

static struct config *two_instances(void)
{
	struct config *config = config_new();

	for (uint8_t i = 1; i <= 2; i++) {
		struct conf_vrrp_instance c = instance(i == 1 ? "VI_1" : "VI_2", i);
		struct conf_vrrp_address a = address(i - 1U, i);

		assert_int_equal(add(config, CONF_VRRP_INSTANCE, &c), 0);
		assert_int_equal(add(config, CONF_VRRP_ADDRESS, &a), 0);
	}
	return config;
}

static void refuse_groups_that_cannot_be(void **state)
{
	const struct conf_vrrp_group group = {.name = "G1", .members = 2};
	const struct conf_vrrp_group other = {.name = "G2", .members = 1};
	struct config *config = two_instances();
	struct conf_vrrp_member member = {.group = 0, .instance = 0};
	char reason[PROTO_REASON_LEN];

	(void)state;
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), -1);
	assert_int_equal(add(config, CONF_VRRP_GROUP, &group), 0);
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), 0);
	assert_int_equal(config_check(config, reason, sizeof reason), -1);
	assert_string_equal(reason, "G1: name or members are missing");
	member.instance = 2;
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), -1);
	member.group = 1;
	member.instance = 1;
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), -1);
	member.group = 0;
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), 0);
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), -1);
	assert_int_equal(config_check(config, reason, sizeof reason), 0);
	assert_int_equal(add(config, CONF_VRRP_GROUP, &other), 0);
	member.group = 1;
	assert_int_equal(add(config, CONF_VRRP_MEMBER, &member), 0);
	assert_int_equal(config_check(config, reason, sizeof reason), -1);
	assert_string_equal(reason, "VI_2 is in two sync groups");
	config_free(config);
}

static void match_addresses_of_two_configurations(void **state)
{
	struct conf_vrrp_address from[] = {address(0, 1), address(0, 2), address(0, 3)};
	struct conf_vrrp_address to[] = {
		address(0, 3), address(0, 4), address(0, 2), address(0, 1)};
	size_t match[4];

	(void)state;
	to[2].flags = CONF_ADDRESS_NO_TRACK;
	proto_string_set(to[3].label, sizeof to[3].label, "eth0:1");
	assert_int_equal(config_address_match(from, 3, to, 4, match), 0);
	assert_int_equal(match[0], 2);
	assert_true(match[1] == SIZE_MAX);
	assert_int_equal(match[2], 1);
	assert_true(match[3] == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuse_what_cannot_run),
		cmocka_unit_test(refuse_wrong_numbers_of_items),
		cmocka_unit_test(refuse_a_virtual_router_twice),
		cmocka_unit_test(refuse_more_instances_than_records),
		cmocka_unit_test(refuse_groups_that_cannot_be),
		cmocka_unit_test(match_addresses_of_two_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
