/* The fifos that this runner's user owns: made where the operator wants them, written line by line.
 * With no more rights than any program of that user has. */
#ifndef HOLDFAST_RUNNER_FIFOS_H
#define HOLDFAST_RUNNER_FIFOS_H

#include "proto/proto.h"

struct event_base;
struct fifos;

/* state gets the answers. NULL with errno. */
struct fifos *fifos_new(struct event_base *base,
	void (*state)(const struct runner_fifo_state *state, void *arg), void *arg);

/* Opens or drops a fifo, as ordered. Returns NULL, or a text when the order is no legal one. */
const char *fifos_order(struct fifos *fifos, const struct runner_fifo *order);

/* Writes a line, now or when there is room for it. One for a fifo that could not be opened has it
 * tried again. */
void fifos_line(struct fifos *fifos, const struct runner_fifo_line *line);

/* A parentd that is new is told how it stands, and counts its lines from 1. */
void fifos_new_parent(struct fifos *fifos);

#endif
