#include "vrrpd/apply.h"

#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/daemon.h"
#include "vrrpd/garp.h"
#include "vrrpd/group.h"
#include "vrrpd/instance.h"
#include "vrrpd/page.h"
#include "vrrpd/receive.h"
#include "vrrpd/rtnl.h"
#include "vrrpd/tracking.h"

/* The running instances in the order of their keys. */
struct running {
	struct instance **sorted;
	size_t count;
};

/* A new instance that has yet to start, perhaps from what a predecessor left. */
struct fresh {
	struct instance *instance;
	bool resumed;
};

struct fresh_list {
	struct fresh *list;
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct instance *const *left = a;
	const struct instance *const *right = b;

	return config_key_compare(&(*left)->conf->c, &(*right)->conf->c);
}

static void running_collect(struct vrrpd *vrrpd, struct running *running)
{
	running->count = 0;
	running->sorted = calloc(vrrpd->instances_count + 1, sizeof(struct instance *));
	if (running->sorted == NULL)
		fatal("configuration");
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL) {
			vrrpd->instances[slot]->kept = false;
			running->sorted[running->count++] = vrrpd->instances[slot];
		}
	qsort(running->sorted, running->count, sizeof(struct instance *), by_key);
}

static int compare_with_key(const void *key, const void *element)
{
	const struct conf_vrrp_instance *c = key;
	const struct instance *const *instance = element;

	return config_key_compare(c, &(*instance)->conf->c);
}

static struct instance *running_find(
	const struct running *running, const struct conf_vrrp_instance *c)
{
	struct instance **found = bsearch(
		c, running->sorted, running->count, sizeof(struct instance *), compare_with_key);

	return found == NULL ? NULL : *found;
}

/* ---- steps ---- */

/* One that was stopped. */
static void remove_instance(struct vrrpd *vrrpd, struct instance *instance)
{
	uint32_t slot = instance->slot;

	instance_free(instance);
	page_release(vrrpd->page, slot);
	vrrpd->instances[slot] = NULL;
	vrrpd->instances_count--;
}

/* Marks what stays; the rest is released, before anything new needs its place, and leaves the list.
 */
static void remove_missing(
	struct vrrpd *vrrpd, struct running *running, const struct config *config)
{
	uint64_t now_ns = clock_now_ns();
	size_t kept = 0;

	for (size_t i = 0; i < config->count; i++) {
		struct instance *instance = running_find(running, &config->instances[i]->c);

		if (instance != NULL)
			instance->kept = true;
	}
	for (size_t i = 0; i < running->count; i++)
		if (!running->sorted[i]->kept)
			instance_stop(running->sorted[i], now_ns);
	vrrpd_flush(vrrpd);
	for (size_t i = 0; i < running->count; i++) {
		if (running->sorted[i]->kept)
			running->sorted[kept++] = running->sorted[i];
		else
			remove_instance(vrrpd, running->sorted[i]);
	}
	running->count = kept;
}

static void change_instance(struct instance *instance, struct config_instance **conf, bool *ask)
{
	if (config_instance_equal(instance->conf, *conf))
		return;
	if (instance_reconfigure(instance, *conf, ask) == -1) {
		log_warn("%s: stays as it was", instance->conf->c.name);
		return;
	}
	*conf = NULL;
	instance->dirty = true;
}

/* NULL when it cannot be started. */
static struct instance *add_instance(
	struct vrrpd *vrrpd, struct config_instance **conf, struct fresh_list *fresh, bool *ask)
{
	const struct conf_vrrp_instance *c = &(*conf)->c;
	struct state_vrrp_instance record;
	bool resumed;
	uint32_t slot;
	struct instance *instance;

