/* What follows from an instance's configuration: made, changed and unmade. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "vrrpd/advertise.h"
#include "vrrpd/daemon.h"
#include "vrrpd/garp.h"
#include "vrrpd/instance.h"
#include "vrrpd/interface.h"
#include "vrrpd/params.h"
#include "vrrpd/receive.h"

/* Everything that is derived from one configuration. */
struct derived {
	struct vip *vips;
	struct tracker *trackers;
	uint32_t *advertised;
	size_t advertised_count;
	struct vrrp_expect_peer *peers;
	size_t *match; /* vips: the same one in the previous configuration */
};

static void derived_free(struct derived *derived)
{
	free(derived->vips);
	free(derived->trackers);
	free(derived->advertised);
	free(derived->peers);
	free(derived->match);
}

static int derived_allocate(struct derived *derived, const struct config_instance *conf)
{
	size_t addresses = (size_t)conf->addresses_count + 1;

	*derived = (struct derived){
		.vips = calloc(addresses, sizeof(struct vip)),
		.trackers = calloc((size_t)conf->tracks_count + 1, sizeof(struct tracker)),
		.advertised = calloc(addresses, sizeof(uint32_t)),
		.peers = calloc((size_t)conf->peers_count + 1, sizeof(struct vrrp_expect_peer)),
		.match = calloc(addresses, sizeof(size_t)),
	};
	if (derived->vips != NULL && derived->trackers != NULL && derived->advertised != NULL &&
		derived->peers != NULL && derived->match != NULL)
		return 0;
	derived_free(derived);
	return -1;
}

static struct interface *name_interface(struct vrrpd *vrrpd, const char *name, bool *is_new)
{
	struct interface *interface = interface_get(&vrrpd->interfaces, name, is_new);

	if (interface == NULL)
		fatal("interface %s", name);
	interface->owner = vrrpd;
	return interface;
}

static void derive_vips(struct instance *instance, struct derived *derived,
	const struct config_instance *conf, bool *is_new)
{
	for (size_t i = 0; i < conf->addresses_count; i++) {
		const struct conf_vrrp_address *address = &conf->addresses[i];

		derived->vips[i] = (struct vip){.instance = instance,
			.dev = name_interface(instance->vrrpd, address->ifname, is_new),
			.conf = address,
			.address = config_ipv4(&address->address)};
		if ((address->flags & CONF_ADDRESS_EXCLUDED) == 0)
			derived->advertised[derived->advertised_count++] = derived->vips[i].address;
	}
}

static void derive_trackers(struct instance *instance, struct derived *derived,
	const struct config_instance *conf, bool *is_new)
{
	for (size_t i = 0; i < conf->tracks_count; i++) {
		const struct conf_vrrp_track_interface *track = &conf->tracks[i];

		derived->trackers[i] = (struct tracker){.instance = instance,
			.interface = name_interface(instance->vrrpd, track->ifname, is_new),
			.weight = track->weight,
			.reverse = track->reverse != 0};
	}
}

static bool multicasts(const struct instance *instance)
{
	return (instance->conf->c.flags & CONF_VRRP_UNICAST) == 0;
}

/* Puts everything derived in place and makes it known. */
static void adopt(struct instance *instance, struct config_instance *conf, struct derived *derived)
{
	instance->conf = conf;
	instance->vips = derived->vips;
	instance->vips_count = conf->addresses_count;
	instance->trackers = derived->trackers;
	instance->trackers_count = conf->tracks_count;
	instance->advertised = derived->advertised;
	instance->advertised_count = derived->advertised_count;
	instance->peers = derived->peers;
	instance->packets_stale = true;
	params_expect(conf, instance->params.source, instance->peers, &instance->expect);
	for (size_t i = 0; i < instance->vips_count; i++)
		addresses_insert(instance->vrrpd->addresses, &instance->vips[i]);
	for (size_t i = 0; i < instance->trackers_count; i++)
		LIST_INSERT_HEAD(&instance->trackers[i].interface->trackers, &instance->trackers[i],
			on_interface);
	if (multicasts(instance))
		receive_join(instance->interface, config_ipv4(&conf->c.group));
}

