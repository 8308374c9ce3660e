/* What the configurations show without anything failing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"
#include "plan/judge.h"

static const struct conf_place *place_or(
	const struct conf_place *place, const struct plan_router *router)
{
	return place->file != NULL ? place : &router->written->place;
}

/* ---- addresses that not all nodes have ---- */

static bool is_beside(
	const struct plan *plan, const struct plan_bundle *bundle, const struct plan_router *router)
{
	for (size_t i = 0; i < bundle->routers_count; i++)
		if (plan->routers[bundle->routers[i]].virtual_router == router->virtual_router)
			return true;
	return false;
}

uint32_t judge_lacking(const struct plan *plan, const struct plan_bundle *bundle)
{
	uint32_t nodes = 0;

	for (size_t i = 0; i < plan->routers_count; i++)
		if (is_beside(plan, bundle, &plan->routers[i]))
			nodes |= 1U << plan->routers[i].node;
	return nodes & ~judge_nodes(plan, bundle);
}

static void judge_presence(struct plan *plan, const struct plan_bundle *bundle)
{
	const struct plan_router *first = &plan->routers[bundle->routers[0]];
	uint32_t nodes = judge_nodes(plan, bundle);
	uint32_t lacking = judge_lacking(plan, bundle);
	bool alone = __builtin_popcount(nodes) == 1;
	struct plan_subject subject = {.kind = alone ? "one-node" : "missing",
		.wrong = true,
		.place = place_or(&first->written->addresses_place, first),
		.verb_one = alone ? "is" : "is not",
		.verb_many = alone ? "are" : "are not",
		.bundle = bundle};
	char text[PLAN_TEXT_LEN];

	if (lacking != 0)
		plan_find(plan, &subject, "addresses differ",
			alone ? " on %s alone: lost while another node is master of virtual router "
				"%u"
			      : " on %s: lost while it is master of virtual router %u",
			plan_nodes_text(plan, alone ? nodes : lacking, text), first->conf->c.vrid);
	else if (alone && plan->nodes_count > 1)
		plan_find(plan, &subject, "one node only",
			" on %s alone: nobody takes over when it fails",
			plan_nodes_text(plan, nodes, text));
}

/* ---- priorities ---- */

/* Which of the equals is master is known when both say what they send from. */
static void judge_equal(struct plan *plan, const struct plan_bundle *bundle,
	const struct plan_router *a, const struct plan_router *b)
{
	const struct plan_router *higher =
		memcmp(&a->source, &b->source, sizeof a->source) > 0 ? a : b;
	struct plan_subject subject = {.kind = "equal",
		.wrong = true,
		.place = place_or(&b->written->priority_place, b),
		.verb_one = "has",
		.verb_many = "have",
		.bundle = bundle};
	char nodes[PLAN_TEXT_LEN];

	plan_nodes_text(plan, 1U << a->node | 1U << b->node, nodes);
	if (a->source == 0 || b->source == 0)
		plan_find(plan, &subject, "equal priorities",
			" priority %u on %s: the addresses of their interfaces decide who is "
			"master",
			a->conf->c.priority, nodes);
	else
		plan_find(plan, &subject, "equal priorities",
			" priority %u on %s: %s is preferred for its higher address",
			a->conf->c.priority, nodes, plan->nodes[higher->node].name);
}

static void judge_priorities(struct plan *plan, const struct plan_bundle *bundle)
{
	for (size_t i = 0; i < bundle->routers_count; i++) {
		for (size_t j = i + 1; j < bundle->routers_count; j++) {
			const struct plan_router *a = &plan->routers[bundle->routers[i]];
			const struct plan_router *b = &plan->routers[bundle->routers[j]];
			if (a->virtual_router == b->virtual_router &&
				a->conf->c.priority == b->conf->c.priority)
				judge_equal(plan, bundle, a, b);
		}
	}
}

/* ---- 'state MASTER' ---- */

