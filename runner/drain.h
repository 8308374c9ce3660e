/* Reads away what the background processes of a script write that has ended: they would be stopped
 * by a full pipe and killed by a closed one. */
#ifndef HOLDFAST_RUNNER_DRAIN_H
#define HOLDFAST_RUNNER_DRAIN_H

struct event_base;

/* Takes over fd, the reading end, until all writers are gone. Of too many the oldest is closed. */
void drain_adopt(struct event_base *base, int fd);

/* This process is about to exit: where writers are left, a small process reads on in its place,
 * until they are gone. It has nothing but these descriptors. */
void drain_leave(void);

#endif
