/* What is wrong with what came of a failure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "plan/judge.h"

#define PRIORITY_OWNER 255

static const struct plan_router *router_at(
	const struct plan *plan, const struct plan_bundle *bundle, size_t index)
{
	return &plan->routers[bundle->routers[index]];
}

/* The instance of a node that has the addresses, or NULL. */
const struct plan_router *judge_router(
	const struct plan *plan, const struct plan_bundle *bundle, size_t node)
{
	for (size_t i = 0; i < bundle->routers_count; i++)
		if (router_at(plan, bundle, i)->node == node)
			return router_at(plan, bundle, i);
	return NULL;
}

uint32_t judge_nodes(const struct plan *plan, const struct plan_bundle *bundle)
{
	uint32_t nodes = 0;

	for (size_t i = 0; i < bundle->routers_count; i++)
		nodes |= 1U << router_at(plan, bundle, i)->node;
	return nodes;
}

static bool are_several(const struct plan_holders *holders)
{
	return __builtin_popcount(holders->sets[0]) > 1 || __builtin_popcount(holders->sets[1]) > 1;
}

static bool are_none(const struct plan_holders *holders)
{
	return holders->sets[0] == 0 || holders->sets[1] == 0;
}

static bool are_equal(const struct plan_holders *one, const struct plan_holders *other)
{
	return one->sets[0] == other->sets[0] && one->sets[1] == other->sets[1];
}

/* As it should be: one node, whichever. */
static bool is_one(const struct plan_holders *holders)
{
	return !are_several(holders) && !are_none(holders);
}

/* ---- it stays ---- */

/* The node's instance is worse off than before, so its addresses should go. */
static bool is_hurt(const struct plan *plan, const struct plan_router *router,
	const struct plan_failure *failure)
{
	struct plan_effect well = plan_effect(plan, router, NULL);
	struct plan_effect failed = plan_effect(plan, router, failure);

	if (failure->what == PLAN_INTERFACE && strcmp(failure->name, router->conf->c.ifname) == 0)
		return true;
	return (failed.faults & ~well.faults) != 0 || failed.priority < well.priority ||
	       (router->conf->c.priority == PRIORITY_OWNER && failure->what != PLAN_FILE);
}

/* Who would take over, were it free to. */
static const struct plan_router *best_other(
	const struct plan *plan, const struct plan_router *router)
{
	const struct plan_router *best = NULL;

	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *other = &plan->routers[i];
		if (other == router || other->virtual_router != router->virtual_router)
			continue;
		if (best == NULL || plan_effect(plan, other, NULL).priority >
					    plan_effect(plan, best, NULL).priority)
			best = other;
	}
	return best;
}

/* How a router tracks what fails, by its name: other nodes have other numbers. 0 when it does not,
 * or when it would be a FAULT. */
static struct weight weight_of(const struct plan *plan, const struct plan_router *router,
	const struct plan_failure *failure)
{
	const struct config *config = plan->nodes[router->node].config;
	const struct config_instance *conf = router->conf;
	struct weight weight = {0};

	for (size_t i = 0; failure->what == PLAN_SCRIPT && i < conf->script_tracks_count; i++) {
		const struct conf_vrrp_track_script *track = &conf->script_tracks[i];
		if (strcmp(config->scripts[track->script].name, failure->name) == 0)
			weight = (struct weight){track->weight, track->reverse != 0};
	}
	for (size_t i = 0; failure->what == PLAN_PROCESS && i < conf->things_count; i++) {
		const struct conf_vrrp_track *track = &conf->things[i];
		if (strcmp(config->tracked[track->tracked].name, failure->name) == 0)
			weight = (struct weight){track->weight, track->reverse != 0};
	}
	for (size_t i = 0; failure->what == PLAN_INTERFACE && i < conf->tracks_count; i++) {
		const struct conf_vrrp_track_interface *track = &conf->tracks[i];
		if (strcmp(track->ifname, failure->name) == 0)
			weight = (struct weight){track->weight, track->reverse != 0};
	}
	return weight;
}

