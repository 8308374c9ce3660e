/* PING_CHECK: good when an echo request is answered. Uses the kernel's own ping sockets, which need
 * no capability; net.ipv4.ping_group_range says which groups may have them (also for IPv6). */
#ifndef HOLDFAST_CHECKERD_PROBE_PING_H
#define HOLDFAST_CHECKERD_PROBE_PING_H

#include "checkerd/probe.h"

/* As checkerd/probe.h says. The one step is the whole. EACCES: the range does not hold our group.
 */
struct probe *probe_ping_start(
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg);

/* Why it returned NULL. */
void probe_ping_start_failed(
	const struct probe_target *target, int error, char reason[PROTO_REASON_LEN]);

#endif
