/* The virtual servers of a configuration, as parentd's items tell of them. */
#ifndef HOLDFAST_IPVS_CONF_H
#define HOLDFAST_IPVS_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipvsd/ipvs_table.h"
#include "proto/proto.h"

/* A real server, or a sorry server. */
struct ipvs_real {
	char *name;
	struct proto_addr address;
	uint16_t port;
	uint16_t tunnel_port;
	uint32_t forwarding;
	uint32_t weight; /* as configured */
	uint32_t upper;
	uint32_t lower;
	uint16_t tunnel_type;
	uint16_t tunnel_flags;
	uint32_t flags; /* enum conf_ipvs_real_flags */
	uint32_t virtual_server;
};

struct ipvs_virtual {
	char *name;
	char scheduler[IPVS_NAME_LEN];
	char engine[IPVS_NAME_LEN];
	uint32_t flags; /* enum conf_ipvs_virtual_flags */
	uint32_t persistence_s;
	uint32_t netmask;
	uint32_t prefix;
	uint16_t protocol;
	uint32_t first_entry, entries;
	uint32_t first_real, reals;
	struct ipvs_real *sorry; /* NULL: none */
};

/* One service, or count of them with consecutive addresses. */
struct ipvs_entry {
	struct ipvs_key first;
	uint32_t count;
};

struct ipvs_conf {
	bool has_global;
	struct conf_ipvs_global global;
	struct ipvs_virtual *virtuals;
	struct ipvs_entry *entries;
	struct ipvs_real *reals;
	uint32_t virtuals_count, entries_count, reals_count;
	uint32_t virtuals_room, entries_room, reals_room;
	/* what the virtual server that was begun last still lacks */
	uint32_t entries_due, sorry_due, reals_due;
	uint64_t places; /* services and their real servers, had every one of them its place */
};

/* Adds an item. Returns 0, or -1 with a sentence in reason. */
int ipvs_conf_add(
	struct ipvs_conf *conf, enum proto_type type, const void *body, char *reason, size_t size);

/* All items are there: judges them as a whole. The same. */
int ipvs_conf_commit(const struct ipvs_conf *conf, char *reason, size_t size);

/* Forgets everything; it is empty then. */
void ipvs_conf_clear(struct ipvs_conf *conf);

/* Service number i of an entry, which is below its count. */
struct ipvs_key ipvs_conf_key(const struct ipvs_entry *entry, uint32_t i);

#endif
