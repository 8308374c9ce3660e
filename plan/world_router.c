/* A router and its sync group, as vrrpd/instance.c and vrrpd/group.c run them. */
#include <arpa/inet.h>

#include "common/clock.h"
#include "plan/world.h"
#include "vrrpd/params.h"

/* Below and above all addresses that somebody may have written. */
#define SOURCE_LOW  0x01000001U
#define SOURCE_HIGH 0xdf0000feU

static uint32_t source_of(const struct plan_router *router, unsigned order)
{
	uint32_t node = (uint32_t)router->node;

	if (router->source != 0)
		return router->source;
	return htonl(order == 0 ? SOURCE_LOW + node : SOURCE_HIGH - node);
}

static void fill(const struct world *world, const struct world_router *router,
	const struct plan_failure *failure, struct vrrp_params *params)
{
	uint8_t priority = plan_effect(world->plan, router->is, failure).priority;

	params_fill(router->is->conf, router->source, priority, router->group != PLAN_NONE, params);
}

void world_router_init(struct world *world, struct world_router *router,
	struct vrrp_expect_peer *peers, unsigned order)
{
	router->source = source_of(router->is, order);
	params_expect(router->is->conf, router->source, peers, &router->expect);
	fill(world, router, NULL, &router->params);
}

/* ---- its group ---- */

static struct sync_member see(const struct world_router *router)
{
	return (struct sync_member){.state = router->fsm.state,
		.will = router->fsm.will,
		.faulty = router->own_faults != 0};
}

static void group_changed(struct world *world, struct world_router *router)
{
	struct sync_member before = router->member;
	struct world_group *group;

	if (router->group == PLAN_NONE)
		return;
	group = &world->groups[router->group];
	router->member = see(router);
	group->todo |= sync_group_change(&group->sync, &before, &router->member);
}

static uint32_t group_faults(const struct world *world, const struct world_router *router)
{
	if (router->group == PLAN_NONE)
		return 0;
	return sync_group_faults(&world->groups[router->group].sync, &router->member);
}

static void tell(struct world *world, struct world_group *group, enum vrrp_state state,
	enum vrrp_event_type type)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i]->fsm.state == state)
			world_router_event(
				world, group->members[i], &(struct vrrp_event){.type = type});
}

static void run(struct world *world, struct world_group *group)
{
	while (group->todo != 0) {
		unsigned todo = group->todo;

		group->todo = 0;
		for (size_t i = 0; (todo & SYNC_REVIEW) != 0 && i < group->count; i++)
			world_router_review(world, group->members[i]);
		if ((todo & SYNC_BACKUP) != 0)
			tell(world, group, VRRP_MASTER, VRRP_EVENT_SYNC_BACKUP);
		if ((todo & SYNC_MASTER) != 0 && sync_group_may_master(&group->sync))
			tell(world, group, VRRP_BACKUP, VRRP_EVENT_SYNC_MASTER);
	}
}

void world_run_groups(struct world *world)
{
	for (size_t i = 0; i < world->groups_count; i++)
		run(world, &world->groups[i]);
}

/* ---- its machine ---- */

static void note_change(
	struct world *world, struct world_router *router, const struct vrrp_action *action)
{
	world->changed_ns = world->now_ns;
	if (action->from == VRRP_MASTER || action->to == VRRP_MASTER)
		router->moved_ns = world->now_ns + world->skipped_ns;
}

void world_router_event(
	struct world *world, struct world_router *router, const struct vrrp_event *event)
{
	struct vrrp_actions actions;

	vrrp_fsm_event(&router->fsm, &router->params, event, world->now_ns, &actions);
	for (size_t i = 0; i < actions.count; i++) {
		const struct vrrp_action *action = &actions.list[i];
		if (action->type == VRRP_ACTION_SEND_ADVERT)
			world_send(world, router, action->priority);
		else if (action->type == VRRP_ACTION_STATE_CHANGED)
			note_change(world, router, action);
	}
	router->due_ns = vrrp_fsm_deadline(&router->fsm);
	group_changed(world, router);
}

/* Of its own interface, and what it tracks. */
static uint32_t find_faults(struct world *world, struct world_router *router)
{
	const struct conf_vrrp_instance *c = &router->is->conf->c;
	uint32_t faults = plan_effect(world->plan, router->is, world->failure).faults;
	uint64_t until_ns =
		world->failed_ns + params_patience_ns(&router->params, router->fsm.state);

	router->patient_ns = UINT64_MAX;
	if (plan_interface_up(world->failure, router->is->node, c->ifname) ||
		(c->flags & CONF_VRRP_DONT_TRACK_PRIMARY) != 0)
		return faults;
	if (world->now_ns >= until_ns)
		return faults | VRRP_FAULT_INTERFACE_DOWN;
	router->patient_ns = until_ns;
	return faults;
}

void world_router_prepare(struct world *world, struct world_router *router)
{
	fill(world, router, world->failure, &router->params);
	vrrp_fsm_init(&router->fsm, &router->params);
	router->own_faults = find_faults(world, router);
	router->member = see(router);
}

void world_router_start(struct world *world, struct world_router *router)
{
	const struct config *config = world->plan->nodes[router->is->node].config;
	uint64_t delay_ns = config->global.startup_delay_ms * NSEC_PER_MSEC;
	struct vrrp_event startup = {.type = VRRP_EVENT_STARTUP,
		.fault_reasons = router->own_faults | group_faults(world, router),
		.delayed_until_ns = delay_ns == 0 ? 0 : world->now_ns + delay_ns};

	world_router_event(world, router, &startup);
}

void world_router_review(struct world *world, struct world_router *router)
{
	struct vrrp_params previous = router->params, params;
	struct vrrp_event changed = {.type = VRRP_EVENT_PARAMS, .previous = &previous};
	struct vrrp_event faulty = {.type = VRRP_EVENT_FAULTS};

	if (!world_lives(world, router))
		return;
	router->own_faults = find_faults(world, router);
	faulty.fault_reasons = router->own_faults | group_faults(world, router);
	if (faulty.fault_reasons != 0 && faulty.fault_reasons != router->fsm.fault_reasons)
		world_router_event(world, router, &faulty);
	fill(world, router, world->failure, &params);
	if (!params_equal(&params, &previous)) {
		router->params = params;
		world_router_event(world, router, &changed);
	}
	if (faulty.fault_reasons == 0 && router->fsm.fault_reasons != 0)
		world_router_event(world, router, &faulty);
	group_changed(world, router);
}

void world_router_timer(struct world *world, struct world_router *router)
{
	if (router->patient_ns <= world->now_ns)
		world_router_review(world, router);
	if (router->due_ns <= world->now_ns)
		world_router_event(world, router, &(struct vrrp_event){.type = VRRP_EVENT_TIMER});
}