/* The weight that would do, as words; nothing when it takes more than weights can do. One above 0
 * is lost by the node where it fails, so the other must have it too. */
static void advise(const struct plan *plan, const struct plan_router *router,
	const struct plan_router *other, const struct plan_failure *failure, char text[64])
{
	struct weight weight = weight_of(plan, router, failure);
	struct weight others = weight_of(plan, other, failure);
	bool both = weight.weight > 0 && others.weight > 0 && !others.reverse;
	int well = plan_effect(plan, router, NULL).priority;
	int left = plan_effect(plan, router, failure).priority;
	int wanted = plan_effect(plan, other, NULL).priority;
	int needed = (weight.weight > 0 ? left : well) - wanted + 1 + (both ? others.weight : 0);

	text[0] = '\0';
	if (weight.weight == 0 || weight.reverse || needed > WEIGHT_MAX)
		return;
	snprintf(text, 64,
		both ? "; %d or more on both would be enough" : "; %d or less would be enough",
		both ? needed : -needed);
}

static void find_too_light(struct plan *plan, const struct plan_subject *subject, const char *head,
	const struct plan_router *router, const struct plan_router *other,
	const struct plan_failure *failure)
{
	int left = plan_effect(plan, router, failure).priority;
	int others = plan_effect(plan, other, NULL).priority;
	const char *node = plan->nodes[router->node].name;
	const char *other_node = plan->nodes[other->node].name;
	struct weight weight = weight_of(plan, router, failure);
	char advice[64];

	advise(plan, router, other, failure, advice);
	if (weight.weight == 0)
		plan_find(plan, subject, head, ": %s still has priority %d, and %s has %d", node,
			left, other_node, others);
	else
		plan_find(plan, subject, head,
			": weight %d leaves %s with priority %d, and %s has %d%s", weight.weight,
			node, left, other_node, others, advice);
}

static const struct conf_place *track_place(
	const struct plan_router *router, const struct plan_failure *failure)
{
	const struct conf_instance *written = router->written;
	const struct conf_tracks *lists[] = {&written->track_scripts, &written->track_processes,
		&written->track_interfaces, &written->track_files};
	const struct conf_track *track;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		TAILQ_FOREACH(track, lists[i], entry)
	if (strcmp(track->name, failure->name) == 0)
		return &track->place;
	return &written->place;
}

static void judge_stay(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	const struct plan_router *router = judge_router(plan, bundle, failure->node);
	const struct plan_router *other;
	struct plan_subject subject = {.kind = "stays",
		.wrong = true,
		.verb_one = "does not move",
		.verb_many = "do not move",
		.bundle = bundle};
	char head[PLAN_TEXT_LEN];

	if (router == NULL || (move->before.sets[0] & 1U << failure->node) == 0 ||
		!is_hurt(plan, router, failure))
		return;
	other = best_other(plan, router);
	if (other == NULL)
		return; /* there is nowhere to go, as is said elsewhere */
	move->wrong = true;
	subject.place = track_place(router, failure);
	plan_failure_text(plan, failure, head);
	if (router->conf->c.priority == PRIORITY_OWNER)
		plan_find(plan, &subject, head, ": no weight changes priority 255");
	else if (plan_effect(plan, router, failure).priority >=
		 plan_effect(plan, other, NULL).priority)
		find_too_light(plan, &subject, head, router, other, failure);
	else if (other->conf->c.flags & CONF_VRRP_NOPREEMPT)
		plan_find(plan, &subject, head,
			": %s has nopreempt, and takes nothing from a master that lives; weight 0 "
			"instead makes that a FAULT",
			plan->nodes[other->node].name);
	else if (router->group != PLAN_NONE)
		plan_find(plan, &subject, head,
			": others of its vrrp_sync_group are not worse off than on %s",
			plan->nodes[other->node].name);
	else
		plan_find(plan, &subject, head, "%s", "");
}

