/* How `holdfastctl plan` shows a plan. */
#ifndef HOLDFAST_CTL_PLAN_H
#define HOLDFAST_CTL_PLAN_H

#include <jansson.h>

#include "holdfastctl/show.h"
#include "plan/plan.h"

/* What is wrong, then who holds what after each failure, then what becomes of services. */
void show_plan(const struct view *view, const struct plan *plan);

/* All of it, as docs/PLAN.md describes it; the caller releases it. NULL: memory is short. */
json_t *plan_json(const struct plan *plan);

#endif
