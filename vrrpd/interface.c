#include "vrrpd/interface.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

#define IPV4_MTU_MIN 68 /* below, the kernel takes IPv4 off the link, its groups included */

static int name_compare(const struct interface *a, const struct interface *b)
{
	return strcmp(a->name, b->name);
}

static int index_compare(const struct interface *a, const struct interface *b)
{
	return (a->index > b->index) - (a->index < b->index);
}

RB_PROTOTYPE_INTERNAL(
	interfaces_by_name, interface, by_name, name_compare, static __attribute__((unused)))
RB_PROTOTYPE_INTERNAL(
	interfaces_by_index, interface, by_index, index_compare, static __attribute__((unused)))
RB_GENERATE_INTERNAL(
	interfaces_by_name, interface, by_name, name_compare, static __attribute__((unused)))
RB_GENERATE_INTERNAL(
	interfaces_by_index, interface, by_index, index_compare, static __attribute__((unused)))

void interfaces_init(struct interfaces *interfaces)
{
	RB_INIT(&interfaces->by_name);
	RB_INIT(&interfaces->by_index);
	TAILQ_INIT(&interfaces->changed);
}

struct interface *interface_find(struct interfaces *interfaces, const char *name)
{
	struct interface key;

	strlcpy(key.name, name, sizeof key.name);
	return RB_FIND(interfaces_by_name, &interfaces->by_name, &key);
}

struct interface *interface_find_index(struct interfaces *interfaces, int index)
{
	struct interface key = {.index = index};

	return RB_FIND(interfaces_by_index, &interfaces->by_index, &key);
}

struct interface *interface_get(struct interfaces *interfaces, const char *name, bool *is_new)
{
	struct interface *interface = interface_find(interfaces, name);

	if (interface != NULL) {
		interface->users++;
		return interface;
	}
	interface = calloc(1, sizeof *interface);
	if (interface == NULL)
		return NULL;
	strlcpy(interface->name, name, sizeof interface->name);
	interface->users = 1;
	interface->receive_fd = -1;
	LIST_INIT(&interface->instances);
	LIST_INIT(&interface->trackers);
	STAILQ_INIT(&interface->garps);
	RB_INSERT(interfaces_by_name, &interfaces->by_name, interface);
	*is_new = true;
	return interface;
}

static void forget_index(struct interfaces *interfaces, struct interface *interface)
{
	if (interface->index == 0)
		return;
	RB_REMOVE(interfaces_by_index, &interfaces->by_index, interface);
	interface->index = 0;
	interface->receive_index = 0; /* one that gets the same index is another one all the same */
	interface->flags = 0;
	interface->down_ns = 0;
	interface->has_mac = false;
	interface->addresses_count = 0;
}

void interface_put(struct interfaces *interfaces, struct interface *interface)
{
	if (--interface->users > 0)
		return;
	forget_index(interfaces, interface);
	if (interface->changes != 0)
		TAILQ_REMOVE(&interfaces->changed, interface, changed_entry);
	RB_REMOVE(interfaces_by_name, &interfaces->by_name, interface);
	free(interface->addresses);
	free(interface->groups);
	free(interface);
}

bool interface_exists(const struct interface *interface)
{
	return interface->index != 0 || interface->name[0] == '\0';
}

bool interface_up(const struct interface *interface)
{
	unsigned needed = IFF_UP | IFF_RUNNING;

	return interface->name[0] == '\0' || (interface->flags & needed) == needed;
}

static struct if_address *find_address(
	const struct interface *interface, uint32_t address, uint8_t prefixlen)
{
	for (size_t i = 0; i < interface->addresses_count; i++)
		if (interface->addresses[i].address == address &&
			interface->addresses[i].prefixlen == prefixlen)
			return &interface->addresses[i];
	return NULL;
}

bool interface_has_address(const struct interface *interface, uint32_t address, uint8_t prefixlen)
{
	return find_address(interface, address, prefixlen) != NULL;
}

static void mark_changed(
	struct interfaces *interfaces, struct interface *interface, enum interface_change what)
{
	if (interface->changes == 0)
		TAILQ_INSERT_TAIL(&interfaces->changed, interface, changed_entry);
	interface->changes |= what;
}

struct interface *interfaces_next_changed(struct interfaces *interfaces, unsigned *changes)
{
	struct interface *interface = TAILQ_FIRST(&interfaces->changed);

	if (interface == NULL)
		return NULL;
	TAILQ_REMOVE(&interfaces->changed, interface, changed_entry);
	*changes = interface->changes;
	interface->changes = 0;
	return interface;
}

/* now: what it is called now; NULL when it is gone. */
static void lose(struct interfaces *interfaces, struct interface *interface, const char *now)
{
	if (now == NULL)
		log_line(LOG_NOTICE, "interface %s is gone", interface->name);
	else
		log_line(LOG_NOTICE, "interface %s was renamed to %s", interface->name, now);
	forget_index(interfaces, interface);
	mark_changed(interfaces, interface, INTERFACE_LINK);
}

static void set_index(struct interfaces *interfaces, struct interface *interface, int index)
{
	forget_index(interfaces, interface);
	interface->index = index;
	RB_INSERT(interfaces_by_index, &interfaces->by_index, interface);
}

