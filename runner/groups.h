/* The process groups of the scripts that run, in a page that outlives this process: a runner that
 * was killed leaves to the next one of its user what is to be ended. */
#ifndef HOLDFAST_RUNNER_GROUPS_H
#define HOLDFAST_RUNNER_GROUPS_H

#include <sys/types.h>

/* Maps the page at FD_STATE_PAGE and kills the groups that a runner before this one left behind. A
 * runner without a page works as well. */
void groups_open(void);

void groups_add(pid_t group);
void groups_remove(pid_t group);

#endif
