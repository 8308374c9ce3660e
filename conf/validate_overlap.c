/* Services that two virtual servers, or two lines of a group, have in common: the kernel has each
 * once. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

/* An entry as a virtual server uses it. */
struct use {
	struct conf_virtual_server *server;
	struct conf_group_entry *entry;
	uint8_t family;
};

static size_t count_uses(const struct conf *conf)
{
	const struct conf_virtual_server *server;
	const struct conf_group_entry *entry;
	size_t count = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	TAILQ_FOREACH(entry, server->entries, entry)
	count++;
	return count;
}

static void collect(struct conf *conf, struct use *uses)
{
	struct conf_virtual_server *server;
	struct conf_group_entry *entry;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	TAILQ_FOREACH(entry, server->entries, entry)
	*uses++ = (struct use){server, entry, conf_entry_family(server, entry)};
}

/* By what the kernel tells services apart, but for the address. */
static int compare_kind(const struct use *a, const struct use *b)
{
	if (a->entry->fwmark != b->entry->fwmark)
		return a->entry->fwmark < b->entry->fwmark ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->entry->fwmark != 0)
		return 0;
	if (a->server->protocol != b->server->protocol)
		return a->server->protocol < b->server->protocol ? -1 : 1;
	if (a->entry->port != b->entry->port)
		return a->entry->port < b->entry->port ? -1 : 1;
	return 0;
}

static int compare_address(const struct proto_addr *a, const struct proto_addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare(const void *left, const void *right)
{
	const struct use *a = left, *b = right;
	int difference = compare_kind(a, b);
	if (difference == 0)
		difference = compare_address(&a->entry->first, &b->entry->first);
	if (difference == 0)
		difference = (a->server->place.order > b->server->place.order) -
			     (a->server->place.order < b->server->place.order);
	if (difference == 0)
		difference = (a->entry->place.order > b->entry->place.order) -
			     (a->entry->place.order < b->entry->place.order);
	return difference;
}

/* Which of the two stands later in the file is at fault, once. */
static void say(struct conf *conf, const struct use *a, const struct use *b)
{
	bool swap = a->server == b->server ? a->entry->place.order > b->entry->place.order
					   : a->server->place.order > b->server->place.order;
	const struct use *first = swap ? b : a, *second = swap ? a : b;
	if (first->server == second->server) {
		if (!second->entry->again)
			conf_error(conf, &second->entry->place,
				"this has a service in common with line %u",
				first->entry->place.line);
		second->entry->again = true;
		return;
	}
	if (!second->server->again && first->server->group == NULL && second->server->group == NULL)
		conf_error(conf, &second->server->place,
			"this virtual server is there already, on line %u",
			first->server->place.line);
	else if (!second->server->again)
		conf_error(conf, &second->server->place,
			"this virtual server has a service in common with the one on line %u",
			first->server->place.line);
	second->server->again = true;
}

static void take_out(struct conf *conf)
{
	struct conf_virtual_server *server, *next_server;
	struct conf_server_group *group;
	struct conf_group_entry *entry, *next;
	for (server = TAILQ_FIRST(&conf->virtual_servers); server != NULL; server = next_server) {
		next_server = TAILQ_NEXT(server, entry);
		if (server->again)
			TAILQ_REMOVE(&conf->virtual_servers, server, entry);
	}
	TAILQ_FOREACH(group, &conf->server_groups, entry)
	for (entry = TAILQ_FIRST(&group->entries); entry != NULL; entry = next) {
		next = TAILQ_NEXT(entry, entry);
		if (entry->again)
			TAILQ_REMOVE(&group->entries, entry, entry);
	}
}

void conf_validate_overlap(struct conf *conf)
{
	size_t count = count_uses(conf);
	struct use *uses = calloc(count + 1, sizeof(*uses));
	if (uses == NULL)
		err(1, "configuration");
	collect(conf, uses);
	qsort(uses, count, sizeof(*uses), compare);
	/* the one before that reaches furthest */
	const struct use *before = uses;
	for (size_t i = 1; i < count; i++) {
		bool same_kind = compare_kind(before, &uses[i]) == 0;
		if (same_kind && compare_address(&uses[i].entry->first, &before->entry->last) <= 0)
			say(conf, before, &uses[i]);
		if (!same_kind || compare_address(&uses[i].entry->last, &before->entry->last) > 0)
			before = &uses[i];
	}
	free(uses);
	if (conf->lenient)
		take_out(conf);
}
