/* Services that two virtual servers, or two lines of a group, have in common: the kernel has each
 * once. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"

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

/* The address behind another one. */
static struct proto_addr behind(const struct proto_addr *address)
{
	struct proto_addr next = *address;
	size_t i = address->family == AF_INET ? 4 : 16;
	while (i > 0 && ++next.bytes[--i] == 0)
		;
	return next;
}

/* Two lines of one group, the first in the order of addresses: what both have is left to it. */
static void say_again(struct conf *conf, const struct use *first, const struct use *second)
{
	struct conf_group_entry *entry = second->entry;
	if (!entry->again)
		conf_warning(conf, &entry->place, "line %u has what is here, or a part of it",
			first->entry->place.line);
	if (compare_address(&entry->last, &first->entry->last) <= 0)
		entry->again = true;
	else
		entry->first = behind(&first->entry->last);
}

/* The one that stands later in the file is at fault, once. */
static void say_common(struct conf *conf, const struct use *a, const struct use *b)
{
	bool swap = a->server->place.order > b->server->place.order;
	const struct conf_virtual_server *first = swap ? b->server : a->server;
	struct conf_virtual_server *second = swap ? a->server : b->server;
	if (!second->again && first->group == NULL && second->group == NULL)
		conf_error(conf, &second->place, "this virtual server is there already, on line %u",
			first->place.line);
	else if (!second->again)
		conf_error(conf, &second->place,
			"this virtual server has a service in common with the one on line %u",
			first->place.line);
	second->again = true;
}

/* Sorted by their first addresses. */
static void compare_all(struct conf *conf, const struct use *uses, size_t count)
{
	const struct use *before = uses; /* the one that reaches furthest */
	for (size_t i = 1; i < count; i++) {
		const struct use *use = &uses[i];
		bool same_kind = compare_kind(before, use) == 0;
		if (same_kind && compare_address(&use->entry->first, &before->entry->last) <= 0) {
			if (before->server == use->server)
				say_again(conf, before, use);
			else
				say_common(conf, before, use);
		}
		if (!same_kind || compare_address(&use->entry->last, &before->entry->last) > 0)
			before = use;
	}
}

/* Lines that say nothing new; virtual servers only with --lenient, which goes on without them. */
static void take_out(struct conf *conf)
{
	struct conf_virtual_server *server, *next_server;
	struct conf_server_group *group;
	struct conf_group_entry *entry, *next;
	for (server = TAILQ_FIRST(&conf->virtual_servers); server != NULL; server = next_server) {
		next_server = TAILQ_NEXT(server, entry);
		if (server->again && conf->lenient)
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
	compare_all(conf, uses, count);
	free(uses);
	take_out(conf);
}
