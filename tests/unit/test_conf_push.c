/* Virtual servers as checkerd gets them: the order of the items, what is inherited, what is the
 * same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/conf.h"
#include "conf/items.h"

#define HEAD "lb_algo rr\nlb_kind NAT\nprotocol TCP\n"

static struct conf *load(const char *text)
{
	static const struct conf_options options = {.config_id = "test"};
	struct conf *conf = conf_load_text("text", text, strlen(text), &options, NULL);
	if (conf->errors > 0)
		conf_report(conf, stderr, false);
	assert_int_equal(conf->errors, 0);
	return conf;
}

/* Checker number n. */
static const struct conf_check_checker *checker(const struct conf_items *items, unsigned number)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->list[i].type == CONF_CHECK_CHECKER && number-- == 0)
			return &items->list[i].body->check_checker;
	static const struct conf_check_checker nothing;
	fail_msg("there is no such checker");
	return &nothing;
}

static void test_order(void **state)
{
	static const char text[] =
		"vrrp_script chk {\nscript /bin/true\n}\n"
		"vrrp_instance one {\ninterface eth0\nvirtual_router_id 5\n"
		"track_script {\nchk\n}\nvirtual_ipaddress {\n10.1.0.5\n}\n}\n"
		"virtual_server 10.1.0.5 80 {\n" HEAD "quorum 2\nhysteresis 1\nalpha\n"
		"sorry_server 10.1.0.9 80\n"
		"real_server 10.1.0.51 80 {\nMISC_CHECK {\nmisc_path /bin/true\nmisc_dynamic\n}\n"
		"HTTP_GET {\nurl {\npath /\n}\nurl {\npath /b\nregex ok\nregex_max_offset 9\n"
		"status_code 204\n}\n}\n}\n"
		"real_server 10.1.0.52 8080 {\ninhibit_on_failure\nweight 3\n}\n}\n"
		"virtual_server fwmark 7 {\n" HEAD
		"real_server 2001:db8::1 53 {\nUDP_CHECK {\npayload 0102\nrequire_reply 0xff\n}\n"
		"MISC_CHECK {\nmisc_path /bin/false\nmisc_timeout 2\n}\n}\n}\n";
	static const enum proto_type types[] = {CONF_CHECK_SCRIPT, CONF_CHECK_VIRTUAL,
		CONF_CHECK_REAL, CONF_CHECK_CHECKER, CONF_CHECK_CHECKER, CONF_CHECK_URL,
		CONF_CHECK_URL, CONF_CHECK_BYTES, CONF_CHECK_REAL, CONF_CHECK_VIRTUAL,
		CONF_CHECK_REAL, CONF_CHECK_CHECKER, CONF_CHECK_BYTES, CONF_CHECK_BYTES,
		CONF_CHECK_BYTES, CONF_CHECK_CHECKER};
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_CHECK);
	assert_int_equal(items->count, sizeof(types) / sizeof(types[0]));
	for (size_t i = 0; i < items->count; i++)
		assert_int_equal(items->list[i].type, types[i]);
	const struct conf_check_virtual *web = &items->list[1].body->check_virtual;
	assert_string_equal(web->name, "[10.1.0.5]:tcp:80");
	assert_int_equal(web->quorum, 2);
	assert_int_equal(web->hysteresis, 1);
	assert_int_equal(web->flags, CHECK_VIRTUAL_ALPHA | CHECK_VIRTUAL_SORRY);
	assert_int_equal(web->servers, 2);
	assert_string_equal(items->list[2].body->check_real.name, "[10.1.0.51]:tcp:80");
	assert_int_equal(items->list[2].body->check_real.flags, CHECK_REAL_ALPHA);
	assert_int_equal(items->list[2].body->check_real.checkers, 2);
	const struct conf_check_real *second = &items->list[8].body->check_real;
	assert_int_equal(second->flags, CHECK_REAL_ALPHA | CHECK_REAL_INHIBIT);
	assert_int_equal(second->weight, 3);
	assert_int_equal(second->virtual_server, 0);
	assert_string_equal(items->list[9].body->check_virtual.name, "FWM 7");
	assert_string_equal(items->list[10].body->check_real.name, "[2001:db8::1]:tcp:53");
	assert_int_equal(items->list[10].body->check_real.virtual_server, 1);
	/* behind the script */
	assert_int_equal(checker(items, 0)->command, 1);
	assert_int_equal(checker(items, 3)->command, 2);
	assert_int_equal(checker(items, 0)->type, CHECK_MISC);
	assert_int_equal(checker(items, 0)->flags, CHECKER_ALPHA | CHECKER_MISC_DYNAMIC);
	assert_int_equal(checker(items, 0)->timeout_us, 60000000);
	assert_int_equal(checker(items, 3)->timeout_us, 2000000);
	assert_int_equal(checker(items, 1)->urls, 2);
	assert_int_equal(checker(items, 1)->bytes, 1);
	const struct conf_check_url *url = &items->list[6].body->check_url;
	assert_int_equal(url->checker, 1);
	assert_int_equal(url->flags, URL_REGEX);
	assert_string_equal(url->path, "/b");
	assert_int_equal(url->regex_max, 9);
	assert_int_equal(url->status[104 / 8], 1 << 104 % 8);
	assert_int_equal(items->list[7].body->check_bytes.what, BYTES_REGEX);
	assert_memory_equal(items->list[7].body->check_bytes.bytes, "ok", 3);
	assert_int_equal(items->list[13].body->check_bytes.what, BYTES_REPLY);
	assert_int_equal(items->list[13].body->check_bytes.length, 2);
	assert_int_equal(items->list[14].body->check_bytes.bytes[0], 0xf0);
	assert_int_equal(items->list[14].body->check_bytes.bytes[1], 0xff);
	conf_items_free(items);
	conf_free(conf);
}

