/* The launcher's rights, and those that it hands on. */
#ifndef HOLDFAST_LAUNCHER_SANDBOX_H
#define HOLDFAST_LAUNCHER_SANDBOX_H

#include <stdint.h>

#include "common/sandbox.h"
#include "proto/proto.h"

/* The profile of a process of the suite. */
const struct sandbox_profile *suite_sandbox_profile(enum proto_process process);

/* Bits 1 << CAP_… that the process is started with. */
uint64_t launcher_sandbox_capabilities(enum proto_process process);

/* Loads the filter that the launcher and all that it starts live in, unless it is in_force: see
 * sandbox_enter_envelope(). Fatal when it cannot. */
uint32_t launcher_sandbox_enter(enum sandbox_mode mode, uint32_t in_force);

/* Builds that filter into a BPF program on fd. mode is not SANDBOX_OFF. 0, or -1 with errno. */
int launcher_sandbox_export(enum sandbox_mode mode, int fd);

const struct sandbox_profile *launcher_sandbox_profile(void);

#endif
