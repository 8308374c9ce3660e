/* What the launcher is told. */
#ifndef HOLDFAST_LAUNCHER_DISPATCH_H
#define HOLDFAST_LAUNCHER_DISPATCH_H

#include "parentd/launcher.h"

/* Reads all that waits on the channel of this process; kills it when it breaks the protocol. */
void launcher_dispatch(struct launcher *launcher, struct launcher_child *child);

#endif
