/* How long to wait before a process that died is started again. Pure. */
#ifndef HOLDFAST_RESTART_H
#define HOLDFAST_RESTART_H

#include <stdint.h>

struct restart {
	uint32_t early_deaths; /* in a row, each within RESTART_EARLY_MS of its start */
};

#define RESTART_EARLY_MS 1000
#define RESTART_MAX_MS   10000

/* Milliseconds until the next start of a process that lived for lifetime_ms: none, unless it keeps
 * dying in its first second; then 0, 0, 100, 200, 400 … up to RESTART_MAX_MS. */
uint32_t restart_delay_ms(struct restart *restart, uint64_t lifetime_ms);

#endif
