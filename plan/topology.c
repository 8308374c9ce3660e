/* Who belongs together: virtual routers, networks, and what moves together. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

/* ---- sets that grow together ---- */

static size_t root_of(size_t *parents, size_t i)
{
	while (parents[i] != i)
		i = parents[i] = parents[parents[i]];
	return i;
}

static void unite(size_t *parents, size_t a, size_t b)
{
	parents[root_of(parents, a)] = root_of(parents, b);
}

static size_t *new_sets(size_t count)
{
	size_t *parents = plan_allocate(count, sizeof *parents);

	for (size_t i = 0; i < count; i++)
		parents[i] = i;
	return parents;
}

/* ---- instances in an order that has those side by side that belong together ---- */

typedef int comparison(const void *left, const void *right);

static const struct plan_router *pointed(const void *element)
{
	return *(const struct plan_router *const *)element;
}

static int by_vrid_and_name(const void *left, const void *right)
{
	const struct plan_router *a = pointed(left), *b = pointed(right);
	int order = (int)a->conf->c.vrid - (int)b->conf->c.vrid;

	return order != 0 ? order : strcmp(a->conf->c.ifname, b->conf->c.ifname);
}

static int by_vrid(const void *left, const void *right)
{
	return (int)pointed(left)->conf->c.vrid - (int)pointed(right)->conf->c.vrid;
}

static int by_vrid_and_address(const void *left, const void *right)
{
	const struct plan_router *a = pointed(left), *b = pointed(right);
	int order = by_vrid(left, right);
	uint32_t first_a = a->advertised_count > 0 ? ntohl(a->advertised[0]) : 0;
	uint32_t first_b = b->advertised_count > 0 ? ntohl(b->advertised[0]) : 0;

	return order != 0 ? order : (first_a > first_b) - (first_a < first_b);
}

static int by_interface(const void *left, const void *right)
{
	const struct plan_router *a = pointed(left), *b = pointed(right);
	int order = (int)a->node - (int)b->node;

	return order != 0 ? order : strcmp(a->conf->c.ifname, b->conf->c.ifname);
}

static int by_group(const void *left, const void *right)
{
	const struct plan_router *a = pointed(left), *b = pointed(right);
	int order = (int)a->node - (int)b->node;

	return order != 0 ? order : (a->group > b->group) - (a->group < b->group);
}

static struct plan_router **sorted(const struct plan *plan, comparison *order)
{
	struct plan_router **list =
		plan_allocate(plan->routers_count, sizeof(struct plan_router *));

	for (size_t i = 0; i < plan->routers_count; i++)
		list[i] = &plan->routers[i];
	qsort(list, plan->routers_count, sizeof(struct plan_router *), order);
	return list;
}

/* Length of the run of equals that begins there. */
static size_t run_length(
	struct plan_router *const *list, size_t at, size_t count, comparison *order)
{
	size_t length = 1;

	while (at + length < count && order(&list[at], &list[at + length]) == 0)
		length++;
	return length;
}

/* ---- virtual routers ---- */

/* The instances may be one virtual router: at most one of each node;
 * lone: none of which has found others yet. */
static bool fit_together(struct plan_router *const *run, size_t length, bool lone)
{
	uint32_t nodes = 0;

	for (size_t i = 0; i < length; i++) {
		if ((nodes & 1U << run[i]->node) != 0 || (lone && run[i]->virtual_router != 1))
			return false;
		nodes |= 1U << run[i]->node;
	}
	return true;
}

static void unite_runs(struct plan *plan, size_t *sets, comparison *order, bool lone)
{
	struct plan_router **list = sorted(plan, order);
	size_t length;

	for (size_t at = 0; at < plan->routers_count; at += length) {
		length = run_length(list, at, plan->routers_count, order);
		if (!fit_together(list + at, length, lone))
			continue;
		for (size_t i = 1; i < length; i++)
			unite(sets, (size_t)(list[at] - plan->routers),
				(size_t)(list[at + i] - plan->routers));
	}
	free(list);
}

/* For the time being, virtual_router is the size of the set that an instance is in. */
static void count_sets(struct plan *plan, size_t *sets)
{
	size_t *sizes = plan_allocate(plan->routers_count, sizeof *sizes);

	for (size_t i = 0; i < plan->routers_count; i++)
		sizes[root_of(sets, i)]++;
	for (size_t i = 0; i < plan->routers_count; i++)
		plan->routers[i].virtual_router = sizes[root_of(sets, i)];
	free(sizes);
}

/* VRIDs are what counts on a network; which interfaces are on one, names and addresses say, and
 * where a node has the VRID only once it needs neither. */
static void find_virtual_routers(struct plan *plan)
{
	size_t *sets = new_sets(plan->routers_count);

	unite_runs(plan, sets, by_vrid_and_name, false);
	count_sets(plan, sets);
	unite_runs(plan, sets, by_vrid_and_address, true);
	unite_runs(plan, sets, by_vrid, false);
	for (size_t i = 0; i < plan->routers_count; i++)
		plan->routers[i].virtual_router = root_of(sets, i);
	free(sets);
}

/* ---- networks ---- */

