/* What ipvsd is told of a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/items.h"

#define HEAD "lb_algo rr\nlb_kind NAT\nprotocol TCP\n"

static struct conf *load(const char *text)
{
	struct conf *conf = conf_load_text(
		"test.conf", text, strlen(text), &(struct conf_options){.config_id = "test"}, NULL);
	if (conf->errors != 0)
		conf_report(conf, stderr, false);
	assert_int_equal(conf->errors, 0);
	return conf;
}

/* Item number n of a type, counted from 0. */
static const struct conf_item *item_of(
	const struct conf_items *items, enum proto_type type, unsigned number)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->list[i].type == type && number-- == 0)
			return &items->list[i];
	fail_msg("there is no such item");
	return items->list;
}

static void test_order(void **state)
{
	static const char text[] =
		"virtual_server 10.1.0.5 80 {\n" HEAD "sorry_server 10.1.0.9\n"
		"real_server 10.1.0.51 80 {\n}\nreal_server 10.1.0.52 8080 {\n}\n}\n"
		"virtual_server_group g {\n10.1.0.6-9 80\nfwmark 3\n}\n"
		"virtual_server group g {\n" HEAD "real_server 10.1.0.51 80 {\n}\n}\n";
	static const enum proto_type types[] = {CONF_IPVS_GLOBAL, CONF_IPVS_VIRTUAL,
		CONF_IPVS_ENTRY, CONF_IPVS_SORRY, CONF_IPVS_REAL, CONF_IPVS_REAL, CONF_IPVS_VIRTUAL,
		CONF_IPVS_ENTRY, CONF_IPVS_ENTRY, CONF_IPVS_REAL};
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	assert_int_equal(items->count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < items->count; i++)
		assert_int_equal(items->list[i].type, types[i]);
	const struct conf_ipvs_virtual *web = &items->list[1].body->ipvs_virtual;
	assert_string_equal(web->name, "[10.1.0.5]:tcp:80");
	assert_string_equal(web->scheduler, "rr");
	assert_int_equal(web->flags, IPVS_VIRTUAL_BEGINS_UP | IPVS_VIRTUAL_SORRY);
	assert_int_equal(web->protocol, IPPROTO_TCP);
	assert_int_equal(web->entries, 1);
	assert_int_equal(web->reals, 2);
	assert_string_equal(items->list[3].body->ipvs_real.name, "[10.1.0.9]:tcp:0");
	assert_int_equal(items->list[3].body->ipvs_real.weight, 1);
	assert_string_equal(items->list[5].body->ipvs_real.name, "[10.1.0.52]:tcp:8080");
	assert_int_equal(items->list[5].body->ipvs_real.port, 8080);
	assert_string_equal(items->list[6].body->ipvs_virtual.name, "g");
	assert_int_equal(items->list[6].body->ipvs_virtual.entries, 2);
	assert_int_equal(items->list[8].body->ipvs_entry.virtual_server, 1);
	assert_int_equal(items->list[9].body->ipvs_real.virtual_server, 1);
	conf_items_free(items);
	conf_free(conf);
}

static void expect_entry(const struct conf_item *item, const char *first, uint32_t entries,
	uint32_t fwmark, uint16_t port)
{
	const struct conf_ipvs_entry *entry = &item->body->ipvs_entry;
	uint8_t bytes[16] = {0};
	int family = strchr(first, ':') != NULL ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(family, first, bytes), 1);
	assert_int_equal(entry->first.family, family);
	assert_memory_equal(entry->first.bytes, bytes, sizeof(bytes));
	assert_int_equal(entry->count, entries);
	assert_int_equal(entry->fwmark, fwmark);
	assert_int_equal(entry->port, port);
}

