/* Writes what differs, for many services at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "ipvsd/balancer_internal.h"

/* Not all of a large table in one turn of the event loop. */
#define BATCH_SERVICES 64
#define BATCH_DESTS    1024

struct refusal {
	int error; /* 0: none */
	char *why;
};

struct batch {
	struct balancer *balancer;
	struct model_service *services[BATCH_SERVICES];
	size_t count;
	struct ipvs_table kernel, wanted, owned;
	struct ipvs_change *changes;
	struct refusal *refusals; /* one for each change */
};

/* ---- what is to be ---- */

static size_t most_wanted(const struct balancer *balancer, const struct model_service *service)
{
	size_t most = 0;

	for (const struct model_claim *claim = service->claims; claim != NULL; claim = claim->next)
		most += (size_t)balancer->conf.virtuals[claim->virtual_server].reals + 1;
	return most;
}

static void take_services(struct batch *batch)
{
	struct balancer *balancer = batch->balancer;
	size_t dests = 0;
	struct model_service *service;

	while (batch->count < BATCH_SERVICES && dests < BATCH_DESTS &&
		(service = TAILQ_FIRST(&balancer->queue)) != NULL) {
		TAILQ_REMOVE(&balancer->queue, service, queue);
		service->dirty = false;
		batch->services[batch->count++] = service;
		dests += service->dests_count + most_wanted(balancer, service);
	}
}

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (memory == NULL)
		fatal("virtual servers");
	return memory;
}

static void make_room(struct batch *batch)
{
	size_t kernel = 0;
	size_t wanted = 0;

	for (size_t i = 0; i < batch->count; i++) {
		kernel += batch->services[i]->dests_count;
		wanted += most_wanted(batch->balancer, batch->services[i]);
	}
	batch->kernel.services = room(batch->count, sizeof(struct ipvs_service));
	batch->wanted.services = room(batch->count, sizeof(struct ipvs_service));
	batch->owned.services = room(batch->count, sizeof(struct ipvs_service));
	batch->kernel.dests = room(kernel, sizeof(struct ipvs_dest));
	batch->wanted.dests = room(wanted, sizeof(struct ipvs_dest));
	batch->owned.dests = room(kernel, sizeof(struct ipvs_dest));
}

static void put_wanted(struct batch *batch, const struct model_service *service)
{
	const struct balancer *balancer = batch->balancer;
	struct ipvs_table *wanted = &batch->wanted;
	const struct model_claim *first = service->claims;
	bool owned = balancer_owns(balancer, service);

	if (first == NULL || balancer->stopping)
		return;
	wanted->services[wanted->services_count++] = wanted_service(
		&balancer->conf.virtuals[first->virtual_server], &service->kernel.key);
	for (const struct model_claim *claim = first; claim != NULL; claim = claim->next)
		wanted->dests_count += wanted_dests(&balancer->conf, &balancer->states,
			claim->virtual_server, &service->kernel.key, owned, service->dests,
			service->sorted, &wanted->dests[wanted->dests_count]);
}

/* What is configured is owned even if somebody else put it there. */
static void put_kernel(struct batch *batch, const struct model_service *service)
{
	const struct balancer *balancer = batch->balancer;
	struct ipvs_table *kernel = &batch->kernel;
	struct ipvs_table *owned = &batch->owned;
	uint32_t ignored;

	if (service->presence != PRESENCE_PRESENT)
		return;
	kernel->services[kernel->services_count++] = service->kernel;
	if (service->claims != NULL || page_has(balancer->page, &service->kernel.key, NULL))
		owned->services[owned->services_count++] = service->kernel;
	for (uint32_t i = 0; i < service->dests_count; i++) {
		const struct ipvs_dest *dest = &service->dests[i];
		kernel->dests[kernel->dests_count++] = *dest;
		if (page_has(balancer->page, &service->kernel.key, dest) ||
			balancer_find_real(balancer, service, dest, &ignored) != NULL)
			owned->dests[owned->dests_count++] = *dest;
	}
}

static void make_tables(struct batch *batch)
{
	make_room(batch);
	for (size_t i = 0; i < batch->count; i++) {
		put_wanted(batch, batch->services[i]);
		put_kernel(batch, batch->services[i]);
	}
	wanted_merge(&batch->wanted);
	ipvs_table_sort(&batch->kernel);
	ipvs_table_sort(&batch->owned);
}