	resumed = page_resume(vrrpd->page, c->ifname, c->family, c->vrid, &slot, &record);
	if (!resumed && page_allocate(vrrpd->page, &slot) == -1) {
		log_warn("%s: not started", c->name);
		return NULL;
	}
	instance = instance_new(vrrpd, *conf, slot, ask);
	if (instance == NULL)
		fatal("%s", c->name);
	*conf = NULL;
	if (resumed)
		page_restore(&record, instance);
	vrrpd->instances[slot] = instance;
	vrrpd->instances_count++;
	fresh->list[fresh->count++] = (struct fresh){.instance = instance, .resumed = resumed};
	return instance;
}

/* Leaves in instances, which has room for as many, those of the configuration in its order. */
static void adopt_instances(struct vrrpd *vrrpd, struct config *config,
	const struct running *running, struct fresh_list *fresh, struct instance **instances)
{
	bool ask = false;

	for (size_t i = 0; i < config->count; i++) {
		instances[i] = running_find(running, &config->instances[i]->c);
		if (instances[i] != NULL)
			change_instance(instances[i], &config->instances[i], &ask);
		else
			instances[i] = add_instance(vrrpd, &config->instances[i], fresh, &ask);
	}
	if (ask && rtnl_dump(vrrpd->rtnl) == -1)
		log_warn("reading interfaces and addresses");
}

/* What is wrong with those that are new is known to their groups before any of them starts. */
static void adopt_groups(struct vrrpd *vrrpd, const struct config *config,
	const struct fresh_list *fresh, struct instance *const *instances, uint64_t now_ns)
{
	for (size_t i = 0; i < fresh->count; i++)
		instance_prepare(fresh->list[i].instance, now_ns);
	groups_attach(vrrpd, config, instances);
}

static void start_instances(struct vrrpd *vrrpd, const struct fresh_list *fresh, uint64_t now_ns)
{
	uint64_t delayed_until_ns = 0;

	if (vrrpd->global.startup_delay_ms > 0)
		delayed_until_ns =
			vrrpd->started_ns + vrrpd->global.startup_delay_ms * NSEC_PER_MSEC;
	for (size_t i = 0; i < fresh->count; i++) {
		struct instance *instance = fresh->list[i].instance;

		if (fresh->list[i].resumed)
			instance_resume(instance, now_ns);
		else
			instance_start(instance, delayed_until_ns, now_ns);
	}
}

static void update_sockets(struct vrrpd *vrrpd)
{
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++) {
		struct instance *instance = vrrpd->instances[slot];

		/* once for each interface */
		if (instance != NULL && instance == LIST_FIRST(&instance->interface->instances))
			receive_update(vrrpd, instance->interface);
	}
}

static void review_all(struct vrrpd *vrrpd, uint64_t now_ns)
{
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL && vrrpd->instances[slot]->kept) {
			instance_hold(vrrpd->instances[slot]);
			instance_review(vrrpd->instances[slot], now_ns);
		}
}

static void store_dirty(struct vrrpd *vrrpd)
{
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL && vrrpd->instances[slot]->dirty)
			page_store(vrrpd->page, vrrpd->instances[slot]);
}

/* Instances refer to them by number, those that stay as they are too. */
static void adopt_tracked(struct vrrpd *vrrpd, struct config *config)
{
	free(vrrpd->scripts);
	vrrpd->scripts = config->scripts;
	vrrpd->scripts_count = config->scripts_count;
	config->scripts = NULL;
	config->scripts_count = 0;
	tracking_inherit(
		config->tracked, config->tracked_count, vrrpd->tracked, vrrpd->tracked_count);
	free(vrrpd->tracked);
	vrrpd->tracked = config->tracked;
	vrrpd->tracked_count = config->tracked_count;
	config->tracked = NULL;
	config->tracked_count = 0;
}

