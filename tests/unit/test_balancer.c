/* The balancer against a model of the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>

#include "fake_ipvs.h"

static struct service one_service(void)
{
	return (struct service){.keys = 1U << 2,
		.scheduler = "wlc",
		.reals_count = 2,
		.quorum = TOLD_UP,
		.reals = {{.number = 1, .weight = 3, .told = TOLD_UP, .told_weight = 3},
			{.number = 2, .weight = 1, .told = TOLD_UP, .told_weight = 1}}};
}

static void test_before_all_is_told_nothing_is_written(void **state)
{
	const struct conf_ipvs_global global = {.flags = IPVS_FLUSH, .timeout_tcp_s = 300};
	const struct ipvs_sync_role master = {.master = 1};
	struct service service = one_service();

	(void)state;
	configure_with(&global, &service, 1);
	balancer_sync_role(ipvsd.balancer, &master);
	tell(&service, 1);
	run();
	assert_stays();
	assert_int_equal(kernel.reads + kernel.writes, 0);
	balancer_states_end(ipvsd.balancer);
	run();
	assert_kernel(&service, 1);
}

static void test_what_nobody_knows_begins_as_configured(void **state)
{
	struct service service = one_service();

	(void)state;
	service.reals[0].told = service.reals[1].told = TOLD_NOTHING;
	service.reals[0].flags = IPVS_REAL_BEGINS_UP;
	force(&service, 1);
	assert_int_equal(kernel.dests_count, 1);
	assert_int_equal(kernel.dests[0].is.weight, 3);
}

static void test_a_verdict_is_not_read_for(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	size_t reads = kernel.reads;
	size_t writes = kernel.writes;
	service.reals[0].told = TOLD_DOWN;
	tell(&service, 1);
	run();
	assert_kernel(&service, 1);
	assert_int_equal(kernel.reads, reads);
	assert_int_equal(kernel.writes, writes + 1);
	assert_true(logged("service 0: real 1 taken out: connection refused"));
}

static void test_a_reload_is_not_read_for(void **state)
{
	struct service services[2] = {one_service(), one_service()};

	(void)state;
	services[1].keys = 1U << 3;
	force(services, 1);
	size_t reads = kernel.reads;
	services[0].reals[1].told_weight = 7;
	force(services, 2);
	assert_kernel(services, 2);
	assert_int_equal(kernel.reads, reads);
}

/* The new servers are there before those that they replace go. */
static void test_never_without_a_server(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	kernel.least_dests = 100;
	service.reals[0].number = 3;
	service.reals[1].number = 4;
	force(&service, 1);
	assert_kernel(&service, 1);
	assert_int_equal(kernel.least_dests, 2);
}

static void test_a_refused_service_hinders_no_other(void **state)
{
	struct service services[2] = {one_service(), one_service()};

	(void)state;
	services[0].scheduler = "mh";
	services[1].keys = 1U << 3;
	kernel.refused_scheduler = "mh";
	force(services, 2);
	assert_kernel(&services[1], 1);
	assert_int_equal(kernel.services_count, 1);
	assert_true(logged("service 0: no scheduler; tried again in 5 s"));
	/* not before its time */
	size_t writes = kernel.writes;
	now_ns += 3 * NSEC_PER_SEC;
	balancer_tick(ipvsd.balancer);
	run();
	assert_int_equal(kernel.writes, writes);
	kernel.refused_scheduler = NULL;
	now_ns += 3 * NSEC_PER_SEC;
	balancer_tick(ipvsd.balancer);
	run();
	assert_kernel(services, 2);
	assert_true(logged("service 0: the kernel has accepted what it refused before"));
}

/* What it never got into the kernel is not taken for its own later. */
static void test_what_was_refused_is_not_owned(void **state)
{
	struct service service = one_service();

	(void)state;
	service.scheduler = kernel.refused_scheduler = "mh";
	force(&service, 1);
	assert_int_equal(kernel.services_count, 0);
	force(NULL, 0);
	const struct ipvs_service theirs = service_of(&service, 2);
	add_kernel_service(&theirs, true);
	die();
	start();
	force(NULL, 0);
	assert_int_equal(kernel.services_count, 1);
}

static void test_a_flush_is_put_right(void **state)
{
	struct service services[3] = {one_service(), one_service(), one_service()};

	(void)state;
	services[1].keys = 1U << 3;
	services[2].keys = 1U << 4;
	force(services, 3);
	kernel.services_count = kernel.dests_count = 0;
	balancer_tick(ipvsd.balancer);
	run();
	assert_kernel(services, 3);
	assert_true(logged("3 services were deleted from the kernel's table by somebody else"));
	assert_true(logged("3 services and 6 real servers put in"));
}

static void test_a_change_is_put_right(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	kernel.dests[0].is.weight = 9;
	balancer_tick(ipvsd.balancer);
	run();
	assert_kernel(&service, 1);
	assert_true(logged("was changed by somebody else (weight 9): set back to weight"));
}

