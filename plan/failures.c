/* All that can fail, in the order in which it is shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/stage.h"
#include "plan/internal.h"

static struct plan_failure *add(
	struct plan *plan, enum plan_what what, size_t node, const char *name)
{
	struct plan_failure *failure;

	plan->failures = plan_grow(plan->failures, plan->failures_count, sizeof *plan->failures);
	failure = &plan->failures[plan->failures_count++];
	*failure = (struct plan_failure){.what = what, .node = node};
	proto_string_set(failure->name, sizeof failure->name, name);
	return failure;
}

static bool is_known(const struct plan *plan, enum plan_what what, size_t node, const char *name)
{
	for (size_t i = 0; i < plan->failures_count; i++) {
		const struct plan_failure *failure = &plan->failures[i];
		if (failure->what == what && failure->node == node &&
			strcmp(failure->name, name) == 0)
			return true;
	}
	return false;
}

/* ---- interfaces ---- */

static void add_interface(struct plan *plan, size_t node, const char *name)
{
	if (name[0] != '\0' && !is_known(plan, PLAN_INTERFACE, node, name))
		add(plan, PLAN_INTERFACE, node, name);
}

static void add_interfaces(struct plan *plan, size_t node)
{
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *router = &plan->routers[i];
		if (router->node != node)
			continue;
		add_interface(plan, node, router->conf->c.ifname);
		for (size_t t = 0; t < router->conf->tracks_count; t++)
			add_interface(plan, node, router->conf->tracks[t].ifname);
	}
}

/* ---- scripts ---- */

static void add_scripts(struct plan *plan, size_t node)
{
	const struct conf_script *script;
	uint32_t number = 0;

	TAILQ_FOREACH(script, &plan->nodes[node].conf->scripts, entry)
	{
		if (!script->tracked)
			continue;
		struct plan_failure *failure = add(plan, PLAN_SCRIPT, node, script->name);
		failure->number = number++;
		/* at most: it fails right after a run began, and every run ends at once */
		failure->noticed_ns = script->interval_us * 1000 * script->fall;
	}
}

/* ---- files and processes ---- */

/* The best priority that another node has when all is well. */
static int best_other(const struct plan *plan, const struct plan_router *router)
{
	int best = 0;

	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *other = &plan->routers[i];
		if (other == router || other->virtual_router != router->virtual_router)
			continue;
		int priority = plan_effect(plan, other, NULL).priority;
		best = priority > best ? priority : best;
	}
	return best;
}

/* The number nearest to what a file says normally with which its router is worse than all others.
 */
static int64_t value_that_moves(const struct plan *plan, const struct plan_router *router,
	const struct conf_vrrp_track *track, int64_t normal)
{
	int weight = track->reverse != 0 ? -track->weight : track->weight;
	int size = abs(weight);
	int gap = plan_effect(plan, router, NULL).priority - best_other(plan, router) + 1;
	int64_t steps = gap < 1 ? 1 : (gap + size - 1) / size;

	return weight > 0 ? normal - steps : normal + steps;
}

/* Of all that track the file, the one that it takes most to move. */
static int64_t file_value(const struct plan *plan, size_t node, uint32_t number)
{
	int64_t normal = plan_file_normal(plan, node, number);
	int64_t found = normal != 0 ? 0 : 1;

	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *router = &plan->routers[i];
		for (size_t t = 0; router->node == node && t < router->conf->things_count; t++) {
			const struct conf_vrrp_track *track = &router->conf->things[t];
			if (track->tracked != number || track->weight == 0)
				continue;
			int64_t value = value_that_moves(plan, router, track, normal);
			if (llabs(value - normal) >= llabs(found - normal))
				found = value;
		}
	}
	return found;
}

static void add_files(struct plan *plan, size_t node)
{
	const struct conf_track_file *file;
	uint32_t number = 0;

	TAILQ_FOREACH(file, &plan->nodes[node].conf->track_files, entry)
	{
		int64_t value = file_value(plan, node, number);
		struct plan_failure *failure = add(plan, PLAN_FILE, node, file->name);
		failure->number = number++;
		failure->value = value;
	}
}

