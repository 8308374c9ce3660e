#include "parentd/restart.h"

uint32_t restart_delay_ms(struct restart *restart, uint64_t lifetime_ms)
{
	uint32_t delay_ms = 100;

	if (lifetime_ms >= RESTART_EARLY_MS) {
		restart->early_deaths = 0;
		return 0;
	}
	restart->early_deaths++;
	if (restart->early_deaths <= 2)
		return 0;
	for (uint32_t i = 3; i < restart->early_deaths && delay_ms < RESTART_MAX_MS; i++)
		delay_ms *= 2;
	return delay_ms < RESTART_MAX_MS ? delay_ms : RESTART_MAX_MS;
}
