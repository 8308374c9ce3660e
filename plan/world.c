#include "plan/world.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "vrrpd/vrrp_timer.h"

#define BEGIN_NS NSEC_PER_SEC /* 0 means never */

/* Nothing changed for so many Master_Down_Intervals: nothing will. */
#define QUIET 2
/* After so many it should have. */
#define RESTLESS 20
/* A look at so many routers is as much work as one that hears something. */
#define LOOKS 16
/* Longer than all beats that are likely: intervals that have little in common. */
#define BEAT_MAX_CS 360000

bool world_lives(const struct world *world, const struct world_router *router)
{
	const struct plan_failure *failure = world->failure;

	return failure == NULL || failure->what != PLAN_NODE_DIES ||
	       failure->node != router->is->node;
}

/* ---- made ---- */

static void find_members(struct world *world, struct plan *plan, size_t component, unsigned order)
{
	size_t peers = 0;

	for (size_t i = 0; i < plan->routers_count; i++)
		if (plan->routers[i].component == component) {
			world->count++;
			peers += plan->routers[i].conf->peers_count;
		}
	world->routers = plan_allocate(world->count, sizeof *world->routers);
	world->peers = plan_allocate(peers, sizeof *world->peers);
	peers = 0;
	world->count = 0;
	for (size_t i = 0; i < plan->routers_count; i++) {
		if (plan->routers[i].component != component)
			continue;
		struct world_router *router = &world->routers[world->count++];
		router->is = &plan->routers[i];
		router->group = PLAN_NONE;
		world_router_init(world, router, &world->peers[peers], order);
		peers += router->is->conf->peers_count;
	}
}

/* The group of an earlier router of the same, or a new one. */
static struct world_group *find_group(struct world *world, size_t index)
{
	const struct plan_router *is = world->routers[index].is;

	for (size_t i = 0; i < index; i++) {
		const struct world_router *other = &world->routers[i];
		if (other->is->node == is->node && other->is->group == is->group)
			return &world->groups[other->group];
	}
	return &world->groups[world->groups_count++];
}

static void find_groups(struct world *world)
{
	world->groups = plan_allocate(world->count, sizeof *world->groups);
	for (size_t i = 0; i < world->count; i++) {
		struct world_router *router = &world->routers[i];
		if (router->is->group == PLAN_NONE)
			continue;
		struct world_group *group = find_group(world, i);
		router->group = (size_t)(group - world->groups);
		group->members =
			plan_grow(group->members, group->count, sizeof(struct world_router *));
		group->members[group->count++] = router;
	}
}

/* The greatest; a is not 0. */
static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* The least common multiple of all intervals; 0 when that is too long to be of use. */
static void find_beat(struct world *world)
{
	uint64_t beat_cs = 1;

	for (size_t i = 0; i < world->count && beat_cs <= BEAT_MAX_CS; i++) {
		uint64_t interval_cs = world->routers[i].params.advert_interval_cs;
		if (interval_cs == 0)
			continue;
		beat_cs = beat_cs / common_divisor(beat_cs, interval_cs) * interval_cs;
	}
	world->beat_ns = beat_cs <= BEAT_MAX_CS ? beat_cs * NSEC_PER_CSEC : 0;
}

static void find_delays(struct world *world)
{
	for (size_t i = 0; i < world->count; i++) {
		const struct vrrp_params *params = &world->routers[i].params;
		const struct config *config = world->plan->nodes[world->routers[i].is->node].config;
		uint64_t adverts_ns = params->down_timer_adverts *
				      vrrp_adver_interval_ns(params->advert_interval_cs);
		uint64_t skew_ns =
			later(NSEC_PER_SEC, vrrp_adver_interval_ns(params->advert_interval_cs));

		if (params->version != 2)
			skew_ns = vrrp_adver_interval_ns(params->advert_interval_cs);
		world->down_ns = later(world->down_ns, adverts_ns + skew_ns);
		world->delay_ns = later(world->delay_ns,
			params->preempt_delay_ns + config->global.startup_delay_ms * NSEC_PER_MSEC);
	}
}

struct world *world_new(struct plan *plan, size_t component, unsigned order, uint64_t *work)
{
	struct world *world = plan_allocate(1, sizeof *world);

