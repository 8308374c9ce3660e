#include "ipvsd/ipvs_conf.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/state_page.h"

/* Room for one element more; NULL when memory is out. */
static void *grow(void *list, uint32_t count, uint32_t *room, size_t size)
{
	if (list != NULL && count < *room)
		return list;
	*room = *room == 0 ? 16 : *room * 2;
	return reallocarray(list, *room, size);
}

static int refuse(char *reason, size_t size, const char *why)
{
	snprintf(reason, size, "%s", why);
	return -1;
}

static bool complete(const struct ipvs_conf *conf)
{
	return conf->entries_due == 0 && conf->sorry_due == 0 && conf->reals_due == 0;
}

static int add_global(
	struct ipvs_conf *conf, const struct conf_ipvs_global *item, char *reason, size_t size)
{
	if (conf->has_global || conf->virtuals_count > 0)
		return refuse(reason, size, "CONF_IPVS_GLOBAL is not the first and only one");
	conf->has_global = true;
	conf->global = *item;
	return 0;
}

static int add_virtual(
	struct ipvs_conf *conf, const struct conf_ipvs_virtual *item, char *reason, size_t size)
{
	if (!conf->has_global || !complete(conf))
		return refuse(
			reason, size, "a virtual server begins before the one before it ends");
	struct ipvs_virtual *list =
		grow(conf->virtuals, conf->virtuals_count, &conf->virtuals_room, sizeof(*list));
	char *name = strdup(item->name);
	if (list != NULL)
		conf->virtuals = list;
	if (list == NULL || name == NULL) {
		free(name);
		return refuse(reason, size, "out of memory");
	}
	struct ipvs_virtual *virtual_server = &list[conf->virtuals_count++];
	*virtual_server = (struct ipvs_virtual){.name = name,
		.flags = item->flags,
		.persistence_s = item->persistence_s,
		.netmask = item->netmask,
		.prefix = item->prefix,
		.protocol = item->protocol,
		.first_entry = conf->entries_count,
		.entries = item->entries,
		.first_real = conf->reals_count,
		.reals = item->reals};
	proto_string_set(virtual_server->scheduler, IPVS_NAME_LEN, item->scheduler);
	proto_string_set(virtual_server->engine, IPVS_NAME_LEN, item->engine);
	conf->entries_due = item->entries;
	conf->reals_due = item->reals;
	conf->sorry_due = (item->flags & IPVS_VIRTUAL_SORRY) != 0;
	return 0;
}

static bool range_fits(const struct conf_ipvs_entry *item)
{
	uint32_t first;

	if (item->first.family == AF_INET6) {
		/* consecutive in the last 32 bits, as a configuration writes them */
		memcpy(&first, item->first.bytes + 12, sizeof(first));
		return item->count - 1 <= UINT32_MAX - ntohl(first);
	}
	memcpy(&first, item->first.bytes, sizeof(first));
	return item->first.family == AF_INET && item->count - 1 <= UINT32_MAX - ntohl(first);
}

static int add_entry(
	struct ipvs_conf *conf, const struct conf_ipvs_entry *item, char *reason, size_t size)
{
	if (conf->entries_due == 0 || item->virtual_server != conf->virtuals_count - 1)
		return refuse(reason, size, "an entry of no virtual server");
	if (!range_fits(item) || (item->fwmark != 0 && item->count != 1))
		return refuse(reason, size, "an entry has no family, or too many addresses");
	struct ipvs_entry *list =
		grow(conf->entries, conf->entries_count, &conf->entries_room, sizeof(*list));
	if (list == NULL)
		return refuse(reason, size, "out of memory");
	conf->entries = list;
	const struct ipvs_virtual *virtual_server = &conf->virtuals[conf->virtuals_count - 1];
	struct ipvs_entry *entry = &list[conf->entries_count++];
	*entry = (struct ipvs_entry){.count = item->count};
	entry->first.address.family = item->first.family;
	if (item->fwmark != 0) {
		entry->first.fwmark = item->fwmark;
	} else {
		entry->first.address = item->first;
		entry->first.protocol = virtual_server->protocol;
		entry->first.port = item->port;
	}
	conf->places +=
		(uint64_t)item->count * (1 + (uint64_t)virtual_server->reals + conf->sorry_due);
	conf->entries_due--;
	return 0;
}

