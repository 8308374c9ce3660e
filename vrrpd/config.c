#include "vrrpd/config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/state_page.h"
#include "vrrpd/config_internal.h"
#include "vrrpd/vrrp_packet.h"

struct config *config_new(void)
{
	return calloc(1, sizeof(struct config));
}

void config_instance_free(struct config_instance *instance)
{
	if (instance == NULL)
		return;
	free(instance->addresses);
	free(instance->peers);
	free(instance->tracks);
	free(instance->script_tracks);
	free(instance->things);
	free(instance);
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->count; i++)
		config_instance_free(config->instances[i]);
	config_groups_free(config);
	free(config->instances);
	free(config->scripts);
	free(config->tracked);
	free(config);
}

int config_refuse(char *reason, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, size, format, ap);
	va_end(ap);
	return -1;
}

static int add_instance(
	struct config *config, const struct conf_vrrp_instance *body, char *reason, size_t size)
{
	struct config_instance *instance;

	if (config->count >= STATE_VRRP_INSTANCES)
		return config_refuse(reason, size, "%s: more than %d VRRP instances", body->name,
			STATE_VRRP_INSTANCES);
	if (config->count == config->room) {
		size_t room = config->room == 0 ? 16 : config->room * 2;
		struct config_instance **grown =
			reallocarray(config->instances, room, sizeof(struct config_instance *));

		if (grown == NULL)
			return config_refuse(reason, size, "%s: out of memory", body->name);
		config->instances = grown;
		config->room = room;
	}
	instance = calloc(1, sizeof *instance);
	if (instance == NULL)
		return config_refuse(reason, size, "%s: out of memory", body->name);
	instance->c = *body;
	/* calloc refuses nothing for 0 elements but may return NULL */
	instance->addresses = calloc((size_t)body->addresses + 1, sizeof *instance->addresses);
	instance->peers = calloc((size_t)body->peers + 1, sizeof *instance->peers);
	instance->tracks = calloc((size_t)body->tracked_interfaces + 1, sizeof *instance->tracks);
	instance->script_tracks =
		calloc((size_t)body->tracked_scripts + 1, sizeof *instance->script_tracks);
	instance->things = calloc((size_t)body->tracked_things + 1, sizeof *instance->things);
	if (instance->addresses == NULL || instance->peers == NULL || instance->tracks == NULL ||
		instance->script_tracks == NULL || instance->things == NULL) {
		config_instance_free(instance);
		return config_refuse(reason, size, "%s: out of memory", body->name);
	}
	config->instances[config->count++] = instance;
	return 0;
}

/* The instance that an item belongs to: always the one sent last. */
static struct config_instance *item_owner(
	struct config *config, uint32_t index, const char *what, char *reason, size_t size)
{
	if (config->count == 0 || index != config->count - 1) {
		config_refuse(reason, size, "%s for instance %u, which is not the one before it",
			what, index);
		return NULL;
	}
	return config->instances[index];
}

static int add_address(
	struct config *config, const struct conf_vrrp_address *body, char *reason, size_t size)
{
	struct config_instance *instance =
		item_owner(config, body->instance, "address", reason, size);

	if (instance == NULL)
		return -1;
	if (instance->addresses_count == instance->c.addresses)
		return config_refuse(
			reason, size, "%s: more addresses than announced", instance->c.name);
	instance->addresses[instance->addresses_count] = *body;
	instance->addresses[instance->addresses_count++].instance = 0;
	return 0;
}

static int add_peer(
	struct config *config, const struct conf_vrrp_peer *body, char *reason, size_t size)
{
	struct config_instance *instance = item_owner(config, body->instance, "peer", reason, size);

	if (instance == NULL)
		return -1;
	if (instance->peers_count == instance->c.peers)
		return config_refuse(
			reason, size, "%s: more peers than announced", instance->c.name);
	instance->peers[instance->peers_count] = *body;
	instance->peers[instance->peers_count++].instance = 0;
	return 0;
}

static int add_track(struct config *config, const struct conf_vrrp_track_interface *body,
	char *reason, size_t size)
{
	struct config_instance *instance =
		item_owner(config, body->instance, "tracked interface", reason, size);

	if (instance == NULL)
		return -1;
	if (instance->tracks_count == instance->c.tracked_interfaces)
		return config_refuse(reason, size, "%s: more tracked interfaces than announced",
			instance->c.name);
	instance->tracks[instance->tracks_count] = *body;
	instance->tracks[instance->tracks_count++].instance = 0;
	return 0;
}

