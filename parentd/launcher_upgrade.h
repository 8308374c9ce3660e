/* Replacing the whole suite by the programs that are in the file system now: all are tried first,
 * then one process after the other is replaced, the launcher last. */
#ifndef HOLDFAST_LAUNCHER_UPGRADE_H
#define HOLDFAST_LAUNCHER_UPGRADE_H

#include "parentd/launcher.h"

/* parentd asked for it. */
void launcher_upgrade_begin(struct launcher *launcher);

/* The process that is tried has ended: returns true when pid was it. */
bool launcher_upgrade_reaped(struct launcher *launcher, pid_t pid, int wait_status);

/* Goes on when what it waits for has come, gives up when it has not in time. Called after all that
 * may have changed something. Does not return when the launcher itself is replaced. */
void launcher_upgrade_run(struct launcher *launcher, uint64_t now_ns);

/* The suite stops: what is tried ends, nothing more is replaced. */
void launcher_upgrade_abandon(struct launcher *launcher);

/* When that is due at the latest; 0: never. */
uint64_t launcher_upgrade_deadline(const struct launcher *launcher);

/* Tells parentd how far it is. */
void launcher_upgrade_report(struct launcher *launcher);

/* The launcher was executed in its own place, by an upgrade as its last step. */
void launcher_upgrade_done(struct launcher *launcher);

#endif
