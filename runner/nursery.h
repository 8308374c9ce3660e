/* The nursery: starts runners, because the launcher cannot. A filter of system calls is inherited
 * over fork and exec; scripts are programs of every kind, so what they descend from must never have
 * entered the launcher's. It is executed before that happens, and knows how to do one thing. */
#ifndef HOLDFAST_RUNNER_NURSERY_H
#define HOLDFAST_RUNNER_NURSERY_H

#include <stdbool.h>

/* First argument of the program; the second form for a launcher with --allow-root-scripts. */
#define NURSERY_OPTION      "--nursery"
#define NURSERY_OPTION_ROOT "--nursery-for-root"

/* The whole process; ends with exit(3). */
void nursery_run(int argc, char **argv, bool for_root) __attribute__((noreturn));

#endif
