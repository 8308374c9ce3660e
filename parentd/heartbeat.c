#include "parentd/heartbeat.h"

#include "common/clock.h"

static uint32_t between(uint64_t ms)
{
	if (ms < HEARTBEAT_LIMIT_MIN_MS)
		return HEARTBEAT_LIMIT_MIN_MS;
	return ms > HEARTBEAT_LIMIT_MAX_MS ? HEARTBEAT_LIMIT_MAX_MS : (uint32_t)ms;
}

struct heartbeat_plan heartbeat_plan(
	enum proto_process process, uint64_t advert_int_us, bool urgent)
{
	struct heartbeat_plan plan = {.period_ms = 1000, .limit_ms = HEARTBEAT_LIMIT_MAX_MS};

	if (advert_int_us != 0 && process == PROTO_VRRP)
		plan.limit_ms = between(advert_int_us / 2000);
	else if (advert_int_us != 0 && process == PROTO_PARENT && urgent)
		plan.limit_ms = between(advert_int_us / 4000);
	if (plan.limit_ms / 2 < plan.period_ms)
		plan.period_ms = plan.limit_ms / 2;
	return plan;
}

enum heartbeat_verdict heartbeat_tick(
	struct heartbeat *heartbeat, const struct heartbeat_plan *plan, uint64_t now_ns)
{
	uint64_t since_tick_ns = now_ns - heartbeat->tick_ns;
	bool late = since_tick_ns > UINT64_C(2) * plan->period_ms * NSEC_PER_MSEC;

	heartbeat->tick_ns = now_ns;
	if (heartbeat->asked_ns == 0) {
		heartbeat->asked_ns = now_ns;
		return HEARTBEAT_ASK;
	}
	if (late) {
		heartbeat->asked_ns = now_ns;
		return HEARTBEAT_WAIT;
	}
	uint64_t waited_ms = (now_ns - heartbeat->asked_ns) / NSEC_PER_MSEC;
	if (waited_ms >= HEARTBEAT_LIMIT_MAX_MS)
		return HEARTBEAT_HUNG;
	return waited_ms >= plan->limit_ms && heartbeat->answers ? HEARTBEAT_OVERDUE
								 : HEARTBEAT_WAIT;
}

bool heartbeat_starves(
	const struct heartbeat *heartbeat, char state, uint64_t had_ns, uint64_t now_ns)
{
	return state == 'R' && had_ns < (now_ns - heartbeat->asked_ns) / 2 &&
	       had_ns < HEARTBEAT_LIMIT_MAX_MS * NSEC_PER_MSEC / 2;
}

void heartbeat_answered(struct heartbeat *heartbeat)
{
	heartbeat->answers = true;
	heartbeat->asked_ns = 0;
}

void heartbeat_forgive(struct heartbeat *heartbeat, uint64_t now_ns)
{
	if (heartbeat->asked_ns != 0)
		heartbeat->asked_ns = now_ns;
}
