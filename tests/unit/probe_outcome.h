/* How a probe ended, for the tests of probes. */
#ifndef HOLDFAST_TESTS_PROBE_OUTCOME_H
#define HOLDFAST_TESTS_PROBE_OUTCOME_H

#include "checkerd/probe.h"

struct outcome {
	unsigned ends;
	bool good;
	char reason[PROTO_REASON_LEN];
};

/* Made and freed by the test's main(). */
extern struct event_base *probe_base;

/* A probe_done_fn whose arg is an outcome; ends the loop. */
void outcome_take(bool good, const char *reason, void *arg);

#endif