	world->plan = plan;
	world->work = work;
	world->now_ns = BEGIN_NS;
	find_members(world, plan, component, order);
	find_groups(world);
	find_delays(world);
	find_beat(world);
	world_find_hearers(world);
	return world;
}

void world_free(struct world *world)
{
	for (size_t i = 0; i < world->groups_count; i++)
		free(world->groups[i].members);
	for (size_t i = 0; i < world->count; i++)
		free(world->routers[i].hearers);
	free(world->groups);
	free(world->routers);
	free(world->peers);
	free(world->packets);
	free(world);
}

/* ---- what happens ---- */

/* Those of one node, or all nodes (PLAN_NONE). */
static void start_node(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->count; i++) {
		struct world_router *router = &world->routers[i];
		if (node != PLAN_NONE && router->is->node != node)
			continue;
		if (router->group != PLAN_NONE)
			world->groups[router->group].sync = (struct sync_group){0};
		world_router_prepare(world, router);
	}
	for (size_t i = 0; i < world->count; i++) {
		struct world_router *router = &world->routers[i];
		if ((node == PLAN_NONE || router->is->node == node) && router->group != PLAN_NONE)
			sync_group_add(&world->groups[router->group].sync, &router->member);
	}
	for (size_t i = 0; i < world->count; i++)
		if (node == PLAN_NONE || world->routers[i].is->node == node)
			world_router_start(world, &world->routers[i]);
	world_run_groups(world);
}

void world_start(struct world *world)
{
	world->failed_ns = world->changed_ns = world->now_ns;
	world->failed_real_ns = world->now_ns + world->skipped_ns;
	start_node(world, PLAN_NONE);
}

static void bury(struct world *world, size_t node)
{
	for (size_t i = 0; i < world->count; i++) {
		struct world_router *router = &world->routers[i];
		if (router->is->node != node)
			continue;
		if (router->fsm.state == VRRP_MASTER)
			router->moved_ns = world->now_ns + world->skipped_ns;
		vrrp_fsm_init(&router->fsm, &router->params);
		router->due_ns = router->patient_ns = UINT64_MAX;
	}
}

void world_fail(struct world *world, const struct plan_failure *failure)
{
	const struct plan_failure *before = world->failure;

	world->failure = failure;
	world->failed_ns = world->changed_ns = world->now_ns;
	world->failed_real_ns = world->now_ns + world->skipped_ns;
	if (before != NULL && before->what == PLAN_NODE_DIES)
		start_node(world, before->node);
	if (failure != NULL && failure->what == PLAN_NODE_DIES)
		bury(world, failure->node);
	for (size_t i = 0; i < world->count; i++)
		world_router_review(world, &world->routers[i]);
	world_run_groups(world);
}

/* ---- time passes ---- */

/* When it may be said that nothing happens any more, as things are now. */
static uint64_t quiet_from(const struct world *world)
{
	uint64_t since_ns = world->changed_ns;

	for (size_t i = 0; i < world->count; i++) {
		const struct world_router *router = &world->routers[i];
		if (router->fsm.state != VRRP_BACKUP)
			continue;
		since_ns = later(since_ns, router->fsm.preempt_ns);
		since_ns = later(since_ns, router->fsm.delayed_until_ns);
	}
	return since_ns + QUIET * world->down_ns;
}

static uint64_t next_timer(const struct world *world)
{
	uint64_t next_ns = UINT64_MAX;

	for (size_t i = 0; i < world->count; i++) {
		next_ns = earlier(next_ns, world->routers[i].due_ns);
		next_ns = earlier(next_ns, world->routers[i].patient_ns);
	}
	return next_ns;
}

static void run_timers(struct world *world)
{
	for (size_t i = 0; i < world->count; i++) {
		struct world_router *router = &world->routers[i];
		if (router->due_ns > world->now_ns && router->patient_ns > world->now_ns)
			continue;
		world_router_timer(world, router);
		world_run_groups(world);
	}
}

enum step { NEVER, HEARD, TIMER };

/* Packets first: what has arrived is read before a timer runs. NEVER: nothing will ever happen. */
static enum step step(struct world *world)
{
	uint64_t timer_ns = next_timer(world), packet_ns = world_next_packet(world);

