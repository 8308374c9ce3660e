/* What the kernel's table is to be, out of the configuration, the states of the servers and, where
 * no state is known, the kernel's own table. Free of I/O. */
#ifndef HOLDFAST_IPVS_WANTED_H
#define HOLDFAST_IPVS_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipvsd/ipvs_conf.h"
#include "ipvsd/ipvs_table.h"

enum told { TOLD_NOTHING, TOLD_DOWN, TOLD_UP };

/* What parentd has told of the servers of a configuration, by their numbers. */
struct told_real {
	uint32_t weight; /* in force */
	uint8_t told;    /* enum told */
};

struct told_states {
	struct told_real *reals;
	uint8_t *virtuals; /* of their quorum, enum told */
};

/* Where a server is to be. */
enum place {
	PLACE_OUT,
	PLACE_IN,
	PLACE_HELD, /* where the kernel has it: nobody knows its state, and it was put there or left
		     * out by somebody who knew */
};

struct wanted_place {
	enum place place;
	uint32_t weight; /* PLACE_IN */
};

/* owned: the service was set up by this process or one before it, so that what is not known is not
 * to be guessed. */
struct wanted_place wanted_real(
	const struct ipvs_conf *conf, const struct told_states *states, uint32_t real, bool owned);

/* The same for the sorry server of a virtual server, which has one. */
struct wanted_place wanted_sorry(const struct ipvs_conf *conf, const struct told_states *states,
	uint32_t virtual_server, bool owned);

/* The service with this key of a virtual server. */
struct ipvs_service wanted_service(
	const struct ipvs_virtual *virtual_server, const struct ipvs_key *key);

/* The entry that a server has in the service with this key: only NAT gives it another port than the
 * service's. */
struct ipvs_dest wanted_dest(
	const struct ipvs_real *real, const struct ipvs_key *key, uint32_t weight);

/* Is this entry the one that the server has, or would have, in its service? */
bool wanted_is_at(const struct ipvs_real *real, const struct ipvs_dest *dest);

/* Appends the real servers of the service with this key as this virtual server wants them to
 * dests, which has room for all of them and the sorry server; kernel are those that the kernel
 * has, sorted. Returns how many. A server may be among them twice, see wanted_merge(). */
size_t wanted_dests(const struct ipvs_conf *conf, const struct told_states *states,
	uint32_t virtual_server, const struct ipvs_key *key, bool owned,
	const struct ipvs_dest *kernel, size_t kernel_count, struct ipvs_dest *dests);

/* Sorts a table, and leaves of each real server the one with the most weight: a sorry server may be
 * a real server as well, and several virtual servers share a mark. */
void wanted_merge(struct ipvs_table *table);

#endif
