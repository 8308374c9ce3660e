/* What operators are told of the kernel's table, from an ipvsd that may be slow, die or lie. Time
 * is a number here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <netinet/in.h>

#include "common/clock.h"
#include "parentd/balancing.h"
#include "parentd/ipvs_rows.h"
#include "parentd/ipvs_shows.h"
#include "parentd/ipvs_tally.h"
#include "parentd/parent.h"
#include "parentd/scripts.h"
#include "parentd/services_internal.h"

#define MS NSEC_PER_MSEC
#define BLOCK(address, port)                                                                       \
	"virtual_server " address " " port " {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n"           \
	"real_server 10.1.0.51 80 {\nTCP_CHECK {\n}\n}\n}\n"

/* What was asked and answered last. */
struct seen {
	unsigned asked, answered;
	struct ipvs_show show;
	uint32_t question;
	json_t *answer; /* NULL: a problem */
	char problem[256];
	struct ipvs_tally *tally;
};

static struct parent parent;
static struct seen seen;
static struct ipvs_shows *shows;
static const char *why;

static void ask(const struct ipvs_show *show, void *arg)
{
	(void)arg;
	seen.asked++;
	seen.show = *show;
}

static void answer(
	uint32_t question, const char *text, size_t length, const char *problem, void *arg)
{
	(void)arg;
	seen.answered++;
	seen.question = question;
	json_decref(seen.answer);
	seen.answer = NULL;
	seen.problem[0] = '\0';
	if (problem != NULL)
		proto_string_set(seen.problem, sizeof(seen.problem), problem);
	else
		seen.answer = json_loadb(text, length, 0, NULL);
}

static void tallied(uint32_t question, struct ipvs_tally *tally, const char *problem, void *arg)
{
	(void)arg;
	seen.answered++;
	seen.question = question;
	ipvs_tally_free(seen.tally);
	seen.tally = tally;
	proto_string_set(seen.problem, sizeof(seen.problem), problem == NULL ? "" : problem);
}

static const struct ipvs_shows_ops ops = {ask, answer, tallied};

static int setup(void **state)
{
	static const char text[] =
		BLOCK("10.1.0.5", "80") BLOCK("10.1.0.5", "443") BLOCK("10.1.0.6", "80");

	(void)state;
	parent.scripts = scripts_new(&parent);
	parent.services = services_new(&parent);
	parent.balancing = balancing_new(&parent);
	parent.conf = conf_load_text("test", text, strlen(text), NULL, NULL);
	assert_int_equal(parent.conf->errors, 0);
	services_adopt(parent.services);
	seen = (struct seen){0};
	shows = ipvs_shows_new(parent.services, &ops, NULL);
	return shows == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	ipvs_shows_free(shows);
	json_decref(seen.answer);
	ipvs_tally_free(seen.tally);
	conf_free(parent.conf);
	return 0;
}

static const char *show_service(uint32_t number, uint8_t last, uint32_t flags)
{
	const struct ipvs_shown_service service = {.question = seen.show.question,
		.flags = flags,
		.virtual_server = number,
		.address = {.family = AF_INET, .bytes = {10, 1, 0, last}},
		.protocol = IPPROTO_TCP,
		.port = 80,
		.counters = {.connections = 7, .bytes_in_s = 1500},
		.wanted = {.scheduler = "rr"},
		.actual = {.scheduler = "rr"}};

	return ipvs_shows_service(shows, &service, 0);
}

static const char *show_real(uint32_t wanted, uint32_t actual, uint32_t flags)
{
	const struct ipvs_shown_real real = {.question = seen.show.question,
		.flags = flags,
		.real = 0,
		.address = {.family = AF_INET, .bytes = {10, 1, 0, 51}},
		.port = 80,
		.active = 3,
		.wanted = {.weight = wanted},
		.actual = {.weight = actual},
		.problem = "no \x1b route"};

	return ipvs_shows_real(shows, &real, 0);
}

static const char *end_with(uint32_t next, const char *problem, uint64_t now_ns)
{
	struct ipvs_shown_end body = {.question = seen.show.question,
		.next = next,
		.sync_wanted = IPVS_SYNC_MASTER,
		.sync_actual = IPVS_SYNC_BACKUP};

	proto_string_set(body.problem, sizeof(body.problem), problem);
	return ipvs_shows_end(shows, &body, now_ns);
}

static const char *end(uint32_t next, uint64_t now_ns)
{
	return end_with(next, "", now_ns);
}

#define BOTH (IPVS_SHOWN_WANTED | IPVS_SHOWN_ACTUAL | IPVS_SHOWN_OWNED)

static const json_t *service_at(size_t place)
{
	return json_array_get(json_object_get(seen.answer, "services"), place);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text != NULL ? text : "-";
}

