/* TCP_CHECK: good when a connection comes about, which is closed at once. */
#ifndef HOLDFAST_CHECKERD_PROBE_TCP_H
#define HOLDFAST_CHECKERD_PROBE_TCP_H

#include "checkerd/probe.h"

/* As checkerd/probe.h says. The one step is the connection. */
struct probe *probe_tcp_start(
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg);

#endif
