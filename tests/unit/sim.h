/* What simulated networks in virtual time have in common. Everything that happens in one follows
 * from its seed. A failure prints that: HOLDFAST_SIM_SEED=seed runs that world alone and has it
 * tell its story; HOLDFAST_SIM_WORLDS is how many are run otherwise. */
#ifndef HOLDFAST_TESTS_SIM_H
#define HOLDFAST_TESTS_SIM_H

#include <stdbool.h>
#include <stdint.h>

#define US      UINT64_C(1000)
#define MS      UINT64_C(1000000)
#define S       UINT64_C(1000000000)
#define BEGIN   (1000 * S)
#define STORY   (300 * S)
#define LATE    (2 * MS)    /* at most this late a timer is served */
#define TRANSIT (1500 * US) /* at most this long a packet takes */

/* A part of a world. */
struct sim {
	uint64_t seed, random, now_ns;
	bool story; /* is told */
};

struct sim sim_new(uint64_t seed, bool story);

/* A number below that: the same for the same seed on every host. */
uint64_t sim_draw(struct sim *sim, uint64_t below);

/* A line of the story. */
void sim_tell(const struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails the test unless the condition holds. */
void sim_require(const struct sim *sim, bool condition, const char *what);

/* Runs the worlds of the seeds 1 to count, or of what the environment says. Returns how many it
 * were; 0 when a single one was. */
uint64_t sim_run(uint64_t count, void (*run)(uint64_t seed, bool story, void *arg), void *arg);

#endif
