/* What parentd keeps of virtual servers: over a reload, and from a checkerd that may say what it
 * likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parentd/balancing.h"
#include "parentd/parent.h"
#include "parentd/scripts.h"
#include "parentd/services.h"

#define HEAD "lb_algo rr\nlb_kind NAT\nprotocol TCP\n"
#define WEB                                                                                        \
	"virtual_server 10.1.0.5 80 {\n" HEAD "real_server 10.1.0.51 80 {\nTCP_CHECK {\n}\n}\n"    \
	"real_server 10.1.0.52 80 {\nweight 3\nTCP_CHECK {\n}\nPING_CHECK {\n}\n}\n}\n"

#define OTHER                                                                                      \
	"virtual_server 10.1.0.4 80 {\n" HEAD "real_server 10.1.0.51 80 {\nTCP_CHECK {\n}\n}\n}\n"

static struct parent parent;

static void adopt(const char *text)
{
	static const struct conf_options options;
	struct conf *conf = conf_load_text("test", text, strlen(text), &options, NULL);
	struct conf *before = parent.conf;

	assert_int_equal(conf->errors, 0);
	parent.conf = conf;
	conf_free(before);
	parent.transaction.current++;
	services_adopt(parent.services);
}

static int setup(void **state)
{
	(void)state;
	parent.scripts = scripts_new(&parent);
	parent.services = services_new(&parent);
	parent.balancing = balancing_new(&parent);
	adopt(WEB);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	conf_free(parent.conf);
	return 0;
}

static void tell_checker(uint32_t checker, enum proto_verdict verdict, const char *result)
{
	struct check_checker_state body = {
		.checker = checker, .verdict = verdict, .latency_us = 1500};

	proto_string_set(body.result, sizeof(body.result), result);
	services_checker(parent.services, parent.transaction.current, &body);
}

static const json_t *real_of(const json_t *all, size_t server, size_t real)
{
	return json_array_get(json_object_get(json_array_get(all, server), "real_servers"), real);
}

static const char *check_text(const json_t *real, size_t check, const char *key)
{
	const json_t *one = json_array_get(json_object_get(real, "checks"), check);
	const char *text = json_string_value(json_object_get(one, key));
	return text != NULL ? text : "-";
}

static void test_what_is_told_is_shown(void **state)
{
	(void)state;
	tell_checker(1, VERDICT_UP, "connected");
	tell_checker(2, VERDICT_DOWN, "a\xff\n\x1b[31mb");
	json_t *all = services_json(parent.services, "");
	assert_int_equal(json_array_size(all), 1);
	const json_t *real = real_of(all, 0, 1);
	assert_string_equal(check_text(real, 0, "type"), "TCP_CHECK");
	assert_string_equal(check_text(real, 0, "result"), "connected");
	assert_string_equal(check_text(real, 0, "verdict"), "up");
	/* neither JSON nor a terminal is spoilt by it */
	assert_string_equal(check_text(real, 1, "result"), "a???[31mb");
	assert_string_equal(check_text(real_of(all, 0, 0), 0, "verdict"), "unknown");
	json_decref(all);
}

static void test_numbers_that_are_none(void **state)
{
	const struct check_virtual_state body = {.virtual_server = 1, .news = NEWS_FIRST};

	(void)state;
	json_t *before = services_json(parent.services, "");
	tell_checker(3, VERDICT_DOWN, "");
	tell_checker(UINT32_MAX, VERDICT_DOWN, "");
	services_virtual(parent.services, parent.transaction.current, &body);
	const struct check_real_state real = {.real = 2, .news = NEWS_FIRST};
	services_real(parent.services, parent.transaction.current, &real);
	/* and another configuration */
	const struct check_checker_state old = {.checker = 0, .verdict = VERDICT_DOWN};
	services_checker(parent.services, parent.transaction.current - 1, &old);
	json_t *after = services_json(parent.services, "");
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
}

static void test_a_reload_keeps_what_is_known(void **state)
{
	(void)state;
	tell_checker(0, VERDICT_UP, "connected");
	adopt(OTHER WEB);
	json_t *all = services_json(parent.services, "");
	assert_string_equal(check_text(real_of(all, 1, 0), 0, "verdict"), "up");
	assert_string_equal(check_text(real_of(all, 0, 0), 0, "verdict"), "unknown");
	json_decref(all);
	all = services_json(parent.services, "10.1.0.4");
	assert_int_equal(json_array_size(all), 1);
	json_decref(all);
	all = services_json(parent.services, "[10.1.0.5]:tcp:80");
	assert_int_equal(json_array_size(all), 1);
	json_decref(all);
	all = services_json(parent.services, "10.1.0.6");
	assert_int_equal(json_array_size(all), 0);
	json_decref(all);
}

#define MARKED(family, real)                                                                       \
	"virtual_server fwmark 5 {\n" HEAD "ip_family " family "\nreal_server " real               \
	" 80 {\nTCP_CHECK {\n}\n}\n}\n"

/* "FWM 5" of IPv4 and of IPv6 change places. */
static void test_two_of_one_name(void **state)
{
	(void)state;
	adopt(OTHER WEB MARKED("inet", "10.1.0.51") MARKED("inet6", "2001:db8::51"));
	tell_checker(4, VERDICT_DOWN, "refused");
	adopt(OTHER WEB MARKED("inet6", "2001:db8::51") MARKED("inet", "10.1.0.51"));
	json_t *all = services_json(parent.services, "");
	assert_string_equal(check_text(real_of(all, 2, 0), 0, "verdict"), "unknown");
	assert_string_equal(check_text(real_of(all, 3, 0), 0, "verdict"), "down");
	json_decref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told_is_shown),
		cmocka_unit_test(test_numbers_that_are_none),
		cmocka_unit_test(test_a_reload_keeps_what_is_known),
		cmocka_unit_test(test_two_of_one_name),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
