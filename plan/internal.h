/* What the parts of plan/ share. */
#ifndef HOLDFAST_PLAN_INTERNAL_H
#define HOLDFAST_PLAN_INTERNAL_H

#include "plan/plan.h"
#include "vrrpd/config.h"
#include "vrrpd/vrrp_fsm.h"
#include "vrrpd/vrrp_packet.h"
#include "vrrpd/weight.h"

#define PLAN_NONE SIZE_MAX

/* An instance of a node. */
struct plan_router {
	size_t node;
	const struct conf_instance *written;
	const struct config_instance *conf;
	size_t group;          /* of its node's config; PLAN_NONE */
	size_t virtual_router; /* these three: the same number, the same thing */
	size_t network;
	size_t component;     /* what can have a say in where an address is */
	uint32_t source;      /* that it sends from; 0 when nobody says it */
	uint32_t *advertised; /* addresses that are not excluded, network order */
	size_t advertised_count;
	/* when all is well: enum vrrp_drop + 2 of what each other node advertises, so that 1 is
	 * that it is heard; 0: nothing arrives */
	uint8_t drops[PLAN_NODES_MAX];
};

/* Memory, or the end of the program. */
void *plan_allocate(size_t count, size_t size);
/* Room for one more behind count elements. */
void *plan_grow(void *list, size_t count, size_t size);

/* plan/topology.c: who belongs together, and the addresses that move together. */
void plan_find_topology(struct plan *plan);
void plan_find_sources(struct plan *plan);
void plan_find_bundles(struct plan *plan);

/* plan/tracked.c: what all that a router tracks does to it; failure NULL: all is well. */
struct plan_effect {
	uint8_t priority;
	uint32_t faults; /* enum vrrp_fault, without its own interface and its group's */
};
struct plan_effect plan_effect(const struct plan *plan, const struct plan_router *router,
	const struct plan_failure *failure);
bool plan_interface_up(const struct plan_failure *failure, size_t node, const char *ifname);
/* What a file says when all is well: 1 where 0 would be a FAULT of somebody, else what it is
 * made with. */
int64_t plan_file_normal(const struct plan *plan, size_t node, uint32_t number);

/* plan/failures.c: all that can fail. */
void plan_find_failures(struct plan *plan);
/* Can it change anything for this router? */
bool plan_concerns(const struct plan_failure *failure, const struct plan_router *router);

/* plan/run.c: each of them in each component. */
void plan_run(struct plan *plan);

/* plan/judge*.c: what is wrong. */
void plan_judge(struct plan *plan);
void plan_judge_written(struct plan *plan);
void plan_find_services(struct plan *plan);

/* What a finding is about; bundle NULL: no addresses. One that differs in nothing but addresses
 * from another is joined to it. */
struct plan_subject {
	const char *kind;
	bool wrong;
	const struct conf_place *place; /* NULL: none */
	const char *verb_one, *verb_many;
	const struct plan_bundle *bundle;
};
void plan_find(struct plan *plan, const struct plan_subject *subject, const char *head,
	const char *rest, ...) __attribute__((format(printf, 4, 5)));

#endif
