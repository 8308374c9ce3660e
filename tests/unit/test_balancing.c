/* What ipvsd is told of servers and of the sync daemon, when, and of which configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/loop.h"
#include "conf/items.h"
#include "ignore_channel.h"
#include "parentd/balancing.h"
#include "parentd/events.h"
#include "parentd/mail.h"
#include "parentd/parent.h"
#include "parentd/runners.h"
#include "parentd/scripts.h"
#include "parentd/services.h"
#include "vrrpd/vrrp_fsm.h"

#define BLOCK(address, weight)                                                                     \
	"virtual_server " address " 80 {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n"                 \
	"real_server 10.1.0.51 80 {\nweight " weight "\nTCP_CHECK {\n}\n}\n"                       \
	"real_server 10.1.0.52 80 {\n}\n}\n"
#define SYNC                                                                                       \
	"global_defs {\nlvs_sync_daemon eth0 VI_2\n}\n"                                            \
	"vrrp_instance VI_2 {\ninterface eth0\nvirtual_router_id 2\n"                              \
	"virtual_ipaddress {\n10.0.0.2/32\n}\n}\n"

static struct parent parent;
static int ipvsd = -1; /* its end of the channel */
static struct state_page *page;

/* A configuration is in force, as when it was committed. */
static void adopt(const char *text)
{
	struct conf *before = parent.conf;

	parent.conf = conf_load_text("test", text, strlen(text), NULL, NULL);
	if (parent.conf->errors != 0)
		conf_report(parent.conf, stderr, false);
	assert_int_equal(parent.conf->errors, 0);
	conf_free(before);
	parent.transaction.current++;
	events_adopt(parent.events);
	services_adopt(parent.services);
	balancing_adopt(parent.balancing);
}

/* ipvsd is ordered to apply it. */
static void apply(void)
{
	struct transaction_peer *peer = &parent.transaction.peers[PROTO_IPVS];

	*peer = (struct transaction_peer){
		.up = true, .applying = true, .asked = parent.transaction.current};
	balancing_tell(parent.balancing);
	*peer = (struct transaction_peer){.up = true, .in_force = parent.transaction.current};
}

static int setup(void **state)
{
	const char *why;
	int ends[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == -1)
		return -1;
	ipvsd = ends[1];
	parent = (struct parent){.base = loop_new()};
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++)
		parent.children[i] = (struct parent_child){
			.parent = &parent, .process = (enum proto_process)i, .page_fd = -1};
	parent.children[PROTO_IPVS].channel = channel_new(
		parent.base, ends[0], PROTO_PARENT, PROTO_IPVS, &ignore_channel, &parent);
	int fd = state_page_create(PROTO_VRRP);
	page = state_page_open(PROTO_VRRP, fd, true, &why);
	close(fd);
	parent.children[PROTO_VRRP].page = page;
	parent.runners = runners_new(parent.base, &parent_runners_ops, &parent);
	parent.mailing = mailing_new(&parent);
	parent.scripts = scripts_new(&parent);
	parent.services = services_new(&parent);
	parent.events = events_new(&parent);
	parent.balancing = balancing_new(&parent);
	return page == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	channel_free(parent.children[PROTO_IPVS].channel);
	close(ipvsd);
	conf_free(parent.conf);
	state_page_close(page);
	return 0;
}

struct record {
	struct proto_header header;
	union {
		struct ipvs_real_state real;
		struct ipvs_virtual_state virtual_state;
		struct ipvs_sync_role role;
	} body;
};

/* The type of what ipvsd is told next; 0: nothing. */
static unsigned next(struct record *record)
{
	event_base_loop(parent.base, EVLOOP_NONBLOCK); /* to the end of this turn */
	if (recv(ipvsd, record, sizeof(*record), MSG_DONTWAIT) == -1)
		return 0;
	assert_int_equal(record->header.generation, parent.transaction.current);
	return record->header.type;
}

static void assert_told(unsigned type)
{
	struct record record;

	assert_int_equal(next(&record), type);
}

static void assert_told_real(uint32_t real, bool up, uint32_t weight)
{
	struct record record;

	assert_int_equal(next(&record), IPVS_REAL_STATE);
	assert_int_equal(record.body.real.real, real);
	assert_int_equal(record.body.real.up, up);
	assert_int_equal(record.body.real.weight, weight);
}

static void assert_told_role(bool master)
{
	struct record record;

	assert_int_equal(next(&record), IPVS_SYNC_ROLE);
	assert_int_equal(record.body.role.master, master);
}

static void checkerd_says(uint32_t generation, uint32_t real, bool up, int64_t weight)
{
	const struct check_real_state state = {.real = real,
		.up = up,
		.news = NEWS_REPEATED,
		.weight = weight,
		.reason = "status"};

	services_real(parent.services, generation, &state);
}

