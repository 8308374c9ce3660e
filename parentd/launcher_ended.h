/* Why processes had to be replaced, counted for metrics. */
#ifndef HOLDFAST_LAUNCHER_ENDED_H
#define HOLDFAST_LAUNCHER_ENDED_H

#include "parentd/launcher.h"

/* Why a process ends that the launcher itself ends, or that runs no longer; wait_status says it
 * where nobody else does. */
enum ended_cause launcher_ended_cause(
	const struct launcher_child *child, enum ended_cause killed_for, int wait_status);

/* Counts one more, and tells parentd. */
void launcher_ended_count(
	struct launcher *launcher, struct launcher_child *child, enum ended_cause cause);

/* Tells a new parentd of all. */
void launcher_ended_tell_all(struct launcher *launcher);

#endif
