/* The calls that every process of the suite makes once it runs. */
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>

#include "common/sandbox.h"
#include "common/sandbox_tables.h"

static const struct sandbox_rule rules[] = {
	RULE(write, "console and log file lines"),
	RULE(recvmmsg, "messages from the other processes; advertisements"),
	RULE(sendmmsg, "many messages at once; advertisements and gratuitous ARP"),
	RULE(sendmsg, "messages to the other processes"),
	SPARE(sendto, "log lines to the connected syslog socket", "hosts with a system log"),
	RULE(close, "channels and log files that were replaced"),
	RULE1(fcntl, 1, F_SETFD, "close-on-exec for a channel that was received"),
	SANDBOX_WAIT("main loop"),
	RULE(epoll_ctl, "main loop: descriptors that come and go"),
	SPARE(clock_gettime, "the time", SANDBOX_NO_VDSO),
	SPARE(gettimeofday, "libevent's wall clock", SANDBOX_NO_VDSO),
	SPARE(brk, "heap: small blocks", "configurations that need more than the first 128 KiB"),
	SANDBOX_NO_EXEC(mmap, "heap: large blocks, never executable",
		"configurations of thousands of servers"),
	SPARE(munmap, "heap: large blocks freed", "configurations of thousands of servers"),
	RULE(getpid, "log lines"),
	SPARE(sysinfo, "qsort of a large array asks how much memory there is", "glibc before 2.37"),
	RULE(exit_group, "end of the process"),
	/* What libraries try and can do without: an error is an answer to them. */
	DENY(mremap, "C library: large blocks that grow in place; it copies them instead"),
	DENY(madvise, "C library: memory given back; it keeps it instead"),
	DENY(newfstatat, "C library: looks at the time zone file when it formats a time"),
	DENY(openat, "C library: looks for message catalogues and the time zone"),
	DENY(prctl, "proof that the filter is in force: nothing else refuses PR_GET_SECCOMP"),
};

const struct sandbox_rule *sandbox_common_rules(size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}