/* ---- it moves late ---- */

/* A master that lives but has become the worse one is borne for as long as preempt_delay says. */
static void judge_late(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	const struct plan_subject subject = {
		.kind = "late", .verb_one = "moves", .verb_many = "move", .bundle = bundle};
	const struct plan_router *holder;
	char head[PLAN_TEXT_LEN];

	if (!is_one(&move->after) || failure->what == PLAN_NODE_DIES)
		return;
	holder = judge_router(plan, bundle, (size_t)__builtin_ctz(move->after.sets[0]));
	uint64_t delay_ns = holder->conf->c.preempt_delay_ms * NSEC_PER_MSEC;
	if (delay_ns == 0 || move->after_ns < failure->noticed_ns + delay_ns)
		return;
	plan_failure_text(plan, failure, head);
	plan_find(plan, &subject, head,
		" after %.1f s only: preempt_delay of %s holds for a master that lives, too",
		(double)move->after_ns / NSEC_PER_SEC, plan->nodes[holder->node].name);
}

/* ---- it comes back ---- */

static bool is_nopreempt_written(const struct plan_router *router)
{
	return router->written->nopreempt_place.file != NULL;
}

static void judge_return(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	const struct plan_router *router = judge_router(plan, bundle, failure->node);
	struct plan_subject subject = {.kind = "nopreempt",
		.wrong = true,
		.verb_one = "moves back",
		.verb_many = "move back",
		.bundle = bundle};
	char head[PLAN_TEXT_LEN];

	if (router == NULL || are_none(&move->before) || are_equal(&move->before, &move->after) ||
		(move->after.sets[0] & 1U << failure->node) == 0)
		return;
	plan_failure_text(plan, failure, head);
	subject.place = &router->written->nopreempt_place;
	if (is_nopreempt_written(router)) {
		move->wrong = true;
		plan_find(plan, &subject, head,
			" though nopreempt is written: it has no effect beside %s",
			router->conf->c.priority == PRIORITY_OWNER ? "priority 255"
								   : "state MASTER");
		return;
	}
	subject.wrong = false;
	for (size_t i = 0; i < bundle->routers_count; i++) {
		const struct plan_router *other = router_at(plan, bundle, i);
		if (other->virtual_router != router->virtual_router || !is_nopreempt_written(other))
			continue;
		subject.place = &other->written->nopreempt_place;
		plan_find(plan, &subject, head,
			": nopreempt is written on %s, but only on %s would it keep it there",
			plan->nodes[other->node].name, plan->nodes[router->node].name);
		return;
	}
}

/* ---- nobody, or two ---- */

static void judge_nobody(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	const struct plan_router *first = router_at(plan, bundle, 0);
	struct plan_subject subject = {.kind = "nobody",
		.wrong = true,
		.verb_one = "is on no node",
		.verb_many = "are on no node",
		.place = &first->written->place,
		.bundle = bundle};
	uint32_t others = judge_nodes(plan, bundle);
	char head[PLAN_TEXT_LEN];

	if (failure->what != PLAN_ALL_WELL)
		others &= ~(1U << failure->node);
	/* that not all nodes have it is said elsewhere */
	if (others == 0 || judge_lacking(plan, bundle) != 0)
		return;
	move->wrong = true;
	plan_failure_text(plan, failure, head);
	plan_find(plan, &subject, head, "%s",
		first->group != PLAN_NONE
			? ": the members of its vrrp_sync_group wait for each other"
			: "");
}