void apply_config(struct vrrpd *vrrpd, struct config *config)
{
	struct fresh_list fresh = {.list = calloc(config->count + 1, sizeof(struct fresh))};
	struct instance **instances = calloc(config->count + 1, sizeof(struct instance *));
	struct running running;
	uint64_t now_ns;

	if (fresh.list == NULL || instances == NULL)
		fatal("configuration");
	groups_detach(vrrpd);
	vrrpd->global = config->global;
	garp_set_interval(vrrpd->garp, config->global.garp_interval_us * UINT64_C(1000));
	running_collect(vrrpd, &running);
	remove_missing(vrrpd, &running, config);
	adopt_tracked(vrrpd, config);
	adopt_instances(vrrpd, config, &running, &fresh, instances);
	update_sockets(vrrpd);
	now_ns = clock_now_ns();
	adopt_groups(vrrpd, config, &fresh, instances, now_ns);
	review_all(vrrpd, now_ns);
	start_instances(vrrpd, &fresh, now_ns);
	vrrpd_flush(vrrpd);
	if (!vrrpd->configured) {
		page_drop_leftovers(vrrpd->page);
		addresses_remove_leftovers(vrrpd->addresses);
		vrrpd_flush(vrrpd);
	} else {
		addresses_check_all(vrrpd->addresses, now_ns);
		vrrpd_flush(vrrpd);
	}
	vrrpd->configured = true;
	store_dirty(vrrpd);
	free(running.sorted);
	free(fresh.list);
	free(instances);
	config_free(config);
}

/* ---- interfaces ---- */

/* Others learnt the addresses of an interface in another place, or with another MAC. */
static void announce_again(struct vrrpd *vrrpd, const struct interface *interface, unsigned changes)
{
	size_t count = addresses_announce(vrrpd->addresses, interface);
	char mac[sizeof "00:00:00:00:00:00"];

	if (count == 0)
		return;
	ether_ntoa_r((const struct ether_addr *)interface->mac, mac);
	if (changes & INTERFACE_MOVED)
		log_line(LOG_NOTICE, "%s has another MAC address, %s: announcing %zu addresses",
			interface->name, mac, count);
	else
		log_line(LOG_NOTICE, "%s was down for %.3f s: announcing %zu addresses again",
			interface->name, (double)interface->away_ns / (double)NSEC_PER_SEC, count);
}

static void interface_changed(
	struct vrrpd *vrrpd, struct interface *interface, unsigned changes, uint64_t now_ns)
{
	struct instance *instance;
	struct tracker *tracker;

	if (changes & INTERFACE_LINK) {
		receive_update(vrrpd, interface);
		addresses_compare(vrrpd->addresses, interface);
		if (interface->index == 0)
			garp_cancel_interface(vrrpd->garp, interface);
	}
	if (changes & INTERFACE_ADDRESSES)
		addresses_check(vrrpd->addresses, interface, now_ns);
	LIST_FOREACH(instance, &interface->instances, on_interface)
	{
		/* without it, what is there serves to release the addresses if it was renamed */
		if ((changes & INTERFACE_LINK) != 0 && interface->index != 0)
			instance->packets_stale = true;
		if (instance->started)
			instance_review(instance, now_ns);
	}
	LIST_FOREACH(tracker, &interface->trackers, on_interface)
	if (tracker->instance->started)
		instance_review(tracker->instance, now_ns);
	addresses_review(vrrpd->addresses, interface, now_ns);
	if (changes & (INTERFACE_RETURNED | INTERFACE_MOVED))
		announce_again(vrrpd, interface, changes);
}

void apply_interfaces(struct vrrpd *vrrpd)
{
	uint64_t now_ns = clock_now_ns();
	struct interface *interface;
	unsigned changes;

	while ((interface = interfaces_next_changed(&vrrpd->interfaces, &changes)) != NULL)
		interface_changed(vrrpd, interface, changes, now_ns);
	addresses_restore(vrrpd->addresses, now_ns);
	vrrpd_flush(vrrpd);
}

void apply_stop(struct vrrpd *vrrpd)
{
	struct config *nothing = config_new();

	if (nothing == NULL)
		fatal("stop");
	apply_config(vrrpd, nothing);
}
