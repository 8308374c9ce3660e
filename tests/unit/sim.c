#include "tests/unit/sim.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct sim sim_new(uint64_t seed, bool story)
{
	return (struct sim){.seed = seed, .random = seed, .now_ns = BEGIN, .story = story};
}

/* splitmix64 */
uint64_t sim_draw(struct sim *sim, uint64_t below)
{
	uint64_t z = (sim->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static double seconds(const struct sim *sim)
{
	return (double)(sim->now_ns - BEGIN) / (double)S;
}

void sim_tell(const struct sim *sim, const char *format, ...)
{
	va_list arguments;

	if (!sim->story)
		return;
	printf("%12.6f ", seconds(sim));
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

void sim_require(const struct sim *sim, bool condition, const char *what)
{
	if (!condition)
		fail_msg("seed %" PRIu64 ", at %.6f s: %s (HOLDFAST_SIM_SEED=%" PRIu64 ")",
			sim->seed, seconds(sim), what, sim->seed);
}

uint64_t sim_run(uint64_t count, void (*run)(uint64_t seed, bool story, void *arg), void *arg)
{
	const char *seed = getenv("HOLDFAST_SIM_SEED");
	const char *worlds = getenv("HOLDFAST_SIM_WORLDS");

	if (seed != NULL) {
		run(strtoull(seed, NULL, 10), true, arg);
		return 0;
	}
	if (worlds != NULL)
		count = strtoull(worlds, NULL, 10);
	for (uint64_t i = 1; i <= count; i++)
		run(i, false, arg);
	return count;
}