	if (timer_ns == UINT64_MAX && packet_ns == UINT64_MAX)
		return NEVER;
	world->now_ns = later(world->now_ns, earlier(timer_ns, packet_ns));
	if (packet_ns > timer_ns) {
		run_timers(world);
		return TIMER;
	}
	world_deliver(world);
	world_run_groups(world);
	return HEARD;
}

/* The first end of a delay that is still to come; UINT64_MAX: none is. */
static uint64_t next_end(const struct world *world)
{
	uint64_t end_ns = UINT64_MAX;

	for (size_t i = 0; i < world->count; i++) {
		const struct vrrp_fsm *fsm = &world->routers[i].fsm;
		if (fsm->state != VRRP_BACKUP)
			continue;
		if (fsm->preempt_ns > world->now_ns)
			end_ns = earlier(end_ns, fsm->preempt_ns);
		if (fsm->delayed_until_ns > world->now_ns)
			end_ns = earlier(end_ns, fsm->delayed_until_ns);
	}
	return end_ns;
}

/* Brings the end of all delays nearer. What counts from there comes with it. */
static void skip(struct world *world, uint64_t by_ns)
{
	for (size_t i = 0; i < world->count; i++) {
		struct vrrp_fsm *fsm = &world->routers[i].fsm;
		if (fsm->preempt_ns > world->now_ns)
			fsm->preempt_ns -= by_ns;
		if (fsm->delayed_until_ns > world->now_ns) {
			fsm->delayed_until_ns -= by_ns;
			fsm->timer_ns -= by_ns;
			world->routers[i].due_ns = vrrp_fsm_deadline(fsm);
		}
	}
	world->skipped_ns += by_ns;
}

/* Nothing has changed for a while, so that until the first delay ends every beat is the same. */
static void skip_beats(struct world *world)
{
	uint64_t end_ns = next_end(world), margin_ns = QUIET * world->down_ns;

	if (world->beat_ns == 0 || end_ns == UINT64_MAX ||
		world->now_ns < world->changed_ns + margin_ns ||
		end_ns < world->now_ns + margin_ns + world->beat_ns)
		return;
	skip(world, (end_ns - world->now_ns - margin_ns) / world->beat_ns * world->beat_ns);
}

enum plan_end world_settle(struct world *world)
{
	uint64_t restless_ns = world->now_ns + world->delay_ns + RESTLESS * world->down_ns;
	uint64_t quiet_ns = quiet_from(world);
	enum step last;

	while ((last = step(world)) != NEVER) {
		uint64_t looks = world->count / LOOKS + 1;
		if (*world->work <= looks)
			return PLAN_GIVEN_UP;
		*world->work -= looks;
		if (world->now_ns > restless_ns)
			return PLAN_UNSETTLED;
		skip_beats(world);
		if (world->packets_count > 0 || world->now_ns < quiet_ns)
			continue;
		quiet_ns = quiet_from(world);
		/* where nobody is MASTER there is nothing to be heard */
		if (world->now_ns >= quiet_ns + (last == HEARD ? 0 : 2 * world->down_ns))
			return PLAN_SETTLED;
	}
	return PLAN_SETTLED;
}

/* ---- what it was like ---- */

struct world_state world_save(const struct world *world)
{
	struct world_state state = {
		.routers = plan_allocate(world->count, sizeof *state.routers),
		.groups = plan_allocate(world->groups_count, sizeof *state.groups),
		.now_ns = world->now_ns,
	};

	memcpy(state.routers, world->routers, world->count * sizeof *state.routers);
	memcpy(state.groups, world->groups, world->groups_count * sizeof *state.groups);
	return state;
}

void world_restore(struct world *world, const struct world_state *state)
{
	memcpy(world->routers, state->routers, world->count * sizeof *state->routers);
	memcpy(world->groups, state->groups, world->groups_count * sizeof *state->groups);
	world->now_ns = state->now_ns;
	world->packets_count = 0;
	world->failure = NULL;
}

void world_state_free(struct world_state *state)
{
	free(state->routers);
	free(state->groups);
}