/* A verdict about what somebody has taken away meanwhile: it does not wait for the next reading. */
static void test_a_surprise_is_put_right_at_once(void **state)
{
	struct service service = one_service();
	const struct ipvs_dest first = dest_of(2, 1, 0);

	(void)state;
	force(&service, 1);
	delete_dest(kernel_dest(&first));
	service.reals[0].told_weight = 5;
	tell(&service, 1);
	run();
	assert_kernel(&service, 1);
	delete_service(kernel_service(&first.service));
	service.reals[0].told_weight = 6;
	tell(&service, 1);
	run();
	assert_kernel(&service, 1);
}

/* Another manager is not fought for ever. */
static void test_a_fight_ends(void **state)
{
	struct service service = one_service();

	(void)state;
	force(&service, 1);
	size_t writes = kernel.writes;
	for (int i = 0; i < 100; i++) {
		kernel.dests[0].is.weight = 9;
		now_ns += NSEC_PER_SEC;
		balancer_tick(ipvsd.balancer);
		run();
	}
	assert_in_range(kernel.writes - writes, 5, 7);
	assert_true(logged("put right once a minute from now on"));
	/* a verdict goes through all the same */
	service.reals[0].told_weight = 4;
	tell(&service, 1);
	run();
	const struct ipvs_dest changed = dest_of(2, 1, 4);
	const struct kernel_dest *has = kernel_dest(&changed);
	assert_non_null(has);
	assert_memory_equal(&has->is, &changed, sizeof(changed));
}

static void test_without_ipvs(void **state)
{
	struct service service = one_service();

	(void)state;
	kernel.available = false;
	force(&service, 1);
	let_time_pass();
	assert_int_equal(kernel.writes, 0);
	kernel.available = true;
	balancer_available(ipvsd.balancer);
	run();
	assert_kernel(&service, 1);
}

static void test_stop_removes_what_is_owned(void **state)
{
	struct service service = one_service();
	const struct ipvs_service theirs = service_of(&service, KEYS);
	const struct ipvs_dest dest = dest_of(KEYS, 1, 1);

	(void)state;
	add_kernel_service(&theirs, true);
	add_kernel_dest(&dest, true);
	force(&service, 1);
	assert_int_equal(kernel.services_count, 2);
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.services_count, 1);
	assert_int_equal(kernel.dests_count, 1);
	assert_memory_equal(&kernel.services[0].is, &theirs, sizeof(theirs));
	assert_int_equal(page_count(ipvsd.page), 0);
}

static void test_stop_keeps_what_is_to_be_kept(void **state)
{
	const struct conf_ipvs_global global = {.flags = IPVS_KEEP_ON_STOP};
	struct service service = one_service();

	(void)state;
	configure_with(&global, &service, 1);
	tell(&service, 1);
	balancer_states_end(ipvsd.balancer);
	run();
	balancer_stop(ipvsd.balancer);
	assert_kernel(&service, 1);
}

/* One that is told to stop before it has a configuration. */
static void test_stop_of_a_successor(void **state)
{
	struct service service = one_service();
	const struct conf_ipvs_global keep = {.flags = IPVS_KEEP_ON_STOP};

	(void)state;
	force(&service, 1);
	die();
	start();
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.services_count, 0);
	die();
	start();
	configure_with(&keep, &service, 1);
	tell(&service, 1);
	balancer_states_end(ipvsd.balancer);
	run();
	die();
	start();
	balancer_stop(ipvsd.balancer);
	assert_kernel(&service, 1);
}

static void test_flush_at_the_first_start_alone(void **state)
{
	const struct conf_ipvs_global global = {.flags = IPVS_FLUSH};
	struct service service = one_service();
	const struct ipvs_service theirs = service_of(&service, KEYS);

	(void)state;
	for (int i = 0; i < 2; i++) {
		add_kernel_service(&theirs, true);
		configure_with(&global, &service, 1);
		tell(&service, 1);
		balancer_states_end(ipvsd.balancer);
		run();
		assert_int_equal(kernel.services_count, i == 0 ? 1 : 2);
		assert_kernel(&service, 1);
		die();
		start();
	}
}

static void force_with(const struct conf_ipvs_global *global, bool master)
{
	const struct ipvs_sync_role role = {.master = master};

	configure_with(global, NULL, 0);
	balancer_sync_role(ipvsd.balancer, &role);
	balancer_states_end(ipvsd.balancer);
	run();
}

