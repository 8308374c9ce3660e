#include "runner/nursery_denials.h"

#include <errno.h>
#include <sched.h>

#define NEVER(call_, why_)                                                                         \
	{                                                                                          \
		.rule = {.call = SCMP_SYS(call_), .verdict = SANDBOX_DENY, .reason = (why_)},      \
		.error = EPERM                                                                     \
	}
#define ROOT_MAY(call_, why_)                                                                      \
	{                                                                                          \
		.rule = {.call = SCMP_SYS(call_), .verdict = SANDBOX_DENY, .reason = (why_)},      \
		.error = EPERM, .root_may = true                                                   \
	}

/* A user name space makes its maker root in a world of its own, and so everything that only root
 * may ask the kernel for becomes attack surface. */
#define NO_USER_NAMESPACE(call_)                                                                   \
	{                                                                                          \
		.rule = {.call = SCMP_SYS(call_),                                                  \
			.verdict = SANDBOX_DENY,                                                   \
			.args_count = 1,                                                           \
			.args = {{0, CLONE_NEWUSER, CLONE_NEWUSER, "with CLONE_NEWUSER"}},         \
			.reason = "a user name space: root's part of the kernel attack surface"},  \
		.error = EPERM                                                                     \
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
	NO_USER_NAMESPACE(clone),
	NO_USER_NAMESPACE(unshare),
	/* Who is told that there is none uses clone. */
	{.rule = {.call = SCMP_SYS(clone3),
		 .verdict = SANDBOX_DENY,
		 .reason = "its flags cannot be seen by a filter; libraries use clone instead"},
		.error = ENOSYS},
};

const struct nursery_denial *nursery_denials(size_t *count)
{
	*count = sizeof(denials) / sizeof(denials[0]);
	return denials;
}

static int add(scmp_filter_ctx filter, const struct nursery_denial *denial, enum sandbox_mode mode)
{
	const struct sandbox_rule *rule = &denial->rule;
	/* Not even logged: nothing but "there is no such call" makes a library use the other one.
	 */
	bool only_logged = mode == SANDBOX_LOG && denial->error != ENOSYS;
	uint32_t action = only_logged ? SCMP_ACT_LOG : SCMP_ACT_ERRNO((uint16_t)denial->error);
	const struct scmp_arg_cmp flag = SCMP_CMP64(
		rule->args[0].index, SCMP_CMP_MASKED_EQ, rule->args[0].mask, rule->args[0].value);

	return seccomp_rule_add_array(filter, action, rule->call, rule->args_count, &flag);
}

static int fill(scmp_filter_ctx filter, enum sandbox_mode mode, bool for_root)
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
			result = add(filter, &denials[i], mode);
	}
	return result;
}

scmp_filter_ctx nursery_filter_new(enum sandbox_mode mode, bool for_root)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	int result = fill(filter, mode, for_root);
	if (result == 0)
		return filter;
	seccomp_release(filter);
	errno = -result;
	return NULL;
}
