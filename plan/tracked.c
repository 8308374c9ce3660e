/* What a router tracks, and what that does to it. */
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

#define PRIORITY_OWNER 255

bool plan_interface_up(const struct plan_failure *failure, size_t node, const char *ifname)
{
	return failure == NULL || failure->what != PLAN_INTERFACE || failure->node != node ||
	       strcmp(failure->name, ifname) != 0;
}

static bool is_it(
	const struct plan_failure *failure, enum plan_what what, size_t node, uint32_t number)
{
	return failure != NULL && failure->what == what && failure->node == node &&
	       failure->number == number;
}

static const struct conf_track_file *find_file(const struct conf *conf, uint32_t number)
{
	const struct conf_track_file *file;

	TAILQ_FOREACH(file, &conf->track_files, entry)
	if (number-- == 0)
		return file;
	return NULL;
}

int64_t plan_file_normal(const struct plan *plan, size_t node, uint32_t number)
{
	const struct conf_track_file *file = find_file(plan->nodes[node].conf, number);
	int64_t made = file != NULL && file->init ? file->init_value : 0;

	for (size_t i = 0; i < plan->routers_count && made == 0; i++) {
		const struct plan_router *router = &plan->routers[i];
		for (size_t t = 0; router->node == node && t < router->conf->things_count; t++) {
			const struct conf_vrrp_track *track = &router->conf->things[t];
			if (track->tracked == number && track->weight == 0 && track->reverse != 0)
				return 1;
		}
	}
	return made;
}

/* ---- one after the other ---- */

struct sum {
	int additions;
	uint32_t faults;
};

static void add(struct sum *sum, struct effect effect, enum vrrp_fault fault)
{
	sum->additions += effect.addition;
	if (effect.fault)
		sum->faults |= fault;
}

static void add_interfaces(
	struct sum *sum, const struct plan_router *router, const struct plan_failure *failure)
{
	for (size_t i = 0; i < router->conf->tracks_count; i++) {
		const struct conf_vrrp_track_interface *track = &router->conf->tracks[i];
		bool up = plan_interface_up(failure, router->node, track->ifname);
		add(sum,
			weight_of_verdict((struct weight){track->weight, track->reverse != 0},
				up ? VERDICT_UP : VERDICT_DOWN),
			VRRP_FAULT_TRACKED_INTERFACE);
	}
}

static void add_scripts(
	struct sum *sum, const struct plan_router *router, const struct plan_failure *failure)
{
	for (size_t i = 0; i < router->conf->script_tracks_count; i++) {
		const struct conf_vrrp_track_script *track = &router->conf->script_tracks[i];
		bool down = is_it(failure, PLAN_SCRIPT, router->node, track->script);
		add(sum,
			weight_of_verdict((struct weight){track->weight, track->reverse != 0},
				down ? VERDICT_DOWN : VERDICT_UP),
			VRRP_FAULT_TRACKED_SCRIPT);
	}
}

static struct effect file_effect(const struct plan *plan, const struct plan_router *router,
	const struct conf_vrrp_track *track, const struct plan_failure *failure)
{
	bool told = is_it(failure, PLAN_FILE, router->node, track->tracked);

	/* as in vrrpd: what has a weight does nothing to an owner */
	if (router->conf->c.priority == PRIORITY_OWNER && track->weight != 0)
		return (struct effect){0};
	return weight_of_value((struct weight){track->weight, track->reverse != 0},
		told ? failure->value : plan_file_normal(plan, router->node, track->tracked));
}

static void add_things(struct sum *sum, const struct plan *plan, const struct plan_router *router,
	const struct plan_failure *failure)
{
	const struct config *config = plan->nodes[router->node].config;

	for (size_t i = 0; i < router->conf->things_count; i++) {
		const struct conf_vrrp_track *track = &router->conf->things[i];
		bool missing = is_it(failure, PLAN_PROCESS, router->node, track->tracked);
		if (config->tracked[track->tracked].kind == TRACKED_FILE)
			add(sum, file_effect(plan, router, track, failure),
				VRRP_FAULT_TRACKED_FILE);
		else
			add(sum,
				weight_of_verdict(
					(struct weight){track->weight, track->reverse != 0},
					missing ? VERDICT_DOWN : VERDICT_UP),
				VRRP_FAULT_TRACKED_PROCESS);
	}
}

struct plan_effect plan_effect(const struct plan *plan, const struct plan_router *router,
	const struct plan_failure *failure)
{
	struct sum sum = {0};

	add_interfaces(&sum, router, failure);
	add_scripts(&sum, router, failure);
	add_things(&sum, plan, router, failure);
	return (struct plan_effect){
		.priority = weight_priority(router->conf->c.priority, sum.additions),
		.faults = sum.faults,
	};
}