static void test_entries(void **state)
{
	static const char text[] =
		"virtual_server_group g {\n10.1.0.0/24 80\n10.1.2.250-10.1.3.5 443\n"
		"2001:db8::fffe-2001:db8::1:1 80\nfwmark 3 inet6\nfwmark 3 inet\n"
		"10.2.0.0/17 80\n2001:db8:1::9-a\n}\n"
		"virtual_server group g {\nlb_algo rr\nlb_kind TUN\nprotocol TCP\n"
		"real_server 10.1.0.51 {\n}\n}\n"
		"virtual_server fwmark 4 {\n" HEAD "real_server 2001:db8::9 80 {\n}\n}\n"
		"virtual_server fwmark 4 {\n" HEAD "real_server 10.1.0.9 80 {\n}\n}\n"
		"virtual_server fwmark 5 {\nip_family inet6\nlb_algo rr\nlb_kind TUN\n"
		"real_server 10.1.0.9 {\n}\n}\n";
	static const struct {
		const char *first;
		uint32_t count, fwmark;
		uint16_t port;
	} wanted[] = {{"10.1.0.0", 256, 0, 80}, {"10.1.2.250", 12, 0, 443},
		{"2001:db8::fffe", 4, 0, 80}, {"::", 1, 3, 0}, {"0.0.0.0", 1, 3, 0},
		{"10.2.0.0", 32768, 0, 80}, {"2001:db8:1::9", 2, 0, 0}, {"::", 1, 4, 0},
		{"0.0.0.0", 1, 4, 0}, {"::", 1, 5, 0}};
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		expect_entry(item_of(items, CONF_IPVS_ENTRY, i), wanted[i].first, wanted[i].count,
			wanted[i].fwmark, wanted[i].port);
	conf_items_free(items);
	conf_free(conf);
}

static void test_virtual(void **state)
{
	static const char text[] =
		"virtual_server 10.1.0.5 80 {\nlb_algo mh\nmh-port\nflag-3\nlb_kind NAT\n"
		"protocol UDP\nops\nalpha\npersistence_engine sip\npersistence_timeout 50\n"
		"persistence_granularity 255.255.255.0\nreal_server 10.1.0.51 80 {\n}\n}\n"
		"virtual_server 2001:db8::5 80 {\nlb_algo sh\nsh-fallback\nlb_kind NAT\n"
		"protocol SCTP\npersistence_granularity 64\nreal_server 2001:db8::51 80 {\n}\n}\n"
		"virtual_server 10.1.0.6 80 {\n" HEAD
		"persistence_engine sip\nreal_server 10.1.0.51 80 {\n}\n}\n";
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	const struct conf_ipvs_virtual *one =
		&item_of(items, CONF_IPVS_VIRTUAL, 0)->body->ipvs_virtual;
	assert_int_equal(one->flags, IPVS_VIRTUAL_PERSISTENT | IPVS_VIRTUAL_ONE_PACKET |
					     IPVS_VIRTUAL_SCHED_2 | IPVS_VIRTUAL_SCHED_3);
	assert_int_equal(one->persistence_s, 50);
	assert_int_equal(one->netmask, htonl(0xffffff00));
	assert_int_equal(one->prefix, 128);
	assert_string_equal(one->engine, "sip");
	const struct conf_ipvs_virtual *two =
		&item_of(items, CONF_IPVS_VIRTUAL, 1)->body->ipvs_virtual;
	assert_int_equal(two->flags,
		IPVS_VIRTUAL_PERSISTENT | IPVS_VIRTUAL_SCHED_1 | IPVS_VIRTUAL_BEGINS_UP);
	assert_int_equal(two->persistence_s, 360);
	assert_int_equal(two->netmask, UINT32_MAX);
	assert_int_equal(two->prefix, 64);
	assert_int_equal(two->protocol, IPPROTO_SCTP);
	const struct conf_ipvs_virtual *three =
		&item_of(items, CONF_IPVS_VIRTUAL, 2)->body->ipvs_virtual;
	assert_int_equal(three->flags, IPVS_VIRTUAL_BEGINS_UP);
	assert_int_equal(three->persistence_s, 0);
	assert_string_equal(three->engine, "");
	conf_items_free(items);
	conf_free(conf);
}

