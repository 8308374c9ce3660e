#include "ipvsd/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"

static int compare_keys(const void *left, const void *right)
{
	const struct ipvs_key *key = left;
	const struct model_service *const *service = right;

	return ipvs_key_compare(key, &(*service)->kernel.key);
}

static int compare_services(const void *left, const void *right)
{
	const struct model_service *const *service = left;

	return compare_keys(&(*service)->kernel.key, right);
}

struct model_service *model_find(const struct model *model, const struct ipvs_key *key)
{
	struct model_service **found =
		model->count == 0 ? NULL
				  : bsearch(key, model->services, model->count,
					    sizeof(struct model_service *), compare_keys);

	return found == NULL ? NULL : *found;
}

const struct ipvs_dest *model_find_dest(
	const struct model_service *service, const struct ipvs_dest *dest)
{
	if (service->sorted == 0)
		return NULL;
	return bsearch(
		dest, service->dests, service->sorted, sizeof(*service->dests), ipvs_dest_compare);
}

static struct model_service *service_new(const struct ipvs_key *key)
{
	struct model_service *service = calloc(1, sizeof(*service));

	if (service != NULL)
		service->kernel.key = *key;
	return service;
}

static void service_free(struct model_service *service)
{
	free(service->dests);
	free(service->trouble);
	free(service);
}

static void sort(struct model *model)
{
	if (model->count > 0)
		qsort(model->services, model->count, sizeof(struct model_service *),
			compare_services);
}

int model_add(struct model *model, const struct ipvs_key *key)
{
	struct model_service **grown;

	if (model_find(model, key) != NULL)
		return 0;
	struct model_service *service = service_new(key);
	grown = reallocarray(model->services, model->count + 1, sizeof(struct model_service *));
	if (grown != NULL)
		model->services = grown;
	if (service == NULL || grown == NULL) {
		free(service);
		return -1;
	}
	size_t at = model->count++;
	for (; at > 0 && compare_keys(key, &grown[at - 1]) < 0; at--)
		grown[at] = grown[at - 1];
	grown[at] = service;
	return 0;
}

/* ---- a new configuration ---- */

/* What becomes of the model, while it may still fail. */
struct draft {
	struct model_service **services; /* those before, then new ones */
	size_t before, count;
	struct model_claim *claims;
	uint32_t *first_claim;
};

static size_t count_keys(const struct ipvs_conf *conf)
{
	size_t count = 0;

	for (uint32_t i = 0; i < conf->entries_count; i++)
		count += conf->entries[i].count;
	return count;
}

static void draft_discard(struct draft *draft)
{
	for (size_t i = draft->before; i < draft->count; i++)
		service_free(draft->services[i]);
	free(draft->services);
	free(draft->claims);
	free(draft->first_claim);
}

/* All keys, each with its virtual server; a service for every key that is new, and perhaps for
 * one key several. */
static int draft_keys(struct draft *draft, const struct model *model, const struct ipvs_conf *conf)
{
	uint32_t claims = 0;

	for (uint32_t v = 0; v < conf->virtuals_count; v++) {
		const struct ipvs_virtual *virtual_server = &conf->virtuals[v];
		draft->first_claim[v] = claims;
		for (uint32_t e = 0; e < virtual_server->entries; e++) {
			const struct ipvs_entry *entry =
				&conf->entries[virtual_server->first_entry + e];
			for (uint32_t i = 0; i < entry->count; i++) {
				const struct ipvs_key key = ipvs_conf_key(entry, i);
				struct model_service *service = model_find(model, &key);
				if (service == NULL) {
					service = service_new(&key);
					if (service == NULL)
						return -1;
					draft->services[draft->count++] = service;
				}
				draft->claims[claims++] = (struct model_claim){
					.service = service, .virtual_server = v};
			}
		}
	}
	draft->first_claim[conf->virtuals_count] = claims;
	return 0;
}

static int draft_make(struct draft *draft, const struct model *model, const struct ipvs_conf *conf)
{
	size_t keys = count_keys(conf);

	draft->services = calloc(model->count + keys + 1, sizeof(struct model_service *));
	draft->claims = calloc(keys + 1, sizeof(*draft->claims));
	draft->first_claim = calloc((size_t)conf->virtuals_count + 1, sizeof(*draft->first_claim));
	if (draft->services == NULL || draft->claims == NULL || draft->first_claim == NULL)
		return -1;
	if (model->count > 0)
		memcpy(draft->services, model->services,
			model->count * sizeof(struct model_service *));
	draft->before = draft->count = model->count;
	return draft_keys(draft, model, conf);
}