static void test_rows_become_an_answer(void **state)
{
	(void)state;
	uint32_t number = ipvs_shows_ask(shows, "", 0, &why);
	assert_int_equal(number, seen.show.question);
	assert_int_equal(seen.show.virtual_server, IPVS_NONE);
	assert_null(show_service(0, 5, BOTH));
	assert_null(show_real(5, 3, BOTH));
	assert_null(show_real(5, 0, IPVS_SHOWN_WANTED));
	assert_null(show_service(IPVS_NONE, 9, IPVS_SHOWN_ACTUAL));
	assert_null(show_real(0, 1, IPVS_SHOWN_ACTUAL | IPVS_SHOWN_OWNED));
	assert_null(end(0, 0));
	assert_int_equal(seen.question, number);
	assert_string_equal(text_of(service_at(0), "name"), "[10.1.0.5]:tcp:80");
	assert_string_equal(text_of(service_at(0), "state"), "fine");
	assert_int_equal(7, json_integer_value(json_object_get(
				    json_object_get(service_at(0), "counters"), "connections")));
	const json_t *reals = json_object_get(service_at(0), "real_servers");
	assert_string_equal(text_of(json_array_get(reals, 0), "state"), "differs");
	assert_string_equal(text_of(json_array_get(reals, 0), "problem"), "no ? route");
	assert_string_equal(text_of(json_array_get(reals, 1), "state"), "missing");
	assert_true(json_is_null(json_object_get(json_array_get(reals, 1), "actual")));
	assert_string_equal(text_of(service_at(1), "state"), "foreign");
	assert_true(json_is_null(json_object_get(service_at(1), "name")));
	reals = json_object_get(service_at(1), "real_servers");
	assert_string_equal(text_of(json_array_get(reals, 0), "state"), "surplus");
	assert_string_equal(text_of(json_object_get(seen.answer, "sync"), "wanted"), "master");
	assert_string_equal(text_of(json_object_get(seen.answer, "sync"), "actual"), "backup");
	assert_true(json_is_null(json_object_get(seen.answer, "problem")));
	ipvs_shows_ask(shows, "10.1.0.5", 0, &why);
	assert_null(end_with(0, "no IPVS: \"modprobe ip_vs\"", 0));
	assert_string_equal(text_of(seen.answer, "problem"), "no IPVS: \"modprobe ip_vs\"");
}

/* What is only wanted has no counters; questions of both kinds wait for each other. */
static void test_rows_become_a_tally(void **state)
{
	(void)state;
	uint32_t number = ipvs_shows_tally(shows, 0, &why);
	uint32_t other = ipvs_shows_ask(shows, "", 0, &why);
	assert_int_not_equal(number, other);
	assert_int_equal(seen.asked, 1);
	assert_null(show_service(0, 5, IPVS_SHOWN_WANTED));
	assert_null(show_real(5, 0, IPVS_SHOWN_WANTED));
	assert_null(show_real(5, 5, BOTH)); /* of a service that is not there */
	assert_null(show_service(IPVS_NONE, 9, IPVS_SHOWN_ACTUAL));
	assert_null(show_real(5, 3, BOTH));
	assert_null(show_real(5, 0, IPVS_SHOWN_WANTED));
	assert_null(end(0, 0));
	assert_int_equal(seen.question, number);
	assert_non_null(seen.tally);
	assert_int_equal(seen.tally->services_count, 1);
	assert_int_equal(seen.tally->services[0].counters.connections, 7);
	assert_int_equal(seen.tally->reals_count, 1);
	assert_int_equal(seen.tally->reals[0].weight, 3);
	assert_int_equal(seen.show.question, other);
	assert_null(end(0, 0));
	assert_non_null(seen.answer);
	ipvs_shows_tally(shows, 0, &why);
	ipvs_shows_give_up(shows, "ipvsd has ended");
	assert_null(seen.tally);
	assert_string_equal(seen.problem, "ipvsd has ended");
}

static void test_names(void **state)
{
	(void)state;
	/* one that is called so: ipvsd need not show the others */
	ipvs_shows_ask(shows, "10.1.0.6", 0, &why);
	assert_int_equal(seen.show.virtual_server, 2);
	assert_null(end(0, 0));
	assert_non_null(seen.answer);
	/* two, and what is foreign at this address; the rest is left out */
	ipvs_shows_ask(shows, "10.1.0.5", 0, &why);
	assert_int_equal(seen.show.virtual_server, IPVS_NONE);
	assert_null(show_service(2, 6, BOTH));
	assert_null(show_real(1, 1, BOTH));
	assert_null(show_service(1, 5, BOTH));
	assert_null(show_service(IPVS_NONE, 5, IPVS_SHOWN_ACTUAL));
	assert_null(end(0, 0));
	assert_int_equal(json_array_size(json_object_get(seen.answer, "services")), 2);
	assert_string_equal(text_of(service_at(0), "name"), "[10.1.0.5]:tcp:443");
	ipvs_shows_ask(shows, "10.9.9.9", 0, &why);
	assert_null(show_service(2, 6, BOTH));
	assert_null(end(0, 0));
	assert_null(seen.answer);
	assert_non_null(strstr(seen.problem, "is called so"));
}

