/* `parentd --config-test`: reads files, prints what is found, needs no other process. */
#ifndef HOLDFAST_CONFIG_TEST_H
#define HOLDFAST_CONFIG_TEST_H

#include <stdbool.h>

/* Was it started for that? */
bool config_test_wanted(int argc, char **argv);

/* Returns the exit status: 0, 4 unreadable, 5 errors, 6 script security. */
int config_test_run(int argc, char **argv);

#endif
