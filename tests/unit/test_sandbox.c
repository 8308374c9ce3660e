/* The sandbox as the kernel enforces it: each test forks, drops rights, and looks what happens. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/caps.h"
#include "common/channel.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/sandbox_tables.h"
#include "parentd/launcher_sandbox.h"
#include "proto/state_page.h"

#define TEST_ID 64321 /* a user and group that nobody has */

/* Runs in a process of its own; its wait status. */
static int in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_exits(void (*body)(void), int wanted)
{
	int status = in_child(body);
	if (!WIFEXITED(status))
		fail_msg("killed by signal %d", WTERMSIG(status));
	assert_int_equal(WEXITSTATUS(status), wanted);
}

static void assert_killed(void (*body)(void))
{
	int status = in_child(body);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* In a forked process: a failed expectation is exit status 70 to 79, told apart by number. */
static void expect(bool condition, int number)
{
	if (!condition)
		_exit(70 + number);
}

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

/* As the launcher does before it executes a child. */
static void become(uint64_t capabilities)
{
	if (caps_prepare_exec(TEST_ID, TEST_ID, capabilities) == -1)
		_exit(80);
}

/* ---- users and capabilities ---- */

static void prepare_exec_body(void)
{
	uint64_t wanted = CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_NET_RAW);
	struct caps_sets sets;
	uid_t uids[3];
	become(wanted);
	expect(caps_get(&sets) == 0, 0);
	expect(sets.permitted == wanted && sets.effective == wanted, 1);
	expect(sets.inheritable == wanted && sets.ambient == wanted, 2);
	expect(sets.bounding == wanted, 3);
	expect(getresuid(&uids[0], &uids[1], &uids[2]) == 0, 4);
	expect(uids[0] == TEST_ID && uids[1] == TEST_ID && uids[2] == TEST_ID, 5);
	expect(getgroups(0, NULL) == 0 && getgid() == TEST_ID, 6);
	expect(setresuid(0, 0, 0) == -1, 7);
}

static void test_prepare_exec(void **state)
{
	(void)state;
	need_root();
	assert_exits(prepare_exec_body, 0);
}

#define LAUNCHER_CAPS                                                                              \
	(CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_SETPCAP) |                     \
		CAPS_BIT(CAP_NET_ADMIN))

static void expect_launcher(int number)
{
	struct caps_sets sets;
	expect(caps_get(&sets) == 0, number);
	expect(sets.permitted == LAUNCHER_CAPS && sets.effective == LAUNCHER_CAPS, number + 1);
	expect(sets.bounding == LAUNCHER_CAPS, number + 2);
	expect(sets.inheritable == 0 && sets.ambient == 0, number + 3);
	expect(getuid() == TEST_ID && getgid() == TEST_ID && getgroups(0, NULL) == 0, number + 4);
}

static void drop_root_body(void)
{
	uint64_t missing;
	expect(caps_drop_root(TEST_ID, TEST_ID, LAUNCHER_CAPS, &missing) == 0, 0);
	expect_launcher(1);
}

/* A service manager gives the user and ambient capabilities, more than are wanted. */
static void drop_ambient_body(void)
{
	uint64_t missing;
	become(LAUNCHER_CAPS | CAPS_BIT(CAP_SYS_NICE));
	expect(caps_drop_root(TEST_ID, TEST_ID, LAUNCHER_CAPS, &missing) == 0, 0);
	expect_launcher(1);
}

static void drop_without_body(void)
{
	uint64_t missing;
	become(CAPS_BIT(CAP_SETPCAP) | CAPS_BIT(CAP_SETUID));
	expect(caps_drop_root(TEST_ID, TEST_ID, LAUNCHER_CAPS, &missing) == -1, 0);
	expect(errno == EPERM, 1);
	expect(missing == (CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_NET_ADMIN)), 2);
}

static void test_drop_root(void **state)
{
	(void)state;
	need_root();
	assert_exits(drop_root_body, 0);
	assert_exits(drop_ambient_body, 0);
	assert_exits(drop_without_body, 0);
}

/* ---- the filter ---- */

static void enter_checkerd(enum sandbox_mode mode)
{
	become(0);
	sandbox_enter(suite_sandbox_profile(PROTO_CHECK), mode);
}

static void entered_body(void)
{
	struct rlimit limit;
	enter_checkerd(SANDBOX_OFF);
	struct caps_sets sets;
	expect(caps_get(&sets) == 0, 0);
	expect((sets.permitted | sets.effective | sets.inheritable | sets.bounding |
		       sets.ambient) == 0,
		1);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, 2);
	expect(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0, 3);
	expect(getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_max == 0, 4);
	expect(fork() == -1 && errno == EAGAIN, 5);
}

static void test_enter_sets_everything(void **state)
{
	(void)state;
	need_root();
	assert_exits(entered_body, 0);
}

/* Our filters refuse the question; without one the kernel answers it. */
static bool is_filtered(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1 && errno == EACCES;
}

