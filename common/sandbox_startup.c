/* What lies between the launcher's fork and the filter of the process that it starts: part of the
 * launcher's own filter, because a filter is inherited and never widens. */
#include <seccomp.h>

#include "common/sandbox.h"
#include "common/sandbox_tables.h"

static const struct sandbox_rule rules[] = {
	RULE(setgroups, "launcher's child: no supplementary groups"),
	RULE(setresgid, "launcher's child: the group of the new process"),
	RULE(setresuid, "launcher's child: the user of the new process"),
	RULE(capset, "launcher's child: the capabilities to hand on; then emptying what is left"),
	RULE(capget, "new process: verification of its capabilities"),
	RULE(prctl, "bounding and ambient set, no_new_privs, and their verification"),
	RULE(execve, "launcher's child: the binary of the new process"),
	RULE(close_range, "new process: nothing but the descriptors meant for it"),
	RULE(dup2, "launcher's child: descriptors at their places"),
	RULE(dup3, "launcher's child: descriptors at their places"),
	RULE(fcntl,
		"close-on-exec of the inherited descriptors; libevent; seals of the state page"),
	RULE(rt_sigaction, "new process: signals ignored"),
	RULE(rt_sigprocmask, "new process: signals unblocked"),
	RULE(getsockopt, "new process: is its channel there"),
	RULE(access, "dynamic linker: /etc/ld.so.preload"),
	RULE(openat, "dynamic linker and C library: libraries, time zone"),
	RULE(read, "dynamic linker: libraries"),
	RULE(pread64, "dynamic linker: libraries"),
	RULE(lseek, "C library: files at start"),
	RULE(fstatfs, "libcap-ng at start: is /proc really that"),
	RULE(fstat, "dynamic linker: libraries; size of the state page"),
	RULE(newfstatat, "dynamic linker and C library: files at start"),
	RULE(readlink, "dynamic linker: $ORIGIN"),
	RULE(mmap, "dynamic linker: code is mapped executable"),
	RULE(mprotect, "dynamic linker: relocations become read-only"),
	RULE(arch_prctl, "C library: thread pointer"),
	RULE(set_tid_address, "C library: start"),
	RULE(set_robust_list, "C library: start"),
	RULE(rseq, "C library: start"),
	RULE(prlimit64, "C library: stack size; new process: its limits"),
	RULE(sched_getaffinity, "libraries: number of processors"),
	RULE(uname, "libraries: kernel version"),
	RULE(futex, "libraries: what they make ready once"),
	RULE(getrandom, "C library: heap hardening"),
	RULE(mremap, "libraries: large blocks that grow"),
	RULE(gettid, "libcap-ng: whose capabilities"),
	RULE(getuid, "new process: verification of its ids"),
	RULE(geteuid, "C library; verification"),
	RULE(getgid, "C library; verification"),
	RULE(getegid, "C library; verification"),
	RULE(getresuid, "new process: verification of its ids"),
	RULE(getresgid, "new process: verification of its ids"),
	RULE(getgroups, "new process: verification of its groups"),
	RULE(epoll_create1, "libevent: main loop"),
	RULE(timerfd_create, "libevent: precise timer"),
	RULE(eventfd2, "libevent: wake-up descriptor"),
	RULE(pipe2, "libevent: signal descriptors"),
	RULE(socketpair, "libevent: signal descriptors"),
	RULE(clock_getres, "libevent: which clock is precise"),
	RULE(landlock_create_ruleset, "new process: its view of the files"),
	RULE(landlock_add_rule, "new process: its view of the files"),
	RULE(landlock_restrict_self, "new process: its view of the files"),
	RULE(memfd_create, "new process: its own filter, as it is built"),
	RULE(madvise, "new process: memory given back that building the filter took"),
	RULE(seccomp, "new process: its own filter"),
};

const struct sandbox_rule *sandbox_startup_rules(size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}
