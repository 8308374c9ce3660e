#include "parentd/launcher_sandbox.h"

#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include "checkerd/checkerd.h"
#include "common/caps.h"
#include "ipvsd/ipvsd.h"
#include "parentd/parentd_sandbox.h"
#include "vrrpd/vrrpd_profile.h"

/* fork, and no name space or thread with it. */
#define CLONE_MORE                                                                                 \
	((uint64_t)(CLONE_THREAD | CLONE_VM | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |       \
		    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))

static const struct sandbox_rule rules[] = {
	{.call = SCMP_SYS(clone),
		.args_count = 1,
		.args = {{0, CLONE_MORE, 0, "without threads and name spaces"}},
		.reason = "fork of a process of the suite"},
	RULE(wait4, "which process has ended, and how"),
	RULE(kill, "a process that hangs or breaks the protocol"),
	RULE(setresuid, "to kill it: becoming its user for a moment"),
	RULE(getuid, "to kill it: becoming oneself again"),
	RULE(ppoll, "main loop"),
	RULE(read, "signals, from their descriptor"),
	RULE(recvmsg, "messages from the processes, and from the nursery"),
	RULE(sendmsg, "messages to the processes, with descriptors"),
	RULE(sendto, "the service manager: ready, reloading, stopping; syslog"),
	RULE(write, "console and log file lines"),
	RULE(socketpair, "channels to and between the processes"),
	RULE(close, "channels and log files that were replaced"),
	RULE(fcntl, "descriptors moved to numbers that no process is started with"),
	RULE(execveat, "its own successor at an upgrade"),
	RULE(capset, "what the successor keeps"),
	RULE1(prctl, 0, PR_CAP_AMBIENT, "what the successor keeps"),
	RULE(openat, "log files; does a late process wait for the kernel; programs of an upgrade"),
	RULE(newfstatat, "log files: is it a directory"),
	RULE(ftruncate, "pid files; what its successor has to know"),
	RULE(pwrite64, "pid files; what its successor has to know"),
	RULE(unlink, "pid files and control socket at the end"),
	RULE(getpid, "log lines"),
	SPARE(clock_gettime, "the time", SANDBOX_NO_VDSO),
	RULE1(prctl, 0, PR_GET_SECCOMP, "proof that the filter is in force"),
	RULE(exit_group, "end of the process"),
};

/* In its child, which is the launcher still until it executes another program. */
static const struct sandbox_rule startup[] = {
	RULE(setsid, "a session of its own"),
	RULE(sched_setparam, "real-time priority of children, below its own"),
	RULE(sched_setscheduler, "ordinary priority of children that need no other"),
	RULE(setpriority, "priority, where there is no real-time one"),
	RULE(prlimit64, "limit of the time on a processor at real-time priority"),
};

static const struct sandbox_profile profile = {
	.process = "holdfast",
	.rules = rules,
	.rules_count = sizeof(rules) / sizeof(rules[0]),
	.complete = true,
	.startup = startup,
	.startup_count = sizeof(startup) / sizeof(startup[0]),
	/* NET_ADMIN and NET_RAW only to hand them on. */
	.capabilities = CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_NET_RAW) | CAPS_BIT(CAP_SETUID) |
			CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_SETPCAP),
};

/* Nothing is its own: a filter would be that of the scripts as well (runner/nursery_sandbox.c). */
static const struct sandbox_profile runner_profile = {.process = "runner"};

const struct sandbox_profile *launcher_sandbox_profile(void)
{
	return &profile;
}

const struct sandbox_profile *suite_sandbox_profile(enum proto_process process)
{
	switch (process) {
	case PROTO_LAUNCHER:
		return launcher_sandbox_profile();
	case PROTO_PARENT:
		return parentd_sandbox_profile();
	case PROTO_VRRP:
		return &vrrpd_profile;
	case PROTO_CHECK:
		return checkerd_sandbox_profile();
	case PROTO_IPVS:
		return ipvsd_sandbox_profile();
	case PROTO_RUNNER:
		return &runner_profile;
	}
	return NULL;
}

uint64_t launcher_sandbox_capabilities(enum proto_process process)
{
	return suite_sandbox_profile(process)->capabilities;
}

static size_t suite_children(const struct sandbox_profile *children[])
{
	size_t count = 0;

	for (int process = PROTO_PARENT; process < PROTO_DAEMON_END; process++)
		children[count++] = suite_sandbox_profile((enum proto_process)process);
	return count;
}

uint32_t launcher_sandbox_enter(enum sandbox_mode mode, uint32_t in_force)
{
	const struct sandbox_profile *children[PROTO_DAEMON_END - PROTO_PARENT];
	size_t count = suite_children(children);

	return sandbox_enter_envelope(&profile, children, count, mode, in_force);
}

int launcher_sandbox_export(enum sandbox_mode mode, int fd)
{
	const struct sandbox_profile *children[PROTO_DAEMON_END - PROTO_PARENT];
	size_t count = suite_children(children);

	return sandbox_export_envelope(&profile, children, count, mode, fd);
}
