/* Makes the kernel's table what the configuration and the states of the servers want: reads it,
 * writes what differs, looks after it, and takes it away at a stop. */
#ifndef HOLDFAST_IPVS_BALANCER_H
#define HOLDFAST_IPVS_BALANCER_H

#include <stdbool.h>

#include "ipvsd/ipvs_conf.h"
#include "proto/proto.h"

struct balancer;
struct child;
struct event_base;
struct ipvs_netlink;
struct page;

/* netlink and page stay the caller's. Fatal without memory. */
struct balancer *balancer_new(
	struct event_base *base, struct ipvs_netlink *netlink, struct page *page);
void balancer_free(struct balancer *balancer);

/* Messages to parentd go through this one; NULL: nowhere. */
void balancer_set_child(struct balancer *balancer, struct child *child);

/* Takes over a committed configuration, which is empty then. Nothing is written until
 * balancer_states_end(). */
void balancer_apply(struct balancer *balancer, struct ipvs_conf *conf);

/* From parentd; numbers that do not exist are passed over. What follows from all that comes in one
 * turn of the event loop is written at its end. */
void balancer_real_state(struct balancer *balancer, const struct ipvs_real_state *state);
void balancer_virtual_state(struct balancer *balancer, const struct ipvs_virtual_state *state);
void balancer_states_end(struct balancer *balancer);
void balancer_sync_role(struct balancer *balancer, const struct ipvs_sync_role *role);
void balancer_show(struct balancer *balancer, const struct ipvs_show *question);

/* The kernel has IPVS, and what was known of its table is void; or it has not, and why. */
void balancer_available(struct balancer *balancer);
void balancer_unavailable(struct balancer *balancer, const char *why);

/* Removes what is owned, unless the configuration says otherwise. */
void balancer_stop(struct balancer *balancer);

#endif