static void checkerd_says_quorum(uint32_t virtual_server, bool up)
{
	const struct check_virtual_state state = {
		.virtual_server = virtual_server, .quorum_up = up, .news = NEWS_REPEATED};

	services_virtual(parent.services, parent.transaction.current, &state);
}

static void test_what_is_known_and_then_the_end(void **state)
{
	(void)state;
	adopt(BLOCK("10.1.0.5", "3") BLOCK("10.1.0.6", "3"));
	apply();
	assert_told(IPVS_STATES_END);
	checkerd_says(parent.transaction.current, 2, false, 3);
	assert_told_real(2, false, 3);
	checkerd_says_quorum(1, true);
	assert_told(IPVS_VIRTUAL_STATE);
	/* a successor of ipvsd has it again, and nothing that nobody knows */
	apply();
	assert_told(IPVS_VIRTUAL_STATE);
	assert_told_real(2, false, 3);
	assert_told(IPVS_STATES_END);
	assert_told(0);
}

static void test_only_what_moves(void **state)
{
	(void)state;
	adopt(BLOCK("10.1.0.5", "3"));
	apply();
	assert_told(IPVS_STATES_END);
	checkerd_says(parent.transaction.current, 0, true, 3);
	assert_told_real(0, true, 3);
	checkerd_says(parent.transaction.current, 0, true, 3);
	assert_told(0);
	checkerd_says(parent.transaction.current, 0, true, 7);
	assert_told_real(0, true, 7);
	checkerd_says(parent.transaction.current, 0, false, 7);
	assert_told_real(0, false, 7);
	checkerd_says(parent.transaction.current, 0, false, INT64_MIN);
	assert_told_real(0, false, 0);
	checkerd_says(parent.transaction.current, 0, false, INT64_MAX);
	assert_told_real(0, false, IPVS_WEIGHT_MAX);
	checkerd_says_quorum(0, true);
	assert_told(IPVS_VIRTUAL_STATE);
	checkerd_says_quorum(0, true);
	assert_told(0);
}

static void test_nothing_of_another_configuration(void **state)
{
	(void)state;
	adopt(BLOCK("10.1.0.5", "3"));
	apply();
	assert_told(IPVS_STATES_END);
	checkerd_says(parent.transaction.current, 0, false, 3);
	assert_told_real(0, false, 3);
	/* other numbers, another weight; ipvsd has yet to apply it */
	adopt(BLOCK("10.1.0.4", "1") BLOCK("10.1.0.5", "9"));
	checkerd_says(parent.transaction.current - 1, 0, true, 3);
	assert_told(0);
	apply();
	assert_told_real(2, false, 9); /* as configured now, until checkerd says more */
	assert_told(IPVS_STATES_END);
	checkerd_says(parent.transaction.current - 1, 0, true, 3);
	checkerd_says(parent.transaction.current, 4, true, 3);
	assert_told(0);
	/* ipvsd works with the one before, or with none */
	parent.transaction.peers[PROTO_IPVS].in_force--;
	checkerd_says(parent.transaction.current, 2, true, 9);
	checkerd_says_quorum(1, false);
	balancing_tell(parent.balancing);
	parent.transaction.peers[PROTO_IPVS] = (struct transaction_peer){0};
	checkerd_says(parent.transaction.current, 3, false, 1);
	balancing_tell(parent.balancing);
	assert_told(0);
	apply();
	assert_told(IPVS_VIRTUAL_STATE);
	assert_told_real(2, true, 9);
	assert_told_real(3, false, 1);
	assert_told(IPVS_STATES_END);
}

static void vrrpd_is(const char *name, enum vrrp_state state)
{
	struct state_vrrp_instance record = {.vrid = 1, .state = (uint8_t)state};

	proto_string_set(record.name, sizeof(record.name), name);
	state_vrrp_store(page, strcmp(name, "VI_2") == 0, &record);
	balancing_vrrp_look(parent.balancing);
}

static void test_the_role_of_the_sync_daemon(void **state)
{
	(void)state;
	adopt(SYNC BLOCK("10.1.0.5", "3"));
	apply();
	assert_told_role(false); /* vrrpd knows no such instance yet */
	assert_told(IPVS_STATES_END);
	vrrpd_is("VI_1", VRRP_MASTER);
	vrrpd_is("VI_2", VRRP_BACKUP);
	assert_told(0);
	vrrpd_is("VI_2", VRRP_MASTER);
	assert_told_role(true);
	vrrpd_is("VI_2", VRRP_MASTER);
	assert_told(0);
	apply(); /* a new ipvsd */
	assert_told_role(true);
	assert_told(IPVS_STATES_END);
	vrrpd_is("VI_2", VRRP_FAULT);
	assert_told_role(false);
	/* nothing without the daemon, nor when it follows nobody */
	adopt(BLOCK("10.1.0.5", "3"));
	apply();
	assert_told(IPVS_STATES_END);
	adopt("global_defs {\nlvs_sync_daemon eth0\n}\n" BLOCK("10.1.0.5", "3"));
	apply();
	assert_told(IPVS_STATES_END);
	vrrpd_is("VI_2", VRRP_MASTER);
	assert_told(0);
	/* no page yet: vrrpd is to say hello first */
	adopt(SYNC BLOCK("10.1.0.5", "3"));
	parent.children[PROTO_VRRP].page = NULL;
	apply();
	assert_told(IPVS_STATES_END);
	parent.children[PROTO_VRRP].page = page;
	balancing_vrrp_look(parent.balancing);
	assert_told_role(true);
	parent.options.only_check = true;
	balancing_vrrp_look(parent.balancing);
	assert_told_role(false);
}

