/* What a launcher leaves to the program that it executes in its own place: its pid and children
 * stay, so do its descriptors; this says which is which. A fixed layout in a memfd. */
#ifndef HOLDFAST_LAUNCHER_HANDOVER_H
#define HOLDFAST_LAUNCHER_HANDOVER_H

#include "parentd/launcher.h"

/* Makes the memfd. 0, or -1 with errno. */
int launcher_handover_make(struct launcher *launcher);

/* Writes down how things stand. 0, or -1 with errno. */
int launcher_handover_write(struct launcher *launcher);

/* Executes launcher->program_fd in place of this process. Returns only when that fails, with a text
 * that says why; everything is as before then. */
const char *launcher_handover_exec(struct launcher *launcher);

/* Whether descriptor fd holds what this program understands. NULL, and launcher->filter is set, or
 * a text saying what is wrong. */
const char *launcher_handover_check(struct launcher *launcher, int fd);

/* Takes over from the launcher that executed us. The same; after a failure *launcher is of no use.
 */
const char *launcher_handover_take(struct launcher *launcher, int fd);

#endif
