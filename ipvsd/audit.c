/* IPVS tells nobody when its table changes: so it is read in the background, the services every
 * time and of their real servers some, and what somebody else has done to ours is put right. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "ipvsd/balancer_internal.h"

/* All real servers are read once in so many calls, unless that is too many at a time, or few. */
#define ROUND       5
#define SLICE_LEAST 16
#define SLICE_MOST  128

/* The list of all services is read in every call, or less often by one for every so many. */
#define LIST_SERVICES 2000

/* So many services gone at once were not deleted one by one. */
#define EMPTIED 3

/* Another program that wants something else is not fought for ever: after so many times within the
 * time a service is put right that often only. */
#define FIGHTS_MOST 5
#define FIGHT_NS    (60 * NSEC_PER_SEC)

static bool may_fight(const struct model_service *service)
{
	return service->fights < FIGHTS_MOST || clock_now_ns() - service->fought_ns >= FIGHT_NS;
}

void audit_fought(struct balancer *balancer, struct model_service *service)
{
	char text[SERVICE_TEXT_LEN];
	uint64_t now_ns = clock_now_ns();

	if (now_ns - service->fought_ns >= 2 * FIGHT_NS)
		service->fights = 0;
	service->fought_ns = now_ns;
	if (service->fights == FIGHTS_MOST)
		return;
	service->fights++;
	if (service->fights == FIGHTS_MOST)
		log_change(LOG_WARNING,
			&(struct log_change){.kind = LOG_IPVS_INTERFERENCE,
				.virtual_server = balancer_service_text(balancer, service, text)},
			"%s: somebody else changes it again and again (is there another program "
			"that manages IPVS?): put right once a minute from now on",
			text);
}

/* The kernel's side is another one than this process made it. */
static void found(struct balancer *balancer, struct model_service *service)
{
	service->found = true;
	balancer->sweep_due = true;
	balancer_dirty(balancer, service);
}

static void read_again(
	struct balancer *balancer, struct model_service *service, const struct ipvs_service *kernel)
{
	struct ipvs_dest *dests;
	size_t count;

	if (ipvs_netlink_read_dests(
		    balancer->netlink, &service->kernel.key, &dests, &count, NULL) == -1)
		return;
	model_read(service, kernel, dests, count);
	found(balancer, service);
}

static void compare_service(
	struct balancer *balancer, struct model_service *service, const struct ipvs_service *kernel)
{
	if (service->presence == PRESENCE_UNKNOWN || !may_fight(service))
		return;
	if (service->presence == PRESENCE_ABSENT) {
		if (kernel != NULL && service->claims != NULL)
			read_again(balancer, service, kernel);
		return;
	}
	if (kernel == NULL) {
		model_absent(service);
		found(balancer, service);
	} else if (memcmp(kernel, &service->kernel, sizeof(*kernel)) != 0) {
		read_again(balancer, service, kernel);
	}
}

static size_t count_missing(
	const struct model *model, const struct ipvs_service *services, size_t count)
{
	size_t missing = 0;

	for (size_t i = 0; i < model->count; i++) {
		const struct model_service *service = model->services[i];
		missing += service->presence == PRESENCE_PRESENT &&
			   balancer_find_service(services, count, &service->kernel.key) == NULL;
	}
	return missing;
}

static void compare_services(struct balancer *balancer)
{
	const struct model *model = &balancer->model;
	struct ipvs_service *services;
	size_t count;

	if (ipvs_netlink_read_services(balancer->netlink, &services, &count, NULL) == -1) {
		log_warnx("the kernel's table cannot be read: %s", strerror(errno));
		return;
	}
	size_t missing = count_missing(model, services, count);
	if (missing >= EMPTIED) {
		log_warnx("%zu services were deleted from the kernel's table by somebody else: "
			  "put back",
			missing);
		balancer->audit.emptied = true;
	}
	for (size_t i = 0; i < model->count; i++)
		compare_service(balancer, model->services[i],
			balancer_find_service(services, count, &model->services[i]->kernel.key));
	free(services);
}

static void compare_dests(struct balancer *balancer, struct model_service *service)
{
	struct ipvs_dest *dests;
	size_t count;

	if (!may_fight(service) || ipvs_netlink_read_dests(balancer->netlink, &service->kernel.key,
					   &dests, &count, NULL) == -1)
		return;
	if (count == service->dests_count &&
		(count == 0 || memcmp(dests, service->dests, count * sizeof(*dests)) == 0)) {
		free(dests);
		return;
	}
	const struct ipvs_service kernel = service->kernel;
	model_read(service, &kernel, dests, count);
	found(balancer, service);
}

static size_t slice_of(size_t count)
{
	size_t slice = (count + ROUND - 1) / ROUND;

	if (slice < SLICE_LEAST)
		return SLICE_LEAST;
	return slice > SLICE_MOST ? SLICE_MOST : slice;
}

/* Goes on behind the service where it ended last time. */
static void compare_some_dests(struct balancer *balancer)
{
	const struct model *model = &balancer->model;
	size_t left = slice_of(model->count);
	size_t i = 0;

	while (i < model->count &&
		ipvs_key_compare(&model->services[i]->kernel.key, &balancer->audit.next) < 0)
		i++;
	for (; i < model->count && left > 0; i++) {
		if (model->services[i]->presence != PRESENCE_PRESENT)
			continue;
		compare_dests(balancer, model->services[i]);
		left--;
	}
	if (i < model->count)
		balancer->audit.next = model->services[i]->kernel.key;
	else
		balancer->audit.next = (struct ipvs_key){0};
}

void audit_run(struct balancer *balancer)
{
	if (balancer->model.count == 0)
		return;
	if (balancer->audit.left_out >= balancer->model.count / LIST_SERVICES) {
		balancer->audit.left_out = 0;
		compare_services(balancer);
	} else {
		balancer->audit.left_out++;
	}
	compare_some_dests(balancer);
}

/* ---- the page ---- */

struct gone {
	const struct model *model;
	struct ipvs_dest *keys; /* address family 0: the service itself */
	size_t count, room;
};

static void note_gone(const struct ipvs_key *key, const struct ipvs_dest *dest, void *arg)
{
	struct gone *gone = arg;
	const struct model_service *service = model_find(gone->model, key);

	if (service != NULL && service->presence == PRESENCE_UNKNOWN)
		return;
	if (service != NULL && service->presence == PRESENCE_PRESENT &&
		(dest == NULL || model_find_dest(service, dest) != NULL))
		return;
	if (gone->count == gone->room) {
		gone->room = gone->room == 0 ? 16 : 2 * gone->room;
		gone->keys = reallocarray(gone->keys, gone->room, sizeof(*gone->keys));
		if (gone->keys == NULL)
			fatal("state page");
	}
	if (dest != NULL)
		gone->keys[gone->count++] = *dest;
	else
		gone->keys[gone->count++] = (struct ipvs_dest){.service = *key};
}

void audit_sweep(struct balancer *balancer)
{
	struct gone gone = {.model = &balancer->model};

	balancer->sweep_due = false;
	page_each(balancer->page, note_gone, &gone);
	for (size_t i = 0; i < gone.count; i++)
		page_remove(balancer->page, &gone.keys[i].service,
			gone.keys[i].address.family == 0 ? NULL : &gone.keys[i]);
	free(gone.keys);
}
