/* The status, made from a state page that vrrpd may write whatever it likes to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "parentd/parent.h"
#include "parentd/status_json.h"

static const char text[] = "vrrp_instance VI_1 {\n\tinterface eth0\n\tvirtual_router_id 51\n"
			   "\tvirtual_ipaddress {\n\t\t10.77.0.50/24\n\t}\n}\n";

static void test_texts_without_an_end(void **state)
{
	static struct parent parent;
	const struct conf_options options = {0};
	const struct conf_host host = {0};
	struct state_vrrp_instance record = {
		.name = "VI_1", .ifname = "eth0", .vrid = 51, .changed_wall_s = 1};
	const char *why;

	(void)state;
	memset(record.reason, 'x', sizeof(record.reason));
	int fd = state_page_create(PROTO_VRRP);
	struct state_page *page = state_page_open(PROTO_VRRP, fd, true, &why);
	assert_non_null(page);
	state_vrrp_store(page, 0, &record);
	memset(record.name, 'z', sizeof(record.name)); /* follows the first one when sorted */
	state_vrrp_store(page, 1, &record);
	parent.children[PROTO_VRRP] = (struct parent_child){.process = PROTO_VRRP, .page = page};
	parent.conf = conf_load_text("test", text, strlen(text), &options, &host);

	json_t *reply = status_json_vrrp_only(&parent, "");
	json_t *instance = json_array_get(json_object_get(reply, "vrrp"), 0);
	json_t *change = json_object_get(instance, "last_change");
	const char *reason = json_string_value(json_object_get(change, "reason"));
	assert_non_null(reason);
	assert_int_equal(strspn(reason, "x"), sizeof(record.reason) - 1);
	assert_int_equal(strlen(reason), sizeof(record.reason) - 1);
	json_decref(reply);
	conf_free(parent.conf);
	state_page_close(page);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts_without_an_end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
