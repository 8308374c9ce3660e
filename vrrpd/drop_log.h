/* Which dropped advertisements are worth a line: the first of its kind, then at most one in ten
 * seconds with the number of those left out, and never more than a few kinds at once (the sender's
 * address is the attacker's to choose). */
#ifndef HOLDFAST_VRRPD_DROP_LOG_H
#define HOLDFAST_VRRPD_DROP_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define DROP_LOG_KINDS  32
#define DROP_LOG_BURST  16 /* lines in one period, over all kinds */
#define DROP_LOG_PERIOD UINT64_C(10000000000)

struct drop_log_kind {
	uint32_t source; /* network order */
	int interface;   /* index */
	unsigned reason;
	uint32_t suppressed;
	uint64_t logged_ns; /* 0: free */
};

struct drop_log {
	struct drop_log_kind kinds[DROP_LOG_KINDS];
	uint64_t period_ns; /* start of the current period */
	unsigned lines;     /* in it */
};

/* True when this drop is to be logged; *suppressed then says how many like it were not since the
 * last line. */
bool drop_log_note(struct drop_log *log, uint32_t source, int interface, unsigned reason,
	uint64_t now_ns, uint32_t *suppressed);

#endif