static int add_script_track(
	struct config *config, const struct conf_vrrp_track_script *body, char *reason, size_t size)
{
	struct config_instance *instance =
		item_owner(config, body->instance, "tracked script", reason, size);

	if (instance == NULL)
		return -1;
	if (instance->script_tracks_count == instance->c.tracked_scripts)
		return config_refuse(
			reason, size, "%s: more tracked scripts than announced", instance->c.name);
	if (body->script >= config->scripts_count)
		return config_refuse(reason, size, "%s: tracks script %u of %zu", instance->c.name,
			body->script, config->scripts_count);
	instance->script_tracks[instance->script_tracks_count] = *body;
	instance->script_tracks[instance->script_tracks_count++].instance = 0;
	return 0;
}

static int add_script(
	struct config *config, const struct conf_vrrp_script *body, char *reason, size_t size)
{
	if (config->scripts_count == config->scripts_room) {
		size_t room = config->scripts_room == 0 ? 16 : config->scripts_room * 2;
		struct conf_vrrp_script *grown =
			reallocarray(config->scripts, room, sizeof *config->scripts);

		if (grown == NULL)
			return config_refuse(reason, size, "%s: out of memory", body->name);
		config->scripts = grown;
		config->scripts_room = room;
	}
	config->scripts[config->scripts_count++] = *body;
	return 0;
}

static int add_thing(
	struct config *config, const struct conf_vrrp_track *body, char *reason, size_t size)
{
	struct config_instance *instance =
		item_owner(config, body->instance, "tracked thing", reason, size);

	if (instance == NULL)
		return -1;
	if (instance->things_count == instance->c.tracked_things)
		return config_refuse(
			reason, size, "%s: more tracked things than announced", instance->c.name);
	if (body->tracked >= config->tracked_count)
		return config_refuse(reason, size, "%s: tracks thing %u of %zu", instance->c.name,
			body->tracked, config->tracked_count);
	instance->things[instance->things_count] = *body;
	instance->things[instance->things_count++].instance = 0;
	return 0;
}

static int add_tracked(
	struct config *config, const struct conf_vrrp_tracked *body, char *reason, size_t size)
{
	if (config->tracked_count == config->tracked_room) {
		size_t room = config->tracked_room == 0 ? 16 : config->tracked_room * 2;
		struct conf_vrrp_tracked *grown =
			reallocarray(config->tracked, room, sizeof *config->tracked);

		if (grown == NULL)
			return config_refuse(reason, size, "%s: out of memory", body->name);
		config->tracked = grown;
		config->tracked_room = room;
	}
	config->tracked[config->tracked_count++] = *body;
	return 0;
}

int config_add(
	struct config *config, enum proto_type type, const void *body, char *reason, size_t size)
{
	if (type == CONF_VRRP_GLOBAL) {
		memcpy(&config->global, body, sizeof config->global);
		return 0;
	}
	if (type == CONF_VRRP_INSTANCE)
		return add_instance(config, body, reason, size);
	if (type == CONF_VRRP_ADDRESS)
		return add_address(config, body, reason, size);
	if (type == CONF_VRRP_PEER)
		return add_peer(config, body, reason, size);
	if (type == CONF_VRRP_TRACK_INTERFACE)
		return add_track(config, body, reason, size);
	if (type == CONF_VRRP_SCRIPT)
		return add_script(config, body, reason, size);
	if (type == CONF_VRRP_TRACK_SCRIPT)
		return add_script_track(config, body, reason, size);
	if (type == CONF_VRRP_TRACKED)
		return add_tracked(config, body, reason, size);
	if (type == CONF_VRRP_TRACK)
		return add_thing(config, body, reason, size);
	if (type == CONF_VRRP_GROUP)
		return config_add_group(config, body, reason, size);
	if (type == CONF_VRRP_MEMBER)
		return config_add_member(config, body, reason, size);
	return config_refuse(reason, size, "%s is no item for vrrpd", proto_type_name(type));
}

