/* runner: executes the scripts of one user, as that user, and parses nothing but parentd's fixed
 * messages. A filter, Landlock or a limit of its own would bind the scripts as well: it has none
 * beyond those of the nursery that started it. */
#ifndef HOLDFAST_RUNNER_H
#define HOLDFAST_RUNNER_H

/* The whole process; ends with exit(3). */
void runner_run(int argc, char **argv) __attribute__((noreturn));

#endif