static int fill_real(
	struct ipvs_real *real, const struct conf_ipvs_real *item, char *reason, size_t size)
{
	*real = (struct ipvs_real){.name = strdup(item->name),
		.address = item->address,
		.port = item->port,
		.tunnel_port = item->tunnel_port,
		.forwarding = item->forwarding,
		.weight = item->weight,
		.upper = item->upper,
		.lower = item->lower,
		.tunnel_type = item->tunnel_type,
		.tunnel_flags = item->tunnel_flags,
		.flags = item->flags,
		.virtual_server = item->virtual_server};
	return real->name == NULL ? refuse(reason, size, "out of memory") : 0;
}

static int add_real(
	struct ipvs_conf *conf, const struct conf_ipvs_real *item, char *reason, size_t size)
{
	if (conf->entries_due > 0 || conf->sorry_due > 0 || conf->reals_due == 0 ||
		item->virtual_server != conf->virtuals_count - 1)
		return refuse(reason, size, "a real server of no virtual server");
	if (item->address.family == 0)
		return refuse(reason, size, "a real server without an address");
	struct ipvs_real *list =
		grow(conf->reals, conf->reals_count, &conf->reals_room, sizeof(*list));
	if (list == NULL)
		return refuse(reason, size, "out of memory");
	conf->reals = list;
	if (fill_real(&list[conf->reals_count], item, reason, size) == -1)
		return -1;
	conf->reals_count++;
	conf->reals_due--;
	return 0;
}

static int add_sorry(
	struct ipvs_conf *conf, const struct conf_ipvs_real *item, char *reason, size_t size)
{
	if (conf->entries_due > 0 || conf->sorry_due == 0 ||
		item->virtual_server != conf->virtuals_count - 1)
		return refuse(reason, size, "a sorry server of no virtual server");
	if (item->address.family == 0)
		return refuse(reason, size, "a sorry server without an address");
	struct ipvs_real *sorry = calloc(1, sizeof(*sorry));
	if (sorry == NULL)
		return refuse(reason, size, "out of memory");
	conf->virtuals[conf->virtuals_count - 1].sorry = sorry;
	conf->sorry_due = 0;
	return fill_real(sorry, item, reason, size);
}

int ipvs_conf_add(
	struct ipvs_conf *conf, enum proto_type type, const void *body, char *reason, size_t size)
{
	if (conf->virtuals_count >= STATE_IPVS_ENTRIES ||
		conf->entries_count >= STATE_IPVS_ENTRIES ||
		conf->reals_count >= STATE_IPVS_ENTRIES) {
		snprintf(reason, size, "more than %d virtual or real servers", STATE_IPVS_ENTRIES);
		return -1;
	}
	if (type == CONF_IPVS_GLOBAL)
		return add_global(conf, body, reason, size);
	if (type == CONF_IPVS_VIRTUAL)
		return add_virtual(conf, body, reason, size);
	if (type == CONF_IPVS_ENTRY)
		return add_entry(conf, body, reason, size);
	if (type == CONF_IPVS_REAL)
		return add_real(conf, body, reason, size);
	if (type == CONF_IPVS_SORRY)
		return add_sorry(conf, body, reason, size);
	snprintf(reason, size, "%s is not for ipvsd", proto_type_name((uint16_t)type));
	return -1;
}

int ipvs_conf_commit(const struct ipvs_conf *conf, char *reason, size_t size)
{
	if (!conf->has_global || !complete(conf))
		return refuse(reason, size, "the last virtual server is not complete");
	if (conf->places > STATE_IPVS_ENTRIES) {
		snprintf(reason, size,
			"services and their real servers are %" PRIu64
			" entries of the kernel's table, more than %d",
			conf->places, STATE_IPVS_ENTRIES);
		return -1;
	}
	return 0;
}

void ipvs_conf_clear(struct ipvs_conf *conf)
{
	for (uint32_t i = 0; i < conf->virtuals_count; i++) {
		free(conf->virtuals[i].name);
		if (conf->virtuals[i].sorry != NULL)
			free(conf->virtuals[i].sorry->name);
		free(conf->virtuals[i].sorry);
	}
	for (uint32_t i = 0; i < conf->reals_count; i++)
		free(conf->reals[i].name);
	free(conf->virtuals);
	free(conf->entries);
	free(conf->reals);
	*conf = (struct ipvs_conf){0};
}

struct ipvs_key ipvs_conf_key(const struct ipvs_entry *entry, uint32_t i)
{
	struct ipvs_key key = entry->first;
	uint8_t *last = key.address.bytes + (key.address.family == AF_INET6 ? 12 : 0);
	uint32_t number;

	if (key.fwmark != 0)
		return key;
	memcpy(&number, last, sizeof(number));
	number = htonl(ntohl(number) + i);
	memcpy(last, &number, sizeof(number));
	return key;
}
