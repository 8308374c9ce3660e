/* What the judges share. */
#ifndef HOLDFAST_PLAN_JUDGE_H
#define HOLDFAST_PLAN_JUDGE_H

#include "plan/internal.h"

/* The instance of a node that has the addresses, or NULL; and the nodes that have one. */
const struct plan_router *judge_router(
	const struct plan *plan, const struct plan_bundle *bundle, size_t node);
uint32_t judge_nodes(const struct plan *plan, const struct plan_bundle *bundle);

/* Nodes that take part in a virtual router of these addresses, but do not have them. */
uint32_t judge_lacking(const struct plan *plan, const struct plan_bundle *bundle);

/* Why several nodes have the addresses though all is well: ": virtual_router_id is 51 on lb1 and 52
 * on lb2", or nothing. Returns where that is written. */
const struct conf_place *judge_why_several(const struct plan *plan,
	const struct plan_bundle *bundle, uint32_t nodes, char reason[PLAN_TEXT_LEN]);

#endif
