/* Attacks by the call. None does harm where it is possible: signals are 0, addresses are null. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/attack.h"

#define SOCKET_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)
#define UNUSED_ID    64399 /* a user that nobody has */

struct attack_victims victims;

/* ---- files ---- */

static long open_by_openat2(void)
{
	const struct open_how how = {.flags = O_RDONLY};
	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how));
}

static long read_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long write_file(void)
{
	return open("/etc/passwd", O_WRONLY | O_APPEND);
}

static long make_file(void)
{
	return open("/etc/holdfast-attack", O_WRONLY | O_CREAT, 0600);
}

static long make_file_by_creat(void)
{
	return syscall(SYS_creat, "/etc/holdfast-attack", 0600);
}

static long remove_file(void)
{
	return unlink("/etc/passwd");
}

static long change_mode(void)
{
	return syscall(SYS_chmod, "/etc/passwd", 0666);
}

static long make_link(void)
{
	return symlink("/etc/passwd", "/etc/holdfast-attack");
}

static long make_device(void)
{
	return syscall(SYS_mknod, "/etc/holdfast-attack", 0020600, 0x0101);
}

static long memory_file(void)
{
	return memfd_create("code", 0);
}

/* ---- programs ---- */

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
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

/* ---- sockets ---- */

static long pair_of_sockets(void)
{
	int pair[2];
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static long address_of_another_family(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/run/holdfast/control.sock"};
	int fd = socket(AF_INET, SOCK_STREAM | SOCKET_FLAGS, 0);

	return fd == -1 ? -1 : connect(fd, (const struct sockaddr *)&name, sizeof(name));
}

static long attach_filter(void)
{
	const struct sock_fprog program = {0};
	return setsockopt(
		victims.listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static long mark_packets(void)
{
	const int mark = 1;
	return setsockopt(victims.listener, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
}

static long serve(void)
{
	return listen(victims.listener, 1);
}

/* ---- other processes ---- */

static long trace_sibling(void)
{
	return ptrace(PTRACE_SEIZE, victims.sibling, NULL, NULL);
}

static long read_sibling(void)
{
	char byte;
	struct iovec here = {&byte, 1};
	return process_vm_readv(victims.sibling, &here, 1, &here, 1, 0);
}

static long write_sibling(void)
{
	char byte = 0;
	struct iovec here = {&byte, 1};
	return process_vm_writev(victims.sibling, &here, 1, &here, 1, 0);
}

static long kill_sibling(void)
{
	return kill(victims.sibling, 0);
}

static long kill_thread_of_sibling(void)
{
	return syscall(SYS_tgkill, victims.sibling, victims.sibling, 0);
}

static long queue_signal(void)
{
	return syscall(SYS_rt_sigqueueinfo, victims.sibling, 0, NULL);
}

static long limit_sibling(void)
{
	const struct rlimit none = {0, 0};
	return prlimit(victims.sibling, RLIMIT_NOFILE, &none, NULL);
}

/* ---- rights ---- */

static long become_root(void)
{
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long become_another(void)
{
	return syscall(SYS_setresuid, UNUSED_ID, UNUSED_ID, UNUSED_ID);
}

static long join_group(void)
{
	const gid_t group = 0;
	return syscall(SYS_setgroups, 1, &group);
}

static long raise_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	memset(data, 0xff, sizeof(data));
	return syscall(SYS_capset, &header, data);
}

static long raise_ambient(void)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0);
}

/* ---- memory ---- */

static long write_code(void)
{
	void *page = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -1 : 0;
}

static long map_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? -1 : 0;
}

static long make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long make_code_by_pkey(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1);
}

static long type_into_terminal(void)
{
	char byte = '\n';
	return ioctl(0, TIOCSTI, &byte);
}

#define SOCKET(family_, type_, protocol_)                                                          \
	.call = SYS_socket, .arguments = {(family_), (type_) | SOCKET_FLAGS, (protocol_)}

