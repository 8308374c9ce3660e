/* The fifos that state lines are written to. Their users' runners make, open and write them; the
 * lines are kept here until they are in the pipe. */
#ifndef HOLDFAST_FIFOS_H
#define HOLDFAST_FIFOS_H

#include <stdbool.h>

#include "parentd/events.h"
#include "parentd/runners.h"

struct fifos;
struct notified;
struct parent;

/* Fatal without memory. */
struct fifos *fifos_new(struct parent *parent, struct notified *notified);

/* Another configuration is in force, parent->conf. The first call belongs before the runners of
 * those who are no longer wanted are told to go, the second behind it. */
void fifos_leave(struct fifos *fifos);
void fifos_adopt(struct fifos *fifos);

/* A line to each fifo that is for such events. */
void fifos_event(struct fifos *fifos, const struct state_event *event);

/* From runners. fifos_done() returns false when the run is none of a reader. */
void fifos_up(struct fifos *fifos, int slot);
void fifos_lost(struct fifos *fifos, int slot);
void fifos_state(struct fifos *fifos, int slot, const struct runner_fifo_state *state);
bool fifos_done(struct fifos *fifos, int slot, const struct runner_done *done);

/* Calls take for the user of every fifo and every reader. */
void fifos_users(const struct fifos *fifos, void (*take)(const struct runner_user *user, void *arg),
	void *arg);

/* All lines are in their pipes, but for those of fifos that cannot be opened. */
bool fifos_written(const struct fifos *fifos);

/* The suite stops: what runners made is removed. */
void fifos_drop(struct fifos *fifos);

/* The line for an event, with its newline; text has PROTO_LINE_LEN bytes. */
void fifos_text(const struct state_event *event, char text[PROTO_LINE_LEN]);

#endif