/* Before the kernel is told: whoever comes after a death in between has to know. */
static void own_wanted(const struct batch *batch)
{
	static bool said;
	struct page *page = batch->balancer->page;
	bool fits = true;

	for (size_t i = 0; i < batch->wanted.services_count; i++)
		fits = page_add(page, &batch->wanted.services[i].key, NULL) && fits;
	for (size_t i = 0; i < batch->wanted.dests_count; i++)
		fits = page_add(page, &batch->wanted.dests[i].service, &batch->wanted.dests[i]) &&
		       fits;
	if (!fits && !said)
		log_warnx("the state page is full: should ipvsd die, the one after it would not "
			  "know of all virtual servers that are no longer configured then");
	said = !fits;
}

/* ---- what came of it ---- */

static const struct ipvs_key *key_of(const struct ipvs_change *change)
{
	return change->dest != NULL ? &change->dest->service : &change->service->key;
}

static void refused(const struct ipvs_change *change, int error, const char *why, void *arg)
{
	const struct batch *batch = arg;
	struct refusal *refusal = &batch->refusals[change - batch->changes];

	refusal->error = error;
	refusal->why = strdup(why);
}

/* The table is not what it was thought to be. What was to go is gone then, which is as good. */
static bool is_surprise(enum ipvs_action action, int error)
{
	switch (action) {
	case IPVS_ADD_SERVICE:
		return error == EEXIST;
	case IPVS_SET_SERVICE:
	case IPVS_DELETE_SERVICE:
		return error == ESRCH;
	case IPVS_ADD_DEST:
		return error == EEXIST || error == ESRCH;
	case IPVS_SET_DEST:
	case IPVS_DELETE_DEST:
		return error == ENOENT || error == ESRCH;
	case IPVS_ACTIONS:
		break;
	}
	return false;
}

static void disown(const struct batch *batch, const struct model_service *service,
	const struct ipvs_change *change)
{
	struct page *page = batch->balancer->page;

	if (change->action == IPVS_DELETE_DEST)
		page_remove(page, &service->kernel.key, change->dest);
	if (change->action != IPVS_DELETE_SERVICE)
		return;
	for (uint32_t i = 0; i < service->dests_count; i++)
		page_remove(page, &service->kernel.key, &service->dests[i]);
	page_remove(page, &service->kernel.key, NULL);
}

static void say_trouble(struct balancer *balancer, const struct model_service *service)
{
	char text[SERVICE_TEXT_LEN];

	const struct log_change change = {.kind = LOG_IPVS_TROUBLE,
		.virtual_server = balancer_service_text(balancer, service, text),
		.state = service->trouble != NULL ? "refused" : "accepted",
		.reason = service->trouble};
	if (service->trouble != NULL)
		log_change(LOG_WARNING, &change, "%s: %s; tried again in %u s", text,
			service->trouble, service->delay_s);
	else
		log_change(LOG_INFO, &change, "%s: the kernel has accepted what it refused before",
			text);
	for (const struct model_claim *claim = service->claims; claim != NULL; claim = claim->next)
		balancer_tell_trouble(balancer, claim->virtual_server);
}

/* Of what was refused of a service; NULL: nothing was. refused: index of the change, and 1. */
static char *trouble_text(
	const struct batch *batch, const struct model_service *service, size_t refused)
{
	if (refused == 0)
		return NULL;
	const struct ipvs_dest *dest = batch->changes[refused - 1].dest;
	const struct refusal *refusal = &batch->refusals[refused - 1];
	char text[IPVS_PROBLEM_LEN];
	uint32_t ignored;
	const struct ipvs_real *real =
		dest == NULL ? NULL : balancer_find_real(batch->balancer, service, dest, &ignored);
	const char *why = refusal->why != NULL ? refusal->why : strerror(refusal->error);

	snprintf(text, sizeof(text), "%s%s%s", real != NULL ? real->name : "",
		real != NULL ? ": " : "", why);
	return strdup(text);
}

/* The first refusal of a service is told; NULL: nothing was refused. */
static void settle_trouble(struct balancer *balancer, struct model_service *service, char *trouble)
{
	uint64_t now_ns = clock_now_ns();
	bool same = (trouble == NULL && service->trouble == NULL) ||
		    (trouble != NULL && service->trouble != NULL &&
			    strcmp(trouble, service->trouble) == 0);

	if (trouble == NULL) {
		service->delay_s = 0;
		service->not_before_ns = 0;
	} else if (service->not_before_ns <= now_ns) {
		service->delay_s = balancer_delay(service->delay_s);
		service->not_before_ns = now_ns + service->delay_s * NSEC_PER_SEC;
	}
	free(service->trouble);
	service->trouble = trouble;
	if (!same)
		say_trouble(balancer, service);
}

