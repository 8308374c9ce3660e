/* One log file per process, opened by the launcher as user holdfast. */
#ifndef HOLDFAST_LAUNCHER_LOGS_H
#define HOLDFAST_LAUNCHER_LOGS_H

#include "parentd/launcher.h"

/* The configuration asks for log files in this directory, or beside the file of this name; empty:
 * for none. Ignored when the command line has asked for them. */
void launcher_logs_ask(struct launcher *launcher, const char *path);

/* Opens the log files (again, after a rotation) and gives every process its own. */
void launcher_logs_open(struct launcher *launcher);

/* Gives a process that was just started its log file and its debug topics. */
void launcher_logs_begin(struct launcher *launcher, struct launcher_child *child);

/* Debug topics of a process and of those after it, as parentd says. */
void launcher_logs_topics(struct launcher *launcher, const struct parent_topics *message);

/* Tells parentd where everything is logged, and how much. */
void launcher_logs_report(struct launcher *launcher);

#endif
