/* The rights of the nursery, and of the runners and scripts that come from it. */
#ifndef HOLDFAST_RUNNER_NURSERY_SANDBOX_H
#define HOLDFAST_RUNNER_NURSERY_SANDBOX_H

#include <stdbool.h>

#include "common/sandbox.h"

/* Down to CAP_SETUID and CAP_SETGID with an empty bounding set (for_root: all that it was started
 * with), no_new_privs, and the filter that scripts inherit; all of it read back. Fatal when it
 * cannot be done. */
void nursery_sandbox_enter(enum sandbox_mode mode, bool for_root);

/* In a child of the nursery: this user and this group alone, no capability in any set (user 0 keeps
 * what the nursery has), read back. Returns 0, or -1 with errno. */
int nursery_become(unsigned uid, unsigned gid);

#endif
