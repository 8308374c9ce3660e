/* Rules as operators read them. */
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "common/sandbox.h"

/* What the manual page of the call names the argument. */
static const char *argument_name(int call, unsigned index)
{
	static const struct {
		int call;
		unsigned index;
		const char *name;
	} names[] = {
		{SCMP_SYS(clone), 0, "flags"},
		{SCMP_SYS(fcntl), 1, "command"},
		{SCMP_SYS(getsockopt), 1, "level"},
		{SCMP_SYS(getsockopt), 2, "option"},
		{SCMP_SYS(ioctl), 1, "request"},
		{SCMP_SYS(madvise), 2, "advice"},
		{SCMP_SYS(mmap), 2, "protection"},
		{SCMP_SYS(mprotect), 2, "protection"},
		{SCMP_SYS(prctl), 0, "option"},
		{SCMP_SYS(setsockopt), 1, "level"},
		{SCMP_SYS(setsockopt), 2, "option"},
		{SCMP_SYS(socket), 0, "family"},
		{SCMP_SYS(socket), 1, "type"},
		{SCMP_SYS(socket), 2, "protocol"},
		{SCMP_SYS(unshare), 0, "flags"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].call == call && names[i].index == index)
			return names[i].name;
	}
	return "argument";
}

void sandbox_rule_words(const struct sandbox_rule *rule, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < rule->args_count && length < size; i++) {
		const struct sandbox_arg *arg = &rule->args[i];
		length += (size_t)snprintf(text + length, size - length, "%s%s %s",
			i > 0 ? ", " : "", argument_name(rule->call, arg->index), arg->text);
	}
}