const struct attack attacks[] = {
	/* launcher, parentd, vrrpd, checkerd, ipvsd, nursery, script */
	{"open a file", "PPRRRPP", .function = read_file},
	{"open a file in another way", "KKKKKPP", .function = open_by_openat2},
	{"write to a file", "RRRRRRR", .function = write_file},
	{"make a file", "RRRRRRR", .function = make_file},
	{"make a file in another way", "KKKKKRR", .function = make_file_by_creat},
	{"remove a file", "RRKKKRR", .function = remove_file},
	{"change the mode of a file", "KKKKKRR", .function = change_mode},
	{"make a link", "KKKKKRR", .function = make_link},
	{"make a device", "KKKKKRR", .function = make_device},
	{"make a file in memory", "PPKKKPP", .function = memory_file},
	{"execute a program", "PKKKKPP", .function = execute},
	{"execute a program in another way", "PKKKKPP", .function = execute_at},
	{"start a process", "PKKKKPP", .function = start_process},
	/* the kernel itself refuses these flags together; the filters do not get that far */
	{"start a thread in another way", "KKKKKRR", .call = SYS_clone,
		.arguments = {CLONE_THREAD}},
	{"start a thread", "KKKKKRR", .call = SYS_clone3},

	{"make a TCP socket", "PKKPKPP", SOCKET(AF_INET, SOCK_STREAM, 0)},
	{"make an SCTP socket", "KKKKK??", SOCKET(AF_INET, SOCK_STREAM, IPPROTO_SCTP)},
	{"make a raw socket", "KKKKKRR", SOCKET(AF_INET, SOCK_RAW, IPPROTO_ICMP)},
	{"make a raw IPv6 socket", "KKKKKRR", SOCKET(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)},
	{"make a packet socket", "PKKKKRR", SOCKET(AF_PACKET, SOCK_RAW, 0)},
	{"make a socket for addresses", "PPKKKPP", SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)},
	{"make a generic netlink socket", "PKKKKPP", SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)},
	{"make a socket for audit", "KKKKK??", SOCKET(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)},
	{"make a unix socket", "KKKKKPP", SOCKET(AF_UNIX, SOCK_STREAM, 0)},
	{"make a socket of another family", "KKKKK??", SOCKET(AF_ALG, SOCK_SEQPACKET, 0)},
	{"make a pair of sockets", "PKKKKPP", .function = pair_of_sockets},
	{"connect to the control socket over TCP", "RKKRKRR",
		.function = address_of_another_family},
	{"serve", "KKKKKPP", .function = serve},
	{"attach a filter to a socket", "RKRKKRR", .function = attach_filter},
	{"mark packets", "KKKKKRR", .function = mark_packets},

	{"trace a sibling", "KKKKKRR", .function = trace_sibling},
	{"read the memory of a sibling", "KKKKKRR", .function = read_sibling},
	{"write the memory of a sibling", "KKKKKRR", .function = write_sibling},
	{"take a descriptor of a sibling", "KKKKKRR", .call = SYS_pidfd_getfd},
	{"signal a sibling", "RKKKKRR", .function = kill_sibling},
	{"signal a thread of a sibling", "KKKKKRR", .function = kill_thread_of_sibling},
	{"signal by a descriptor", "KKKKKRR", .call = SYS_pidfd_send_signal, .arguments = {-1}},
	{"queue a signal", "KKKKKRR", .function = queue_signal},
	{"limit a sibling", "RKKKKRR", .function = limit_sibling},

	{"become root", "PKKKKPR", .function = become_root},
	{"become another user", "PKKKKPR", .function = become_another},
	{"join a group", "PKKKKPR", .function = join_group},
	{"gain capabilities", "RKKKKRR", .function = raise_capabilities},
	{"gain an ambient capability", "RRRRRRR", .function = raise_ambient},
	{"make a user name space", "KKKKKRR", .call = SYS_unshare, .arguments = {CLONE_NEWUSER}},
	{"make a network of its own", "KKKKKRR", .call = SYS_unshare, .arguments = {CLONE_NEWNET}},
	{"enter a name space", "KKKKKRR", .call = SYS_setns, .arguments = {-1}},
	{"change the root", "KKKKKRR", .call = SYS_chroot, .arguments = {0}},

	{"mount", "KKKKKRR", .call = SYS_mount},
	{"unmount", "KKKKKRR", .call = SYS_umount2},
	{"change the root of all", "KKKKKRR", .call = SYS_pivot_root},
	{"open a file system", "KKKKKRR", .call = SYS_fsopen},
	{"load a program into the kernel", "KKKKKRR", .call = SYS_bpf},
	{"load a module", "KKKKKRR", .call = SYS_finit_module, .arguments = {-1}},
	{"replace the kernel", "KKKKKRR", .call = SYS_kexec_load},
	{"restart the machine", "KKKKKRR", .call = SYS_reboot},
	{"swap", "KKKKKRR", .call = SYS_swapon},
	{"set the clock", "KKKKKRR", .call = SYS_clock_settime},
	{"set the name of the host", "KKKKKRR", .call = SYS_sethostname},
	{"count events of the kernel", "KKKKKRR", .call = SYS_perf_event_open},
	{"handle page faults", "KKKKKRR", .call = SYS_userfaultfd},
	{"set up an io_uring", "KKKKKRR", .call = SYS_io_uring_setup},
	{"use keyrings", "KKKKKRR", .call = SYS_keyctl},
	{"add a key", "KKKKKRR", .call = SYS_add_key},
	{"have a helper ask for a key", "KKKKKRR", .call = SYS_request_key},
	{"read the kernel's log", "KKKKKRR", .call = SYS_syslog, .arguments = {2}},
	{"reach ports of the machine", "KKKKKRR", .call = SYS_ioperm, .arguments = {0, 1, 1}},
	{"type into a terminal", "KKKKKRR", .function = type_into_terminal},

	{"map memory to write code into", "PKKKKPP", .function = write_code},
	{"map memory that is executable", "PKKKKPP", .function = map_code},
	{"make memory executable", "PKKKKPP", .function = make_code},
	{"make memory executable in another way", "KKKKKPP", .function = make_code_by_pkey},
};
const size_t attacks_count = sizeof(attacks) / sizeof(attacks[0]);
