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
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
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

/* An attribute of another length than the kernel's is not believed, nor one that is longer. */
static void test_lengths_are_exact(void **state)
{
	const struct ipvs_service service = service_of(AF_INET, 0);
	const struct ipvs_change change = {.action = IPVS_ADD_SERVICE, .service = &service};

	(void)state;
	for (int type = IPVS_SVC_ATTR_AF; type <= IPVS_SVC_ATTR_NETMASK; type++) {
		struct nl_msg *message = written(&change);
		struct nlattr *nest =
			nlmsg_find_attr(nlmsg_hdr(message), GENL_HDRLEN, IPVS_CMD_ATTR_SERVICE);
		struct nlattr *attribute = nla_find(nla_data(nest), nla_len(nest), type);
		struct ipvs_service read;
		if (attribute != NULL && type != IPVS_SVC_ATTR_SCHED_NAME) {
			attribute->nla_len--;
			assert_int_equal(
				ipvs_message_read_service(nlmsg_hdr(message), &read, NULL), -1);
			attribute->nla_len += 2;
			assert_int_equal(
				ipvs_message_read_service(nlmsg_hdr(message), &read, NULL), -1);
		}
		nlmsg_free(message);
	}
}

/* Names end inside their attribute, and nothing is behind their end. */
static void test_names(void **state)
{
	struct ipvs_service service = service_of(AF_INET, 0);
	const struct ipvs_change change = {.action = IPVS_ADD_SERVICE, .service = &service};
	struct ipvs_service read;

	(void)state;
	strcpy(service.scheduler, "abcdefg");
	struct nl_msg *message = written(&change);
	struct nlattr *nest =
		nlmsg_find_attr(nlmsg_hdr(message), GENL_HDRLEN, IPVS_CMD_ATTR_SERVICE);
	char *name = nla_data(nla_find(nla_data(nest), nla_len(nest), IPVS_SVC_ATTR_SCHED_NAME));
	name[3] = '\0';
	assert_int_equal(ipvs_message_read_service(nlmsg_hdr(message), &read, NULL), 0);
	assert_memory_equal(read.scheduler, "abc\0\0\0\0", 8);
	name[7] = 'h';
	assert_int_equal(ipvs_message_read_service(nlmsg_hdr(message), &read, NULL), -1);
	nlmsg_free(message);
}

static void test_sync_daemons(void **state)
{
	struct ipvs_sync_daemon daemon = {.state = IP_VS_STATE_BACKUP,
		.sync_id = 9,
		.ifname = "eth0",
		.maxlen = 1400,
		.port = 9000,
		.ttl = 3};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct nl_msg *message = nlmsg_alloc();
		struct ipvs_sync_daemon read;
		daemon.group = i == 0   ? address_of(AF_INET)
			       : i == 1 ? address_of(AF_INET6)
					: (struct proto_addr){0};
		assert_int_equal(ipvs_message_start_daemon(message, FAMILY, &daemon), 0);
		assert_int_equal(ipvs_message_read_daemon(nlmsg_hdr(message), &read), 0);
		assert_memory_equal(&read, &daemon, sizeof(read));
		nlmsg_free(message);
	}
	struct nl_msg *message = nlmsg_alloc();
	struct ipvs_sync_daemon read;
	daemon.state = 3;
	assert_int_equal(ipvs_message_start_daemon(message, FAMILY, &daemon), 0);
	assert_int_equal(ipvs_message_read_daemon(nlmsg_hdr(message), &read), -1);
	nlmsg_free(message);
}

static void test_timeouts(void **state)
{
	const struct ipvs_timeouts some = {.tcp_s = 900, .udp_s = 300};
	struct nl_msg *message = nlmsg_alloc();
	struct ipvs_timeouts read;

	(void)state;
	assert_int_equal(ipvs_message_set_timeouts(message, FAMILY, &some), 0);
	assert_int_equal(ipvs_message_read_timeouts(nlmsg_hdr(message), &read), 0);
	assert_memory_equal(&read, &some, sizeof(read));
	assert_null(
		nlmsg_find_attr(nlmsg_hdr(message), GENL_HDRLEN, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN));
	nlmsg_free(message);
}

static struct nl_msg *family_message(const char *name, uint8_t command, uint16_t number)
{
	struct nl_msg *message = nlmsg_alloc();

	genlmsg_put(message, 0, 0, GENL_ID_CTRL, 0, 0, command, 1);
	nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name);
	nla_put_u16(message, CTRL_ATTR_FAMILY_ID, number);
	return message;
}

static void test_family(void **state)
{
	static const struct {
		const char *name;
		uint8_t command;
		uint16_t number;
		int result;
		bool gone;
	} rows[] = {
		{"IPVS", CTRL_CMD_NEWFAMILY, 33, 0, false},
		{"IPVS", CTRL_CMD_DELFAMILY, 33, 0, true},
		{"IPVS", CTRL_CMD_GETFAMILY, 33, -1, false},
		{"IPVS", CTRL_CMD_NEWFAMILY, GENL_ID_CTRL, -1, false},
		{"IPVS2", CTRL_CMD_NEWFAMILY, 33, -1, false},
		{"a name that is far too long", CTRL_CMD_NEWFAMILY, 33, -1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nl_msg *message =
			family_message(rows[i].name, rows[i].command, rows[i].number);
		struct ipvs_family family = {0};
		assert_int_equal(
			ipvs_message_read_family(nlmsg_hdr(message), &family), rows[i].result);
		if (rows[i].result == 0)
			assert_true(family.number == 33 && family.gone == rows[i].gone);
		nlmsg_hdr(message)->nlmsg_type = FAMILY;
		assert_int_equal(ipvs_message_read_family(nlmsg_hdr(message), &family), -1);
		nlmsg_free(message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_dests),
		cmocka_unit_test(test_deletions_are_short),
		cmocka_unit_test(test_cut_messages),
		cmocka_unit_test(test_lengths_are_exact),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sync_daemons),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_family),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
