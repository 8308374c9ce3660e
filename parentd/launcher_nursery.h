/* Runners, which the launcher cannot start itself: its filter would bind their scripts. It has a
 * nursery for that, and a spare one, as a new one cannot be made once the filter is in force. */
#ifndef HOLDFAST_LAUNCHER_NURSERY_H
#define HOLDFAST_LAUNCHER_NURSERY_H

#include "parentd/launcher.h"

/* Executes the first nursery and has it make its twin. Before the filter, as long as there are the
 * capabilities that root's scripts are to have. 0, or -1 with errno. */
int launcher_nursery_begin(struct launcher *launcher);

/* The same of nurseries that were handed over. */
void launcher_nursery_go_on(struct launcher *launcher);

/* A runner of another user is wanted, or refused with a line in the log. */
void launcher_runner_wanted(struct launcher *launcher, const struct parent_runner *order);

/* Has the runner started; how that went comes later. */
void launcher_runner_start(struct launcher *launcher, struct launcher_child *child);

/* Takes back what has not come to an end yet: the process ends by itself. */
void launcher_runner_forget(struct launcher_child *child);

/* The descriptors to poll, -1: none; and what to do when one of them is readable. */
void launcher_nursery_dispatch(struct launcher *launcher, struct launcher_nursery *nursery);

/* Does what is due; when that is at the latest (0: never). */
void launcher_nursery_run(struct launcher *launcher, uint64_t now_ns);
uint64_t launcher_nursery_deadline(const struct launcher *launcher);

/* A child of the launcher ended, which runners become too when their nursery dies: true when it was
 * a nursery. */
bool launcher_nursery_reaped(struct launcher *launcher, pid_t pid, int wait_status);

/* Nothing is started any more: ends both, and waits until they have. */
void launcher_nursery_end(struct launcher *launcher);

#endif