/* Since when it is down, and that it came back. */
static void note_up(struct interfaces *interfaces, struct interface *interface)
{
	uint64_t now_ns = clock_now_ns();

	if (!interface_up(interface)) {
		if (interface->down_ns == 0)
			interface->down_ns = now_ns;
	} else if (interface->down_ns != 0) {
		interface->away_ns = now_ns - interface->down_ns;
		interface->down_ns = 0;
		mark_changed(interfaces, interface, INTERFACE_RETURNED);
	}
}

static void change_link(
	struct interfaces *interfaces, struct interface *interface, const struct rtnl_link *link)
{
	bool another_mac = interface->has_mac && link->has_mac &&
			   memcmp(interface->mac, link->mac, sizeof link->mac) != 0;

	if (another_mac)
		mark_changed(interfaces, interface, INTERFACE_MOVED);
	if (interface->mtu < IPV4_MTU_MIN && link->mtu >= IPV4_MTU_MIN)
		interface->receive_index = 0;
	interface->flags = link->flags;
	interface->mtu = link->mtu;
	interface->has_mac = link->has_mac;
	memcpy(interface->mac, link->mac, sizeof interface->mac);
	note_up(interfaces, interface);
	mark_changed(interfaces, interface, INTERFACE_LINK);
}

void interfaces_link(struct interfaces *interfaces, const struct rtnl_link *link)
{
	struct interface *had = interface_find_index(interfaces, link->index);
	struct interface *interface;

	if (had != NULL && link->gone)
		lose(interfaces, had, NULL);
	else if (had != NULL && strcmp(had->name, link->name) != 0)
		lose(interfaces, had, link->name);
	interface = interface_find(interfaces, link->name);
	if (link->gone || interface == NULL)
		return;
	interface->seen = true;
	if (interface->index == link->index && interface->flags == link->flags &&
		interface->mtu == link->mtu && interface->has_mac == link->has_mac &&
		memcmp(interface->mac, link->mac, sizeof link->mac) == 0)
		return;
	if (interface->index != link->index)
		set_index(interfaces, interface, link->index);
	change_link(interfaces, interface, link);
}

static void add_address(
	struct interface *interface, const struct rtnl_address *address, bool tolerated)
{
	if (interface->addresses_count == interface->addresses_room) {
		size_t room = interface->addresses_room == 0 ? 4 : interface->addresses_room * 2;
		struct if_address *grown = reallocarray(interface->addresses, room, sizeof *grown);

		if (grown == NULL)
			fatal("addresses");
		interface->addresses = grown;
		interface->addresses_room = room;
	}
	interface->addresses[interface->addresses_count++] =
		(struct if_address){.address = address->address,
			.prefixlen = address->prefixlen,
			.expires = address->expires,
			.tolerated = tolerated,
			.seen = true};
}

/* Keeps the order: the first one is what we send from. */
static void remove_address(struct interface *interface, struct if_address *known)
{
	size_t place = (size_t)(known - interface->addresses);

	interface->addresses_count--;
	memmove(known, known + 1, (interface->addresses_count - place) * sizeof *known);
}

struct interface *interfaces_address(
	struct interfaces *interfaces, const struct rtnl_address *address)
{
	struct interface *interface = interface_find_index(interfaces, address->index);
	struct if_address *known;

	if (interface == NULL)
		return NULL;
	known = find_address(interface, address->address, address->prefixlen);
	if (known == NULL && address->gone)
		return interface;
	if (known != NULL && !address->gone && known->expires == address->expires) {
		known->seen = true;
		return interface;
	}
	if (address->gone) {
		remove_address(interface, known);
	} else if (known != NULL) {
		known->expires = address->expires;
		known->seen = true;
	} else {
		add_address(interface, address, interfaces->reading && !interfaces->missed);
	}
	mark_changed(interfaces, interface, INTERFACE_ADDRESSES);
	return interface;
}

void interfaces_missed(struct interfaces *interfaces)
{
	struct interface *interface;

	interfaces->missed = true;
	RB_FOREACH(interface, interfaces_by_name, &interfaces->by_name)
	{
		interface->receive_index = 0;
		mark_changed(interfaces, interface, INTERFACE_LINK);
	}
}

void interfaces_dumping(struct interfaces *interfaces)
{
	struct interface *interface;

	interfaces->reading = true;
	RB_FOREACH(interface, interfaces_by_name, &interfaces->by_name)
	{
		interface->seen = false;
		for (size_t i = 0; i < interface->addresses_count; i++)
			interface->addresses[i].seen = false;
	}
}

static void forget_unseen_addresses(struct interfaces *interfaces, struct interface *interface)
{
	size_t kept = 0;

	for (size_t i = 0; i < interface->addresses_count; i++)
		if (interface->addresses[i].seen)
			interface->addresses[kept++] = interface->addresses[i];
	if (kept != interface->addresses_count)
		mark_changed(interfaces, interface, INTERFACE_ADDRESSES);
	interface->addresses_count = kept;
}

void interfaces_dumped(struct interfaces *interfaces)
{
	struct interface *interface;

	RB_FOREACH(interface, interfaces_by_name, &interfaces->by_name)
	{
		if (interface->index != 0 && !interface->seen)
			lose(interfaces, interface, NULL);
		forget_unseen_addresses(interfaces, interface);
	}
	interfaces->reading = false;
	interfaces->missed = false;
}