/* The first of those with this key, of which there is one at least. */
static struct model_service *first_with(const struct model *model, const struct ipvs_key *key)
{
	size_t low = 0;
	size_t high = model->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ipvs_key_compare(&model->services[middle]->kernel.key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return model->services[low];
}

/* Keys that came twice: their claims go to one service. */
static void share_services(struct model *model, size_t claims)
{
	size_t kept = 0;

	for (size_t i = 0; i < claims; i++)
		model->claims[i].service = first_with(model, &model->claims[i].service->kernel.key);
	for (size_t i = 0; i < model->count; i++) {
		struct model_service *service = model->services[i];
		if (kept > 0 && ipvs_key_compare(&model->services[kept - 1]->kernel.key,
					&service->kernel.key) == 0)
			service_free(service);
		else
			model->services[kept++] = service;
	}
	model->count = kept;
}

/* In the order of the configuration: the first claim says how the service is. */
static void link_claims(struct model *model, size_t claims)
{
	for (size_t i = 0; i < model->count; i++)
		model->services[i]->claims = NULL;
	for (size_t i = claims; i-- > 0;) {
		struct model_claim *claim = &model->claims[i];
		claim->next = claim->service->claims;
		claim->service->claims = claim;
	}
}

static void drop_absent(struct model *model)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->count; i++) {
		struct model_service *service = model->services[i];
		if (service->claims == NULL && service->presence == PRESENCE_ABSENT)
			service_free(service);
		else
			model->services[kept++] = service;
	}
	model->count = kept;
}

int model_configure(struct model *model, const struct ipvs_conf *conf)
{
	struct draft draft = {0};

	if (draft_make(&draft, model, conf) == -1) {
		draft_discard(&draft);
		return -1;
	}
	size_t claims = draft.first_claim[conf->virtuals_count];
	free(model->services);
	free(model->claims);
	free(model->first_claim);
	model->services = draft.services;
	model->count = draft.count;
	model->claims = draft.claims;
	model->first_claim = draft.first_claim;
	sort(model);
	share_services(model, claims);
	link_claims(model, claims);
	drop_absent(model);
	return 0;
}

void model_clear(struct model *model)
{
	for (size_t i = 0; i < model->count; i++)
		service_free(model->services[i]);
	free(model->services);
	free(model->claims);
	free(model->first_claim);
	*model = (struct model){0};
}

/* ---- what the kernel has ---- */

static void forget_dests(struct model_service *service)
{
	free(service->dests);
	service->dests = NULL;
	service->dests_count = service->sorted = 0;
}

void model_read(struct model_service *service, const struct ipvs_service *kernel,
	struct ipvs_dest *dests, size_t count)
{
	forget_dests(service);
	service->kernel = *kernel;
	service->dests = dests;
	service->dests_count = service->sorted = (uint32_t)count;
	service->presence = PRESENCE_PRESENT;
}

void model_absent(struct model_service *service)
{
	forget_dests(service);
	service->presence = PRESENCE_ABSENT;
}

void model_unknown(struct model_service *service)
{
	forget_dests(service);
	service->presence = PRESENCE_UNKNOWN;
}

static struct ipvs_dest *dest_in(const struct model_service *service, const struct ipvs_dest *dest)
{
	const struct ipvs_dest *found = model_find_dest(service, dest);

	return found == NULL ? NULL : &service->dests[found - service->dests];
}

static void append(struct model_service *service, const struct ipvs_dest *dest)
{
	struct ipvs_dest *grown = reallocarray(
		service->dests, (size_t)service->dests_count + 1, sizeof(*service->dests));

	if (grown == NULL)
		fatal("real servers");
	service->dests = grown;
	grown[service->dests_count++] = *dest;
}

void model_made(struct model_service *service, const struct ipvs_change *change)
{
	struct ipvs_dest *dest;

	switch (change->action) {
	case IPVS_ADD_SERVICE:
	case IPVS_SET_SERVICE:
		service->kernel = *change->service;
		service->presence = PRESENCE_PRESENT;
		break;
	case IPVS_ADD_DEST:
		append(service, change->dest);
		break;
	case IPVS_SET_DEST:
		dest = dest_in(service, change->dest);
		if (dest != NULL)
			*dest = *change->dest;
		break;
	case IPVS_DELETE_DEST:
		dest = dest_in(service, change->dest);
		if (dest != NULL)
			dest->service.address.family = AF_UNSPEC; /* goes in model_settle() */
		break;
	case IPVS_DELETE_SERVICE:
		model_absent(service);
		break;
	case IPVS_ACTIONS:
		break;
	}
}

void model_settle(struct model_service *service)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < service->dests_count; i++) {
		if (service->dests[i].service.address.family != AF_UNSPEC)
			service->dests[kept++] = service->dests[i];
	}
	service->dests_count = service->sorted = kept;
	if (kept > 0)
		qsort(service->dests, kept, sizeof(*service->dests), ipvs_dest_compare);
	else
		forget_dests(service);
}
