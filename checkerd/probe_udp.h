/* UDP_CHECK: a datagram is sent, and no ICMP error comes back within the time. A reply ends it
 * earlier; it may also be demanded. */
#ifndef HOLDFAST_CHECKERD_PROBE_UDP_H
#define HOLDFAST_CHECKERD_PROBE_UDP_H

#include "checkerd/probe.h"

struct udp_check {
	bool reply_required;
	uint16_t min_reply, max_reply; /* bytes; both count for a required reply only */
	uint16_t payload_length;       /* 0: a filler of 32 bytes is sent */
	uint16_t pattern_length;       /* what a required reply begins with; 0: anything */
	uint8_t payload[1024];
	uint8_t pattern[1024];
	uint8_t mask[1024]; /* which bits of pattern count */
};

/* As checkerd/probe.h says. The one step is the whole; check has to outlive it. */
struct probe *probe_udp_start(struct event_base *base, const struct probe_target *target,
	const struct udp_check *check, probe_done_fn done, void *arg);

#endif
