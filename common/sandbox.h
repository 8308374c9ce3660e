/* Dropping rights, in one order for every process: everything open -> Landlock -> groups, uid and
 * capabilities -> verified -> no_new_privs -> rlimits -> seccomp -> first remote byte. */
#ifndef HOLDFAST_SANDBOX_H
#define HOLDFAST_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sandbox_mode {
	SANDBOX_ENFORCE, /* a call outside the list kills the process */
	SANDBOX_LOG,     /* it is logged by the kernel and goes through */
	SANDBOX_OFF,     /* no filter, no Landlock; users and capabilities still apply */
};

/* One comparison on an argument: (argument[index] & mask) == value. */
struct sandbox_arg {
	uint8_t index;
	uint64_t mask;
	uint64_t value;
	const char *text; /* in words: "AF_INET", "without PROT_EXEC" */
};

enum sandbox_verdict {
	SANDBOX_ALLOW = 0,
	SANDBOX_DENY, /* libc merely probes it: fails with EACCES instead of killing */
};

/* One allowed call. Every comparison must hold; the same call may have several rows. reason is
 * printed to operators and refused when empty. */
struct sandbox_rule {
	int call; /* SCMP_SYS(…) */
	enum sandbox_verdict verdict;
	uint8_t args_count;
	struct sandbox_arg args[3];
	const char *reason;
	const char *spare; /* which machine or library needs it, when the tests may never do */
};

#define SANDBOX_ANY_BITS UINT64_MAX
#define SANDBOX_INT_BITS UINT64_C(0xffffffff)
#define SANDBOX_IS(index_, value_, text_)                                                          \
	{                                                                                          \
		(index_), SANDBOX_INT_BITS, (uint64_t)(value_), (text_)                            \
	}
#define RULE(call_, why_)                                                                          \
	{                                                                                          \
		.call = SCMP_SYS(call_), .reason = (why_)                                          \
	}
#define SPARE(call_, why_, where_)                                                                 \
	{                                                                                          \
		.call = SCMP_SYS(call_), .reason = (why_), .spare = (where_)                       \
	}
#define RULE1(call_, index_, value_, why_)                                                         \
	{                                                                                          \
		.call = SCMP_SYS(call_), .args_count = 1,                                          \
		.args = {SANDBOX_IS(index_, value_, #value_)}, .reason = (why_)                    \
	}
#define RULE2(call_, index1_, value1_, index2_, value2_, why_)                                     \
	{                                                                                          \
		.call = SCMP_SYS(call_), .args_count = 2,                                          \
		.args = {SANDBOX_IS(index1_, value1_, #value1_),                                   \
			SANDBOX_IS(index2_, value2_, #value2_)},                                   \
		.reason = (why_)                                                                   \
	}
/* socket(2) with family, type and protocol exactly; every such socket is non-blocking. */
#define RULE_SOCKET(family_, type_, protocol_, why_)                                               \
	{                                                                                          \
		.call = SCMP_SYS(socket), .args_count = 3,                                         \
		.args = {SANDBOX_IS(0, family_, #family_),                                         \
			SANDBOX_IS(1, (type_) | SOCK_CLOEXEC | SOCK_NONBLOCK, #type_),             \
			SANDBOX_IS(2, protocol_, #protocol_)},                                     \
		.reason = (why_)                                                                   \
	}
#define RULE_SOCKOPT(level_, option_, why_)                                                        \
	{                                                                                          \
		.call = SCMP_SYS(setsockopt), .args_count = 2,                                     \
		.args = {SANDBOX_IS(1, level_, #level_), SANDBOX_IS(2, option_, #option_)},        \
		.reason = (why_)                                                                   \
	}
/* Where no clock can be read without the kernel: some virtual machines, and user-mode-linux. */
#define SANDBOX_NO_VDSO "kernels and machines without a vDSO for it"
#define DENY(call_, why_)                                                                          \
	{                                                                                          \
		.call = SCMP_SYS(call_), .verdict = SANDBOX_DENY, .reason = (why_)                 \
	}

/* A directory or file that stays visible under Landlock. */
struct sandbox_path {
	const char *path;
	bool write; /* else read only; nothing is executable unless exec */
	bool exec;
};

/* What one process is to be when it reads its first remote byte. The rules live in the process's
 * own directory (vrrpd/vrrpd_sandbox.c …). */
struct sandbox_profile {
	const char *process;
	const struct sandbox_rule *rules;
	size_t rules_count;
	uint64_t capabilities; /* exact set kept, bits 1 << CAP_… */
	/* What it calls beyond the common start-up (exec, dynamic linker, libevent) before
	 * sandbox_enter: not in its own filter, but in the launcher's, which it inherits. */
	const struct sandbox_rule *startup;
	size_t startup_count;
	/* Nothing but rules: what the others have in common is not appended. */
	bool complete;
};

/* The calls that every process of the suite makes (memory, time, its inherited descriptors, exit),
 * appended to each profile's own rules. Returns the table and its length. */
const struct sandbox_rule *sandbox_common_rules(size_t *count);

/* Row by row what a process's own filter is made of, in the order in which it is built; NULL past
 * the end. */
const struct sandbox_rule *sandbox_rule_at(const struct sandbox_profile *profile, size_t place);

/* The same of what the processes of the suite call between the launcher's fork and their filter. */
const struct sandbox_rule *sandbox_startup_rule_at(size_t place);

/* What a row asks of the arguments: "family AF_INET, type SOCK_STREAM, protocol 0"; empty when it
 * asks nothing. */
void sandbox_rule_words(const struct sandbox_rule *rule, char *text, size_t size);

/* Reads "enforce", "log" or "off"; returns 0, or -1 with errno EINVAL. */
int sandbox_mode_parse(const char *word, enum sandbox_mode *mode);

/* Confines file access to paths where the kernel offers Landlock (said at LOG_INFO where not).
 * count 0: no file at all. Returns 0, or -1 with errno when an offered Landlock cannot be set up.
 */
int sandbox_landlock(enum sandbox_mode mode, const struct sandbox_path *paths, size_t count);

/* For every process but the launcher. Checks that it runs as it should after exec: not uid 0, no
 * supplementary group, real = effective = saved ids, exactly the profile's capabilities in the
 * bounding set; reduces permitted and effective to them; empties the inheritable and ambient sets,
 * sets no_new_privs and the limits (no core file, no new process), loads the filter, and reads all
 * of it back. Anything that cannot be done or verified is fatal(). */
void sandbox_enter(const struct sandbox_profile *profile, enum sandbox_mode mode);

/* For the launcher: the same, but it may start processes, and because a filter is inherited over
 * fork and exec and never widens, its filter is the union of its own rules, the way from fork to a
 * new process's own filter, and the rules of every process that it starts. Returns a number that
 * stands for that filter. A launcher that was executed by one whose number was the same (in_force;
 * 0: there is none) has it already: filters add up over exec, each costs every system call some
 * time, and the kernel takes only so many. */
uint32_t sandbox_enter_envelope(const struct sandbox_profile *own,
	const struct sandbox_profile *const children[], size_t count, enum sandbox_mode mode,
	uint32_t in_force);

/* Builds the filter of a process into a BPF program on fd, and the launcher's (for the audit and
 * for tests). mode is not SANDBOX_OFF. 0, or -1 with errno. */
int sandbox_export(const struct sandbox_profile *profile, enum sandbox_mode mode, int fd);
int sandbox_export_envelope(const struct sandbox_profile *own,
	const struct sandbox_profile *const children[], size_t count, enum sandbox_mode mode,
	int fd);

#endif