static const struct conf_ipvs_real *real(const struct conf_items *items, unsigned number)
{
	return &item_of(items, CONF_IPVS_REAL, number)->body->ipvs_real;
}

static void test_reals(void **state)
{
	static const char text[] =
		"virtual_server 10.1.0.5 80 {\nlb_algo rr\nlb_kind DR\nprotocol TCP\n"
		"inhibit_on_failure\nsorry_server 10.1.0.9 8080\nsorry_server_inhibit\n"
		"sorry_server_lvs_method NAT\n"
		"real_server 10.1.0.51 8080 {\nweight 7\nuthreshold 9\nlthreshold 5\n}\n"
		"real_server 10.1.0.52 8080 {\nlvs_method NAT\nweight 0\nTCP_CHECK {\n}\n}\n"
		"real_server 10.1.0.53 80 {\nlvs_method TUN type gue port 5555 csum\n"
		"inhibit_on_failure off\nTCP_CHECK {\n}\nTCP_CHECK {\nalpha\n}\n}\n"
		"real_server 2001:db8::54 80 {\nlvs_method TUN type gre\nalpha\nTCP_CHECK {\n}\n}\n"
		"}\n"
		"virtual_server fwmark 5 {\nlb_algo rr\nlb_kind DR\n"
		"real_server 10.1.0.51 8080 {\n}\n}\n";
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	assert_int_equal(real(items, 0)->forwarding, IP_VS_CONN_F_DROUTE);
	assert_int_equal(real(items, 0)->port, 80);
	assert_int_equal(real(items, 0)->weight, 7);
	assert_int_equal(real(items, 0)->upper, 9);
	assert_int_equal(real(items, 0)->lower, 5);
	assert_int_equal(real(items, 0)->flags,
		IPVS_REAL_INHIBIT | IPVS_REAL_BEGINS_UP | IPVS_REAL_UNCHECKED);
	assert_int_equal(real(items, 1)->forwarding, IP_VS_CONN_F_MASQ);
	assert_int_equal(real(items, 1)->port, 8080);
	assert_int_equal(real(items, 1)->weight, 0);
	assert_int_equal(real(items, 1)->flags, IPVS_REAL_INHIBIT | IPVS_REAL_BEGINS_UP);
	assert_int_equal(real(items, 2)->forwarding, IP_VS_CONN_F_TUNNEL);
	assert_int_equal(real(items, 2)->tunnel_type, IP_VS_CONN_F_TUNNEL_TYPE_GUE);
	assert_int_equal(real(items, 2)->tunnel_port, 5555);
	assert_int_equal(real(items, 2)->tunnel_flags, IP_VS_TUNNEL_ENCAP_FLAG_CSUM);
	assert_int_equal(real(items, 2)->flags, 0);
	assert_int_equal(real(items, 3)->tunnel_type, IP_VS_CONN_F_TUNNEL_TYPE_GRE);
	assert_int_equal(real(items, 3)->address.family, AF_INET6);
	assert_int_equal(real(items, 4)->port, 0);
	const struct conf_ipvs_real *sorry = &item_of(items, CONF_IPVS_SORRY, 0)->body->ipvs_real;
	assert_int_equal(sorry->forwarding, IP_VS_CONN_F_MASQ);
	assert_int_equal(sorry->port, 8080);
	assert_int_equal(sorry->flags, IPVS_REAL_INHIBIT);
	conf_items_free(items);
	conf_free(conf);
}

