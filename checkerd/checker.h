/* A checker of a real server, free of I/O: when it tries, and what its attempts mean. (checker,
 * event, now) in, what is to be done out. Times are nanoseconds of clock_now_ns(). */
#ifndef HOLDFAST_CHECKERD_CHECKER_H
#define HOLDFAST_CHECKERD_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

struct checker_params {
	uint64_t delay_loop_ns; /* from start to start */
	uint64_t delay_before_retry_ns;
	uint64_t warmup_ns; /* the first attempt is 1 s + 0 … this after the start */
	uint64_t wait_ns;   /* how long a result is waited for; 0: it comes for certain */
	uint32_t retry;     /* attempts after a failed one, before it counts */
	uint32_t steps;     /* attempts that all have to be good, one after the other: urls */
	bool alpha;         /* counts as failed until it is found up */
	bool fast_recovery; /* until it is up, one step directly after the other */
};

struct checker {
	enum proto_verdict verdict; /* VERDICT_UNKNOWN until the first result that counts */
	uint32_t retries;           /* failed attempts in a row that have not counted */
	uint32_t step;              /* of the next attempt, from 0 */
	uint32_t passed;            /* good steps in a row, at most all */
	bool running;
	uint32_t run;        /* number of the latest attempt */
	uint64_t started_ns; /* when that was due */
	uint64_t due_ns;     /* next start */
};

/* A new checker. spread: where in its warmup it begins, 0 … UINT32_MAX. */
void checker_init(struct checker *checker, const struct checker_params *params, uint64_t now_ns,
	uint32_t spread);

/* One that was left by a predecessor, or that was suspended: nothing is under way. What was due in
 * the meantime is made up for at the pace at which it would have come, not at once. */
void checker_resume(struct checker *checker, const struct checker_params *params, uint64_t now_ns);

/* Its parameters are new ones: what is far away may come sooner. */
void checker_hasten(struct checker *checker, const struct checker_params *params, uint64_t now_ns);

/* Its time has come: true when attempt number checker->run, of step checker->step, is to be started
 * now. A turn that comes while an attempt is under way is left out. */
bool checker_due(struct checker *checker, const struct checker_params *params, uint64_t now_ns);

/* When checker_due() is to be called next. */
uint64_t checker_deadline(const struct checker *checker);

enum checker_result {
	CHECKER_GOOD,
	CHECKER_BAD,
	CHECKER_UNKNOWN, /* nobody can say: it does not count, and is tried again within 1 s */
};

/* The attempt under way has ended; without one, it is ignored. Returns true when the verdict
 * changed. The deadline has changed in any case. */
bool checker_result(struct checker *checker, const struct checker_params *params,
	enum checker_result result, uint64_t now_ns);

/* The same for a checker without attempts, which is told what it looks at: it counts at once. */
bool checker_told(struct checker *checker, enum checker_result result);

/* Does it keep its server down? */
bool checker_fails(const struct checker *checker, const struct checker_params *params);

/* What the exit status of a MISC_CHECK means. *weight is that of the server then, configured unless
 * dynamic says otherwise: 0 good, 1 bad, 2 … 255 good with a weight of status - 2. */
enum checker_result checker_judge_misc(
	int32_t status, bool dynamic, uint32_t configured, int64_t *weight);

/* What the number in a track_file means: *added to the weight of the server is value * weight. Bad
 * when that is INT32_MIN or less, and when weight is 0 and value is not. */
enum checker_result checker_judge_file(int64_t value, int32_t weight, int64_t *added);

#endif
