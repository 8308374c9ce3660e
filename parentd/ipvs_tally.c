#include "parentd/ipvs_tally.h"

#include <stdlib.h>

#include "proto/state_page.h"

struct ipvs_tally *ipvs_tally_new(void)
{
	return calloc(1, sizeof(struct ipvs_tally));
}

void ipvs_tally_free(struct ipvs_tally *tally)
{
	if (tally == NULL)
		return;
	free(tally->services);
	free(tally->reals);
	free(tally);
}

/* Room for one more in a list. Returns the list, or NULL with the old one as it was. */
static void *grow(void *list, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room == 0 ? 64 : *room * 2;

	if (count < *room)
		return list;
	if (count >= STATE_IPVS_ENTRIES)
		return NULL;
	void *grown = reallocarray(list, wanted, size);
	if (grown != NULL)
		*room = wanted;
	return grown;
}

int ipvs_tally_service(struct ipvs_tally *tally, const struct ipvs_shown_service *service)
{
	tally->in_service = (service->flags & IPVS_SHOWN_ACTUAL) != 0;
	if (!tally->in_service)
		return 0;
	struct ipvs_tally_service *list =
		grow(tally->services, &tally->services_room, tally->services_count, sizeof(*list));
	if (list == NULL)
		return -1;
	tally->services = list;
	list[tally->services_count++] = (struct ipvs_tally_service){.address = service->address,
		.fwmark = service->fwmark,
		.protocol = service->protocol,
		.port = service->port,
		.virtual_server = service->virtual_server,
		.counters = service->counters};
	return 0;
}

int ipvs_tally_real(struct ipvs_tally *tally, const struct ipvs_shown_real *real)
{
	if (!tally->in_service || (real->flags & IPVS_SHOWN_ACTUAL) == 0)
		return 0;
	struct ipvs_tally_real *list =
		grow(tally->reals, &tally->reals_room, tally->reals_count, sizeof(*list));
	if (list == NULL)
		return -1;
	tally->reals = list;
	list[tally->reals_count++] = (struct ipvs_tally_real){.service = tally->services_count - 1,
		.address = real->address,
		.port = real->port,
		.weight = real->actual.weight,
		.active = real->active,
		.inactive = real->inactive,
		.persistent = real->persistent,
		.counters = real->counters};
	return 0;
}