static void find_networks(struct plan *plan)
{
	struct plan_router **list = sorted(plan, by_interface);
	size_t *sets = new_sets(plan->routers_count);

	for (size_t i = 0; i < plan->routers_count; i++)
		unite(sets, i, plan->routers[i].virtual_router);
	for (size_t i = 1; i < plan->routers_count; i++)
		if (list[i]->conf->c.ifname[0] != '\0' && by_interface(&list[i - 1], &list[i]) == 0)
			unite(sets, (size_t)(list[i - 1] - plan->routers),
				(size_t)(list[i] - plan->routers));
	for (size_t i = 0; i < plan->routers_count; i++)
		plan->routers[i].network = root_of(sets, i);
	free(sets);
	free(list);
}

/* ---- addresses ---- */

/* An address of an instance. */
struct use {
	struct proto_addr address;
	size_t router;
};

static int by_address(const void *left, const void *right)
{
	const struct use *a = left, *b = right;
	int order = memcmp(&a->address, &b->address, sizeof a->address);

	return order != 0 ? order : (a->router > b->router) - (a->router < b->router);
}

static struct use *find_uses(const struct plan *plan, size_t *count)
{
	struct use *uses;
	size_t room = 0;

	for (size_t i = 0; i < plan->routers_count; i++)
		room += plan->routers[i].conf->addresses_count;
	uses = plan_allocate(room, sizeof *uses);
	*count = 0;
	for (size_t i = 0; i < plan->routers_count; i++) {
		const struct config_instance *conf = plan->routers[i].conf;
		for (size_t a = 0; a < conf->addresses_count; a++)
			uses[(*count)++] = (struct use){conf->addresses[a].address, i};
	}
	qsort(uses, *count, sizeof *uses, by_address);
	return uses;
}

static bool same_address(const struct use *a, const struct use *b)
{
	return memcmp(&a->address, &b->address, sizeof a->address) == 0;
}

static void find_components(struct plan *plan, const struct use *uses, size_t uses_count)
{
	struct plan_router **list = sorted(plan, by_group);
	size_t *sets = new_sets(plan->routers_count);

	for (size_t i = 0; i < plan->routers_count; i++)
		unite(sets, i, plan->routers[i].virtual_router);
	for (size_t i = 1; i < plan->routers_count; i++)
		if (list[i]->group != PLAN_NONE && by_group(&list[i - 1], &list[i]) == 0)
			unite(sets, (size_t)(list[i - 1] - plan->routers),
				(size_t)(list[i] - plan->routers));
	for (size_t i = 1; i < uses_count; i++)
		if (same_address(&uses[i - 1], &uses[i]))
			unite(sets, uses[i - 1].router, uses[i].router);
	for (size_t i = 0; i < plan->routers_count; i++)
		plan->routers[i].component = root_of(sets, i);
	free(sets);
	free(list);
}

/* ---- bundles ---- */

/* An address with the instances that have it. */
struct incidence {
	struct proto_addr address;
	const size_t *routers;
	size_t count;
};

static int by_routers(const void *left, const void *right)
{
	const struct incidence *a = left, *b = right;

	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (a->routers[i] != b->routers[i])
			return a->routers[i] > b->routers[i] ? 1 : -1;
	return (a->count > b->count) - (a->count < b->count);
}

/* Bundles in the order of the files, addresses as numbers. */
static int by_routers_and_address(const void *left, const void *right)
{
	const struct incidence *a = left, *b = right;
	int order = by_routers(left, right);

	return order != 0 ? order : memcmp(&a->address, &b->address, sizeof a->address);
}

static struct incidence *find_incidences(
	struct plan *plan, const struct use *uses, size_t uses_count, size_t *count)
{
	struct incidence *list = plan_allocate(uses_count, sizeof *list);

	plan->address_routers = plan_allocate(uses_count, sizeof *plan->address_routers);
	*count = 0;
	for (size_t i = 0; i < uses_count; i++) {
		plan->address_routers[i] = uses[i].router;
		if (i == 0 || !same_address(&uses[i - 1], &uses[i]))
			list[(*count)++] = (struct incidence){
				.address = uses[i].address, .routers = &plan->address_routers[i]};
		list[*count - 1].count++;
	}
	qsort(list, *count, sizeof *list, by_routers_and_address);
	return list;
}

static void put_bundles(struct plan *plan, const struct incidence *list, size_t count)
{
	plan->addresses = plan_allocate(count, sizeof *plan->addresses);
	plan->bundles = plan_allocate(count, sizeof *plan->bundles);
	for (size_t i = 0; i < count; i++) {
		plan->addresses[i] = list[i].address;
		if (i == 0 || by_routers(&list[i - 1], &list[i]) != 0)
			plan->bundles[plan->bundles_count++] =
				(struct plan_bundle){.addresses = &plan->addresses[i],
					.routers = list[i].routers,
					.routers_count = list[i].count,
					.component = plan->routers[list[i].routers[0]].component};
		plan->bundles[plan->bundles_count - 1].addresses_count++;
	}
}

void plan_find_topology(struct plan *plan)
{
	struct incidence *list;
	struct use *uses;
	size_t uses_count, count;

	find_virtual_routers(plan);
	find_networks(plan);
	uses = find_uses(plan, &uses_count);
	find_components(plan, uses, uses_count);
	list = find_incidences(plan, uses, uses_count, &count);
	put_bundles(plan, list, count);
	free(list);
	free(uses);
}