static void allowed_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	expect(is_filtered(), 0);
	/* The heap, large blocks included, and what libc tries in passing. */
	char *block = malloc(1 << 20);
	expect(block != NULL, 1);
	block = realloc(block, 4 << 20);
	expect(block != NULL, 2);
	free(block);
	expect(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES, 3);
	log_info("a line from within");
}

static void socket_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	socket(AF_INET, SOCK_STREAM, 0);
}

static void fork_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	fork();
}

static void exec_body(void)
{
	char name[] = "/bin/true";
	char *const argv[] = {name, NULL};
	enter_checkerd(SANDBOX_ENFORCE);
	execv(name, argv);
}

static void mmap_exec_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void mprotect_exec_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void kill_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	kill(getpid(), 0);
}

static void fcntl_body(void)
{
	enter_checkerd(SANDBOX_ENFORCE);
	fcntl(0, F_SETOWN, 1);
}

static void test_allowed_calls_go_through(void **state)
{
	(void)state;
	need_root();
	assert_exits(allowed_body, 0);
}

static void test_forbidden_calls_kill(void **state)
{
	(void)state;
	need_root();
	assert_killed(socket_body);
	assert_killed(fork_body);
	assert_killed(exec_body);
	assert_killed(mmap_exec_body);
	assert_killed(mprotect_exec_body);
	assert_killed(kill_body);
	assert_killed(fcntl_body);
}

static void log_mode_body(void)
{
	enter_checkerd(SANDBOX_LOG);
	expect(is_filtered(), 0);
	expect(socket(AF_INET, SOCK_STREAM, 0) != -1, 1);
}

static void off_mode_body(void)
{
	enter_checkerd(SANDBOX_OFF);
	expect(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0, 0);
}

static void test_other_modes(void **state)
{
	(void)state;
	need_root();
	assert_exits(log_mode_body, 0);
	assert_exits(off_mode_body, 0);
}

static enum proto_process loaded;

static void load_body(void)
{
	const struct sandbox_profile *profile = suite_sandbox_profile(loaded);
	become(profile->capabilities);
	sandbox_enter(profile, SANDBOX_ENFORCE);
	expect(is_filtered(), 0);
}

static void load_launcher_body(void)
{
	uint64_t missing;
	const struct sandbox_profile *own = suite_sandbox_profile(PROTO_LAUNCHER);
	const struct sandbox_profile *const children[] = {suite_sandbox_profile(PROTO_PARENT),
		suite_sandbox_profile(PROTO_VRRP), suite_sandbox_profile(PROTO_CHECK),
		suite_sandbox_profile(PROTO_IPVS)};
	expect(caps_drop_root(TEST_ID, TEST_ID, own->capabilities, &missing) == 0, 0);
	sandbox_enter_envelope(own, children, 4, SANDBOX_ENFORCE, 0);
	expect(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2, 1);
}

static void test_every_profile_loads(void **state)
{
	(void)state;
	need_root();
	for (unsigned i = PROTO_PARENT; i < PROTO_DAEMON_END; i++) {
		loaded = (enum proto_process)i;
		assert_exits(load_body, 0);
	}
	assert_exits(load_launcher_body, 0);
}

/* ---- what must be refused before any remote byte is read ---- */

static void as_root_body(void)
{
	sandbox_enter(suite_sandbox_profile(PROTO_CHECK), SANDBOX_ENFORCE);
}

static void too_few_capabilities_body(void)
{
	become(0);
	sandbox_enter(suite_sandbox_profile(PROTO_IPVS), SANDBOX_ENFORCE);
}

static void too_much_bounding_body(void)
{
	become(CAPS_BIT(CAP_NET_RAW));
	sandbox_enter(suite_sandbox_profile(PROTO_CHECK), SANDBOX_ENFORCE);
}

static void saved_id_body(void)
{
	expect(setresgid(TEST_ID, TEST_ID, TEST_ID) == 0, 0);
	expect(setresuid(TEST_ID, TEST_ID, 0) == 0, 1);
	sandbox_enter(suite_sandbox_profile(PROTO_CHECK), SANDBOX_ENFORCE);
}

static void groups_body(void)
{
	gid_t group = 4;
	expect(syscall(SYS_setgroups, 1, &group) == 0, 0);
	expect(setresgid(TEST_ID, TEST_ID, TEST_ID) == 0, 1);
	expect(setresuid(TEST_ID, TEST_ID, TEST_ID) == 0, 2);
	sandbox_enter(suite_sandbox_profile(PROTO_CHECK), SANDBOX_ENFORCE);
}

static void test_wrong_start_is_fatal(void **state)
{
	(void)state;
	need_root();
	assert_exits(as_root_body, 1);
	assert_exits(too_few_capabilities_body, 1);
	assert_exits(too_much_bounding_body, 1);
	assert_exits(saved_id_body, 1);
	assert_exits(groups_body, 1);
}

/* ---- Landlock ---- */

static bool have_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) >= 1;
}

