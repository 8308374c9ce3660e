/* What the tables of system calls hold, and what is made of them. */
#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/caps.h"
#include "common/sandbox_tables.h"
#include "parentd/launcher_sandbox.h"

static void check_rules(const char *name, const struct sandbox_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (rules[i].reason == NULL || strlen(rules[i].reason) < 8)
			fail_msg("%s: rule %zu has no reason", name, i);
		assert_true(rules[i].call != __NR_SCMP_ERROR);
		assert_true(rules[i].args_count <= 3);
		for (unsigned j = 0; j < rules[i].args_count; j++) {
			const struct sandbox_arg *arg = &rules[i].args[j];
			assert_true(arg->index < 6);
			assert_non_null(arg->text);
			assert_int_equal(arg->value & ~arg->mask, 0);
		}
	}
}

static void test_every_rule_has_a_reason(void **state)
{
	(void)state;
	size_t count;
	const struct sandbox_rule *rules = sandbox_common_rules(&count);
	assert_true(count > 10);
	check_rules("common", rules, count);
	rules = sandbox_startup_rules(&count);
	check_rules("startup", rules, count);
	rules = sandbox_build_rules(&count);
	check_rules("build", rules, count);
	for (unsigned i = PROTO_LAUNCHER; i < PROTO_DAEMON_END; i++) {
		const struct sandbox_profile *profile =
			suite_sandbox_profile((enum proto_process)i);
		assert_string_equal(profile->process, proto_process_name((enum proto_process)i));
		check_rules(profile->process, profile->rules, profile->rules_count);
		check_rules(profile->process, profile->startup, profile->startup_count);
	}
}

/* The table of rights that the documentation shows. */
static void test_capabilities(void **state)
{
	(void)state;
	static const uint64_t wanted[PROTO_DAEMON_END] = {
		[PROTO_VRRP] = CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_NET_RAW),
		[PROTO_IPVS] = CAPS_BIT(CAP_NET_ADMIN),
	};
	for (unsigned i = PROTO_PARENT; i < PROTO_DAEMON_END; i++)
		assert_int_equal(
			suite_sandbox_profile((enum proto_process)i)->capabilities, wanted[i]);
}

static unsigned count_allowed(const struct sandbox_profile *profile)
{
	const struct sandbox_rule *rule;
	unsigned count = 0;

	for (size_t i = 0; (rule = sandbox_rule_at(profile, i)) != NULL; i++) {
		bool counts = rule->verdict == SANDBOX_ALLOW;
		for (size_t j = 0; j < i && counts; j++) {
			const struct sandbox_rule *before = sandbox_rule_at(profile, j);
			counts = before->call != rule->call || before->verdict != SANDBOX_ALLOW;
		}
		count += counts;
	}
	return count;
}

/* More than these want a good reason. A sanitizer needs calls of its own. */
static void test_lists_stay_short(void **state)
{
	static const unsigned most[PROTO_DAEMON_END] = {
		[PROTO_LAUNCHER] = 25,
		[PROTO_PARENT] = 45,
		[PROTO_VRRP] = 35,
		[PROTO_CHECK] = 45,
		[PROTO_IPVS] = 30,
	};
	size_t of_build;

	(void)state;
	sandbox_build_rules(&of_build);
	for (unsigned i = PROTO_LAUNCHER; i < PROTO_DAEMON_END; i++) {
		const struct sandbox_profile *profile =
			suite_sandbox_profile((enum proto_process)i);
		if (count_allowed(profile) > most[i] + of_build)
			fail_msg("%s: %u calls allowed", profile->process, count_allowed(profile));
	}
}

/* What no process may ever do, in any table. */
static void test_nothing_dangerous_is_common(void **state)
{
	(void)state;
	static const int calls[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
		SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(kill),
		SCMP_SYS(socket), SCMP_SYS(open), SCMP_SYS(mount), SCMP_SYS(setresuid),
		SCMP_SYS(bpf), SCMP_SYS(io_uring_setup), SCMP_SYS(memfd_create)};
	size_t count;
	const struct sandbox_rule *rules = sandbox_common_rules(&count);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < sizeof(calls) / sizeof(calls[0]); j++)
			assert_int_not_equal(rules[i].call, calls[j]);
		if (rules[i].call == SCMP_SYS(openat))
			assert_int_equal(rules[i].verdict, SANDBOX_DENY);
		if (rules[i].call == SCMP_SYS(mmap) || rules[i].call == SCMP_SYS(mprotect))
			assert_int_equal(rules[i].args_count, 1);
	}
}

static void test_modes(void **state)
{
	(void)state;
	enum sandbox_mode mode;
	assert_int_equal(sandbox_mode_parse("enforce", &mode), 0);
	assert_int_equal(mode, SANDBOX_ENFORCE);
	assert_int_equal(sandbox_mode_parse("log", &mode), 0);
	assert_int_equal(mode, SANDBOX_LOG);
	assert_int_equal(sandbox_mode_parse("off", &mode), 0);
	assert_int_equal(mode, SANDBOX_OFF);
	assert_int_equal(sandbox_mode_parse("on", &mode), -1);
	assert_int_equal(errno, EINVAL);
}

static void test_profiles_export(void **state)
{
	(void)state;
	for (unsigned i = PROTO_LAUNCHER; i < PROTO_DAEMON_END; i++) {
		int fd = memfd_create("bpf", MFD_CLOEXEC);
		assert_int_equal(sandbox_export(suite_sandbox_profile((enum proto_process)i),
					 SANDBOX_ENFORCE, fd),
			0);
		off_t size = lseek(fd, 0, SEEK_END);
		assert_true(size > 0 && size % 8 == 0);
		close(fd);
	}
}

static void test_caps_describe(void **state)
{
	(void)state;
	char text[64];
	char tight[16];
	caps_describe(0, text, sizeof(text));
	assert_string_equal(text, "none");
	caps_describe(CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_NET_RAW), text, sizeof(text));
	assert_string_equal(text, "CAP_NET_ADMIN CAP_NET_RAW");
	caps_describe(CAPS_BIT(CAP_CHECKPOINT_RESTORE) | CAPS_BIT(60), text, sizeof(text));
	assert_string_equal(text, "CAP_CHECKPOINT_RESTORE CAP_60");
	caps_describe(UINT64_MAX, tight, sizeof(tight));
	assert_int_equal(strlen(tight), sizeof(tight) - 1);
}

static void test_rows_in_words(void **state)
{
	static const struct sandbox_rule socket_rule =
		RULE_SOCKET(AF_INET, SOCK_STREAM, 0, "a test");
	static const struct sandbox_rule plain = RULE(read, "a test");
	static const struct sandbox_rule mapping = SANDBOX_NO_EXEC(mmap, "a test", NULL);
	char text[128];
	char tight[16];

	(void)state;
	sandbox_rule_words(&socket_rule, text, sizeof(text));
	assert_string_equal(text, "family AF_INET, type SOCK_STREAM, protocol 0");
	sandbox_rule_words(&mapping, text, sizeof(text));
	assert_string_equal(text, "protection without PROT_EXEC");
	sandbox_rule_words(&plain, text, sizeof(text));
	assert_string_equal(text, "");
	sandbox_rule_words(&socket_rule, tight, sizeof(tight));
	assert_string_equal(tight, "family AF_INET,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_rule_has_a_reason),
		cmocka_unit_test(test_lists_stay_short),
		cmocka_unit_test(test_nothing_dangerous_is_common),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_profiles_export),
		cmocka_unit_test(test_caps_describe),
		cmocka_unit_test(test_rows_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
