/* What fails for the nursery, the runners and every script: everything else is allowed to them. */
#ifndef HOLDFAST_RUNNER_NURSERY_DENIALS_H
#define HOLDFAST_RUNNER_NURSERY_DENIALS_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/sandbox.h"

struct nursery_denial {
	struct sandbox_rule rule;
	int error;     /* with which it fails */
	bool root_may; /* not denied with --allow-root-scripts */
};

const struct nursery_denial *nursery_denials(size_t *count);

/* The filter made of them, to be released; NULL with errno. mode is not SANDBOX_OFF. */
scmp_filter_ctx nursery_filter_new(enum sandbox_mode mode, bool for_root);

#endif