static void add_processes(struct plan *plan, size_t node)
{
	const struct conf *conf = plan->nodes[node].conf;
	const struct conf_track_process *process;
	const struct conf_track_file *file;
	uint32_t number = 0;

	TAILQ_FOREACH(file, &conf->track_files, entry)
	number++;
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	{
		struct plan_failure *failure = add(plan, PLAN_PROCESS, node, process->name);
		failure->number = number++;
		failure->noticed_ns = process->terminate_delay_us * 1000;
	}
}

/* ---- networks ---- */

static uint32_t nodes_on(const struct plan *plan, size_t network)
{
	uint32_t nodes = 0;

	for (size_t i = 0; i < plan->routers_count; i++)
		if (plan->routers[i].network == network)
			nodes |= 1U << plan->routers[i].node;
	return nodes;
}

/* "eth0", or "eth0/ens3" where nodes call it differently. */
static void name_network(const struct plan *plan, size_t network, char name[PROTO_NAME_LEN])
{
	char word[PROTO_IFNAME_LEN + 2];

	name[0] = '\0';
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct plan_router *router = &plan->routers[i];
		if (router->network != network || router->conf->c.ifname[0] == '\0')
			continue;
		snprintf(word, sizeof word, "%s%s", name[0] != '\0' ? "/" : "",
			router->conf->c.ifname);
		if (name[0] != '\0' && strstr(name, router->conf->c.ifname) != NULL)
			continue;
		if (strlen(name) + strlen(word) < PROTO_NAME_LEN)
			strlcat(name, word, PROTO_NAME_LEN);
	}
}

/* Of two nodes the one without the other is the same as the other without the one. */
static void add_network(struct plan *plan, size_t network, size_t node)
{
	uint32_t nodes = nodes_on(plan, network);
	uint32_t others = nodes & ~(1U << node);
	char name[PROTO_NAME_LEN];

	if (others == nodes || others == 0 ||
		(__builtin_popcount(nodes) == 2 && 1U << node > others))
		return;
	name_network(plan, network, name);
	struct plan_failure *failure = add(plan, PLAN_APART, node, name);
	failure->network = network;
	failure->others = others;
}

static void add_networks(struct plan *plan, size_t node)
{
	for (size_t i = 0; i < plan->routers_count; i++)
		if (plan->routers[i].network == i)
			add_network(plan, i, node);
}

void plan_find_failures(struct plan *plan)
{
	add(plan, PLAN_ALL_WELL, 0, "");
	for (size_t node = 0; node < plan->nodes_count; node++) {
		add(plan, PLAN_NODE_DIES, node, "");
		add(plan, PLAN_NODE_RETURNS, node, "");
	}
	for (size_t node = 0; node < plan->nodes_count; node++)
		add_interfaces(plan, node);
	for (size_t node = 0; node < plan->nodes_count; node++) {
		add_scripts(plan, node);
		add_processes(plan, node);
		add_files(plan, node);
	}
	for (size_t node = 0; node < plan->nodes_count; node++)
		add_networks(plan, node);
}

/* ---- whom it concerns ---- */

static bool tracks_thing(const struct plan_router *router, uint32_t number)
{
	for (size_t i = 0; i < router->conf->things_count; i++)
		if (router->conf->things[i].tracked == number)
			return true;
	return false;
}

static bool tracks_script(const struct plan_router *router, uint32_t number)
{
	for (size_t i = 0; i < router->conf->script_tracks_count; i++)
		if (router->conf->script_tracks[i].script == number)
			return true;
	return false;
}

static bool uses_interface(const struct plan_router *router, const char *name)
{
	for (size_t i = 0; i < router->conf->tracks_count; i++)
		if (strcmp(router->conf->tracks[i].ifname, name) == 0)
			return true;
	return strcmp(router->conf->c.ifname, name) == 0;
}

bool plan_concerns(const struct plan_failure *failure, const struct plan_router *router)
{
	if (failure->what == PLAN_ALL_WELL)
		return true;
	if (failure->what == PLAN_APART)
		return router->network == failure->network;
	if (router->node != failure->node)
		return false;
	if (failure->what == PLAN_INTERFACE)
		return uses_interface(router, failure->name);
	if (failure->what == PLAN_SCRIPT)
		return tracks_script(router, failure->number);
	if (failure->what == PLAN_FILE || failure->what == PLAN_PROCESS)
		return tracks_thing(router, failure->number);
	return true;
}