static void judge_state(struct plan *plan, const struct plan_move *move)
{
	const struct plan_bundle *bundle = &plan->bundles[move->bundle];
	struct plan_subject subject = {
		.kind = "state", .verb_one = "is", .verb_many = "are", .bundle = bundle};
	uint32_t nodes = move->after.sets[0];
	const struct plan_router *holder;

	if (nodes != move->after.sets[1] || __builtin_popcount(nodes) != 1)
		return;
	holder = judge_router(plan, bundle, (size_t)__builtin_ctz(nodes));
	for (size_t i = 0; i < bundle->routers_count; i++) {
		const struct plan_router *router = &plan->routers[bundle->routers[i]];
		if (router == holder || !router->written->state_master)
			continue;
		subject.place = place_or(&router->written->state_place, router);
		char head[PLAN_TEXT_LEN];
		snprintf(head, sizeof head, "state MASTER is written on %s",
			plan->nodes[router->node].name);
		plan_find(plan, &subject, head, " on %s all the same (priority %u, there %u)",
			plan->nodes[holder->node].name, holder->conf->c.priority,
			router->conf->c.priority);
	}
}

/* ---- what nobody tracks ---- */

static void judge_untracked(struct plan *plan, size_t node, const char *what, const char *name,
	const char *keyword, const struct conf_place *place)
{
	const struct plan_subject subject = {.kind = "untracked", .wrong = true, .place = place};
	char head[PLAN_TEXT_LEN];

	snprintf(head, sizeof head, "%s %s of %s is tracked by no vrrp_instance", what, name,
		plan->nodes[node].name);
	plan_find(plan, &subject, head, "when it fails nothing moves; name it in %s", keyword);
}

static void judge_definitions(struct plan *plan, size_t node)
{
	const struct conf *conf = plan->nodes[node].conf;
	const struct conf_script *script;
	const struct conf_track_file *file;
	const struct conf_track_process *process;

	TAILQ_FOREACH(script, &conf->scripts, entry)
	if (!script->tracked)
		judge_untracked(plan, node, "script", script->name, "track_script", &script->place);
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	if (!process->tracked)
		judge_untracked(
			plan, node, "process", process->name, "track_process", &process->place);
	TAILQ_FOREACH(file, &conf->track_files, entry)
	if (!file->tracked)
		judge_untracked(plan, node, "file", file->name, "track_file", &file->place);
}

/* Does it notice when what it serves fails? */
static bool tracks_service(const struct plan_router *router)
{
	return router->conf->script_tracks_count > 0 || router->conf->things_count > 0;
}

static void judge_blind(struct plan *plan, const struct plan_bundle *bundle)
{
	const struct plan_router *keen = NULL, *blind = NULL;
	struct plan_subject subject = {
		.kind = "untracked", .verb_one = "is", .verb_many = "are", .bundle = bundle};
	char head[PLAN_TEXT_LEN];

	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *router = &plan->routers[i];
		if (is_beside(plan, bundle, router))
			*(tracks_service(router) ? &keen : &blind) = router;
	}
	if (keen == NULL || blind == NULL)
		return;
	subject.place = &blind->written->place;
	snprintf(head, sizeof head, "nothing is tracked on %s", plan->nodes[blind->node].name);
	plan_find(
		plan, &subject, head, " there after a failure, and what fails then is not noticed");
}

/* Beside others of its node that notice when their service fails it is likely to have been
 * forgotten. Those of a sync group follow others anyway. */
static void judge_forgotten(
	struct plan *plan, const struct plan_bundle *bundle, const struct plan_router *router)
{
	struct plan_subject subject = {.kind = "untracked",
		.verb_one = "stays",
		.verb_many = "stay",
		.place = &router->written->place,
		.bundle = bundle};
	char head[PLAN_TEXT_LEN];

	if (tracks_service(router) || router->group != PLAN_NONE)
		return;
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *other = &plan->routers[i];
		if (other->node != router->node || !tracks_service(other))
			continue;
		snprintf(head, sizeof head, "what vrrp_instance %s of %s tracks fails",
			other->written->name, plan->nodes[other->node].name);
		plan_find(plan, &subject, head, ": nothing is tracked there");
		return;
	}
}

