/* What is written of a table is what is read of it: the kernel uses the same attributes both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/ip_vs.h>
#include <netlink/msg.h>

#include "ipvsd/ipvs_message.h"

#define FAMILY 37

static struct proto_addr address_of(uint8_t family)
{
	struct proto_addr address = {.family = family};

	for (unsigned i = 0; i < (family == AF_INET ? 4 : 16); i++)
		address.bytes[i] = (uint8_t)(10 + i);
	return address;
}

static struct ipvs_service service_of(uint8_t family, uint32_t fwmark)
{
	struct ipvs_service service = {.key.fwmark = fwmark,
		.flags = IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_SCHED1,
		.timeout_s = 360,
		.netmask = family == AF_INET ? 0x00ffffff : 64,
		.scheduler = "wlc",
		.engine = "sip"};

	if (fwmark != 0) {
		service.key.address.family = family;
		return service;
	}
	service.key.address = address_of(family);
	service.key.protocol = 6;
	service.key.port = 80;
	return service;
}

static struct ipvs_dest dest_of(const struct ipvs_key *service, uint8_t family, uint32_t forwarding)
{
	struct ipvs_dest dest = {.service = *service,
		.address = address_of(family),
		.port = 8080,
		.forwarding = forwarding,
		.weight = 100,
		.upper = 2000,
		.lower = 1000};

	if (forwarding == IP_VS_CONN_F_TUNNEL) {
		dest.tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
		dest.tunnel_port = 6080;
		dest.tunnel_flags = IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
	}
	return dest;
}

static struct nl_msg *written(const struct ipvs_change *change)
{
	struct nl_msg *message = nlmsg_alloc();

	assert_non_null(message);
	assert_true(ipvs_message_change(message, FAMILY, change) >= 0);
	assert_int_equal(nlmsg_hdr(message)->nlmsg_type, FAMILY);
	return message;
}

static void test_services(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		const struct ipvs_service service =
			service_of(i % 2 == 0 ? AF_INET : AF_INET6, i / 2 == 0 ? 0 : 77);
		const struct ipvs_change change = {.action = IPVS_ADD_SERVICE, .service = &service};
		struct nl_msg *message = written(&change);
		struct ipvs_counters counters;
		struct ipvs_service read;
		assert_int_equal(
			ipvs_message_read_service(nlmsg_hdr(message), &read, &counters), 0);
		assert_memory_equal(&read, &service, sizeof(read));
		nlmsg_free(message);
	}
}

static void test_dests(void **state)
{
	static const uint32_t methods[] = {
		IP_VS_CONN_F_MASQ, IP_VS_CONN_F_TUNNEL, IP_VS_CONN_F_DROUTE};
	const struct ipvs_service service = service_of(AF_INET6, 0);

	(void)state;
	for (int i = 0; i < 6; i++) {
		const struct ipvs_dest dest =
			dest_of(&service.key, i % 2 == 0 ? AF_INET : AF_INET6, methods[i / 2]);
		const struct ipvs_change change = {.action = IPVS_SET_DEST, .dest = &dest};
		struct nl_msg *message = written(&change);
		struct ipvs_dest read;
		assert_int_equal(
			ipvs_message_read_dest(nlmsg_hdr(message), &service.key, &read, NULL), 0);
		assert_memory_equal(&read, &dest, sizeof(read));
		nlmsg_free(message);
	}
}

/* Of what is to go only the key is told. */
static void test_deletions_are_short(void **state)
{
	const struct ipvs_service service = service_of(AF_INET, 0);
	const struct ipvs_dest dest = dest_of(&service.key, AF_INET, IP_VS_CONN_F_MASQ);
	const struct ipvs_change changes[] = {
		{.action = IPVS_DELETE_SERVICE, .service = &service},
		{.action = IPVS_DELETE_DEST, .dest = &dest},
	};
	struct ipvs_service read;
	struct ipvs_dest read_dest;

	(void)state;
	struct nl_msg *message = written(&changes[0]);
	assert_int_equal(ipvs_message_read_service(nlmsg_hdr(message), &read, NULL), -1);
	nlmsg_free(message);
	message = written(&changes[1]);
	assert_int_equal(
		ipvs_message_read_dest(nlmsg_hdr(message), &service.key, &read_dest, NULL), -1);
	nlmsg_free(message);
}

/* Every message that is cut somewhere is refused or read, and nothing is read behind its end. */
static void test_cut_messages(void **state)
{
	const struct ipvs_service service = service_of(AF_INET, 0);
	const struct ipvs_change change = {.action = IPVS_ADD_SERVICE, .service = &service};
	struct nl_msg *message = written(&change);
	uint32_t whole = nlmsg_hdr(message)->nlmsg_len;

	(void)state;
	for (uint32_t length = NLMSG_HDRLEN; length < whole - 8; length++) {
		struct ipvs_service read;
		struct nlmsghdr *cut = test_malloc(length);
		memcpy(cut, nlmsg_hdr(message), length);
		cut->nlmsg_len = length;
		assert_int_equal(ipvs_message_read_service(cut, &read, NULL), -1);
		test_free(cut);
	}
	nlmsg_free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_dests),
		cmocka_unit_test(test_deletions_are_short),
		cmocka_unit_test(test_cut_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