static void test_global(void **state)
{
	static const char text[] =
		"global_defs {\nlvs_timeouts tcpfin 2\nlvs_flush\nlvs_flush_on_stop VS\n"
		"lvs_sync_daemon eth1 one port 9000 ttl 3 maxlen 1400 group ff02::81\n}\n"
		"vrrp_instance one {\ninterface eth0\nvirtual_router_id 51\n"
		"virtual_ipaddress {\n10.1.0.5\n}\n}\n";
	(void)state;
	struct conf *conf = load(text);
	assert_true(conf_needs(conf, PROTO_IPVS));
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	const struct conf_ipvs_global *global = &items->list[0].body->ipvs_global;
	assert_int_equal(items->count, 1);
	assert_int_equal(global->flags, IPVS_FLUSH | IPVS_FLUSH_ON_STOP_VS | IPVS_SYNC_DAEMON);
	assert_int_equal(global->timeout_tcp_s, 0);
	assert_int_equal(global->timeout_tcpfin_s, 2);
	assert_int_equal(global->sync_id, 51);
	assert_int_equal(global->sync_port, 9000);
	assert_int_equal(global->sync_ttl, 3);
	assert_int_equal(global->sync_maxlen, 1400);
	assert_int_equal(global->sync_group.family, AF_INET6);
	assert_string_equal(global->sync_ifname, "eth1");
	assert_string_equal(global->sync_instance, "one");
	conf_items_free(items);
	conf_free(conf);
}

/* With --lenient what the kernel would refuse is left out, and the rest is sent. */
static void test_lenient(void **state)
{
	static const char text[] =
		"global_defs {\nlvs_sync_daemon eth1 nobody\n}\n"
		"virtual_server 10.1.0.5 80 {\n" HEAD "sh-port\nops\n"
		"persistence_granularity 24\nsorry_server 2001:db8::9 80\n"
		"real_server 10.1.0.51 80 {\nlthreshold 5\n}\n"
		"real_server 2001:db8::51 80 {\n}\n}\n"
		"virtual_server 10.1.0.5 80 {\n" HEAD "real_server 10.1.0.52 80 {\n}\n}\n"
		"virtual_server_group g {\n10.0.0.0/16 80\n}\n"
		"virtual_server group g {\n" HEAD "real_server 10.1.0.51 80 {\n}\n"
		"real_server 10.1.0.52 80 {\n}\n}\n";
	static const enum proto_type types[] = {
		CONF_IPVS_GLOBAL, CONF_IPVS_VIRTUAL, CONF_IPVS_ENTRY, CONF_IPVS_REAL};
	const struct conf_options options = {.config_id = "test", .lenient = true};
	(void)state;
	struct conf *conf = conf_load_text("test.conf", text, strlen(text), &options, NULL);
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	assert_int_equal(conf->errors, 0);
	assert_int_equal(items->count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < items->count; i++)
		assert_int_equal(items->list[i].type, types[i]);
	assert_int_equal(items->list[0].body->ipvs_global.flags, 0);
	assert_int_equal(items->list[1].body->ipvs_virtual.flags,
		IPVS_VIRTUAL_PERSISTENT | IPVS_VIRTUAL_BEGINS_UP);
	assert_int_equal(items->list[3].body->ipvs_real.lower, 0);
	conf_items_free(items);
	conf_free(conf);
}

/* What one line of it may say must pass the judgement of the receiver. */
static void test_legal(void **state)
{
	static const char text[] =
		"virtual_server 10.1.0.5 80 {\n" HEAD "lb_algo abcdefghijklmno\n"
		"sorry_server 10.1.0.9\nreal_server 10.1.0.51 80 {\nweight 2147483647\n"
		"uthreshold 4294967295\n}\n}\n";
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_IPVS);
	for (size_t i = 0; i < items->count; i++) {
		const struct conf_item *item = &items->list[i];
		uint8_t record[sizeof(struct proto_header) + PROTO_BODY_MAX];
		struct proto_header header;
		const void *body;
		proto_header_make(&header, item->type, 1, 1);
		memcpy(record, &header, sizeof(header));
		memcpy(record + sizeof(header), item->body, item->size);
		assert_null(proto_check(record, sizeof(header) + item->size, PROTO_PARENT,
			PROTO_IPVS, PROTO_STATE_CONF, 1, 0, &header, &body));
	}
	conf_items_free(items);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_reals),
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_legal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
