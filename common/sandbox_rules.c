/* The calls that every process of the suite makes once it runs. */
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "common/sandbox.h"
#include "common/sandbox_tables.h"

static const struct sandbox_rule rules[] = {
	RULE(read, "timers and other inherited descriptors"),
	RULE(write, "console and log file lines"),
	RULE(recvmmsg, "messages from the other processes; advertisements"),
	RULE(recvmsg, "messages from the other processes"),
	RULE(sendmmsg, "many messages at once; advertisements and gratuitous ARP"),
	RULE(sendmsg, "messages to the other processes"),
	RULE(sendto, "log lines to the connected syslog socket"),
	RULE(close, "channels and log files that were replaced"),
	RULE1(fcntl, 1, F_SETFD, "close-on-exec for a channel that was received"),
	RULE1(fcntl, 1, F_GETFL, "libevent, when it adopts a received descriptor"),
	RULE(epoll_wait, "main loop"),
	RULE(epoll_pwait, "main loop"),
	RULE(epoll_ctl, "main loop: descriptors that come and go"),
	RULE(timerfd_settime, "main loop: its precise timer"),
	RULE(clock_gettime, "time, where the kernel has no vDSO for it"),
	RULE(gettimeofday, "libevent's wall clock, where the kernel has no vDSO for it"),
	RULE(time, "date of a change and of a syslog line, where the kernel has no vDSO for it"),
	RULE(brk, "heap: small blocks"),
	SANDBOX_NO_EXEC(mmap, "heap, never executable"),
	SANDBOX_NO_EXEC(mprotect, "heap, never executable"),
	RULE(munmap, "heap: large blocks freed"),
	RULE(mremap, "heap: large blocks that grow"),
	RULE1(madvise, 2, MADV_DONTNEED, "heap: memory given back"),
	RULE(futex, "C library locks"),
	RULE(getrandom, "C library: heap hardening"),
	RULE(getpid, "log lines"),
	RULE(rt_sigreturn, "return from a signal handler"),
	RULE(rt_sigprocmask, "C library: abort after a failed assertion"),
	RULE(gettid, "C library: abort after a failed assertion"),
	RULE(tgkill, "C library: abort after a failed assertion"),
	RULE(restart_syscall, "kernel: wait continued after a stop"),
	RULE1(prctl, 0, PR_GET_SECCOMP, "proof that the filter is in force"),
	RULE(sysinfo, "C library: qsort of a large array asks how much memory there is"),
	RULE(exit_group, "end of the process"),
	DENY(newfstatat, "C library: looks at the time zone file when it formats a time"),
	DENY(openat, "C library: looks for message catalogues and the time zone"),
};

const struct sandbox_rule *sandbox_common_rules(size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}
