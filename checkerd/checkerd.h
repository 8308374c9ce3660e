/* checkerd: health checks of real servers. Holds no capability and sees no file. */
#ifndef HOLDFAST_CHECKERD_H
#define HOLDFAST_CHECKERD_H

#include "common/sandbox.h"

/* The whole process; ends with exit(3). */
void checkerd_run(int argc, char **argv) __attribute__((noreturn));

/* What it may do. Also needed by the launcher, whose filter contains it. */
const struct sandbox_profile *checkerd_sandbox_profile(void);

#endif
