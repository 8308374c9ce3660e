/* What the service manager hears while all goes its way: that the launcher lives (WATCHDOG=1), and
 * in words how the suite is (STATUS=). */
#ifndef HOLDFAST_LAUNCHER_STATUS_H
#define HOLDFAST_LAUNCHER_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

#define LAUNCHER_STATUS_MAX 256

struct launcher;

struct launcher_status {
	bool ready_owed;           /* READY=1 is to be said */
	uint64_t again_ns;         /* the socket was full: when to try again; 0: it was not */
	uint64_t period_ns;        /* a sign of life is sent so often; 0: nobody waits for it */
	uint64_t next_ns;          /* the next one */
	struct parent_status vrrp; /* what parentd said last */
	bool refused;              /* the latest configuration; one before it is in force */
	uint32_t refused_beside;   /* the generation that was in force then */
	char text[LAUNCHER_STATUS_MAX]; /* what was said last */
};

/* Reads from the environment whether the service manager waits for signs of life, and how long. */
void launcher_status_init(struct launcher_status *status, uint64_t now_ns);

/* Says what is due, at every turn of the main loop. A launcher that cannot start scripts any more
 * gives no sign of life: another one can. */
void launcher_status_run(struct launcher *launcher, uint64_t now_ns);

/* From now on the daemon is ready. That is said until it is taken: without it the service manager
 * would end a service that works. */
void launcher_status_ready(struct launcher_status *status);

/* Writes the words into text. */
void launcher_status_words(const struct launcher *launcher, char *text, size_t size);

#endif
