/* From a number of processes to a verdict, with the delays that keep it from flapping. Free of I/O:
 * (quorum, event, now) in, the new verdict out. Times are nanoseconds of clock_now_ns(). */
#ifndef HOLDFAST_QUORUM_H
#define HOLDFAST_QUORUM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

struct quorum_params {
	uint32_t min; /* fewest processes that are enough */
	uint32_t max; /* most that are not too many */
	uint64_t terminate_delay_ns;
	uint64_t fork_delay_ns;
};

struct quorum {
	enum proto_verdict verdict;
	bool delays;                   /* what was counted first waits for its delay, too */
	enum proto_verdict waited_for; /* that takes effect at due_ns */
	uint64_t due_ns; /* when another verdict takes effect; 0: none is on its way */
};

/* Nothing is known. after_another: of a process that was replaced; the verdict that it told holds,
 * and is changed only after the delays. */
void quorum_init(struct quorum *quorum, bool after_another);

/* There are count processes now. Losing the quorum takes effect after terminate_delay, gaining it
 * after fork_delay, if it has not come back by then. Returns true when the verdict changed. */
bool quorum_count(
	struct quorum *quorum, const struct quorum_params *params, uint32_t count, uint64_t now_ns);

/* When quorum_count() is to be called again though the number is the same; UINT64_MAX: never. */
uint64_t quorum_deadline(const struct quorum *quorum);

#endif
