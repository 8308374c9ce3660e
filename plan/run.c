/* Every failure in every component that it concerns. */
#include <stdlib.h>
#include <string.h>

#include "plan/world.h"

/* Together, so that no configuration makes it take minutes: some seconds' worth. */
#define WORK_MAX UINT64_C(20000000)

/* One component, in both orders of addresses where it matters. */
struct stage {
	struct plan *plan;
	size_t component;
	size_t *bundles, bundles_count; /* of the component */
	size_t orders;
	struct world *worlds[2];
	struct world_state well[2];
};

static uint32_t holders(const struct world *world, const struct plan_bundle *bundle)
{
	const struct plan_router *routers = world->plan->routers;
	uint32_t nodes = 0;

	for (size_t i = 0; i < world->count; i++) {
		const struct world_router *router = &world->routers[i];
		size_t index = (size_t)(router->is - routers);
		for (size_t r = 0; r < bundle->routers_count; r++)
			if (bundle->routers[r] == index && router->fsm.state == VRRP_MASTER)
				nodes |= 1U << router->is->node;
	}
	return nodes;
}

/* The last change of who holds it since the failure. */
static uint64_t last_move(const struct world *world, const struct plan_bundle *bundle)
{
	uint64_t last_ns = world->failed_real_ns;

	for (size_t i = 0; i < world->count; i++) {
		const struct world_router *router = &world->routers[i];
		size_t index = (size_t)(router->is - world->plan->routers);
		for (size_t r = 0; r < bundle->routers_count; r++)
			if (bundle->routers[r] == index && router->moved_ns > last_ns)
				last_ns = router->moved_ns;
	}
	return last_ns - world->failed_real_ns;
}

static struct plan_move *add_move(struct plan *plan, size_t failure, size_t bundle)
{
	plan->moves = plan_grow(plan->moves, plan->moves_count, sizeof *plan->moves);
	plan->moves[plan->moves_count] = (struct plan_move){.failure = failure, .bundle = bundle};
	return &plan->moves[plan->moves_count++];
}

static void note(struct stage *stage, size_t failure, const enum plan_end ends[2])
{
	struct plan *plan = stage->plan;

	for (size_t b = 0; b < stage->bundles_count; b++) {
		const struct plan_bundle *bundle = &plan->bundles[stage->bundles[b]];
		struct plan_move *move = add_move(plan, failure, stage->bundles[b]);
		for (size_t order = 0; order < 2; order++) {
			size_t o = order < stage->orders ? order : 0;
			uint64_t moved_ns = last_move(stage->worlds[o], bundle);
			move->after.sets[order] = holders(stage->worlds[o], bundle);
			if (moved_ns > 0)
				moved_ns += plan->failures[failure].noticed_ns;
			move->after_ns = moved_ns > move->after_ns ? moved_ns : move->after_ns;
			move->end = ends[o] > move->end ? ends[o] : move->end;
		}
	}
}

/* The holders at the beginning, for the moves noted since then. */
static void note_before(struct stage *stage, size_t first_move, size_t before)
{
	struct plan *plan = stage->plan;

	for (size_t i = first_move; i < plan->moves_count; i++)
		plan->moves[i].before = plan->moves[before + i - first_move].after;
}

/* Could two routers have one priority, when all is well or something fails? */
static bool may_tie(
	const struct plan *plan, const struct plan_router *one, const struct plan_router *other)
{
	bool has[UINT8_MAX + 1] = {false};

	for (size_t i = 0; i < plan->failures_count; i++)
		if (i == 0 || plan_concerns(&plan->failures[i], one))
			has[plan_effect(plan, one, &plan->failures[i]).priority] = true;
	for (size_t i = 0; i < plan->failures_count; i++)
		if ((i == 0 || plan_concerns(&plan->failures[i], other)) &&
			has[plan_effect(plan, other, &plan->failures[i]).priority])
			return true;
	return false;
}

