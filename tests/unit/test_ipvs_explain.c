/* What the kernel's errors mean, in sentences that say what to do, and the one thing that it does
 * not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>

#include "ipvsd/ipvs_explain.h"
#include "ipvsd/ipvs_protocol.h"

static const struct ipvs_service plain = {.key.address.family = AF_INET, .scheduler = "mh"};
static const struct ipvs_service with_engine = {
	.key.address.family = AF_INET, .scheduler = "rr", .engine = "sip"};
static const struct ipvs_service sctp = {
	.key.address.family = AF_INET, .key.protocol = IPPROTO_SCTP, .scheduler = "rr"};
static const struct ipvs_service six = {.key.address.family = AF_INET6, .scheduler = "rr"};
static const struct ipvs_service one_packet = {.key.address.family = AF_INET,
	.key.protocol = 6,
	.flags = IP_VS_SVC_F_ONEPACKET,
	.scheduler = "rr"};
static const struct ipvs_dest same = {.service.address.family = AF_INET, .address.family = AF_INET};
static const struct ipvs_dest mixed = {
	.service.address.family = AF_INET, .address.family = AF_INET6};
static const struct ipvs_dest tunnel = {.service.address.family = AF_INET,
	.address.family = AF_INET6,
	.forwarding = IP_VS_CONN_F_TUNNEL};
static const struct ipvs_dest gue = {.service.address.family = AF_INET,
	.address.family = AF_INET,
	.forwarding = IP_VS_CONN_F_TUNNEL,
	.tunnel_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE};

static const struct {
	struct ipvs_change change;
	int error;
	const char *said;
} rows[] = {
	{{IPVS_ADD_SERVICE, &plain, NULL}, ENOENT, "modprobe ip_vs_mh"},
	{{IPVS_SET_SERVICE, &plain, NULL}, ENOENT, "no scheduler 'mh'"},
	{{IPVS_ADD_SERVICE, &with_engine, NULL}, ENOENT, "modprobe ip_vs_pe_sip"},
	{{IPVS_DELETE_SERVICE, &plain, NULL}, ENOENT, "somebody else removed it"},
	{{IPVS_DELETE_SERVICE, &plain, NULL}, ESRCH, "somebody else removed it"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, EEXIST, "somebody else added it"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, EPROTONOSUPPORT, "CONFIG_IP_VS_PROTO_TCP"},
	{{IPVS_ADD_SERVICE, &sctp, NULL}, EPROTONOSUPPORT, "CONFIG_IP_VS_PROTO_SCTP"},
	{{IPVS_ADD_SERVICE, &six, NULL}, EAFNOSUPPORT, "CONFIG_IP_VS_IPV6"},
	{{IPVS_ADD_SERVICE, &six, NULL}, EINVAL, "prefix length"},
	{{IPVS_ADD_SERVICE, &one_packet, NULL}, EINVAL, "ops"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, EINVAL, "scheduler, flags, persistence"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, EPERM, "CAP_NET_ADMIN"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, ENOMEM, "out of memory"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, ENODEV, "modprobe ip_vs"},
	{{IPVS_ADD_SERVICE, &plain, NULL}, ENOBUFS, "net.core.rmem_max"},
	{{IPVS_ADD_DEST, NULL, &same}, ESRCH, "does not have its virtual server"},
	{{IPVS_ADD_DEST, NULL, &same}, EEXIST, "somebody else added it"},
	{{IPVS_SET_DEST, NULL, &same}, ENOENT, "somebody else removed it"},
	{{IPVS_ADD_DEST, NULL, &same}, EINVAL, "unicast"},
	{{IPVS_ADD_DEST, NULL, &mixed}, EINVAL, "with TUN"},
	{{IPVS_ADD_DEST, NULL, &tunnel}, EINVAL, "sync daemon"},
	{{IPVS_ADD_DEST, NULL, &gue}, EINVAL, "gue needs a port"},
	{{IPVS_ADD_DEST, NULL, &same}, ERANGE, "thresholds"},
	{{IPVS_ADD_DEST, NULL, &same}, EIO, "Input/output error"},
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[IPVS_WHY_LEN];
		ipvs_explain_change(&rows[i].change, rows[i].error, NULL, why);
		if (strstr(why, rows[i].said) == NULL)
			fail_msg("row %zu: %s", i, why);
	}
}

static void test_words_of_the_kernel(void **state)
{
	const struct ipvs_change change = {.action = IPVS_ADD_SERVICE, .service = &plain};
	char why[IPVS_WHY_LEN];
	char words[200];

	(void)state;
	ipvs_explain(EINVAL, "Attribute failed policy validation", why);
	assert_string_equal(why, "the kernel does not take a value (the kernel says: Attribute "
				 "failed policy validation)");
	ipvs_explain(EINVAL, "", why);
	assert_string_equal(why, "the kernel does not take a value");
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	ipvs_explain_change(&change, ENOENT, words, why);
	assert_true(strlen(why) < IPVS_WHY_LEN && strstr(why, "xxx)") != NULL);
}

static void test_daemons(void **state)
{
	const struct ipvs_sync_daemon daemon = {.state = IP_VS_STATE_MASTER, .ifname = "eth9"};
	char why[IPVS_WHY_LEN];

	(void)state;
	ipvs_explain_daemon(&daemon, ENODEV, NULL, why);
	assert_string_equal(why, "there is no interface eth9");
	ipvs_explain_daemon(&daemon, EEXIST, NULL, why);
	assert_string_equal(why, "a master sync daemon runs already");
	ipvs_explain_daemon(&daemon, EPERM, NULL, why);
	assert_non_null(strstr(why, "CAP_NET_ADMIN"));
	ipvs_explain_daemon(&daemon, ENETUNREACH, NULL, why);
	assert_non_null(strstr(why, "eth9 is down"));
}

/* Where a text is cut makes no difference. */
static void test_protocol_by_number(void **state)
{
	static const char text[] = "IP Virtual Server version 1.2.1 (size=4096)\n"
				   "Prot LocalAddress:Port Scheduler Flags\n"
				   "TCP  0A090001:0050 rr  IP_132 \n"
				   "IP_1329 0A090001:0050 rr  \n"
				   "IP_132 0A090001:0050 rr  \n";
	static const struct {
		uint16_t protocol;
		bool found;
	} rows_of[] = {{132, true}, {1329, true}, {13, false}, {6, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows_of) / sizeof(rows_of[0]); i++) {
		for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
			size_t place = 0;
			bool found = ipvs_protocol_find(text, cut, rows_of[i].protocol, &place) ||
				     ipvs_protocol_find(text + cut, sizeof(text) - 1 - cut,
					     rows_of[i].protocol, &place);
			assert_int_equal(found, rows_of[i].found);
		}
	}
	size_t place = 0;
	assert_false(ipvs_protocol_find(text, sizeof(text) - 30, 132, &place));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_words_of_the_kernel),
		cmocka_unit_test(test_daemons),
		cmocka_unit_test(test_protocol_by_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
