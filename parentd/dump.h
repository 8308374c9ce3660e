/* Dumps below the runtime directory, as signals USR1 and USR2 ask for. */
#ifndef HOLDFAST_DUMP_H
#define HOLDFAST_DUMP_H

#include <stdint.h>

struct parent;

/* what is that of struct launcher_dump: 1 configuration and states, 2 statistics. */
void dump_write(struct parent *parent, uint32_t what);

#endif
