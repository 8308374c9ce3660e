#include "parentd/heartbeat.h"

#include "common/clock.h"

struct heartbeat_plan heartbeat_plan(enum proto_process process, uint64_t advert_int_us)
{
	uint64_t limit_ms = HEARTBEAT_LIMIT_MAX_MS;

	if (process != PROTO_VRRP && process != PROTO_PARENT)
		return (struct heartbeat_plan){
			.period_ms = 1000, .limit_ms = HEARTBEAT_LIMIT_MAX_MS};
	if (advert_int_us != 0)
		limit_ms = advert_int_us / 2000;
	if (limit_ms < HEARTBEAT_LIMIT_MIN_MS)
		limit_ms = HEARTBEAT_LIMIT_MIN_MS;
	if (limit_ms > HEARTBEAT_LIMIT_MAX_MS)
		limit_ms = HEARTBEAT_LIMIT_MAX_MS;
	return (struct heartbeat_plan){
		.period_ms = (uint32_t)limit_ms / 3, .limit_ms = (uint32_t)limit_ms};
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

void heartbeat_answered(struct heartbeat *heartbeat)
{
	heartbeat->answers = true;
	heartbeat->asked_ns = 0;
}
