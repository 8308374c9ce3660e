/* Messages between parentd and the runners of scripts. */
#ifndef HOLDFAST_PROTO_RUNNER_H
#define HOLDFAST_PROTO_RUNNER_H

#include "proto/proto_types.h"

struct runner_run {
	uint64_t run;        /* names it; parentd uses no number again while it may be under way */
	uint64_t queue;      /* those of one queue run one after the other; 0: at once */
	uint32_t timeout_ms; /* 0: none */
	uint16_t words;      /* strings in line */
	uint16_t secure;     /* 1: root executes nothing that others could change */
	char line[PROTO_PATH_LEN]; /* argv: one string behind the other, zero behind the last */
};

struct runner_end {
	uint64_t run;
};

enum runner_outcome {
	RAN_EXITED,
	RAN_SIGNALED,
	RAN_TIMED_OUT,   /* status as it ended then: the signal, or 0 */
	RAN_NOT_STARTED, /* it cannot be executed: status is an errno */
	RAN_NOT_RUN, /* nobody knows how it would have ended: too many, an end while it waited or
		      * with its runner (status 0), or what this host lacked for a moment (an errno)
		      */
};

struct runner_done {
	uint64_t run;
	uint64_t duration_us;
	uint32_t outcome;              /* enum runner_outcome */
	int32_t status;                /* exit status, signal or errno */
	char output[PROTO_OUTPUT_LEN]; /* printable ASCII and newlines */
};

enum runner_fifo_order {
	FIFO_USE = 1,  /* make it unless it is there, and open it */
	FIFO_DROP = 2, /* close it, and remove it when it was made here */
};

struct runner_fifo {
	uint32_t fifo; /* 0 … PROTO_FIFOS - 1 */
	uint32_t order;
	uint32_t made; /* 1: by this runner or one before it, not by the operator */
	uint32_t reserved;
	char path[PROTO_PATH_LEN];
};

struct runner_fifo_line {
	uint64_t number; /* counted from 1 for each fifo and parentd */
	uint32_t fifo;
	uint32_t reserved;
	char line[PROTO_LINE_LEN]; /* written without the NUL */
};

enum runner_fifo_problem {
	FIFO_FINE,
	FIFO_NOT_MADE,   /* error says why */
	FIFO_NOT_OPENED, /* error says why */
	FIFO_IS_NONE,    /* something else has this name */
	FIFO_NOT_OURS,   /* it belongs to another user */
};

/* After every order, and when something has changed. */
struct runner_fifo_state {
	uint64_t written; /* number of the last line that is in the pipe; 0: none */
	uint64_t lost;    /* lines of this parentd that no reader made room for in time */
	uint32_t fifo;
	uint32_t made;
	uint32_t problem; /* enum runner_fifo_problem */
	int32_t error;
};

#endif
