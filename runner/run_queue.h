/* Which script may start, which has to wait. Pure: it knows runs by their place only. */
#ifndef HOLDFAST_RUNNER_RUN_QUEUE_H
#define HOLDFAST_RUNNER_RUN_QUEUE_H

#include <stdint.h>

#define RUNS_AT_ONCE 128 /* processes of scripts */
#define RUNS_WAITING 256
#define RUNS_MAX     (RUNS_AT_ONCE + RUNS_WAITING)

struct run_entry {
	enum { RUN_FREE, RUN_WAITING, RUN_RUNNING } state;
	uint64_t run;
	uint64_t queue;
	uint64_t arrival;
};

struct run_queue {
	struct run_entry entries[RUNS_MAX];
	uint64_t arrivals;
	unsigned waiting;
	unsigned running;
};

/* Takes a run in, waiting. Returns its place, or -1: there is no room. What has queue 0 does not
 * wait: it has room only when it can start at once. */
int run_queue_add(struct run_queue *queue, uint64_t run, uint64_t number);

/* The place of the longest waiting run that may start, which is running from now on; -1: none. */
int run_queue_next(struct run_queue *queue);

/* The place of a run; -1: none. */
int run_queue_find(const struct run_queue *queue, uint64_t run);

/* It has ended, or is not to start. */
void run_queue_remove(struct run_queue *queue, int place);

#endif
