/* One log file per process, opened by the launcher as user holdfast. */
#ifndef HOLDFAST_LAUNCHER_LOGS_H
#define HOLDFAST_LAUNCHER_LOGS_H

#include "parentd/launcher.h"

/* The configuration asks for log files in this directory, or beside the file of this name; empty:
 * for none. Ignored when the command line has asked for them. */
void launcher_logs_ask(struct launcher *launcher, const char *path);

/* Opens the log files (again, after a rotation) and gives every process its own. */
void launcher_logs_open(struct launcher *launcher);

/* Gives a process that was just started its log file. */
void launcher_logs_send(struct launcher *launcher, struct launcher_child *child);

#endif
