#include "parentd/restart.h"

#define FREE_DEATHS    2   /* early ones in a row that cost no delay */
#define FIRST_DELAY_MS 100 /* then doubled */
#define RELEASE_DEATHS 3

static uint32_t doubled(uint32_t first_ms, uint32_t times, uint32_t most_ms)
{
	uint32_t delay_ms = first_ms;

	while (times-- > 0 && delay_ms < most_ms)
		delay_ms *= 2;
	return delay_ms < most_ms ? delay_ms : most_ms;
}

struct restart_plan restart_plan(struct restart *restart, const struct restart_life *life)
{
	uint32_t most_ms = life->hurry_ms > 0 ? life->hurry_ms : RESTART_MAX_MS;
	struct restart_plan plan = {0};

	if (life->lasted_ms >= RESTART_RECOVERED_MS)
		restart->releases = 0;
	restart->early_deaths = life->lasted_ms < RESTART_EARLY_MS ? restart->early_deaths + 1 : 0;
	restart->idle_deaths = life->worked ? 0 : restart->idle_deaths + 1;
	if (restart->early_deaths > FREE_DEATHS)
		plan.delay_ms =
			doubled(FIRST_DELAY_MS, restart->early_deaths - FREE_DEATHS - 1, most_ms);
	plan.release = life->holds && restart->idle_deaths >= RELEASE_DEATHS &&
		       life->idle_ms >= life->release_ms;
	if (plan.release)
		plan.delay_ms = 0;
	return plan;
}

uint32_t restart_released(struct restart *restart)
{
	restart->early_deaths = 0;
	restart->idle_deaths = 0;
	return doubled(RESTART_RELEASED_MIN_MS, restart->releases++, RESTART_RELEASED_MAX_MS);
}