static void trouble(enum ipvs_trouble_kind kind, uint32_t number, const char *reason)
{
	struct ipvs_trouble body = {.kind = kind, .virtual_server = number};

	proto_string_set(body.reason, sizeof(body.reason), reason);
	balancing_trouble(parent.balancing, parent.transaction.current, &body);
}

static void test_troubles(void **state)
{
	(void)state;
	adopt(BLOCK("10.1.0.5", "3") BLOCK("10.1.0.6", "3"));
	trouble(IPVS_TROUBLE_KERNEL, IPVS_NONE, "no IPVS: modprobe ip_vs\x1b[2J");
	trouble(IPVS_TROUBLE_SYNC, IPVS_NONE, "eth9 is missing");
	trouble(IPVS_TROUBLE_VIRTUAL, 1, "no scheduler foo");
	trouble(IPVS_TROUBLE_VIRTUAL, 2, "there is no such");
	json_t *array = balancing_json(parent.balancing);
	assert_int_equal(json_array_size(array), 2);
	assert_string_equal(
		json_string_value(json_array_get(array, 0)), "no IPVS: modprobe ip_vs?[2J");
	json_decref(array);
	assert_null(balancing_problem(parent.balancing, 0));
	assert_string_equal(balancing_problem(parent.balancing, 1), "no scheduler foo");
	trouble(IPVS_TROUBLE_VIRTUAL, 1, "");
	assert_null(balancing_problem(parent.balancing, 1));
	trouble(IPVS_TROUBLE_VIRTUAL, 1, "again");
	balancing_gone(parent.balancing);
	assert_null(balancing_problem(parent.balancing, 1));
	array = balancing_json(parent.balancing);
	assert_int_equal(json_array_size(array), 0);
	json_decref(array);
	/* numbers of another configuration */
	trouble(IPVS_TROUBLE_VIRTUAL, 1, "again");
	adopt(BLOCK("10.1.0.6", "3") BLOCK("10.1.0.5", "3"));
	assert_null(balancing_problem(parent.balancing, 1));
}

#define REAL "real_server 10.1.0.51 53 {\n}\n"

/* A group's name stands for its TCP and its UDP: what was told of the one was not of the other. */
static void test_two_of_one_name(void **state)
{
	static const char *const ids[] = {"dns 6/2", "dns 17/2"};
	enum event_state told;
	uint8_t priority;

	(void)state;
	adopt("virtual_server_group dns {\n10.1.0.5 53\n}\n"
	      "virtual_server group dns {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n" REAL "}\n"
	      "virtual_server group dns {\nlb_algo rr\nlb_kind NAT\nprotocol UDP\n" REAL "}\n");
	for (uint32_t i = 0; i < 2; i++) {
		const struct check_virtual_state lost = {.virtual_server = i, .news = NEWS_CHANGED};
		assert_false(
			events_told(&parent, EVENT_VIRTUAL_SERVER, ids[i], NULL, &told, &priority));
		services_virtual(parent.services, parent.transaction.current, &lost);
		assert_true(
			events_told(&parent, EVENT_VIRTUAL_SERVER, ids[i], NULL, &told, &priority));
		assert_int_equal(told, EVENT_DOWN);
	}
}

static void test_what_the_command_line_says(void **state)
{
	union conf_body bodies[2] = {0};
	struct conf_item list[2] = {{.type = CONF_IPVS_GLOBAL, .body = &bodies[0]},
		{.type = CONF_IPVS_VIRTUAL, .body = &bodies[1]}};
	const struct conf_items items = {.list = list, .count = 2};

	(void)state;
	balancing_fill(parent.balancing, &items);
	assert_int_equal(bodies[0].ipvs_global.flags, 0);
	parent.options.keep_ipvs = true;
	balancing_fill(parent.balancing, &items);
	assert_int_equal(bodies[0].ipvs_global.flags, IPVS_KEEP_ON_STOP);
	assert_memory_equal(&bodies[1], &(union conf_body){0}, sizeof(bodies[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_what_is_known_and_then_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_what_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_nothing_of_another_configuration, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_role_of_the_sync_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(test_troubles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_of_one_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_the_command_line_says, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
