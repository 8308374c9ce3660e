/* checkerd taken over: somebody runs code of his own in it, with its user, its capabilities and its
 * filter. Each attack runs in a process of its own that has entered checkerd's sandbox. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/caps.h"
#include "parentd/launcher_sandbox.h"

/* A sanitizer's run-time library makes calls of its own, which then fail instead of killing. */
#ifdef HOLDFAST_SANITIZED
#define EXACT false
#else
#define EXACT true
#endif

#define TEST_ID 64321 /* a user and group that nobody has */

/* ---- the attacks: a descriptor, an address, 0: it worked; -1: it did not ---- */

static pid_t sibling;                 /* of another user */
static struct sockaddr_un controlled; /* the control socket */
static int listener;                  /* of a server on loopback */

static long open_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long open_by_openat2(void)
{
	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0);
}

static long create_file(void)
{
	return syscall(SYS_creat, "/tmp/hf-attack", 0600);
}

static long execute(void)
{
	char name[] = "/bin/true";
	char *const argv[] = {name, NULL};
	return execv(name, argv);
}

static long execute_at(void)
{
	char name[] = "/bin/true";
	char *const argv[] = {name, NULL};
	return syscall(SYS_execveat, AT_FDCWD, name, argv, NULL, 0);
}

static long start_process(void)
{
	return fork();
}

static long start_thread(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

static long raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
}

static long raw_socket6(void)
{
	return socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
}

static long packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static long netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
}

static long unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static long unix_pair(void)
{
	int pair[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long other_transport(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
}

static long control_socket_over_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return connect(fd, (const struct sockaddr *)&controlled, sizeof(controlled));
}

static long control_socket_by_datagram(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return sendto(fd, "x", 1, 0, (const struct sockaddr *)&controlled, sizeof(controlled));
}

static long serve(void)
{
	return listen(listener, 1);
}

static long attach_filter(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sock_fprog program = {0};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static long mark_packets(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int mark = 1;
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
}

static long trace_sibling(void)
{
	return ptrace(PTRACE_ATTACH, sibling, NULL, NULL);
}

static long read_sibling(void)
{
	char byte;
	struct iovec here = {&byte, 1};
	return process_vm_readv(sibling, &here, 1, &here, 1, 0);
}

static long kill_sibling(void)
{
	return kill(sibling, SIGKILL);
}

static long kill_thread_of_sibling(void)
{
	return syscall(SYS_tgkill, sibling, sibling, SIGKILL);
}

static long become_root(void)
{
	return setresuid(0, 0, 0);
}

static long own_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long write_code(void)
{
	void *page = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -1 : 0;
}

static long make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long memory_file(void)
{
	return memfd_create("code", 0);
}

static long ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long program_kernel(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long type_into_terminal(void)
{
	char byte = '\n';
	return ioctl(0, TIOCSTI, &byte);
}

/* ---- what comes of them ---- */

static int in_sandbox(long (*attack)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		if (caps_prepare_exec(TEST_ID, TEST_ID, 0) == -1)
			_exit(80);
		sandbox_enter(suite_sandbox_profile(PROTO_CHECK), SANDBOX_ENFORCE);
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
		{"create a file", create_file, false},
		{"execute a program", execute, false},
		{"execute a program in another way", execute_at, false},
		{"start a process", start_process, false},
		{"start a thread", start_thread, false},
		{"make a raw socket", raw_socket, false},
		{"make a raw IPv6 socket", raw_socket6, false},
		{"make a packet socket", packet_socket, false},
		{"make a netlink socket", netlink_socket, false},
		{"make a unix socket", unix_socket, false},
		{"make a pair of unix sockets", unix_pair, false},
		{"make a socket of another transport", other_transport, false},
		{"connect to the control socket over TCP", control_socket_over_tcp, true},
		{"send to the control socket", control_socket_by_datagram, true},
		{"listen", serve, false},
		{"attach a filter to a socket", attach_filter, false},
		{"mark packets", mark_packets, false},
		{"trace a sibling", trace_sibling, false},
		{"read the memory of a sibling", read_sibling, false},
		{"kill a sibling", kill_sibling, false},
		{"kill a thread of a sibling", kill_thread_of_sibling, true},
		{"become root", become_root, false},
		{"enter a namespace of its own", own_namespace, false},
		{"map memory to write code into", write_code, false},
		{"make memory executable", make_code, false},
		{"make a file in memory", memory_file, false},
		{"set up an io_uring", ring, false},
		{"load a program into the kernel", program_kernel, false},
		{"type into a terminal", type_into_terminal, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		int status = in_sandbox(attacks[i].attack);
		if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
			fail_msg("%s: possible (%d)", attacks[i].name, WEXITSTATUS(status));
		if ((EXACT && attacks[i].fails != (bool)WIFEXITED(status)) ||
			(WIFSIGNALED(status) && WTERMSIG(status) != SIGSYS))
			fail_msg("%s: ended otherwise (%#x)", attacks[i].name, (unsigned)status);
		/* nobody else was harmed */
		assert_int_equal(waitpid(sibling, NULL, WNOHANG), 0);
	}
}

/* What it is there for goes on: otherwise the list above would prove little. */
static long check_a_server(void)
{
	struct sockaddr_in name;
	socklen_t length = sizeof(name);
	int error = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || recv(fd, &error, sizeof(error), 0) != -1)
		return 1;
	memset(&name, 0, sizeof(name));
	name.sin_family = AF_INET;
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	name.sin_port = htons(9);
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == -1 &&
		errno != EINPROGRESS && errno != ECONNREFUSED)
		return 1;
	length = sizeof(error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		return 1;
	return -1;
}

static void test_checks_are_possible(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(check_a_server), 0);
}

static int set_up(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	sibling = fork();
	if (sibling == 0) {
		pause();
		_exit(0);
	}
	controlled.sun_family = AF_UNIX;
	strcpy(controlled.sun_path + 1, "hf-attack-control");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(fd, (const struct sockaddr *)&controlled, sizeof(controlled)) == -1 ||
	       listen(fd, 1) == -1;
}

static int tear_down(void **state)
{
	(void)state;
	if (sibling > 0) {
		kill(sibling, SIGKILL);
		waitpid(sibling, NULL, 0);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks),
		cmocka_unit_test(test_checks_are_possible),
	};
	if (geteuid() != 0) {
		print_message("needs root: nothing tried\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