static void test_inherits(void **state)
{
	static const char text[] =
		"virtual_server 10.1.0.5 80 {\n" HEAD "delay_loop 6\nretry 4\nwarmup 1\n"
		"connect_timeout 2\nvirtualhost vs.example\n"
		"real_server 10.1.0.51 80 {\nretry 5\nTCP_CHECK {\n}\nTCP_CHECK {\nretry 0\n"
		"delay_loop 3\n}\n"
		"HTTP_GET {\nurl {\npath /\n}\nurl {\npath /\nvirtualhost url.example\n}\n}\n"
		"DNS_CHECK {\n}\n}\n}\n";
	(void)state;
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_CHECK);
	const struct conf_check_checker *first = checker(items, 0);
	assert_int_equal(first->retry, 5);
	assert_int_equal(first->delay_loop_us, 6000000);
	assert_int_equal(first->delay_before_retry_us, 1000000);
	assert_int_equal(first->warmup_us, 1000000);
	assert_int_equal(first->timeout_us, 2000000);
	assert_int_equal(first->port, 80);
	assert_int_equal(first->address.family, AF_INET);
	const struct conf_check_checker *second = checker(items, 1);
	assert_int_equal(second->retry, 0);
	assert_int_equal(second->delay_loop_us, 3000000);
	assert_int_equal(checker(items, 2)->delay_before_retry_us, 3000000);
	assert_string_equal(items->list[5].body->check_url.host, "vs.example");
	assert_string_equal(items->list[6].body->check_url.host, "url.example");
	const struct conf_check_checker *dns = checker(items, 3);
	assert_int_equal(dns->delay_before_retry_us, 6000000);
	assert_int_equal(dns->dns_type, 6);
	assert_string_equal(dns->text, ".");
	conf_items_free(items);
	conf_free(conf);
}

/* The same server behind three services. */
static const char shared[] =
	"virtual_server 10.1.0.5 80 {\n" HEAD "real_server 10.1.0.51 80 {\nTCP_CHECK {\n}\n"
	"HTTP_GET {\nurl {\npath /\nregex a\n}\n}\nMISC_CHECK {\nmisc_path /bin/true\n}\n}\n}\n"
	"virtual_server 10.1.0.5 81 {\n" HEAD "real_server 10.1.0.51 80 {\nTCP_CHECK {\n}\n"
	"HTTP_GET {\nurl {\npath /\nregex a\n}\n}\nMISC_CHECK {\nmisc_path /bin/true\n}\n}\n}\n"
	"virtual_server 10.1.0.5 82 {\n" HEAD
	"real_server 10.1.0.51 80 {\nTCP_CHECK {\nretry 7\n}\n"
	"HTTP_GET {\nurl {\npath /\nregex b\n}\n}\n}\n}\n";

static void expect_same(const char *options, const uint32_t same_as[8])
{
	char text[2048];
	snprintf(text, sizeof(text), "%s%s", options, shared);
	struct conf *conf = load(text);
	struct conf_items *items = conf_items_new(conf, PROTO_CHECK);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(checker(items, i)->same_as, same_as[i]);
	conf_items_free(items);
	conf_free(conf);
}

static void test_shared(void **state)
{
	static const uint32_t alone[] = {0, 1, 2, 3, 4, 5, 6, 7};
	static const uint32_t together[] = {0, 1, 2, 0, 1, 5, 6, 7};
	(void)state;
	expect_same("", alone);
	expect_same("global_defs {\nchecker_share_identical\n}\n", together);
}

static void test_needs(void **state)
{
	(void)state;
	struct conf *conf =
		load("virtual_server 10.1.0.5 80 {\n" HEAD "real_server 10.1.0.51 80 {\n}\n}\n");
	assert_true(conf_needs(conf, PROTO_CHECK));
	assert_true(conf_needs(conf, PROTO_IPVS));
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_inherits),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
