/* ipvsd: the kernel's load balancer, by generic netlink. Keeps CAP_NET_ADMIN and nothing else. */
#ifndef HOLDFAST_IPVSD_H
#define HOLDFAST_IPVSD_H

#include "common/sandbox.h"

/* The whole process; ends with exit(3). */
void ipvsd_run(int argc, char **argv) __attribute__((noreturn));

/* What it may do. Also needed by the launcher, whose filter contains it. */
const struct sandbox_profile *ipvsd_sandbox_profile(void);

#endif