static void test_some_rows_at_a_time(void **state)
{
	(void)state;
	ipvs_shows_ask(shows, "", 0, &why);
	assert_int_equal(seen.show.from, 0);
	assert_int_equal(seen.show.rows, IPVS_SHOWS_ROWS);
	assert_null(show_service(0, 5, BOTH));
	for (unsigned i = 1; i < IPVS_SHOWS_ROWS; i++)
		assert_null(show_real(1, 1, BOTH));
	assert_int_equal(seen.asked, 1);
	assert_true(ipvs_shows_waits(shows, seen.show.question));
	assert_null(end(IPVS_SHOWS_ROWS, 0));
	assert_int_equal(seen.asked, 2);
	assert_int_equal(seen.show.from, IPVS_SHOWS_ROWS);
	assert_null(show_real(1, 1, BOTH)); /* of the same service */
	assert_null(end(0, 0));
	assert_int_equal(
		IPVS_SHOWS_ROWS, json_array_size(json_object_get(service_at(0), "real_servers")));
}

static void test_an_ipvsd_that_lies(void **state)
{
	(void)state;
	ipvs_shows_ask(shows, "", 0, &why);
	assert_non_null(show_real(1, 1, BOTH)); /* of no service */
	assert_non_null(end(9, 0));
	assert_null(show_service(UINT32_MAX - 1, 5, BOTH));
	for (unsigned i = 2; i < IPVS_SHOWS_ROWS; i++)
		assert_null(show_real(1, 1, BOTH));
	assert_non_null(show_real(1, 1, BOTH)); /* more than were asked for */
	assert_false(ipvs_shows_waits(shows, seen.show.question));
	ipvs_shows_give_up(shows, "ipvsd has ended");
	assert_string_equal(seen.problem, "ipvsd has ended");
	/* what comes late, or was never asked for, is passed over */
	assert_null(show_real(1, 1, BOTH));
	assert_null(end(0, 0));
	assert_int_equal(seen.answered, 1);
	assert_false(ipvs_shows_waits(shows, seen.show.question));
	ipvs_shows_ask(shows, "", 0, &why);
	assert_non_null(end(4, 0)); /* would go on for ever */
}

static void test_time(void **state)
{
	uint64_t now_ns = 5 * MS;

	(void)state;
	ipvs_shows_ask(shows, "", now_ns, &why);
	ipvs_shows_tick(shows, now_ns + IPVS_SHOWS_PAGE_MS * MS - 1);
	assert_int_equal(seen.answered, 0);
	ipvs_shows_tick(shows, now_ns + IPVS_SHOWS_PAGE_MS * MS);
	assert_int_equal(seen.answered, 1);
	assert_non_null(strstr(seen.problem, "in time"));
	/* and one that is only slow, row by row */
	ipvs_shows_ask(shows, "", now_ns, &why);
	assert_null(show_service(0, 5, BOTH));
	uint64_t ends_ns = now_ns + IPVS_SHOWS_LIMIT_MS * MS;
	for (uint32_t row = 1; now_ns < ends_ns; row++) {
		assert_int_equal(seen.answered, 1);
		assert_null(end(row, now_ns));
		assert_null(show_real(1, 1, BOTH));
		now_ns += (IPVS_SHOWS_PAGE_MS - 1) * MS;
		ipvs_shows_tick(shows, now_ns);
	}
	assert_int_equal(seen.answered, 2);
	assert_non_null(strstr(seen.problem, "in time"));
}

static void test_many_ask(void **state)
{
	char name[16];

	(void)state;
	uint32_t first = ipvs_shows_ask(shows, "", 0, &why);
	uint32_t second = ipvs_shows_ask(shows, "", 0, &why);
	assert_int_not_equal(
		first, second); /* it asks later: what is shown is no older than that */
	assert_int_equal(ipvs_shows_ask(shows, "", 0, &why), second);
	for (int i = 2; i < IPVS_SHOWS_MAX; i++) {
		snprintf(name, sizeof(name), "10.2.0.%d", i);
		assert_int_not_equal(ipvs_shows_ask(shows, name, 0, &why), 0);
	}
	assert_int_equal(ipvs_shows_ask(shows, "10.3.0.1", 0, &why), 0);
	assert_non_null(strstr(why, "too many"));
	assert_int_equal(ipvs_shows_ask(shows, "", 0, &why), second);
	assert_int_equal(seen.asked, 1); /* one at a time */
	assert_null(end(0, 0));
	assert_int_equal(seen.question, first);
	assert_int_equal(seen.show.question, second);
	assert_null(end(0, 0));
	assert_int_equal(seen.question, second);
	ipvs_shows_give_up(shows, "gone");
	assert_int_equal(seen.answered, IPVS_SHOWS_MAX);
}

static void test_too_much(void **state)
{
	struct ipvs_shown_end body = {0};
	const struct ipvs_shown_service service = {.virtual_server = 0};
	size_t length;

	(void)state;
	struct ipvs_rows *rows = ipvs_rows_new(parent.services, "");
	unsigned count = 0;
	while (ipvs_rows_service(rows, &service) == 0)
		count++;
	assert_true(count > 10000);
	assert_null(ipvs_rows_end(rows, &body, &length));
	ipvs_rows_free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows_become_an_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rows_become_a_tally, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_some_rows_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_ipvsd_that_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_ask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_much, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