/* ---- peers that nobody is ---- */

static bool is_somebody(const struct plan *plan, const struct plan_router *router, uint32_t address)
{
	for (size_t i = 0; i < plan->routers_count; i++)
		if (plan->routers[i].virtual_router == router->virtual_router &&
			plan->routers[i].source == address)
			return true;
	return false;
}

/* Does any of its virtual router send from an address that nobody says? */
static bool is_guess(const struct plan *plan, const struct plan_router *router)
{
	for (size_t i = 0; i < plan->routers_count; i++)
		if (plan->routers[i].virtual_router == router->virtual_router &&
			plan->routers[i].source == 0)
			return true;
	return false;
}

static void judge_peers(struct plan *plan, const struct plan_router *router)
{
	const struct conf_peer *peer;
	char address[VALUE_ADDRESS_LEN], head[PLAN_TEXT_LEN];

	if (is_guess(plan, router))
		return;
	TAILQ_FOREACH(peer, &router->written->peers, entry)
	{
		const struct plan_subject subject = {.kind = "peer", .place = &peer->place};
		if (is_somebody(plan, router, config_ipv4(&peer->address)))
			continue;
		snprintf(head, sizeof head, "unicast_peer of %s lists %s",
			plan->nodes[router->node].name,
			value_address_text(&peer->address, address));
		plan_find(plan, &subject, head, "none of these nodes sends from there");
	}
}

/* ---- what is not run ---- */

static void judge_not_run(struct plan *plan, size_t node)
{
	const struct conf_instance *instance;
	char head[PLAN_TEXT_LEN];

	TAILQ_FOREACH(instance, &plan->nodes[node].conf->instances, entry)
	{
		const struct plan_subject subject = {.kind = "not-run", .place = &instance->place};
		if (!instance->not_implemented)
			continue;
		snprintf(head, sizeof head, "vrrp_instance %s of %s", instance->name,
			plan->nodes[node].name);
		plan_find(plan, &subject, head, "this version does not run it");
	}
}

/* Sync groups and virtual servers, which are compared as `holdfast -t` does it. */
static void judge_pair(struct plan *plan, size_t one, size_t other, const char *kind,
	void (*compare)(const struct conf *, const struct conf *, struct conf_findings *))
{
	struct conf_findings findings = TAILQ_HEAD_INITIALIZER(findings);
	const struct conf_finding *finding;

	compare(plan->nodes[one].conf, plan->nodes[other].conf, &findings);
	TAILQ_FOREACH(finding, &findings, entry)
	{
		const struct plan_subject subject = {.kind = kind,
			.wrong = finding->severity != CONF_NOTE,
			.place = &finding->place};
		plan_find(plan, &subject, finding->text, "%s", "");
	}
	conf_findings_free(&findings);
}

void plan_judge_written(struct plan *plan)
{
	for (size_t i = 0; i < plan->bundles_count; i++) {
		judge_presence(plan, &plan->bundles[i]);
		judge_priorities(plan, &plan->bundles[i]);
		judge_blind(plan, &plan->bundles[i]);
		for (size_t r = 0; r < plan->bundles[i].routers_count; r++)
			judge_forgotten(plan, &plan->bundles[i],
				&plan->routers[plan->bundles[i].routers[r]]);
	}
	for (size_t i = 0; i < plan->moves_count; i++)
		if (plan->failures[plan->moves[i].failure].what == PLAN_ALL_WELL)
			judge_state(plan, &plan->moves[i]);
	for (size_t i = 0; i < plan->routers_count; i++)
		judge_peers(plan, &plan->routers[i]);
	for (size_t node = 0; node < plan->nodes_count; node++) {
		judge_definitions(plan, node);
		judge_not_run(plan, node);
		for (size_t other = node + 1; other < plan->nodes_count; other++) {
			judge_pair(plan, node, other, "group", conf_compare_groups);
			judge_pair(plan, node, other, "services", conf_compare_ipvs);
		}
	}
}
