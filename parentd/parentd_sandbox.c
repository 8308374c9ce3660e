#include "parentd/parentd_sandbox.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/socket.h>

static const struct sandbox_rule rules[] = {
	RULE(read, "configuration, /proc, tracked files, inotify"),
	SPARE(time, "date of the configuration and of a mail", SANDBOX_NO_VDSO),
	RULE(recvmsg, "configuration: this host's networks"),
	RULE(sendto, "control socket: replies"),
	RULE(openat, "configuration and what it includes, /proc, dumps (Landlock says where)"),
	RULE(newfstatat, "configuration: is it a plain file; size of files; time zone"),
	SPARE(fstat, "size of files", "glibc from 2.39"),
	RULE(lseek, "files that were read ahead of"),
	RULE(getdents64, "configuration: names with wildcards that it includes"),
	RULE(readlinkat, "paths of scripts: where a link leads"),
	RULE(access, "configuration: why it cannot be read"),
	RULE(unlink, "dumps: a draft of an earlier one"),
	RULE(rename, "dumps: the draft becomes the dump"),
	RULE(memfd_create, "the text of the configuration in force, for the next parentd"),
	RULE1(fcntl, 1, F_ADD_SEALS,
		"the text of the configuration in force, for the next parentd"),
	RULE(pread64, "the text of the configuration in force, from the parentd before"),
	RULE1(fcntl, 1, F_GET_SEALS, "state pages: they must not shrink"),
	RULE1(fcntl, 1, F_GETFL, "dumps: a stream over the descriptor"),
	RULE(uname, "configuration: @ID lines of this host"),
	RULE2(socket, 0, AF_NETLINK, 2, NETLINK_ROUTE, "configuration: this host's networks"),
	RULE(bind, "configuration: this host's networks"),
	RULE(getsockname, "configuration: this host's networks"),
	RULE(accept4, "control socket: clients"),
	RULE(recvfrom, "control socket: requests"),
	RULE2(getsockopt, 1, SOL_SOCKET, 2, SO_PEERCRED, "control socket: who asks"),
	RULE2(getsockopt, 1, SOL_SOCKET, 2, SO_PEERGROUPS, "control socket: who asks"),
	RULE(inotify_init1, "tracked files: when they change"),
	RULE(inotify_add_watch, "tracked files: their folders"),
	RULE(inotify_rm_watch, "tracked files: folders that were renamed"),
	RULE(pidfd_open, "tracked processes: to know at once that one has ended"),
	RULE(poll, "tracked processes: has it ended"),
	RULE(getppid, "status: the launcher"),
};

static const struct sandbox_profile profile = {
	.process = "parentd", .rules = rules, .rules_count = sizeof(rules) / sizeof(rules[0])};

const struct sandbox_profile *parentd_sandbox_profile(void)
{
	return &profile;
}