static void judge_several(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	uint32_t nodes = move->after.sets[0] | move->after.sets[1];
	struct plan_subject subject = {.kind = "two-holders",
		.wrong = true,
		.verb_one = "is on",
		.verb_many = "are on",
		.bundle = bundle};
	const struct plan_router *router = judge_router(plan, bundle, failure->node);
	char head[PLAN_TEXT_LEN], holders[PLAN_TEXT_LEN], reason[PLAN_TEXT_LEN] = "";

	move->wrong = true;
	subject.place = judge_why_several(plan, bundle, nodes, reason);
	if (failure->what == PLAN_INTERFACE && router != NULL &&
		(router->conf->c.flags & CONF_VRRP_DONT_TRACK_PRIMARY) != 0) {
		snprintf(reason, sizeof reason, ": dont_track_primary keeps %s master",
			plan->nodes[failure->node].name);
		subject.place = &router->written->place;
	}
	plan_failure_text(plan, failure, head);
	plan_find(plan, &subject, head, " %s at once%s", plan_nodes_text(plan, nodes, holders),
		reason);
}

/* Has the same not been found of the same addresses? */
static bool is_first(
	const struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	for (size_t i = 0; &plan->moves[i] != move; i++) {
		const struct plan_move *earlier = &plan->moves[i];
		if (earlier->bundle == move->bundle &&
			earlier->after.sets[0] == move->after.sets[0] &&
			plan->failures[earlier->failure].what == failure->what)
			return false;
	}
	return true;
}

/* Each side has its master: that is what the protocol does, but not all who use it know. */
static void judge_apart(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	uint32_t nodes = move->after.sets[0];
	const struct plan_subject subject = {.kind = "apart",
		.verb_one = "is on",
		.verb_many = "are on",
		.bundle = &plan->bundles[move->bundle]};
	char holders[PLAN_TEXT_LEN];

	if (__builtin_popcount(nodes) > 1 && is_first(plan, move, failure))
		plan_find(plan, &subject, "while they do not hear each other",
			" %s at once: each takes the other for dead",
			plan_nodes_text(plan, nodes, holders));
}

static void judge_unsettled(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	struct plan_subject subject = {.kind = "unsettled",
		.wrong = true,
		.verb_one = "does not settle on a node",
		.verb_many = "do not settle on a node",
		.place = &router_at(plan, bundle, 0)->written->place,
		.bundle = bundle};
	char head[PLAN_TEXT_LEN];

	move->wrong = true;
	plan_find(plan, &subject, plan_failure_text(plan, failure, head), "%s", "");
}

static void judge_given_up(
	struct plan *plan, struct plan_move *move, const struct plan_failure *failure)
{
	const struct plan_subject subject = {.kind = "given-up",
		.verb_one = "is",
		.verb_many = "are",
		.bundle = &plan->bundles[move->bundle]};
	char head[PLAN_TEXT_LEN];

	plan_find(plan, &subject, plan_failure_text(plan, failure, head),
		" where it would have taken too long to find out");
}

static void judge_move(struct plan *plan, struct plan_move *move)
{
	const struct plan_failure *failure = &plan->failures[move->failure];

	/* what is wrong while all is well says enough; those moves come first, one of each bundle
	 */
	const struct plan_move *well = &plan->moves[move->bundle];
	if (move != well && (well->end != PLAN_SETTLED || !is_one(&well->after)))
		return;
	if (move->end == PLAN_GIVEN_UP)
		judge_given_up(plan, move, failure);
	else if (move->end == PLAN_UNSETTLED)
		judge_unsettled(plan, move, failure);
	else if (failure->what == PLAN_APART)
		judge_apart(plan, move, failure);
	else if (are_several(&move->after) && !are_several(&move->before))
		judge_several(plan, move, failure);
	else if (are_none(&move->after))
		judge_nobody(plan, move, failure);
	else if (failure->what == PLAN_NODE_RETURNS)
		judge_return(plan, move, failure);
	else if (failure->what == PLAN_ALL_WELL)
		return;
	else if (are_equal(&move->before, &move->after))
		judge_stay(plan, move, failure);
	else
		judge_late(plan, move, failure);
}

void plan_judge(struct plan *plan)
{
	for (size_t i = 0; i < plan->moves_count; i++)
		judge_move(plan, &plan->moves[i]);
	plan_judge_written(plan);
}
