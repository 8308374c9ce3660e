/* DNS_CHECK: good when the server answers a query with RCODE 0, over UDP. */
#ifndef HOLDFAST_CHECKERD_PROBE_DNS_H
#define HOLDFAST_CHECKERD_PROBE_DNS_H

#include "checkerd/probe.h"

/* As checkerd/probe.h says. One query is sent, the one step is its answer; datagrams that are not
 * that are passed over. name is dotted ("." the root); one that is none is refused with EINVAL. */
struct probe *probe_dns_start(struct event_base *base, const struct probe_target *target,
	uint16_t type, const char *name, probe_done_fn done, void *arg);

#endif
