#include "checkerd/checkerd.h"

/* The common rules are enough: it has channels and a timer, and opens nothing. */
static const struct sandbox_profile profile = {.process = "checkerd"};

const struct sandbox_profile *checkerd_sandbox_profile(void)
{
	return &profile;
}
