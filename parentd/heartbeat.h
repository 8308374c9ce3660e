/* Does a process still answer? Pure. */
#ifndef HOLDFAST_HEARTBEAT_H
#define HOLDFAST_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

/* No process is declared hung sooner. */
#define HEARTBEAT_LIMIT_MIN_MS 30

/* Nothing is waited for longer: the first answer of a new process, one that reads files or that
 * waits for the kernel. */
#define HEARTBEAT_LIMIT_MAX_MS 5000

struct heartbeat_plan {
	uint32_t period_ms; /* between two questions */
	uint32_t limit_ms;  /* a question unanswered for so long: the process hangs */
};

/* For vrrpd from the smallest advertisement interval in use (0: none). The other node declares us
 * dead after three of them and its skew time, and the last advertisement was sent up to one before
 * the hang. The limit is half an interval and the period a quarter: a hang is seen within three
 * quarters of an interval, which leaves more than one to replace the process. urgent: a vrrpd in
 * the place of another has started and waits for its configuration, so parentd has only a quarter
 * of an interval, from then, to show that it lives. Otherwise no address depends on an answer: 1 s
 * and 5 s. */
struct heartbeat_plan heartbeat_plan(
	enum proto_process process, uint64_t advert_int_us, bool urgent);

struct heartbeat {
	bool answers;      /* it has answered once */
	uint64_t asked_ns; /* since when an answer is owed; 0: none is */
	uint64_t tick_ns;  /* the last heartbeat_tick */
};

enum heartbeat_verdict {
	HEARTBEAT_WAIT,    /* an answer is owed, not for too long yet */
	HEARTBEAT_ASK,     /* send a question */
	HEARTBEAT_OVERDUE, /* it hangs, unless there is an excuse */
	HEARTBEAT_HUNG,    /* there can be no excuse any more */
};

/* Called every period. When the caller itself did not run for a while, the answer may lie unread:
 * then the wait begins anew. */
enum heartbeat_verdict heartbeat_tick(
	struct heartbeat *heartbeat, const struct heartbeat_plan *plan, uint64_t now_ns);

/* Is there an answer owed by something that could not run? Not if it is anything else than runnable
 * (state 'R' of proc(5)), or has had the processor for half of the time; had_ns: since it was
 * asked. */
bool heartbeat_starves(
	const struct heartbeat *heartbeat, char state, uint64_t had_ns, uint64_t now_ns);

void heartbeat_answered(struct heartbeat *heartbeat);

/* There was an excuse, which is over: an answer that is owed is waited for from now on. */
void heartbeat_forgive(struct heartbeat *heartbeat, uint64_t now_ns);

#endif
