/* How much another process may say: so many messages a second on average, more of them at once.
 * One that says more would keep parentd, which runs before ordinary processes, busy for ever. Free
 * of I/O. */
#ifndef HOLDFAST_BUDGET_H
#define HOLDFAST_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* checkerd tells the state of every checker and server after a configuration, twice when it is
 * asked meanwhile, and with thousands of checks a second each may change its result every time. */
#define BUDGET_PER_S 20000
#define BUDGET_MAX   100000

struct budget {
	uint32_t left;
	uint64_t counted_ns; /* up to then the time is paid out */
};

/* All of it, from now_ns (clock_now_ns()) on. */
void budget_init(struct budget *budget, uint64_t now_ns);

/* What the time up to now has earned. The clock need be asked only when nothing is left. */
void budget_earn(struct budget *budget, uint64_t now_ns);

/* One message more; false when there is nothing left for it. */
bool budget_take(struct budget *budget);

#endif
