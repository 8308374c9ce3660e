/* Instances among themselves: names, virtual routers and addresses that are there twice. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

typedef int compare_function(const void *left, const void *right);

static int order_of(const struct conf_place *a, const struct conf_place *b)
{
	return (a->order > b->order) - (a->order < b->order);
}

static int compare_names(const void *left, const void *right)
{
	const struct conf_instance *a = *(struct conf_instance *const *)left;
	const struct conf_instance *b = *(struct conf_instance *const *)right;
	return strcmp(a->name, b->name);
}

static int compare_routers(const void *left, const void *right)
{
	const struct conf_instance *a = *(struct conf_instance *const *)left;
	const struct conf_instance *b = *(struct conf_instance *const *)right;
	int difference = strcmp(a->ifname, b->ifname);
	if (difference == 0)
		difference = (int)a->family - (int)b->family;
	return difference != 0 ? difference : (int)a->vrid - (int)b->vrid;
}

/* The instances sorted by a key, and those of one key by place. */
static struct conf_instance **sorted(
	struct conf *conf, size_t *count, compare_function *compare_whole)
{
	struct conf_instance *instance;
	struct conf_instance **list;
	*count = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	(*count)++;
	if ((list = calloc(*count + 1, sizeof(struct conf_instance *))) == NULL)
		err(1, "configuration");
	size_t i = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	list[i++] = instance;
	qsort(list, *count, sizeof(struct conf_instance *), compare_whole);
	return list;
}

static int compare_names_places(const void *left, const void *right)
{
	int difference = compare_names(left, right);
	const struct conf_instance *a = *(struct conf_instance *const *)left;
	const struct conf_instance *b = *(struct conf_instance *const *)right;
	return difference != 0 ? difference : order_of(&a->place, &b->place);
}

static int compare_routers_places(const void *left, const void *right)
{
	int difference = compare_routers(left, right);
	const struct conf_instance *a = *(struct conf_instance *const *)left;
	const struct conf_instance *b = *(struct conf_instance *const *)right;
	return difference != 0 ? difference : order_of(&a->place, &b->place);
}

static void judge_names(struct conf *conf)
{
	size_t count;
	struct conf_instance **list = sorted(conf, &count, compare_names_places);
	for (size_t i = 1; i < count; i++) {
		if (compare_names(&list[i - 1], &list[i]) != 0)
			continue;
		conf_error(conf, &list[i]->place,
			"there is a vrrp_instance '%s' on line %u already", list[i]->name,
			list[i - 1]->place.line);
		if (conf->lenient) {
			TAILQ_REMOVE(&conf->instances, list[i], entry);
			list[i] = list[i - 1];
		}
	}
	free(list);
}

static void judge_routers(struct conf *conf)
{
	size_t count;
	struct conf_instance **list = sorted(conf, &count, compare_routers_places);
	for (size_t i = 1; i < count; i++) {
		if (list[i]->vrid == 0 || compare_routers(&list[i - 1], &list[i]) != 0)
			continue;
		conf_error(conf, &list[i]->vrid_place,
			"virtual_router_id %u on interface '%s' is that of vrrp_instance '%s' "
			"already (line %u): each instance there needs its own",
			list[i]->vrid, list[i]->ifname, list[i - 1]->name,
			list[i - 1]->vrid_place.line);
		if (conf->lenient) {
			TAILQ_REMOVE(&conf->instances, list[i], entry);
			list[i] = list[i - 1];
		}
	}
	free(list);
}

struct owned {
	struct conf_address *address;
	struct conf_instance *instance;
};

static int compare_addresses(const struct conf_address *a, const struct conf_address *b)
{
	int difference = memcmp(&a->address, &b->address, sizeof(a->address));
	return difference != 0 ? difference : strcmp(a->ifname, b->ifname);
}

static int compare_owned(const void *left, const void *right)
{
	const struct conf_address *a = ((const struct owned *)left)->address;
	const struct conf_address *b = ((const struct owned *)right)->address;
	int difference = compare_addresses(a, b);
	return difference != 0 ? difference : order_of(&a->place, &b->place);
}

static void judge_addresses(struct conf *conf)
{
	struct conf_instance *instance;
	struct conf_address *address;
	size_t count = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	TAILQ_FOREACH(address, &instance->addresses, entry)
	count++;
	struct owned *list = calloc(count + 1, sizeof(*list));
	if (list == NULL)
		err(1, "configuration");
	size_t i = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	TAILQ_FOREACH(address, &instance->addresses, entry)
	list[i++] = (struct owned){address, instance};
	qsort(list, count, sizeof(*list), compare_owned);
	for (i = 1; i < count; i++) {
		const struct owned *before = &list[i - 1];
		char text[VALUE_ADDRESS_LEN];
		if (compare_addresses(before->address, list[i].address) != 0)
			continue;
		conf_error(conf, &list[i].address->place,
			"%s is listed twice: on line %u, for vrrp_instance '%s', already",
			value_address_text(&list[i].address->address, text),
			before->address->place.line, before->instance->name);
		if (conf->lenient) {
			TAILQ_REMOVE(&list[i].instance->addresses, list[i].address, entry);
			list[i] = *before;
		}
	}
	free(list);
}

void conf_validate_duplicates(struct conf *conf)
{
	judge_names(conf);
	judge_routers(conf);
	judge_addresses(conf);
}
