/* The state of a sync group as it follows from the records of its members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parentd/group_events.h"

static const char text[] = "vrrp_sync_group G1 { group { VI_2 VI_3 VI_1 } }\n"
			   "vrrp_instance VI_1 { interface eth0\nvirtual_router_id 1\n"
			   "virtual_ipaddress { 10.0.0.1/24 }\n}\n"
			   "vrrp_instance VI_2 { interface eth0\nvirtual_router_id 2\n"
			   "virtual_ipaddress { 10.0.0.2/24 }\n}\n"
			   "vrrp_instance VI_3 { interface eth0\nvirtual_router_id 3\n"
			   "virtual_ipaddress { 10.0.0.3/24 }\n}\n";

static struct state_vrrp_instance record(
	const char *name, enum vrrp_state state, const char *reason)
{
	struct state_vrrp_instance made = {.state = (uint8_t)state,
		.fault_reasons = state == VRRP_FAULT ? VRRP_FAULT_INTERFACE_DOWN : 0};

	proto_string_set(made.name, sizeof(made.name), name);
	proto_string_set(made.reason, sizeof(made.reason), reason);
	return made;
}

static void expect(const struct conf *conf, struct state_vrrp_instance *list, size_t count,
	enum vrrp_state state, const char *reason)
{
	const struct vrrp_records records = {.list = list, .count = count};
	char said[PROTO_NAME_LEN + PROTO_REASON_LEN];

	assert_int_equal(
		group_events_state(&records, TAILQ_FIRST(&conf->groups), said, sizeof(said)),
		state);
	assert_string_equal(said, reason);
}

static void test_states(void **state)
{
	const struct conf_options options = {0};
	struct conf *conf = conf_load_text("test", text, strlen(text), &options, NULL);
	struct state_vrrp_instance list[3];

	(void)state;
	assert_int_equal(conf->errors, 0);
	expect(conf, list, 0, VRRP_INIT, "");
	list[0] = record("VI_1", VRRP_INIT, "");
	list[1] = record("VI_2", VRRP_STATES, "a state that there is not");
	expect(conf, list, 2, VRRP_INIT, "");
	list[1] = record("VI_2", VRRP_BACKUP, "started");
	expect(conf, list, 2, VRRP_BACKUP, "VI_2: started");
	list[2] = record("VI_3", VRRP_MASTER, "no other router heard");
	expect(conf, list, 3, VRRP_MASTER, "VI_3: no other router heard");
	/* who followed does not say why */
	list[0] = record("VI_1", VRRP_FAULT, "interface down");
	list[1] = record("VI_2", VRRP_FAULT, "sync group G1: VI_1 (eth0): interface down");
	expect(conf, list, 3, VRRP_FAULT, "VI_1: interface down");
	/* who waits for a script is not in FAULT for anybody else */
	list[0].fault_reasons = list[1].fault_reasons = VRRP_FAULT_SCRIPT_PENDING;
	expect(conf, list, 2, VRRP_INIT, "");
	expect(conf, list, 3, VRRP_MASTER, "VI_3: no other router heard");
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_states)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
