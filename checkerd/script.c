#include "checkerd/script.h"

#include "common/clock.h"

/* A script that is ended for its time gets 2 s to go, and its result has to come here. */
#define GIVE_UP_NS (5 * NSEC_PER_SEC)

/* Between the starts of runs whose results nobody knows: a runner is there again in a moment, or
 * has too much to do. From the first of these to the last, doubled in between. */
#define AGAIN_NS     (50 * NSEC_PER_MSEC)
#define AGAIN_MAX_NS (1 * NSEC_PER_SEC)

void script_init(struct script *script, const struct script_params *params, uint64_t first_ns)
{
	*script = (struct script){
		.verdict = params->init_fail ? VERDICT_DOWN : VERDICT_UNKNOWN,
		.due_ns = first_ns,
	};
}

void script_resume(struct script *script, const struct script_params *params, uint64_t now_ns)
{
	script->give_up_ns = 0;
	script->unknowns = 0;
	if (script->verdict > VERDICT_UP)
		script->verdict = VERDICT_UNKNOWN;
	if (script->due_ns < now_ns)
		script->due_ns = now_ns;
	if (script->due_ns > now_ns + params->interval_ns)
		script->due_ns = now_ns + params->interval_ns;
}

/* From start to start; turns that were missed (a standstill) are not made up for. */
static void plan_next(struct script *script, const struct script_params *params, uint64_t now_ns)
{
	script->due_ns += params->interval_ns;
	if (script->due_ns <= now_ns)
		script->due_ns = now_ns + params->interval_ns;
}

bool script_due(struct script *script, const struct script_params *params, uint64_t now_ns)
{
	if (script->give_up_ns != 0 && now_ns >= script->give_up_ns)
		script->give_up_ns = 0;
	if (now_ns < script->due_ns)
		return false;
	plan_next(script, params, now_ns);
	if (script->give_up_ns != 0)
		return false;
	script->run++;
	script->started_ns = now_ns;
	script->give_up_ns = now_ns + params->timeout_ns + GIVE_UP_NS;
	return true;
}

uint64_t script_deadline(const struct script *script)
{
	return script->due_ns;
}

static void plan_soon(struct script *script)
{
	uint64_t wait_ns = AGAIN_NS;

	for (uint32_t i = 0; i < script->unknowns && wait_ns < AGAIN_MAX_NS; i++)
		wait_ns *= 2;
	if (wait_ns > AGAIN_MAX_NS)
		wait_ns = AGAIN_MAX_NS;
	if (script->unknowns < UINT32_MAX)
		script->unknowns++;
	if (script->due_ns > script->started_ns + wait_ns)
		script->due_ns = script->started_ns + wait_ns;
}

static bool conclude(struct script *script, enum proto_verdict verdict)
{
	if (script->verdict == verdict)
		return false;
	script->verdict = verdict;
	return true;
}

bool script_result(struct script *script, const struct script_params *params, uint32_t run,
	enum script_result result)
{
	bool good = result == SCRIPT_GOOD;

	if (run != script->run || script->give_up_ns == 0)
		return false;
	script->give_up_ns = 0;
	if (result == SCRIPT_UNKNOWN) {
		plan_soon(script);
		return false;
	}
	script->unknowns = 0;
	if (script->streak == 0 || script->streak_good != good) {
		script->streak = 0;
		script->streak_good = good;
	}
	if (script->streak < UINT32_MAX)
		script->streak++;
	if (good && script->streak >= params->rise)
		return conclude(script, VERDICT_UP);
	if (!good && script->streak >= params->fall)
		return conclude(script, VERDICT_DOWN);
	return false;
}
