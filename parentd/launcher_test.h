/* `holdfast -t`. */
#ifndef HOLDFAST_LAUNCHER_TEST_H
#define HOLDFAST_LAUNCHER_TEST_H

#include "parentd/launcher.h"

/* Becomes an unprivileged user and executes parentd for a check of the files. Returns only when
 * that fails: an exit status, after a line in the log. */
int launcher_test_exec(struct launcher *launcher, char **argv);

#endif
