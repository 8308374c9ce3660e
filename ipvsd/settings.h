/* What IPVS has beside its table: the timeouts of connections, and the daemons that exchange
 * connections with another director. */
#ifndef HOLDFAST_IPVS_SETTINGS_H
#define HOLDFAST_IPVS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct balancer;

struct settings {
	bool due;         /* to be compared with the kernel's */
	bool master;      /* the sync daemon's role */
	uint32_t delay_s; /* while something is refused */
	uint64_t not_before_ns;
	char *timeouts_trouble, *sync_trouble; /* NULL: none */
};

/* The sync daemons that are wanted: bits of IP_VS_STATE_…; 0: none is configured. */
uint32_t settings_roles(const struct balancer *balancer);

/* Reads the kernel's and writes what differs. */
void settings_run(struct balancer *balancer);

/* Ends the sync daemons that are owned. */
void settings_stop(struct balancer *balancer);

/* Tells parentd what is refused. */
void settings_tell(struct balancer *balancer);

#endif
