/* The scripts of a runner, from the order to the answer. */
#ifndef HOLDFAST_RUNNER_RUNS_H
#define HOLDFAST_RUNNER_RUNS_H

#include <stdbool.h>

#include "proto/proto.h"

struct event_base;
struct runs;

/* Between the SIGTERM and the SIGKILL that end a process group. */
#define RUN_TERM_MS 2000

/* done gets the answer to every order; NULL with errno. */
struct runs *runs_new(struct event_base *base,
	void (*done)(const struct runner_done *done, void *arg), void *arg);

/* Takes an order: executes the script now, or after those of its queue, or answers that it is not
 * run. One of a queue that is known already is not executed again. Returns NULL, or a text when the
 * order is no legal one. */
const char *runs_order(struct runs *runs, const struct runner_run *order);

/* Ends a run, wherever it stands. */
void runs_end(struct runs *runs, uint64_t run);

/* Processes have ended: ours and what they left behind. */
void runs_reap(struct runs *runs);

/* Takes no more orders and ends all that run; runs_idle() then becomes true in RUN_TERM_MS and a
 * little. */
void runs_stop(struct runs *runs);
bool runs_idle(const struct runs *runs);

#endif
