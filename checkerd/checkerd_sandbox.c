#include "checkerd/checkerd.h"

#include <seccomp.h>

static const struct sandbox_rule rules[] = {
	RULE(timerfd_settime, "the timer of all checks"),
};

static const struct sandbox_profile profile = {
	.process = "checkerd", .rules = rules, .rules_count = sizeof(rules) / sizeof(rules[0])};

const struct sandbox_profile *checkerd_sandbox_profile(void)
{
	return &profile;
}
