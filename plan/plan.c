#include "plan/plan.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/items.h"
#include "plan/internal.h"

void *plan_allocate(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (memory == NULL)
		err(2, "plan");
	return memory;
}

/* Lists double: they grow at powers of two. */
void *plan_grow(void *list, size_t count, size_t size)
{
	void *grown;

	if ((count & (count - 1)) != 0)
		return list;
	grown = reallocarray(list, count == 0 ? 1 : count * 2, size);
	if (grown == NULL)
		err(2, "plan");
	return grown;
}

/* ---- nodes ---- */

/* The configuration goes the way to vrrpd, item by item. */
static int make_config(struct plan_node *node, char *why, size_t size)
{
	char reason[PROTO_REASON_LEN] = "";
	struct conf_items *items = conf_items_new(node->conf, PROTO_VRRP);
	int result = 0;

	node->config = config_new();
	if (node->config == NULL)
		err(2, "plan");
	for (size_t i = 0; i < items->count && result == 0; i++)
		result = config_add(node->config, items->list[i].type, items->list[i].body, reason,
			sizeof reason);
	if (result == 0)
		result = config_check(node->config, reason, sizeof reason);
	if (result == -1)
		snprintf(why, size, "%s: %s", node->name, reason);
	conf_items_free(items);
	return result;
}

static void find_groups(const struct plan *plan, size_t node, struct plan_router *routers)
{
	const struct config *config = plan->nodes[node].config;

	for (size_t i = 0; i < config->count; i++)
		routers[i].group = PLAN_NONE;
	for (size_t g = 0; g < config->groups_count; g++)
		for (uint32_t m = 0; m < config->groups[g].members_count; m++)
			routers[config->groups[g].members[m]].group = g;
}

static void find_advertised(struct plan_router *router)
{
	const struct config_instance *conf = router->conf;

	router->advertised = plan_allocate(conf->addresses_count, sizeof *router->advertised);
	for (size_t i = 0; i < conf->addresses_count; i++)
		if ((conf->addresses[i].flags & CONF_ADDRESS_EXCLUDED) == 0)
			router->advertised[router->advertised_count++] =
				config_ipv4(&conf->addresses[i].address);
}

/* Instances as written and as vrrpd gets them are in one order, less those that it does not run. */
static void find_routers(struct plan *plan, size_t node)
{
	const struct config *config = plan->nodes[node].config;
	struct plan_router *routers = plan->routers + plan->routers_count;
	const struct conf_instance *written;
	size_t i = 0;

	TAILQ_FOREACH(written, &plan->nodes[node].conf->instances, entry)
	{
		if (written->not_implemented)
			continue;
		routers[i] = (struct plan_router){
			.node = node, .written = written, .conf = config->instances[i]};
		find_advertised(&routers[i++]);
	}
	find_groups(plan, node, routers);
	plan->routers_count += i;
}

static int find_nodes(struct plan *plan, char *why, size_t why_size)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->nodes_count; i++) {
		if (make_config(&plan->nodes[i], why, why_size) == -1)
			return -1;
		count += plan->nodes[i].config->count;
	}
	plan->routers = plan_allocate(count, sizeof *plan->routers);
	for (size_t i = 0; i < plan->nodes_count; i++)
		find_routers(plan, i);
	return 0;
}

struct plan *plan_make(const struct conf *const *confs, const char *const *names, size_t count,
	char *why, size_t why_size)
{
	struct plan *plan = plan_allocate(1, sizeof *plan);

	TAILQ_INIT(&plan->findings);
	plan->nodes_count = count > PLAN_NODES_MAX ? PLAN_NODES_MAX : count;
	for (size_t i = 0; i < plan->nodes_count; i++)
		plan->nodes[i] = (struct plan_node){.name = names[i], .conf = confs[i]};
	if (find_nodes(plan, why, why_size) == -1) {
		plan_free(plan);
		return NULL;
	}
	plan_find_topology(plan);
	plan_find_sources(plan);
	plan_find_failures(plan);
	plan_run(plan);
	plan_judge(plan);
	plan_find_services(plan);
	return plan;
}

static void free_finding(struct plan_finding *finding)
{
	free(finding->head);
	free(finding->rest);
	free(finding->addresses);
	free(finding);
}

void plan_free(struct plan *plan)
{
	struct plan_finding *finding;

	while ((finding = TAILQ_FIRST(&plan->findings)) != NULL) {
		TAILQ_REMOVE(&plan->findings, finding, entry);
		free_finding(finding);
	}
	for (size_t i = 0; i < plan->services_count; i++) {
		free(plan->services[i].failure);
		free(plan->services[i].outcome);
	}
	for (size_t i = 0; i < plan->routers_count; i++)
		free(plan->routers[i].advertised);
	for (size_t i = 0; i < plan->nodes_count; i++)
		if (plan->nodes[i].config != NULL)
			config_free(plan->nodes[i].config);
	free(plan->services);
	free(plan->moves);
	free(plan->failures);
	free(plan->bundles);
	free(plan->address_routers);
	free(plan->addresses);
	free(plan->routers);
	free(plan);
}
