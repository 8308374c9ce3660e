#include "ipvsd/ipvs_table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Compared as bytes, so nothing may be between the fields. */
static_assert(sizeof(struct ipvs_key) == sizeof(struct proto_addr) + 8, "padding");
static_assert(
	sizeof(struct ipvs_service) == sizeof(struct ipvs_key) + 12 + (size_t)2 * IPVS_NAME_LEN,
	"padding");
static_assert(sizeof(struct ipvs_dest) == sizeof(struct ipvs_key) + sizeof(struct proto_addr) + 24,
	"padding");

/* ---- order ---- */

int ipvs_key_compare(const struct ipvs_key *a, const struct ipvs_key *b)
{
	return memcmp(a, b, sizeof(*a));
}

int ipvs_service_compare(const void *left, const void *right)
{
	const struct ipvs_service *a = left;
	const struct ipvs_service *b = right;

	return memcmp(&a->key, &b->key, sizeof(a->key));
}

int ipvs_dest_compare(const void *left, const void *right)
{
	const struct ipvs_dest *a = left;
	const struct ipvs_dest *b = right;
	int difference = memcmp(&a->service, &b->service, sizeof(a->service));

	if (difference == 0)
		difference = memcmp(&a->address, &b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->port > b->port) - (a->port < b->port);
	return difference;
}

void ipvs_table_sort(struct ipvs_table *table)
{
	if (table->services_count > 0)
		qsort(table->services, table->services_count, sizeof(*table->services),
			ipvs_service_compare);
	if (table->dests_count > 0)
		qsort(table->dests, table->dests_count, sizeof(*table->dests), ipvs_dest_compare);
}

static const struct ipvs_service *find_service(
	const struct ipvs_table *table, const struct ipvs_key *key)
{
	const struct ipvs_service wanted = {.key = *key};

	if (table->services_count == 0)
		return NULL;
	return bsearch(&wanted, table->services, table->services_count, sizeof(wanted),
		ipvs_service_compare);
}

static bool has_dest(const struct ipvs_table *table, const struct ipvs_dest *dest)
{
	return table->dests_count > 0 && bsearch(dest, table->dests, table->dests_count,
						 sizeof(*dest), ipvs_dest_compare) != NULL;
}

/* ---- the difference ---- */

struct difference {
	const struct ipvs_table *kernel;
	const struct ipvs_table *wanted;
	const struct ipvs_table *owned;
	struct ipvs_change *changes;
	size_t count;
};

static void change(struct difference *difference, enum ipvs_action action,
	const struct ipvs_service *service, const struct ipvs_dest *dest)
{
	difference->changes[difference->count++] =
		(struct ipvs_change){.action = action, .service = service, .dest = dest};
}

/* The first real server of a service, or where it would be. */
static size_t first_dest(const struct ipvs_table *table, const struct ipvs_key *key)
{
	size_t low = 0;
	size_t high = table->dests_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(&table->dests[middle].service, key, sizeof(*key)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Does this service of the kernel go? */
static bool goes(const struct difference *difference, const struct ipvs_key *key)
{
	const struct ipvs_table *kernel = difference->kernel;

	if (find_service(difference->wanted, key) != NULL ||
		find_service(difference->owned, key) == NULL)
		return false;
	for (size_t i = first_dest(kernel, key);
		i < kernel->dests_count &&
		memcmp(&kernel->dests[i].service, key, sizeof(*key)) == 0;
		i++) {
		if (!has_dest(difference->owned, &kernel->dests[i]))
			return false;
	}
	return true;
}

static void compare_all_services(struct difference *difference)
{
	const struct ipvs_table *kernel = difference->kernel;
	const struct ipvs_table *wanted = difference->wanted;
	size_t k = 0;
	size_t w = 0;

	while (k < kernel->services_count || w < wanted->services_count) {
		const struct ipvs_service *has = &kernel->services[k];
		const struct ipvs_service *wants = &wanted->services[w];
		int order = k == kernel->services_count   ? 1
			    : w == wanted->services_count ? -1
							  : ipvs_service_compare(has, wants);
		if (order > 0)
			change(difference, IPVS_ADD_SERVICE, wants, NULL);
		else if (order == 0 && memcmp(has, wants, sizeof(*has)) != 0)
			change(difference, IPVS_SET_SERVICE, wants, NULL);
		else if (order < 0 && goes(difference, &has->key))
			change(difference, IPVS_DELETE_SERVICE, has, NULL);
		k += order <= 0;
		w += order >= 0;
	}
}

static void compare_all_dests(struct difference *difference)
{
	const struct ipvs_table *kernel = difference->kernel;
	const struct ipvs_table *wanted = difference->wanted;
	const struct ipvs_key *asked = NULL; /* whether its service goes is known already */
	bool service_goes = false;
	size_t k = 0;
	size_t w = 0;

	while (k < kernel->dests_count || w < wanted->dests_count) {
		const struct ipvs_dest *has = &kernel->dests[k];
		const struct ipvs_dest *wants = &wanted->dests[w];
		int order = k == kernel->dests_count   ? 1
			    : w == wanted->dests_count ? -1
						       : ipvs_dest_compare(has, wants);
		if (order < 0 &&
			(asked == NULL || memcmp(asked, &has->service, sizeof(*asked)) != 0)) {
			asked = &has->service;
			service_goes = goes(difference, asked);
		}
		if (order > 0)
			change(difference, IPVS_ADD_DEST, NULL, wants);
		else if (order == 0 && memcmp(has, wants, sizeof(*has)) != 0)
			change(difference, IPVS_SET_DEST, NULL, wants);
		else if (order < 0 && !service_goes && has_dest(difference->owned, has))
			change(difference, IPVS_DELETE_DEST, NULL, has);
		k += order <= 0;
		w += order >= 0;
	}
}

/* By action, otherwise as found. */
static struct ipvs_change *in_order(const struct ipvs_change *found, size_t count)
{
	struct ipvs_change *changes = calloc(count + 1, sizeof(*changes));
	size_t done = 0;

	if (changes == NULL)
		return NULL;
	for (int action = 0; action < IPVS_ACTIONS; action++) {
		for (size_t i = 0; i < count; i++) {
			if (found[i].action == (enum ipvs_action)action)
				changes[done++] = found[i];
		}
	}
	return changes;
}

size_t ipvs_difference(const struct ipvs_table *kernel, const struct ipvs_table *wanted,
	const struct ipvs_table *owned, struct ipvs_change **changes)
{
	size_t most = kernel->services_count + kernel->dests_count + wanted->services_count +
		      wanted->dests_count;
	struct difference difference = {.kernel = kernel,
		.wanted = wanted,
		.owned = owned,
		.changes = calloc(most + 1, sizeof(*difference.changes))};

	if (difference.changes == NULL)
		return (size_t)-1;
	compare_all_services(&difference);
	compare_all_dests(&difference);
	*changes = in_order(difference.changes, difference.count);
	free(difference.changes);
	return *changes == NULL ? (size_t)-1 : difference.count;
}
