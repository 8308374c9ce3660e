/* Lines that wait for room in a pipe, in their order. Of too many the oldest are lost: what counts
 * is how things are, not how they were. Pure. */
#ifndef HOLDFAST_RUNNER_FIFO_LINES_H
#define HOLDFAST_RUNNER_FIFO_LINES_H

#include "proto/proto.h"

#define FIFO_LINES_MAX 256

struct fifo_lines {
	struct runner_fifo_line list[FIFO_LINES_MAX];
	unsigned first;
	unsigned count;
};

/* Returns how many were lost for it: 0 or 1. */
unsigned fifo_lines_push(struct fifo_lines *lines, const struct runner_fifo_line *line);

/* The oldest, or NULL. */
const struct runner_fifo_line *fifo_lines_first(const struct fifo_lines *lines);

/* The oldest is written. */
void fifo_lines_pop(struct fifo_lines *lines);

#endif
