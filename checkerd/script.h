/* A vrrp_script, free of I/O: when it runs, and what its results mean. (script, event, now) in,
 * what is to be done out. Times are nanoseconds of clock_now_ns(). */
#ifndef HOLDFAST_CHECKERD_SCRIPT_H
#define HOLDFAST_CHECKERD_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

struct script_params {
	uint64_t interval_ns; /* from start to start */
	uint64_t timeout_ns;  /* after which the runner ends it */
	uint32_t rise;        /* successes in a row that make it up */
	uint32_t fall;        /* failures in a row that make it down */
	bool init_fail;       /* down until it is up for the first time; otherwise unknown */
};

struct script {
	enum proto_verdict verdict;
	uint32_t streak; /* the latest results in a row that were the same */
	bool streak_good;
	uint64_t due_ns;     /* next start */
	uint64_t give_up_ns; /* when the result of the run under way is no longer waited for; 0:
				none runs */
	uint32_t run;        /* number of the latest run */
	uint64_t started_ns; /* when that was */
	uint32_t unknowns;   /* the latest runs in a row of which nobody could say how they went */
};

/* A new script; it is due at first_ns. */
void script_init(struct script *script, const struct script_params *params, uint64_t first_ns);

/* One that a predecessor left, with its verdict, streak and due_ns. It does not run at once, but
 * when it would have been due, within an interval. */
void script_resume(struct script *script, const struct script_params *params, uint64_t now_ns);

/* Its time has come: true when a run is to be started now, whose number is script->run. A turn
 * that comes while a run is under way is left out. Also forgets a run whose result never came. */
bool script_due(struct script *script, const struct script_params *params, uint64_t now_ns);

/* When script_due() is to be called next. */
uint64_t script_deadline(const struct script *script);

enum script_result {
	SCRIPT_GOOD,
	SCRIPT_BAD,     /* exit status, signal, timeout */
	SCRIPT_UNKNOWN, /* nobody can say: it does not count */
};

/* The result of run number run; one that is not waited for is ignored. Returns true when the
 * verdict changed. After SCRIPT_UNKNOWN the next run does not wait for its turn: script_deadline()
 * is soon, and less and less soon while that goes on. */
bool script_result(struct script *script, const struct script_params *params, uint32_t run,
	enum script_result result);

#endif
