/* How often one thing is put right: at once, but not as fast as somebody who undoes it all the time
 * would like, and not with a line for every time. */
#ifndef HOLDFAST_VRRPD_PACE_H
#define HOLDFAST_VRRPD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_BURST      10                    /* this often without waiting */
#define PACE_GAP_NS     UINT64_C(20000000)    /* then once in this time */
#define PACE_ROW_NS     UINT64_C(1000000000)  /* closer than this: again and again */
#define PACE_LOG_GAP_NS UINT64_C(10000000000) /* between two lines */

/* All zero at first. */
struct pace {
	uint64_t paid_ns; /* every time costs PACE_GAP_NS; paid for until then */
	uint64_t done_ns; /* the last time; 0 never */
};

/* All zero at first. */
struct pace_log {
	uint64_t logged_ns;
	uint32_t unlogged;
};

/* Whether it may be done now. If so it counts as done; if not, *again_ns says when it may. */
bool pace_allows(struct pace *pace, uint64_t now_ns, uint64_t *again_ns);

/* Whether it was done so lately that somebody seems to undo it again and again. */
bool pace_in_a_row(const struct pace *pace, uint64_t now_ns);

/* Whether this time is worth a line; *left_out then says how many were not since the last one. */
bool pace_logs(struct pace_log *log, uint64_t now_ns, uint32_t *left_out);

#endif
