/* Routers of several nodes on networks in virtual time. Each is what vrrpd makes of its
 * configuration: state machine, packets, weights and sync groups are the daemon's own code; here
 * are only the network, the clock, and what fails. A world holds one component: nothing outside has
 * a say in it. Times are nanoseconds from the beginning of the world. */
#ifndef HOLDFAST_PLAN_WORLD_H
#define HOLDFAST_PLAN_WORLD_H

#include "plan/internal.h"
#include "vrrpd/sync_group.h"

struct world_router {
	struct plan_router *is;
	struct vrrp_params params;
	struct vrrp_fsm fsm;
	struct vrrp_expect expect;
	uint32_t source;
	size_t group; /* PLAN_NONE */
	uint32_t own_faults;
	struct sync_member member;
	uint64_t due_ns;     /* of its machine; UINT64_MAX none */
	uint64_t patient_ns; /* MASTER whose interface is down: until then; UINT64_MAX none */
	uint64_t moved_ns;   /* it became MASTER or ceased to be, in real time; 0 never */
	struct world_router **hearers; /* those of its network with its VRID on other nodes */
	size_t hearers_count;
	uint8_t drops[PLAN_NODES_MAX];
};

struct world_group {
	struct sync_group sync;
	struct world_router **members;
	size_t count;
	unsigned todo; /* enum sync_action */
};

/* An advertisement on its way. */
struct world_packet {
	uint64_t at_ns;
	const struct world_router *from;
	uint32_t destination;
	size_t length;
	uint8_t bytes[VRRP_PACKET_MAX];
};

struct world {
	const struct plan *plan;
	struct world_router *routers;
	struct world_group *groups;
	struct vrrp_expect_peer *peers;
	size_t count, groups_count;
	const struct plan_failure *failure; /* NULL: all is well */
	uint64_t now_ns, failed_ns, changed_ns;
	/* While nothing happens but that some delay passes, that is cut short by whole beats, which
	 * is when all advertise again as they do now. Real time is now_ns and what was skipped. */
	uint64_t skipped_ns, beat_ns;
	uint64_t failed_real_ns;
	uint64_t down_ns;             /* the longest Master_Down_Interval of all */
	uint64_t delay_ns;            /* the longest delay of all before somebody becomes MASTER */
	struct world_packet *packets; /* a ring */
	size_t packets_room, packets_first, packets_count;
	uint64_t *work; /* that may still be done, by all worlds of a plan */
};

/* What a world is like once it has settled. */
struct world_state {
	struct world_router *routers;
	struct world_group *groups;
	uint64_t now_ns;
};

/* The routers of a component. order: 0 or 1, who has the higher address where nobody says it. */
struct world *world_new(struct plan *plan, size_t component, unsigned order, uint64_t *work);
void world_free(struct world *world);

/* All nodes are started. */
void world_start(struct world *world);
/* Something fails, or (NULL) nothing does any more; a dead node starts anew. */
void world_fail(struct world *world, const struct plan_failure *failure);
/* Lets time pass until nothing changes any more and an advertisement was just heard, so that what
 * fails then is noticed as late as possible. */
enum plan_end world_settle(struct world *world);

struct world_state world_save(const struct world *world);
void world_restore(struct world *world, const struct world_state *state);
void world_state_free(struct world_state *state);

bool world_lives(const struct world *world, const struct world_router *router);

/* plan/world_router.c: one router. */
void world_router_init(struct world *world, struct world_router *router,
	struct vrrp_expect_peer *peers, unsigned order);
/* Before world_router_start() of all those of a node. */
void world_router_prepare(struct world *world, struct world_router *router);
void world_router_start(struct world *world, struct world_router *router);
/* Something that it depends on may have changed. */
void world_router_review(struct world *world, struct world_router *router);
void world_router_event(
	struct world *world, struct world_router *router, const struct vrrp_event *event);
void world_router_timer(struct world *world, struct world_router *router);
/* Has the members of all groups do what follows. */
void world_run_groups(struct world *world);

/* plan/world_lan.c: what is sent and who hears it. */
void world_send(struct world *world, const struct world_router *router, uint8_t priority);
void world_deliver(struct world *world); /* all that arrives now */
void world_find_hearers(struct world *world);
uint64_t world_next_packet(const struct world *world); /* UINT64_MAX: none */

#endif
