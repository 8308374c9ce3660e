/* The rights of parentd. */
#ifndef HOLDFAST_PARENTD_SANDBOX_H
#define HOLDFAST_PARENTD_SANDBOX_H

#include "common/sandbox.h"

const struct sandbox_profile *parentd_sandbox_profile(void);

#endif
