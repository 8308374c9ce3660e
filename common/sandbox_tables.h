/* The tables that are appended to every profile, and the filter made of them; private to this
 * folder and its tests. */
#ifndef HOLDFAST_SANDBOX_TABLES_H
#define HOLDFAST_SANDBOX_TABLES_H

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "common/sandbox.h"

/* mmap and mprotect with any protection but PROT_EXEC. */
#define SANDBOX_NO_EXEC(call_, why_, where_)                                                       \
	{                                                                                          \
		.call = SCMP_SYS(call_), .args_count = 1,                                          \
		.args = {{2, PROT_EXEC, 0, "without PROT_EXEC"}}, .reason = (why_),                \
		.spare = (where_)                                                                  \
	}

/* The main loop's call: the C library has no other one where the kernel lacks epoll_wait. */
#ifdef __NR_epoll_wait
#define SANDBOX_WAIT(why_) RULE(epoll_wait, why_)
#else
#define SANDBOX_WAIT(why_) RULE(epoll_pwait, why_)
#endif

/* What the run-time library of this build needs: nothing, or what sanitizers do. */
const struct sandbox_rule *sandbox_build_rules(size_t *count);

/* What it needs in addition before a process's own filter. */
const struct sandbox_rule *sandbox_build_startup_rules(size_t *count);

/* What a process calls between the launcher's fork and its own filter. */
const struct sandbox_rule *sandbox_startup_rules(size_t *count);

/* Tables that together make one filter. */
struct sandbox_table {
	const struct sandbox_rule *rules;
	size_t count;
};
#define SANDBOX_TABLES_MAX 24
struct sandbox_tables {
	struct sandbox_table list[SANDBOX_TABLES_MAX];
	size_t count;
};

/* The tables of a process's own filter; of the launcher's filter. */
void sandbox_tables_own(struct sandbox_tables *tables, const struct sandbox_profile *profile);
void sandbox_tables_envelope(struct sandbox_tables *tables, const struct sandbox_profile *own,
	const struct sandbox_profile *const children[], size_t count);

/* Differs when the filter does; never 0. */
uint32_t sandbox_tables_sum(const struct sandbox_tables *tables, enum sandbox_mode mode);

/* Loads the filter into the kernel. 0, or -1 with errno. */
int sandbox_filter_load(const struct sandbox_tables *tables, enum sandbox_mode mode);

#endif
