#include "runner/nursery_sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/log.h"

#define OWN (CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID))

#define NEVER(call_, why_)                                                                         \
	{                                                                                          \
		.call = SCMP_SYS(call_), .reason = (why_)                                          \
	}
#define ROOT_MAY(call_, why_)                                                                      \
	{                                                                                          \
		.call = SCMP_SYS(call_), .root_may = true, .reason = (why_)                        \
	}

/* What no script of a service has to do, and what most ways out of a user's rights begin with. */
static const struct nursery_denial denials[] = {
	NEVER(ptrace, "reading and changing other processes of the user, the runner too"),
	NEVER(process_vm_readv, "the same without ptrace"),
	NEVER(process_vm_writev, "the same without ptrace"),
	NEVER(pidfd_getfd, "taking descriptors from other processes of the user"),
	NEVER(bpf, "kernel attack surface"),
	NEVER(perf_event_open, "kernel attack surface"),
	NEVER(userfaultfd, "kernel attack surface: makes its races easy to win"),
	NEVER(io_uring_setup, "kernel attack surface; passes by filters of system calls"),
	NEVER(io_uring_enter, "kernel attack surface; passes by filters of system calls"),
	NEVER(io_uring_register, "kernel attack surface; passes by filters of system calls"),
	NEVER(add_key, "kernel attack surface: keyrings"),
	NEVER(request_key, "kernel attack surface: keyrings; starts a helper as root"),
	NEVER(keyctl, "kernel attack surface: keyrings"),
	NEVER(kexec_load, "replaces the kernel"),
	NEVER(kexec_file_load, "replaces the kernel"),
	ROOT_MAY(init_module, "changes the kernel"),
	ROOT_MAY(finit_module, "changes the kernel"),
	ROOT_MAY(delete_module, "changes the kernel"),
	ROOT_MAY(mount, "changes what files everybody sees"),
	ROOT_MAY(umount2, "changes what files everybody sees"),
	ROOT_MAY(pivot_root, "changes what files everybody sees"),
	ROOT_MAY(move_mount, "mount, in its newer form"),
	ROOT_MAY(open_tree, "mount, in its newer form"),
	ROOT_MAY(fsopen, "mount, in its newer form"),
	ROOT_MAY(fspick, "mount, in its newer form"),
	ROOT_MAY(fsconfig, "mount, in its newer form"),
	ROOT_MAY(fsmount, "mount, in its newer form"),
	ROOT_MAY(mount_setattr, "mount, in its newer form"),
};

const struct nursery_denial *nursery_denials(size_t *count)
{
	*count = sizeof(denials) / sizeof(denials[0]);
	return denials;
}

/* A user name space makes its maker root in a world of its own, and so everything that only root
 * may ask the kernel for becomes attack surface. clone3 hides its flags from filters: who is told
 * that there is none uses clone. */
static int deny_user_namespaces(scmp_filter_ctx filter, uint32_t denied)
{
	const struct scmp_arg_cmp flag = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER);
	int result = seccomp_rule_add(filter, denied, SCMP_SYS(clone), 1, flag);

	if (result == 0)
		result = seccomp_rule_add(filter, denied, SCMP_SYS(unshare), 1, flag);
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return result;
}

static int fill(scmp_filter_ctx filter, uint32_t denied, bool for_root)
{
	int result = 0;

	/* Scripts may be programs of the other ways to call this kernel. */
	if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
		result = seccomp_arch_add(filter, SCMP_ARCH_X86);
		if (result == 0)
			result = seccomp_arch_add(filter, SCMP_ARCH_X32);
	}
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]) && result == 0; i++) {
		if (!for_root || !denials[i].root_may)
			result = seccomp_rule_add(filter, denied, denials[i].call, 0);
	}
	return result == 0 ? deny_user_namespaces(filter, denied) : result;
}

static void load_filter(enum sandbox_mode mode, bool for_root)
{
	uint32_t denied = mode == SANDBOX_LOG ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM);

	if (mode == SANDBOX_OFF)
		return;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (filter == NULL)
		fatalx("nursery: system call filter: no memory");
	int result = fill(filter, denied, for_root);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result != 0) {
		errno = -result;
		fatal("nursery: system call filter");
	}
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		fatalx("nursery: the system call filter is not in force");
}

static void reduce_capabilities(void)
{
	struct caps_sets sets;

	/* With an empty bounding set nothing that it executes can have a capability. */
	if (caps_reduce_bounding(0) == -1 || caps_set(OWN, OWN, 0) == -1 ||
		caps_clear_ambient() == -1 || caps_get(&sets) == -1)
		fatal("nursery: capabilities");
	if (sets.permitted != OWN || sets.effective != OWN || sets.bounding != 0 ||
		sets.inheritable != 0 || sets.ambient != 0)
		fatalx("nursery: it has other capabilities than it should");
}

void nursery_sandbox_enter(enum sandbox_mode mode, bool for_root)
{
	if (getuid() == 0 || geteuid() == 0 || getgroups(0, NULL) != 0)
		fatalx("nursery: it must not be root or have groups");
	if (for_root) {
		if (caps_clear_ambient() == -1)
			fatal("nursery: capabilities");
	} else {
		reduce_capabilities();
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		fatal("nursery: no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("nursery: dumpable");
	load_filter(mode, for_root);
}

static int verify(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3], group;
	struct caps_sets sets;

	if (getresuid(&uids[0], &uids[1], &uids[2]) == -1 ||
		getresgid(&gids[0], &gids[1], &gids[2]) == -1 || getgroups(1, &group) != 1 ||
		group != gid || caps_get(&sets) == -1)
		return -1;
	for (int i = 0; i < 3; i++) {
		if (uids[i] != uid || gids[i] != gid)
			return -1;
	}
	if (uid == 0)
		return 0;
	return (sets.permitted | sets.effective | sets.bounding | sets.inheritable |
		       sets.ambient) == 0
		       ? 0
		       : -1;
}

int nursery_become(unsigned uid, unsigned gid)
{
	const gid_t group = gid;
	struct caps_sets sets;

	if (setgroups(1, &group) == -1 || setresgid(gid, gid, gid) == -1)
		return -1;
	/* Only a nursery for root has a bounding set left, and it may change that. */
	if (uid != 0 &&
		(caps_get(&sets) == -1 || (sets.bounding != 0 && caps_reduce_bounding(0) == -1)))
		return -1;
	if (setresuid(uid, uid, uid) == -1)
		return -1;
	if (uid != 0 && (caps_set(0, 0, 0) == -1 || caps_clear_ambient() == -1))
		return -1;
	if (verify(uid, gid) == 0)
		return 0;
	errno = EPERM;
	return -1;
}
