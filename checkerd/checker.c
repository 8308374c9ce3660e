#include "checkerd/checker.h"

#include "common/clock.h"

#define FIRST_DELAY_NS NSEC_PER_SEC
/* A runner that was not there is back by then. */
#define AGAIN_NS NSEC_PER_SEC

void checker_init(struct checker *checker, const struct checker_params *params, uint64_t now_ns,
	uint32_t spread)
{
	/* in two steps, so that the product stays within 64 bits */
	uint64_t part_ns = params->warmup_ns / UINT32_MAX * spread +
			   params->warmup_ns % UINT32_MAX * spread / UINT32_MAX;

	*checker = (struct checker){
		.verdict = VERDICT_UNKNOWN, .due_ns = now_ns + FIRST_DELAY_NS + part_ns};
}

static uint64_t longest_wait(const struct checker_params *params)
{
	uint64_t wait_ns = FIRST_DELAY_NS + params->warmup_ns;

	if (wait_ns < params->delay_loop_ns)
		wait_ns = params->delay_loop_ns;
	if (wait_ns < params->delay_before_retry_ns)
		wait_ns = params->delay_before_retry_ns;
	return wait_ns;
}

/* The first turn after now, from turn to turn. */
static uint64_t next_turn(uint64_t turn_ns, uint64_t delay_ns, uint64_t now_ns)
{
	if (turn_ns + delay_ns > now_ns)
		return turn_ns + delay_ns;
	return now_ns + delay_ns - (now_ns - turn_ns) % delay_ns;
}

void checker_hasten(struct checker *checker, const struct checker_params *params, uint64_t now_ns)
{
	if (checker->due_ns > now_ns + longest_wait(params))
		checker->due_ns = now_ns + longest_wait(params);
}

void checker_resume(struct checker *checker, const struct checker_params *params, uint64_t now_ns)
{
	checker->running = false;
	if (checker->verdict > VERDICT_UP)
		checker->verdict = VERDICT_UNKNOWN;
	if (checker->step >= params->steps || checker->passed > params->steps) {
		checker->step = 0;
		checker->passed = 0;
	}
	checker_hasten(checker, params, now_ns);
	if (checker->due_ns >= now_ns)
		return;
	uint64_t late_ns = now_ns - checker->due_ns;
	if (late_ns < params->delay_loop_ns)
		checker->due_ns = now_ns + late_ns;
	else
		checker->due_ns = next_turn(checker->due_ns, params->delay_loop_ns, now_ns);
}

static void give_up_waiting(
	struct checker *checker, const struct checker_params *params, uint64_t now_ns)
{
	if (params->wait_ns != 0 && now_ns >= checker->started_ns + params->wait_ns)
		checker->running = false;
}

bool checker_due(struct checker *checker, const struct checker_params *params, uint64_t now_ns)
{
	if (checker->running)
		give_up_waiting(checker, params, now_ns);
	if (now_ns < checker->due_ns)
		return false;
	/* what began late keeps its place, or all would move towards each other */
	uint64_t turn_ns = checker->due_ns;
	if (turn_ns + params->delay_loop_ns <= now_ns)
		turn_ns = now_ns;
	checker->due_ns = next_turn(turn_ns, params->delay_loop_ns, now_ns);
	if (checker->running)
		return false;
	checker->running = true;
	checker->started_ns = turn_ns;
	checker->run++;
	return true;
}

uint64_t checker_deadline(const struct checker *checker)
{
	return checker->due_ns;
}

static bool conclude(struct checker *checker, enum proto_verdict verdict)
{
	if (checker->verdict == verdict)
		return false;
	checker->verdict = verdict;
	return true;
}

static bool good(struct checker *checker, const struct checker_params *params, uint64_t now_ns)
{
	checker->retries = 0;
	checker->step = (checker->step + 1) % params->steps;
	if (checker->passed < params->steps)
		checker->passed++;
	if (checker->passed == params->steps)
		return conclude(checker, VERDICT_UP);
	if (params->fast_recovery && checker->verdict != VERDICT_UP)
		checker->due_ns = now_ns;
	return false;
}

static bool bad(struct checker *checker, const struct checker_params *params, uint64_t now_ns)
{
	uint64_t delay_ns = params->delay_before_retry_ns;

	checker->passed = 0;
	if (checker->verdict != VERDICT_UP || checker->retries >= params->retry) {
		checker->retries = 0;
		return conclude(checker, VERDICT_DOWN);
	}
	checker->retries++;
	if (params->steps > 1 && delay_ns < params->delay_loop_ns)
		delay_ns = params->delay_loop_ns;
	checker->due_ns = now_ns + delay_ns;
	return false;
}

bool checker_result(struct checker *checker, const struct checker_params *params,
	enum checker_result result, uint64_t now_ns)
{
	if (!checker->running)
		return false;
	checker->running = false;
	checker->due_ns = next_turn(checker->started_ns, params->delay_loop_ns, now_ns);
	if (result == CHECKER_UNKNOWN) {
		if (checker->due_ns > now_ns + AGAIN_NS)
			checker->due_ns = now_ns + AGAIN_NS;
		return false;
	}
	return result == CHECKER_GOOD ? good(checker, params, now_ns)
				      : bad(checker, params, now_ns);
}

bool checker_told(struct checker *checker, enum checker_result result)
{
	if (result == CHECKER_UNKNOWN)
		return false;
	return conclude(checker, result == CHECKER_GOOD ? VERDICT_UP : VERDICT_DOWN);
}

bool checker_fails(const struct checker *checker, const struct checker_params *params)
{
	return checker->verdict == VERDICT_DOWN ||
	       (checker->verdict == VERDICT_UNKNOWN && params->alpha);
}

enum checker_result checker_judge_misc(
	int32_t status, bool dynamic, uint32_t configured, int64_t *weight)
{
	*weight = configured;
	if (status == 0)
		return CHECKER_GOOD;
	if (!dynamic || status < 2 || status > 255)
		return CHECKER_BAD;
	*weight = status - 2;
	return CHECKER_GOOD;
}

enum checker_result checker_judge_file(int64_t value, int32_t weight, int64_t *added)
{
	*added = 0;
	if (weight == 0)
		return value == 0 ? CHECKER_GOOD : CHECKER_BAD;
	if (__builtin_mul_overflow(value, (int64_t)weight, added))
		*added = (value < 0) == (weight < 0) ? INT32_MAX : INT32_MIN;
	if (*added <= INT32_MIN)
		return CHECKER_BAD;
	if (*added > INT32_MAX)
		*added = INT32_MAX;
	return CHECKER_GOOD;
}
