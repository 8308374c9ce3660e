/* A table of virtual and real servers, as the kernel has it or as it is wanted, and what is to be
 * done to make one the other. Free of I/O. Values are the kernel's (linux/ip_vs.h). */
#ifndef HOLDFAST_IPVS_TABLE_H
#define HOLDFAST_IPVS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

#define IPVS_NAME_LEN 16 /* IP_VS_SCHEDNAME_MAXLEN, IP_VS_PENAME_MAXLEN */

/* A virtual server is known by its address, protocol and port, or by its mark. */
struct ipvs_key {
	struct proto_addr address; /* with a mark: the family alone */
	uint32_t fwmark;           /* 0: known by its address */
	uint16_t protocol;         /* IPPROTO_…; 0 with a mark */
	uint16_t port;
};

struct ipvs_service {
	struct ipvs_key key;
	uint32_t flags;     /* IP_VS_SVC_F_…, of those that a user sets */
	uint32_t timeout_s; /* of persistence; 0 without IP_VS_SVC_F_PERSISTENT */
	uint32_t netmask; /* of persistence: IPv4 in network order, IPv6 the length of the prefix */
	char scheduler[IPVS_NAME_LEN];
	char engine[IPVS_NAME_LEN]; /* of persistence; empty: none */
};

/* A real server. */
struct ipvs_dest {
	struct ipvs_key service;
	struct proto_addr address;
	uint16_t port;
	uint16_t tunnel_port; /* of GUE */
	uint32_t forwarding;  /* IP_VS_CONN_F_MASQ, _TUNNEL, _DROUTE */
	uint32_t weight;
	uint32_t upper; /* threshold of connections; 0: none */
	uint32_t lower;
	uint16_t tunnel_type;  /* IP_VS_CONN_F_TUNNEL_TYPE_… */
	uint16_t tunnel_flags; /* IP_VS_TUNNEL_ENCAP_FLAG_… */
};

/* No service and no real server is in it twice. */
struct ipvs_table {
	struct ipvs_service *services;
	size_t services_count;
	struct ipvs_dest *dests;
	size_t dests_count;
};

/* The order of services and of real servers, also for qsort(3); equal are those with the same key.
 */
int ipvs_key_compare(const struct ipvs_key *a, const struct ipvs_key *b);
int ipvs_service_compare(const void *left, const void *right);
int ipvs_dest_compare(const void *left, const void *right);

/* Puts a table into the order that the functions below need. */
void ipvs_table_sort(struct ipvs_table *table);

/* In this order they are to be done: no service is without a real server on the way from one list
 * of them to another. */
enum ipvs_action {
	IPVS_ADD_SERVICE,
	IPVS_SET_SERVICE,
	IPVS_ADD_DEST,
	IPVS_SET_DEST,
	IPVS_DELETE_DEST,
	IPVS_DELETE_SERVICE, /* and its real servers with it */
	IPVS_ACTIONS
};

struct ipvs_change {
	enum ipvs_action action;
	const struct ipvs_service *service; /* ADD, SET: wanted; DELETE: as the kernel has it */
	const struct ipvs_dest *dest;       /* the same; NULL for actions on services */
};

/* What makes the kernel's table the wanted one. What it has and nobody wants goes if it is owned,
 * which means in the third table (of which only the keys count); what is neither wanted nor owned
 * is not touched, and a service with such a real server stays. All three are sorted. Returns the
 * number of changes, 0 when there is nothing to do, in *changes, which the caller frees; they
 * point into kernel and wanted. (size_t)-1 when memory is out. */
size_t ipvs_difference(const struct ipvs_table *kernel, const struct ipvs_table *wanted,
	const struct ipvs_table *owned, struct ipvs_change **changes);

#endif
