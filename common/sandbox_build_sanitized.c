/* What AddressSanitizer and UndefinedBehaviorSanitizer call on their own. Only in such a build. */
#include <seccomp.h>

#include "common/sandbox_tables.h"

static const struct sandbox_rule rules[] = {
	RULE(sigaltstack, "sanitizer: its signal stack"),
	RULE(rt_sigaction, "sanitizer: its signal handlers"),
	RULE(madvise, "sanitizer: shadow memory"),
	SANDBOX_NO_EXEC(mprotect, "sanitizer: shadow memory", NULL),
	RULE(mremap, "sanitizer: its own heap"),
	RULE(futex, "sanitizer: its locks"),
	RULE(getrandom, "sanitizer: its own heap"),
	RULE(gettid, "sanitizer report"),
	RULE(rt_sigprocmask, "sanitizer: abort"),
	RULE(tgkill, "sanitizer: abort"),
	RULE(rt_sigreturn, "sanitizer: its signal handlers"),
	RULE(brk, "sanitizer: the C library's heap"),
	RULE(sched_yield, "sanitizer: its locks"),
	RULE(getrlimit, "sanitizer: stack bounds"),
	RULE(prlimit64, "sanitizer: stack bounds"),
	RULE(readlink, "sanitizer report: names of files"),
	RULE(getuid, "sanitizer report"),
	RULE(geteuid, "sanitizer report"),
	RULE(ioctl, "sanitizer report: is standard error a terminal"),
	RULE(fstat, "sanitizer report"),
	RULE(lseek, "sanitizer report"),
	RULE(pread64, "sanitizer report"),
	RULE(uname, "sanitizer: kernel version"),
};

const struct sandbox_rule *sandbox_build_rules(size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}

static const struct sandbox_rule startup_rules[] = {
	RULE(open, "sanitizer: its view of the address space, /proc/self"),
	RULE(getpid, "sanitizer: start"),
	RULE(gettid, "sanitizer: start"),
	RULE(personality, "sanitizer: address space randomisation"),
};

const struct sandbox_rule *sandbox_build_startup_rules(size_t *count)
{
	*count = sizeof(startup_rules) / sizeof(startup_rules[0]);
	return startup_rules;
}

const char *__asan_default_options(void);

/* LeakSanitizer stops the process by ptrace(2) from a process of its own: not behind this filter.
 */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