static int check_addresses(const struct config_instance *instance, char *reason, size_t size)
{
	size_t advertised = 0;

	for (size_t i = 0; i < instance->addresses_count; i++) {
		const struct conf_vrrp_address *address = &instance->addresses[i];

		if (address->address.family != AF_INET || address->prefixlen > 32)
			return config_refuse(reason, size, "%s: address %zu is not an IPv4 address",
				instance->c.name, i + 1);
		if (address->ifname[0] == '\0')
			return config_refuse(reason, size, "%s: address %zu has no interface",
				instance->c.name, i + 1);
		if ((address->flags & CONF_ADDRESS_EXCLUDED) == 0)
			advertised++;
	}
	if (advertised > VRRP_ADDRESSES_MAX)
		return config_refuse(reason, size,
			"%s: %zu addresses do not fit into an advertisement", instance->c.name,
			advertised);
	return 0;
}

static int check_peers(const struct config_instance *instance, char *reason, size_t size)
{
	const struct conf_vrrp_instance *c = &instance->c;
	bool unicast = (c->flags & CONF_VRRP_UNICAST) != 0;

	for (size_t i = 0; i < instance->peers_count; i++)
		if (instance->peers[i].address.family != AF_INET)
			return config_refuse(reason, size, "%s: peer %zu is not an IPv4 address",
				c->name, i + 1);
	if (unicast && instance->peers_count == 0)
		return config_refuse(reason, size, "%s: unicast without a peer", c->name);
	if (c->ifname[0] == '\0' && (!unicast || c->source.family != AF_INET))
		return config_refuse(reason, size,
			"%s: without an interface, unicast peers and a source address are needed",
			c->name);
	if (!unicast && !IN_MULTICAST(ntohl(config_ipv4(&c->group))))
		return config_refuse(
			reason, size, "%s: the group is not a multicast address", c->name);
	return 0;
}

static int check_tracks(const struct config_instance *instance, char *reason, size_t size)
{
	for (size_t i = 0; i < instance->tracks_count; i++)
		if (instance->tracks[i].ifname[0] == '\0')
			return config_refuse(reason, size, "%s: tracked interface %zu has no name",
				instance->c.name, i + 1);
	return 0;
}

static int check_instance(const struct config_instance *instance, char *reason, size_t size)
{
	const struct conf_vrrp_instance *c = &instance->c;

	if (instance->addresses_count != c->addresses || instance->peers_count != c->peers ||
		instance->tracks_count != c->tracked_interfaces ||
		instance->script_tracks_count != c->tracked_scripts ||
		instance->things_count != c->tracked_things)
		return config_refuse(reason, size, "%s: items are missing", c->name);
	if (c->name[0] == '\0' || c->vrid == 0 || c->priority == 0)
		return config_refuse(reason, size, "%s: name, VRID or priority is empty", c->name);
	if (c->family != AF_INET)
		return config_refuse(reason, size, "%s: only IPv4 is implemented", c->name);
	if (c->version != 2 && c->version != 3)
		return config_refuse(
			reason, size, "%s: there is no VRRP version %u", c->name, c->version);
	if (c->version == 2 && (c->advert_int_cs % 100 != 0 || c->advert_int_cs > 25500))
		return config_refuse(
			reason, size, "%s: version 2 counts whole seconds up to 255", c->name);
	if (c->advert_int_cs == 0 || (c->version == 3 && c->advert_int_cs > 4095))
		return config_refuse(reason, size,
			"%s: impossible advertisement interval of %u0 ms", c->name,
			c->advert_int_cs);
	if (c->auth_type > 1 || c->down_timer_adverts == 0)
		return config_refuse(
			reason, size, "%s: unknown authentication or no down timer", c->name);
	if (check_addresses(instance, reason, size) == -1)
		return -1;
	if (check_peers(instance, reason, size) == -1)
		return -1;
	return check_tracks(instance, reason, size);
}

int config_key_compare(const struct conf_vrrp_instance *a, const struct conf_vrrp_instance *b)
{
	int order = strcmp(a->ifname, b->ifname);

	if (order == 0)
		order = (int)a->family - (int)b->family;
	if (order == 0)
		order = (int)a->vrid - (int)b->vrid;
	return order;
}

static int by_key(const void *a, const void *b)
{
	const struct config_instance *const *left = a;
	const struct config_instance *const *right = b;

	return config_key_compare(&(*left)->c, &(*right)->c);
}

static int by_name(const void *a, const void *b)
{
	const struct config_instance *const *left = a;
	const struct config_instance *const *right = b;

	return strcmp((*left)->c.name, (*right)->c.name);
}

