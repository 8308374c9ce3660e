#include "ipvsd/wanted.h"

#include <linux/ip_vs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The quorum, where it decides anything: with a sorry server. */
static enum told quorum_of(const struct ipvs_conf *conf, const struct told_states *states,
	uint32_t virtual_server, bool owned)
{
	enum told told = (enum told)states->virtuals[virtual_server];

	if (told != TOLD_NOTHING || owned)
		return told;
	return (conf->virtuals[virtual_server].flags & IPVS_VIRTUAL_BEGINS_UP) != 0 ? TOLD_UP
										    : TOLD_DOWN;
}

static struct wanted_place out_of_use(const struct ipvs_real *real)
{
	if ((real->flags & IPVS_REAL_INHIBIT) != 0)
		return (struct wanted_place){PLACE_IN, 0};
	return (struct wanted_place){PLACE_OUT, 0};
}

struct wanted_place wanted_real(
	const struct ipvs_conf *conf, const struct told_states *states, uint32_t number, bool owned)
{
	const struct ipvs_real *real = &conf->reals[number];
	struct told_real told = states->reals[number];

	if (told.told == TOLD_NOTHING) {
		if (owned && (real->flags & IPVS_REAL_UNCHECKED) == 0)
			return (struct wanted_place){PLACE_HELD, 0};
		told.told = (real->flags & IPVS_REAL_BEGINS_UP) != 0 ? TOLD_UP : TOLD_DOWN;
		told.weight = real->weight;
	}
	if (told.told == TOLD_DOWN)
		return out_of_use(real);
	if (conf->virtuals[real->virtual_server].sorry != NULL) {
		enum told quorum = quorum_of(conf, states, real->virtual_server, owned);
		if (quorum == TOLD_NOTHING)
			return (struct wanted_place){PLACE_HELD, 0};
		if (quorum == TOLD_DOWN)
			return out_of_use(real);
	}
	return (struct wanted_place){PLACE_IN, told.weight};
}

struct wanted_place wanted_sorry(const struct ipvs_conf *conf, const struct told_states *states,
	uint32_t virtual_server, bool owned)
{
	const struct ipvs_real *sorry = conf->virtuals[virtual_server].sorry;

	switch (quorum_of(conf, states, virtual_server, owned)) {
	case TOLD_NOTHING:
		return (struct wanted_place){PLACE_HELD, 0};
	case TOLD_UP:
		return out_of_use(sorry);
	case TOLD_DOWN:
		break;
	}
	return (struct wanted_place){PLACE_IN, sorry->weight};
}

struct ipvs_service wanted_service(
	const struct ipvs_virtual *virtual_server, const struct ipvs_key *key)
{
	static const struct {
		uint32_t ours, kernels;
	} flags[] = {
		{IPVS_VIRTUAL_PERSISTENT, IP_VS_SVC_F_PERSISTENT},
		{IPVS_VIRTUAL_ONE_PACKET, IP_VS_SVC_F_ONEPACKET},
		{IPVS_VIRTUAL_SCHED_1, IP_VS_SVC_F_SCHED1},
		{IPVS_VIRTUAL_SCHED_2, IP_VS_SVC_F_SCHED2},
		{IPVS_VIRTUAL_SCHED_3, IP_VS_SVC_F_SCHED3},
	};
	struct ipvs_service service = {.key = *key,
		.timeout_s = virtual_server->persistence_s,
		.netmask = key->address.family == AF_INET6 ? virtual_server->prefix
							   : virtual_server->netmask};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if ((virtual_server->flags & flags[i].ours) != 0)
			service.flags |= flags[i].kernels;
	}
	memcpy(service.scheduler, virtual_server->scheduler, sizeof(service.scheduler));
	memcpy(service.engine, virtual_server->engine, sizeof(service.engine));
	return service;
}

static uint16_t port_of(const struct ipvs_real *real, const struct ipvs_key *key)
{
	return real->forwarding == IP_VS_CONN_F_MASQ ? real->port : key->port;
}

bool wanted_is_at(const struct ipvs_real *real, const struct ipvs_dest *dest)
{
	return port_of(real, &dest->service) == dest->port &&
	       memcmp(&real->address, &dest->address, sizeof(dest->address)) == 0;
}

struct ipvs_dest wanted_dest(
	const struct ipvs_real *real, const struct ipvs_key *key, uint32_t weight)
{
	return (struct ipvs_dest){.service = *key,
		.address = real->address,
		.port = port_of(real, key),
		.tunnel_port = real->tunnel_port,
		.forwarding = real->forwarding,
		.weight = weight,
		.upper = real->upper,
		.lower = real->lower,
		.tunnel_type = real->tunnel_type,
		.tunnel_flags = real->tunnel_flags};
}

/* Returns 1 when the server is to be there, and puts its entry into *dest. */
static size_t place_dest(const struct ipvs_real *real, const struct ipvs_key *key,
	struct wanted_place place, const struct ipvs_dest *kernel, size_t kernel_count,
	struct ipvs_dest *dest)
{
	if (place.place == PLACE_OUT)
		return 0;
	*dest = wanted_dest(real, key, place.weight);
	if (place.place == PLACE_IN)
		return 1;
	const struct ipvs_dest *held =
		kernel_count == 0
			? NULL
			: bsearch(dest, kernel, kernel_count, sizeof(*kernel), ipvs_dest_compare);
	if (held == NULL)
		return 0;
	*dest = *held;
	return 1;
}

size_t wanted_dests(const struct ipvs_conf *conf, const struct told_states *states, uint32_t number,
	const struct ipvs_key *key, bool owned, const struct ipvs_dest *kernel, size_t kernel_count,
	struct ipvs_dest *dests)
{
	const struct ipvs_virtual *virtual_server = &conf->virtuals[number];
	size_t count = 0;

	for (uint32_t i = 0; i < virtual_server->reals; i++) {
		uint32_t real = virtual_server->first_real + i;
		count += place_dest(&conf->reals[real], key, wanted_real(conf, states, real, owned),
			kernel, kernel_count, &dests[count]);
	}
	if (virtual_server->sorry != NULL)
		count += place_dest(virtual_server->sorry, key,
			wanted_sorry(conf, states, number, owned), kernel, kernel_count,
			&dests[count]);
	return count;
}

void wanted_merge(struct ipvs_table *table)
{
	size_t kept = 0;

	ipvs_table_sort(table);
	for (size_t i = 0; i < table->dests_count; i++) {
		struct ipvs_dest *dest = &table->dests[i];
		struct ipvs_dest *last = kept == 0 ? NULL : &table->dests[kept - 1];
		if (last == NULL || ipvs_dest_compare(last, dest) != 0)
			table->dests[kept++] = *dest;
		else if (dest->weight > last->weight)
			*last = *dest;
	}
	table->dests_count = kept;
}
