/* The latest answers of scripts that have a queue, so that an order which comes a second time, from
 * a parentd that took over from another, is not executed a second time. Pure. */
#ifndef HOLDFAST_RUNNER_RECENT_H
#define HOLDFAST_RUNNER_RECENT_H

#include <stdbool.h>

#include "proto/proto.h"

#define RECENT_MAX 1024

/* An answer without its output. */
struct recent_answer {
	uint64_t run;
	uint64_t duration_us;
	uint32_t outcome;
	int32_t status;
};

struct recent {
	struct recent_answer answers[RECENT_MAX];
	unsigned count;
	unsigned next; /* the oldest, once there are RECENT_MAX */
};

void recent_add(struct recent *recent, const struct runner_done *done);

/* True: *done is the answer that was given then, without its output. */
bool recent_find(const struct recent *recent, uint64_t run, struct runner_done *done);

#endif
