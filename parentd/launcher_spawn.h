/* fork, the rights of the new process, exec. */
#ifndef HOLDFAST_LAUNCHER_SPAWN_H
#define HOLDFAST_LAUNCHER_SPAWN_H

#include "parentd/launcher.h"

/* Executes the program of child->process with channel_fd as its end of the channel to the launcher.
 * Returns the pid, or -1 with errno. */
pid_t launcher_spawn(
	const struct launcher *launcher, const struct launcher_child *child, int channel_fd);

/* Moves fd above the numbers that a new process finds its descriptors at. Returns the new number
 * (close-on-exec), or -1 with errno and fd closed. */
int launcher_fd_raise(int fd);

#endif
