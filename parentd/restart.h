/* What follows when a process has died: how long to wait before it is started again, and whether
 * vrrpd is to give its addresses up first. Pure. */
#ifndef HOLDFAST_RESTART_H
#define HOLDFAST_RESTART_H

#include <stdbool.h>
#include <stdint.h>

/* A process that dies sooner after its start has died early. */
#define RESTART_EARLY_MS 1000
#define RESTART_MAX_MS   10000

/* Waits between a release and the next try of an ordinary start. */
#define RESTART_RELEASED_MIN_MS 1000
#define RESTART_RELEASED_MAX_MS 30000
/* One that then lives for so long is well again. */
#define RESTART_RECOVERED_MS 60000

struct restart {
	uint32_t early_deaths; /* in a row */
	uint32_t idle_deaths;  /* in a row, without a configuration ever in force */
	uint32_t releases;     /* since it last was well for RESTART_RECOVERED_MS */
};

/* The life that has ended. */
struct restart_life {
	uint64_t lasted_ms;
	bool worked;       /* a configuration was in force in it */
	uint32_t hurry_ms; /* never wait for longer, 0: no such need */
	bool holds;        /* vrrpd: others take over what it may still hold after release_ms … */
	uint32_t release_ms;
	uint64_t idle_ms; /* … since it last worked */
};

struct restart_plan {
	uint32_t delay_ms;
	bool release; /* it is started to give up what it holds, and for nothing else */
};

/* A process is started again at once, unless it keeps dying early: then 0, 0, 100, 200, 400 … up to
 * RESTART_MAX_MS or hurry_ms. One that holds addresses, has died three times without getting to
 * work and has let release_ms go by is to release them. */
struct restart_plan restart_plan(struct restart *restart, const struct restart_life *life);

/* Milliseconds from a release to the next ordinary start: 1, 2, 4 … s. */
uint32_t restart_released(struct restart *restart);

#endif
