/* What ipvsd shows of the kernel's table, as numbers: for metrics. */
#ifndef HOLDFAST_IPVS_TALLY_H
#define HOLDFAST_IPVS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

/* A service that the kernel has. */
struct ipvs_tally_service {
	struct proto_addr address; /* with a mark: the family alone */
	uint32_t fwmark;           /* 0: known by its address */
	uint16_t protocol;
	uint16_t port;
	uint32_t virtual_server; /* IPVS_NONE: somebody else's */
	struct ipvs_shown_counters counters;
};

/* A real server of one. */
struct ipvs_tally_real {
	size_t service; /* place in the list */
	struct proto_addr address;
	uint16_t port;
	uint32_t weight;
	uint32_t active, inactive, persistent;
	struct ipvs_shown_counters counters;
};

struct ipvs_tally {
	struct ipvs_tally_service *services;
	struct ipvs_tally_real *reals;
	size_t services_count, reals_count;
	size_t services_room, reals_room;
	bool in_service; /* the latest service is one that the kernel has */
};

/* Returns NULL without memory. */
struct ipvs_tally *ipvs_tally_new(void);
void ipvs_tally_free(struct ipvs_tally *tally);

/* What is only wanted is left out. Each returns 0, or -1: without memory, or there is more than a
 * state page of ipvsd could hold. */
int ipvs_tally_service(struct ipvs_tally *tally, const struct ipvs_shown_service *service);
/* A real server of the service before it. */
int ipvs_tally_real(struct ipvs_tally *tally, const struct ipvs_shown_real *real);

#endif
