/* What the launcher makes while it may still do everything: directories, locks, sockets, pages. */
#ifndef HOLDFAST_LAUNCHER_SETUP_H
#define HOLDFAST_LAUNCHER_SETUP_H

#include "parentd/launcher.h"

/* Fills in the paths of *launcher from the options (absolute, as a daemon leaves its directory).
 * Returns 0, or -1 after a line in the log. */
int launcher_setup_paths(struct launcher *launcher);

/* Makes the runtime directory and takes its lock; another daemon in it is an error. */
int launcher_setup_runtime_dir(struct launcher *launcher);

/* The control socket, the system log, the state pages, the log directory, the pid files. */
int launcher_setup_descriptors(struct launcher *launcher);

/* Writes this process's pid into the pid files. */
int launcher_setup_write_pid(struct launcher *launcher);

/* Removes the control socket and the pid files. */
void launcher_setup_remove(struct launcher *launcher);

#endif