/* Neighbours in either order show what was given twice. */
static int check_unique(const struct config *config, char *reason, size_t size)
{
	struct config_instance **sorted =
		calloc(config->count + 1, sizeof(struct config_instance *));
	int result = 0;

	if (sorted == NULL)
		return config_refuse(reason, size, "out of memory");
	if (config->count > 0)
		memcpy(sorted, config->instances, config->count * sizeof(struct config_instance *));
	qsort(sorted, config->count, sizeof(struct config_instance *), by_key);
	for (size_t i = 1; i < config->count && result == 0; i++)
		if (by_key(&sorted[i - 1], &sorted[i]) == 0)
			result = config_refuse(reason, size,
				"%s and %s have the same VRID %u on %s", sorted[i - 1]->c.name,
				sorted[i]->c.name, sorted[i]->c.vrid,
				sorted[i]->c.ifname[0] ? sorted[i]->c.ifname : "no interface");
	qsort(sorted, config->count, sizeof(struct config_instance *), by_name);
	for (size_t i = 1; i < config->count && result == 0; i++)
		if (by_name(&sorted[i - 1], &sorted[i]) == 0)
			result = config_refuse(
				reason, size, "there are two instances %s", sorted[i]->c.name);
	free(sorted);
	return result;
}

int config_check(const struct config *config, char *reason, size_t size)
{
	size_t addresses = 0;

	for (size_t i = 0; i < config->count; i++) {
		if (check_instance(config->instances[i], reason, size) == -1)
			return -1;
		addresses += config->instances[i]->addresses_count;
	}
	if (addresses > STATE_VRRP_ADDRESSES)
		return config_refuse(reason, size, "%zu addresses, but only %d can be kept",
			addresses, STATE_VRRP_ADDRESSES);
	if (config_check_groups(config, reason, size) == -1)
		return -1;
	return check_unique(config, reason, size);
}

bool config_instance_equal(const struct config_instance *a, const struct config_instance *b)
{
	return memcmp(&a->c, &b->c, sizeof a->c) == 0 &&
	       memcmp(a->addresses, b->addresses, a->addresses_count * sizeof *a->addresses) == 0 &&
	       memcmp(a->peers, b->peers, a->peers_count * sizeof *a->peers) == 0 &&
	       memcmp(a->tracks, b->tracks, a->tracks_count * sizeof *a->tracks) == 0 &&
	       memcmp(a->script_tracks, b->script_tracks,
		       a->script_tracks_count * sizeof *a->script_tracks) == 0 &&
	       memcmp(a->things, b->things, a->things_count * sizeof *a->things) == 0;
}

static int address_compare(const void *a, const void *b)
{
	const struct conf_vrrp_address *left = *(const struct conf_vrrp_address *const *)a;
	const struct conf_vrrp_address *right = *(const struct conf_vrrp_address *const *)b;
	int order = memcmp(&left->address, &right->address, sizeof left->address);

	if (order == 0)
		order = (int)left->prefixlen - (int)right->prefixlen;
	if (order == 0)
		order = strcmp(left->ifname, right->ifname);
	if (order == 0)
		order = strcmp(left->label, right->label);
	if (order == 0)
		order = (int)left->scope - (int)right->scope;
	if (order == 0)
		order = memcmp(&left->broadcast, &right->broadcast, sizeof left->broadcast);
	return order;
}

int config_address_match(const struct conf_vrrp_address *from, size_t from_count,
	const struct conf_vrrp_address *to, size_t to_count, size_t *match)
{
	const struct conf_vrrp_address **sorted =
		calloc(from_count + 1, sizeof(struct conf_vrrp_address *));

	if (sorted == NULL)
		return -1;
	for (size_t i = 0; i < from_count; i++)
		sorted[i] = &from[i];
	qsort(sorted, from_count, sizeof(struct conf_vrrp_address *), address_compare);
	for (size_t i = 0; i < to_count; i++) {
		const struct conf_vrrp_address *key = &to[i];
		const struct conf_vrrp_address **found = bsearch(&key, sorted, from_count,
			sizeof(struct conf_vrrp_address *), address_compare);

		match[i] = found == NULL ? SIZE_MAX : (size_t)(*found - from);
	}
	free(sorted);
	return 0;
}

uint32_t config_ipv4(const struct proto_addr *address)
{
	uint32_t ipv4 = 0;

	if (address->family == AF_INET)
		memcpy(&ipv4, address->bytes, sizeof ipv4);
	return ipv4;
}
