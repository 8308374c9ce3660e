/* A launcher of which no child has been started. */
#ifndef HOLDFAST_FAKE_LAUNCHER_H
#define HOLDFAST_FAKE_LAUNCHER_H

#include "parentd/launcher.h"

void fake_launcher_init(struct launcher *launcher);

#endif