static void test_sync_daemon(void **state)
{
	struct conf_ipvs_global global = {.flags = IPVS_SYNC_DAEMON,
		.sync_id = 7,
		.sync_ifname = "eth1",
		.sync_instance = "VI_1"};
	const struct ipvs_sync_role master = {.master = 1};

	(void)state;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 1);
	assert_int_equal(kernel.daemons[0].state, IP_VS_STATE_BACKUP);
	balancer_sync_role(ipvsd.balancer, &master);
	run();
	assert_int_equal(kernel.daemons_count, 1);
	assert_int_equal(kernel.daemons[0].state, IP_VS_STATE_MASTER);
	size_t writes = kernel.writes;
	die();
	start();
	force_with(&global, true);
	assert_int_equal(kernel.writes, writes);
	die();
	start();
	global.flags = 0;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 0);
}

/* Without an instance that says which. */
static void test_a_sync_daemon_of_both_roles(void **state)
{
	struct conf_ipvs_global global = {
		.flags = IPVS_SYNC_DAEMON, .sync_id = 7, .sync_ifname = "eth1"};

	(void)state;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 2);
	assert_int_not_equal(kernel.daemons[0].state, kernel.daemons[1].state);
	assert_int_equal(kernel.daemons[1].sync_id, 7);
	size_t writes = kernel.writes;
	force_with(&global, true);
	assert_int_equal(kernel.writes, writes);
	global.sync_id = 8;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 2);
	assert_int_equal(kernel.daemons[0].sync_id, 8);
	assert_int_equal(kernel.daemons[1].sync_id, 8);
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.daemons_count, 0);
}

/* Only NAT can change the port. */
static void test_ports(void **state)
{
	const struct ipvs_key key = {.address = address_of(1), .protocol = IPPROTO_TCP, .port = 80};
	const struct ipvs_key mark = {.address.family = AF_INET, .fwmark = 5};
	struct ipvs_real real = {.address = address_of(2), .port = 8080};

	(void)state;
	real.forwarding = IP_VS_CONN_F_MASQ;
	assert_int_equal(wanted_dest(&real, &key, 1).port, 8080);
	assert_int_equal(wanted_dest(&real, &mark, 1).port, 8080);
	real.forwarding = IP_VS_CONN_F_DROUTE;
	assert_int_equal(wanted_dest(&real, &key, 1).port, 80);
	assert_int_equal(wanted_dest(&real, &mark, 1).port, 0);
	real.forwarding = IP_VS_CONN_F_TUNNEL;
	assert_int_equal(wanted_dest(&real, &key, 1).port, 80);
}

/* One that runs as it is wanted is ours from then on. */
static void test_a_sync_daemon_is_taken_over(void **state)
{
	struct conf_ipvs_global global = {
		.flags = IPVS_SYNC_DAEMON, .sync_ifname = "eth1", .sync_instance = "VI_1"};

	(void)state;
	kernel.daemons[0] =
		(struct ipvs_sync_daemon){.state = IP_VS_STATE_BACKUP, .ifname = "eth1"};
	kernel.daemons_count = 1;
	force_with(&global, false);
	assert_int_equal(kernel.writes, 0);
	global.flags = 0;
	force_with(&global, false);
	assert_int_equal(kernel.daemons_count, 0);
}

static void test_a_foreign_sync_daemon_stays(void **state)
{
	const struct conf_ipvs_global global = {0};

	(void)state;
	kernel.daemons[0] = (struct ipvs_sync_daemon){.state = IP_VS_STATE_MASTER};
	kernel.daemons_count = 1;
	force_with(&global, false);
	balancer_stop(ipvsd.balancer);
	assert_int_equal(kernel.daemons_count, 1);
}

static void test_timeouts(void **state)
{
	const struct conf_ipvs_global global = {.timeout_tcp_s = 300};

	(void)state;
	kernel.timeouts = (struct ipvs_timeouts){900, 120, 300};
	force_with(&global, false);
	assert_int_equal(kernel.timeouts.tcp_s, 300);
	size_t writes = kernel.writes;
	force_with(&global, false);
	assert_int_equal(kernel.writes, writes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_before_all_is_told_nothing_is_written),
		TEST(test_what_nobody_knows_begins_as_configured),
		TEST(test_a_verdict_is_not_read_for),
		TEST(test_a_reload_is_not_read_for),
		TEST(test_never_without_a_server),
		TEST(test_a_refused_service_hinders_no_other),
		TEST(test_what_was_refused_is_not_owned),
		TEST(test_a_flush_is_put_right),
		TEST(test_a_change_is_put_right),
		TEST(test_a_surprise_is_put_right_at_once),
		TEST(test_a_fight_ends),
		TEST(test_without_ipvs),
		TEST(test_stop_removes_what_is_owned),
		TEST(test_stop_keeps_what_is_to_be_kept),
		TEST(test_stop_of_a_successor),
		TEST(test_flush_at_the_first_start_alone),
		TEST(test_sync_daemon),
		TEST(test_a_sync_daemon_of_both_roles),
		TEST(test_ports),
		TEST(test_a_sync_daemon_is_taken_over),
		TEST(test_a_foreign_sync_daemon_stays),
		TEST(test_timeouts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