static void landlock_none_body(void)
{
	become(0);
	expect(open("/etc/passwd", O_RDONLY) != -1, 0);
	expect(sandbox_landlock(SANDBOX_ENFORCE, NULL, 0) == 0, 1);
	expect(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES, 2);
	expect(open("/", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES, 3);
}

static void landlock_paths_body(void)
{
	static const struct sandbox_path paths[] = {
		{.path = "/etc/passwd"},
		{.path = "/usr"},
		{.path = "/no/such/place"},
	};
	become(0);
	expect(sandbox_landlock(SANDBOX_ENFORCE, paths, 3) == 0, 0);
	expect(open("/etc/passwd", O_RDONLY) != -1, 1);
	expect(open("/etc/group", O_RDONLY) == -1 && errno == EACCES, 2);
	expect(open("/usr/bin", O_RDONLY | O_DIRECTORY) != -1, 3);
	expect(open("/tmp/hf-landlock-test", O_WRONLY | O_CREAT, 0600) == -1, 4);
	char name[] = "/usr/bin/true";
	char *const argv[] = {name, NULL};
	expect(execv(name, argv) == -1 && errno == EACCES, 5);
}

static void landlock_log_body(void)
{
	become(0);
	expect(sandbox_landlock(SANDBOX_LOG, NULL, 0) == 0, 0);
	expect(open("/etc/passwd", O_RDONLY) != -1, 1);
}

static void test_landlock(void **state)
{
	(void)state;
	need_root();
	assert_exits(landlock_log_body, 0);
	if (!have_landlock())
		skip();
	assert_exits(landlock_none_body, 0);
	assert_exits(landlock_paths_body, 0);
}

/* ---- the launcher's envelope ---- */

static const struct sandbox_rule launcher_rules[] = {
	RULE(clone, "test: starts a process"),
	RULE(fork, "test: starts a process"),
	RULE(vfork, "test: starts a process"),
	RULE(wait4, "test: waits for it"),
	RULE(kill, "test: end of it"),
};
static const struct sandbox_profile launcher_profile = {
	.process = "holdfast",
	.rules = launcher_rules,
	.rules_count = sizeof(launcher_rules) / sizeof(launcher_rules[0]),
	.capabilities = LAUNCHER_CAPS,
};

static const char *program;
static uint64_t program_capabilities;
static enum proto_process program_process;

static void exec_program(int channel_end, int page)
{
	char *const argv[] = {(char *)(uintptr_t)program, NULL};
	if (dup2(channel_end, FD_LAUNCHER) == -1 || dup2(page, FD_STATE_PAGE) == -1)
		_exit(81);
	become(program_capabilities);
	execv(program, argv);
	_exit(82);
}

/* The launcher in small: enters its filter, starts a process, which says hello, is told to stop. */
static void envelope_body(void)
{
	static const struct proto_header stop = {.magic = PROTO_MAGIC,
		.version = PROTO_VERSION,
		.type = LAUNCHER_STOP,
		.sequence = 1};
	const struct sandbox_profile *const children[] = {
		suite_sandbox_profile(PROTO_CHECK), suite_sandbox_profile(PROTO_IPVS)};
	uint64_t missing;
	int pair[2];
	int status = 0;
	expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, 0);
	int page = fcntl(state_page_create(program_process), F_DUPFD_CLOEXEC, FD_INHERITED_END);
	expect(page != -1, 6);
	expect(caps_drop_root(TEST_ID + 1, TEST_ID + 1, LAUNCHER_CAPS, &missing) == 0, 1);
	sandbox_enter_envelope(&launcher_profile, children, 2, SANDBOX_ENFORCE, 0);
	pid_t pid = fork();
	if (pid == 0)
		exec_program(pair[1], page);
	expect(pid > 0, 2);
	expect(sendto(pair[0], &stop, sizeof(stop), 0, NULL, 0) == sizeof(stop), 3);
	expect(waitpid(pid, &status, 0) == pid, 4);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		dprintf(STDERR_FILENO, "%s: wait status %#x\n", program, (unsigned)status);
	expect(status == 0, 5);
	/* What none of its children needs is not in the envelope either. */
	syscall(SYS_ptrace, 0, 0, NULL, NULL);
}

static void test_children_start_inside_the_envelope(void **state)
{
	(void)state;
	need_root();
	program = LIBEXEC_DIR "/checkerd";
	program_process = PROTO_CHECK;
	program_capabilities = 0;
	assert_killed(envelope_body);
	program = LIBEXEC_DIR "/ipvsd";
	program_process = PROTO_IPVS;
	program_capabilities = CAPS_BIT(CAP_NET_ADMIN);
	assert_killed(envelope_body);
}

int main(void)
{
	struct log_settings quiet = LOG_NOWHERE;
	log_init("test", &quiet);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prepare_exec),
		cmocka_unit_test(test_drop_root),
		cmocka_unit_test(test_enter_sets_everything),
		cmocka_unit_test(test_allowed_calls_go_through),
		cmocka_unit_test(test_forbidden_calls_kill),
		cmocka_unit_test(test_other_modes),
		cmocka_unit_test(test_every_profile_loads),
		cmocka_unit_test(test_wrong_start_is_fatal),
		cmocka_unit_test(test_landlock),
		cmocka_unit_test(test_children_start_inside_the_envelope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
