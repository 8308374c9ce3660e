/* A keepalived on the same virtual routers: what its command line says, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parentd/beside.h"

#define LINE(text) text, sizeof(text)

static void test_command_lines(void **state)
{
	static const struct {
		const char *line;
		size_t length;
		const char *file, *config_id;
		bool vrrp;
	} cases[] = {
		{LINE("keepalived"), "/etc/keepalived/keepalived.conf", "", true},
		{LINE("/usr/sbin/keepalived\0--dont-fork\0-D"), "/etc/keepalived/keepalived.conf",
			"", true},
		{LINE("keepalived\0-f\0/a.conf"), "/a.conf", "", true},
		{LINE("keepalived\0-f/a.conf"), "/a.conf", "", true},
		{LINE("keepalived\0-nDf\0/a.conf\0-l"), "/a.conf", "", true},
		{LINE("keepalived\0--use-file=/a.conf\0--config-id\0n1"), "/a.conf", "n1", true},
		{LINE("keepalived\0--use-file\0/a.conf\0-in1"), "/a.conf", "n1", true},
		/* a file of another option is none of -f */
		{LINE("keepalived\0-p\0-f\0-r\0/b"), "/etc/keepalived/keepalived.conf", "", true},
		{LINE("keepalived\0-pf\0-C"), "/etc/keepalived/keepalived.conf", "", false},
		{LINE("keepalived\0--check"), "/etc/keepalived/keepalived.conf", "", false},
		{LINE("keepalived\0-CP"), "/etc/keepalived/keepalived.conf", "", true},
		{LINE("keepalived\0--check\0--vrrp"), "/etc/keepalived/keepalived.conf", "", true},
		/* cut, or hostile */
		{LINE("keepalived\0-f"), "/etc/keepalived/keepalived.conf", "", true},
		{"keepalived\0-f\0/a.conf", 15, "/", "", true},
		{"", 0, "/etc/keepalived/keepalived.conf", "", true},
	};
	struct beside_command command;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		beside_command_read(cases[i].line, cases[i].length, &command);
		assert_string_equal(command.file, cases[i].file);
		assert_string_equal(command.config_id, cases[i].config_id);
		assert_int_equal(command.vrrp, cases[i].vrrp);
	}
}

static struct conf *load(const char *text, bool lenient)
{
	const struct conf_options how = {.lenient = lenient};

	return conf_load_text("test", text, strlen(text), &how, NULL);
}

#define ROUTER(name, interface, vrid, address)                                                     \
	"vrrp_instance " name " {\ninterface " interface "\nvirtual_router_id " vrid               \
	"\nvirtual_ipaddress { " address " }\n}\n"

static unsigned errors_beside(const char *theirs, bool lenient)
{
	struct conf *ours = load(ROUTER("A", "eth0", "51", "10.0.0.1/24")
					 ROUTER("B", "eth1", "52", "10.1.0.1/24"),
		lenient);
	struct conf *their = load(theirs, true);

	assert_int_equal(ours->errors, 0);
	beside_compare(ours, their, "their.conf", 812);
	unsigned errors = ours->errors;
	assert_int_equal(conf_exit_status(ours) != 0, errors > 0);
	conf_free(their);
	conf_free(ours);
	return errors;
}

static void test_same_router_is_an_error(void **state)
{
	(void)state;
	for (int lenient = 0; lenient < 2; lenient++) {
		assert_int_equal(
			errors_beside(ROUTER("X", "eth0", "51", "10.0.0.9/24"), lenient), 1);
		assert_int_equal(errors_beside(ROUTER("X", "eth0", "51", "10.0.0.1/24")
						       ROUTER("Y", "eth1", "52", "10.1.0.1/24"),
					 lenient),
			2);
	}
}

static void test_other_routers_are_none(void **state)
{
	(void)state;
	assert_int_equal(errors_beside("", false), 0);
	assert_int_equal(errors_beside(ROUTER("A", "eth0", "52", "10.0.0.1/24"), false), 0);
	assert_int_equal(errors_beside(ROUTER("A", "eth1", "51", "10.0.0.1/24"), false), 0);
	assert_int_equal(errors_beside("vrrp_instance A {\nnonsense\n}\n", false), 0);
}

static void test_what_keepalived_is_told(void **state)
{
	char file[] = "/tmp/test_beside.XXXXXX";
	char why[512];
	int fd = mkstemp(file);
	struct conf *ours = load(ROUTER("A", "eth0", "51", "10.0.0.1/24"), false);
	const char *text = ROUTER("B", "eth0", "52", "10.0.0.1/24");

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_false(beside_clash(ours, file, why, sizeof(why)));
	text = ROUTER("C", "eth0", "51", "10.0.0.1/24");
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_true(beside_clash(ours, file, why, sizeof(why)));
	assert_non_null(strstr(why, "virtual_router_id 51 on interface 'eth0'"));
	unlink(file);
	assert_false(beside_clash(ours, file, why, sizeof(why)));
	close(fd);
	conf_free(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_same_router_is_an_error),
		cmocka_unit_test(test_other_routers_are_none),
		cmocka_unit_test(test_what_keepalived_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