/* Is it left to addresses that nobody says which of two is above the other? */
static bool is_open(const struct plan *plan, size_t component)
{
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *one = &plan->routers[i];
		for (size_t j = i + 1; one->component == component && j < plan->routers_count;
			j++) {
			const struct plan_router *other = &plan->routers[j];
			if (other->virtual_router == one->virtual_router &&
				(one->source == 0 || other->source == 0) &&
				may_tie(plan, one, other))
				return true;
		}
	}
	return false;
}

static void settle(struct stage *stage, enum plan_end ends[2])
{
	for (size_t order = 0; order < stage->orders; order++)
		ends[order] = world_settle(stage->worlds[order]);
}

static void start(struct stage *stage, uint64_t *work)
{
	enum plan_end ends[2] = {PLAN_SETTLED, PLAN_SETTLED};

	for (size_t i = 0; i < stage->plan->bundles_count; i++) {
		if (stage->plan->bundles[i].component != stage->component)
			continue;
		stage->bundles =
			plan_grow(stage->bundles, stage->bundles_count, sizeof *stage->bundles);
		stage->bundles[stage->bundles_count++] = i;
	}
	stage->orders = is_open(stage->plan, stage->component) ? 2 : 1;
	for (size_t order = 0; order < stage->orders; order++) {
		stage->worlds[order] =
			world_new(stage->plan, stage->component, (unsigned)order, work);
		world_start(stage->worlds[order]);
	}
	settle(stage, ends);
	note(stage, 0, ends);
	for (size_t order = 0; order < stage->orders; order++)
		stage->well[order] = world_save(stage->worlds[order]);
	for (size_t i = 0; i < stage->worlds[0]->count; i++)
		memcpy(stage->worlds[0]->routers[i].is->drops, stage->worlds[0]->routers[i].drops,
			sizeof stage->worlds[0]->routers[i].drops);
}

static void end(struct stage *stage)
{
	for (size_t order = 0; order < stage->orders; order++) {
		world_state_free(&stage->well[order]);
		world_free(stage->worlds[order]);
	}
	free(stage->bundles);
}

static bool concerns(const struct stage *stage, const struct plan_failure *failure)
{
	for (size_t i = 0; i < stage->worlds[0]->count; i++)
		if (plan_concerns(failure, stage->worlds[0]->routers[i].is))
			return true;
	return false;
}

/* A node that comes back does so after it died, which is the failure before. */
static void fail(struct stage *stage, size_t failure, size_t well, size_t latest)
{
	const struct plan_failure *what = &stage->plan->failures[failure];
	bool returns = what->what == PLAN_NODE_RETURNS;
	size_t first = stage->plan->moves_count;
	enum plan_end ends[2] = {PLAN_SETTLED, PLAN_SETTLED};

	for (size_t order = 0; order < stage->orders; order++) {
		if (!returns)
			world_restore(stage->worlds[order], &stage->well[order]);
		world_fail(stage->worlds[order], returns ? NULL : what);
	}
	settle(stage, ends);
	note(stage, failure, ends);
	note_before(stage, first, returns ? latest : well);
}

static void run_component(struct plan *plan, size_t component, uint64_t *work)
{
	struct stage stage = {.plan = plan, .component = component};
	size_t well = plan->moves_count, latest = well;

	start(&stage, work);
	for (size_t i = 1; i < plan->failures_count; i++) {
		size_t first = plan->moves_count;
		if (!concerns(&stage, &plan->failures[i]))
			continue;
		fail(&stage, i, well, latest);
		latest = first;
	}
	end(&stage);
}

static int by_failure(const void *left, const void *right)
{
	const struct plan_move *a = left, *b = right;

	if (a->failure != b->failure)
		return a->failure > b->failure ? 1 : -1;
	return (a->bundle > b->bundle) - (a->bundle < b->bundle);
}

void plan_run(struct plan *plan)
{
	uint64_t work = WORK_MAX;

	for (size_t i = 0; i < plan->routers_count; i++)
		if (plan->routers[i].component == i)
			run_component(plan, i, &work);
	if (plan->moves_count > 0)
		qsort(plan->moves, plan->moves_count, sizeof *plan->moves, by_failure);
}
