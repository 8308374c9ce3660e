/* ipvsd taken over: somebody runs code of his own in it, with its user, NET_ADMIN, its socket and
 * its filter. Each attack runs in a process of its own that has entered ipvsd's sandbox. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <netlink/msg.h>

#include "common/caps.h"
#include "ipvsd/genl.h"
#include "ipvsd/ipvs_message.h"
#include "parentd/launcher_sandbox.h"

/* A sanitizer's run-time library makes calls of its own, which then fail instead of killing. */
#ifdef HOLDFAST_SANITIZED
#define EXACT false
#else
#define EXACT true
#endif

#define TEST_ID 64322 /* a user and group that nobody has */

static struct genl *genl; /* open as ipvsd's is */

/* ---- the attacks: a descriptor, an address, 0: it worked; -1: it did not ---- */

static long open_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long open_by_openat2(void)
{
	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0);
}

static long execute(void)
{
	char name[] = "/bin/true";
	char *const argv[] = {name, NULL};
	return execv(name, argv);
}

static long start_process(void)
{
	return fork();
}

/* NET_ADMIN would let it change addresses and routes with this one. */
static long route_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static long another_generic_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
}

static long packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long internet_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static long unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long force_buffer(void)
{
	int size = 1 << 30;
	return setsockopt(3, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
}

static long own_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long kill_parent(void)
{
	return kill(getppid(), 0);
}

static long trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long load_module(void)
{
	return syscall(SYS_finit_module, 0, "", 0);
}

/* ---- what comes of them ---- */

static int in_sandbox(long (*attack)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (caps_prepare_exec(TEST_ID, TEST_ID, CAPS_BIT(CAP_NET_ADMIN)) == -1)
			_exit(80);
		sandbox_enter(suite_sandbox_profile(PROTO_IPVS), SANDBOX_ENFORCE);
		_exit(attack() == -1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_attacks(void **state)
{
	static const struct {
		const char *name;
		long (*attack)(void);
		bool fails; /* with an error; all others kill the process */
	} attacks[] = {
		{"open a file", open_file, true},
		{"open a file in another way", open_by_openat2, false},
		{"execute a program", execute, false},
		{"start a process", start_process, false},
		{"make a socket for addresses and routes", route_socket, false},
		{"make another generic netlink socket", another_generic_socket, false},
		{"make a packet socket", packet_socket, false},
		{"make a socket of the internet", internet_socket, false},
		{"make a unix socket", unix_socket, false},
		{"change a socket", force_buffer, false},
		{"enter a namespace of its own", own_namespace, false},
		{"signal its parent", kill_parent, false},
		{"trace its parent", trace_parent, false},
		{"load a module by itself", load_module, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		int status = in_sandbox(attacks[i].attack);
		if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
			fail_msg("%s: possible (%d)", attacks[i].name, WEXITSTATUS(status));
		if ((EXACT && attacks[i].fails != (bool)WIFEXITED(status)) ||
			(WIFSIGNALED(status) && WTERMSIG(status) != SIGSYS))
			fail_msg("%s: ended otherwise (%#x)", attacks[i].name, (unsigned)status);
	}
}

/* What it is there for goes on: otherwise the list above would prove little. */
static long ask_the_kernel(void)
{
	struct nl_msg *message = nlmsg_alloc();
	struct netlink_answer answer;
	uint32_t place;

	if (message == NULL || ipvs_message_get_family(message) < 0 ||
		genl_put(genl, message) == -1 || genl_send(genl) == -1)
		return 1;
	/* A kernel without IPVS says so. */
	return genl_answer(genl, &answer, &place) == 1 && place == 0 ? -1 : 1;
}

static void test_the_kernel_can_be_asked(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(ask_the_kernel), 0);
}

static int set_up(void **state)
{
	(void)state;
	genl = genl_new();
	return genl == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	genl_free(genl);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks),
		cmocka_unit_test(test_the_kernel_can_be_asked),
	};

	if (geteuid() != 0) {
		print_message("needs root: nothing tried\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
