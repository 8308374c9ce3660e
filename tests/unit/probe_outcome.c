#include "tests/unit/probe_outcome.h"

#include <string.h>

#include <event2/event.h>

struct event_base *probe_base;

void outcome_take(bool good, const char *reason, void *arg)
{
	struct outcome *outcome = arg;

	outcome->ends++;
	outcome->good = good;
	strcpy(outcome->reason, reason);
	event_base_loopbreak(probe_base);
}
