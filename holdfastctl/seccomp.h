/* Parts of `holdfastctl seccomp`. */
#ifndef HOLDFAST_CTL_SECCOMP_H
#define HOLDFAST_CTL_SECCOMP_H

#include <jansson.h>
#include <stdbool.h>

/* {"processes": [...]}, as docs/JSON.md says, with nothing of what runs. */
json_t *seccomp_tables(void);

/* Adds to the members of tables what runs, from the suite's answer to "processes". verify: with
 * what the filters read back from the kernel are. */
void seccomp_add_running(json_t *tables, const json_t *reply, bool verify);

#endif
