/* Who runs first on a busy machine: the launcher, vrrpd and parentd have real-time priority, in
 * this order. vrrpd keeps time in milliseconds for the whole network; the launcher replaces it when
 * it dies, and its successor waits for parentd to give it the configuration. The launcher comes
 * first, so that it can end whatever does not stop. */
#ifndef HOLDFAST_LAUNCHER_SCHEDULE_H
#define HOLDFAST_LAUNCHER_SCHEDULE_H

struct launcher_child;

/* For the launcher itself, while it still has the rights that it was started with; with a line in
 * the log when the kernel does not grant it. */
void launcher_schedule_self(void);

/* In the forked child, before it executes its program. */
void launcher_schedule_child(const struct launcher_child *child);

/* In a new process that scripts will descend from, before exec: an ordinary priority, and no
 * protection from the kernel's search for memory, whatever the service was started with. */
void launcher_schedule_scripts(void);

#endif