/* After the third time in a row it is left to the next tick. */
#define SURPRISES_MOST 3

static void settle_surprise(struct balancer *balancer, struct model_service *service)
{
	model_unknown(service);
	if (service->surprises < SURPRISES_MOST) {
		service->surprises++;
		balancer_dirty(balancer, service);
	} else {
		service->surprises = 0;
		service->not_before_ns = clock_now_ns() + RETRY_LEAST_S * NSEC_PER_SEC;
	}
}

struct outcome {
	bool added;     /* the service itself, in this batch */
	bool changed;   /* anything */
	bool surprised; /* the table has to be read again */
	size_t refused; /* index of the first change that was refused, and 1; 0: none was */
};

static void account_change(
	const struct batch *batch, size_t i, struct model_service *service, struct outcome *outcome)
{
	const struct ipvs_change *change = &batch->changes[i];
	const struct refusal *refusal = &batch->refusals[i];
	const struct ipvs_dest *before =
		change->dest == NULL ? NULL : model_find_dest(service, change->dest);

	if (refusal->error == 0) {
		outcome->changed = true;
		outcome->added = outcome->added || change->action == IPVS_ADD_SERVICE;
		if (change->action != IPVS_ADD_SERVICE &&
			!(outcome->added && change->action == IPVS_ADD_DEST))
			change_log(batch->balancer, service, change, before);
		disown(batch, service, change);
		model_made(service, change);
	} else if (is_surprise(change->action, refusal->error) || refusal->error == ENODEV) {
		/* real servers of a service that was refused find none */
		outcome->surprised = outcome->surprised || outcome->refused == 0;
	} else if (outcome->refused == 0) {
		outcome->refused = i + 1;
	}
}

/* Index of a service in the batch, which is sorted by key for this. */
static size_t index_of(const struct batch *batch, const struct ipvs_key *key)
{
	size_t low = 0;
	size_t high = batch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ipvs_key_compare(&batch->services[middle]->kernel.key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int compare_services(const void *left, const void *right)
{
	const struct model_service *const *a = left;
	const struct model_service *const *b = right;

	return ipvs_key_compare(&(*a)->kernel.key, &(*b)->kernel.key);
}

static void account(struct batch *batch, size_t changes)
{
	struct outcome outcomes[BATCH_SERVICES] = {0};

	qsort(batch->services, batch->count, sizeof(struct model_service *), compare_services);
	for (size_t i = 0; i < changes; i++) {
		size_t at = index_of(batch, key_of(&batch->changes[i]));
		account_change(batch, i, batch->services[at], &outcomes[at]);
	}
	for (size_t i = 0; i < batch->count; i++) {
		struct model_service *service = batch->services[i];
		model_settle(service);
		if (outcomes[i].added)
			change_log_added(batch->balancer, service);
		if (service->found && outcomes[i].changed)
			audit_fought(batch->balancer, service);
		service->found = false;
		settle_trouble(batch->balancer, service,
			trouble_text(batch, service, outcomes[i].refused));
		if (outcomes[i].surprised)
			settle_surprise(batch->balancer, service);
		else
			service->surprises = 0;
	}
}

static void batch_clear(struct batch *batch, size_t changes)
{
	for (size_t i = 0; i < changes; i++)
		free(batch->refusals[i].why);
	free(batch->refusals);
	free(batch->changes);
	free(batch->kernel.services);
	free(batch->kernel.dests);
	free(batch->wanted.services);
	free(batch->wanted.dests);
	free(batch->owned.services);
	free(batch->owned.dests);
}

void batch_run(struct balancer *balancer)
{
	struct batch batch = {.balancer = balancer};

	take_services(&batch);
	make_tables(&batch);
	size_t changes =
		ipvs_difference(&batch.kernel, &batch.wanted, &batch.owned, &batch.changes);
	if (changes == (size_t)-1)
		fatal("virtual servers");
	own_wanted(&batch);
	batch.refusals = room(changes, sizeof(*batch.refusals));
	if (changes > 0)
		ipvs_netlink_apply(balancer->netlink, batch.changes, changes, refused, &batch);
	account(&batch, changes);
	batch_clear(&batch, changes);
}