/* The reverse, for what was in place so far. */
static void unmake(struct instance *instance)
{
	struct vrrpd *vrrpd = instance->vrrpd;

	if (multicasts(instance))
		receive_leave(instance->interface, config_ipv4(&instance->conf->c.group));
	for (size_t i = 0; i < instance->trackers_count; i++) {
		LIST_REMOVE(&instance->trackers[i], on_interface);
		interface_put(&vrrpd->interfaces, instance->trackers[i].interface);
	}
	for (size_t i = 0; i < instance->vips_count; i++) {
		addresses_forget(vrrpd->addresses, &instance->vips[i]);
		interface_put(&vrrpd->interfaces, instance->vips[i].dev);
	}
	free(instance->vips);
	free(instance->trackers);
	free(instance->advertised);
	free(instance->peers);
	config_instance_free(instance->conf);
}

struct instance *instance_new(
	struct vrrpd *vrrpd, struct config_instance *conf, uint32_t slot, bool *is_new)
{
	struct instance *instance = calloc(1, sizeof *instance);
	struct derived derived;

	if (instance == NULL || derived_allocate(&derived, conf) == -1) {
		free(instance);
		return NULL;
	}
	instance->vrrpd = vrrpd;
	instance->slot = slot;
	instance->interface = name_interface(vrrpd, conf->c.ifname, is_new);
	LIST_INSERT_HEAD(&instance->interface->instances, instance, on_interface);
	instance->interface->instances_count++;
	instance->interface->by_vrid[conf->c.vrid] = instance;
	derive_vips(instance, &derived, conf, is_new);
	derive_trackers(instance, &derived, conf, is_new);
	adopt(instance, conf, &derived);
	free(derived.match);
	return instance;
}

void instance_free(struct instance *instance)
{
	struct vrrpd *vrrpd = instance->vrrpd;
	struct interface *interface = instance->interface;

	timers_cancel(vrrpd->timers, &instance->timer);
	timers_cancel(vrrpd->timers, &instance->link_timer);
	garp_cancel(vrrpd->garp, instance);
	advertise_free(instance);
	interface->by_vrid[instance->conf->c.vrid] = NULL;
	LIST_REMOVE(instance, on_interface);
	interface->instances_count--;
	unmake(instance);
	if (interface->instances_count == 0)
		receive_update(vrrpd, interface);
	interface_put(&vrrpd->interfaces, interface);
	free(instance);
}

/* Everything but what the new configuration says. */
static void hand_over_vip(struct vip *vip, struct vip *old)
{
	struct vip from_conf = *vip;

	*vip = *old;
	vip->instance = from_conf.instance;
	vip->dev = from_conf.dev;
	vip->conf = from_conf.conf;
	vip->address = from_conf.address;
	old->held = false;
}

/* Addresses that both configurations have go over as they are; those of the old one that are left
 * are given up, which the flush carries out before they are forgotten. */
static void hand_over_vips(struct instance *instance, struct derived *derived, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct vip *old;

		if (derived->match[i] == SIZE_MAX)
			continue;
		old = &instance->vips[derived->match[i]];
		hand_over_vip(&derived->vips[i], old);
	}
	for (size_t i = 0; i < instance->vips_count; i++)
		addresses_give_up(instance->vrrpd->addresses, &instance->vips[i]);
}

int instance_reconfigure(struct instance *instance, struct config_instance *conf, bool *is_new)
{
	struct config_instance *before = instance->conf;
	struct derived derived;

	if (derived_allocate(&derived, conf) == -1)
		return -1;
	if (config_address_match(before->addresses, before->addresses_count, conf->addresses,
		    conf->addresses_count, derived.match) == -1) {
		derived_free(&derived);
		return -1;
	}
	garp_cancel(instance->vrrpd->garp, instance);
	derive_vips(instance, &derived, conf, is_new);
	derive_trackers(instance, &derived, conf, is_new);
	hand_over_vips(instance, &derived, conf->addresses_count);
	vrrpd_flush(instance->vrrpd);
	unmake(instance);
	adopt(instance, conf, &derived);
	free(derived.match);
	return 0;
}

void instance_hold(struct instance *instance)
{
	if (instance->fsm.state != VRRP_MASTER)
		return;
	for (size_t i = 0; i < instance->vips_count; i++)
		if (!instance->vips[i].held)
			addresses_take(instance->vrrpd->addresses, &instance->vips[i], true);
}
