#include "vrrpd/advertise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/daemon.h"
#include "vrrpd/instance.h"
#include "vrrpd/interface.h"
#include "vrrpd/params.h"
#include "vrrpd/transmit.h"

void advertise_free(struct instance *instance)
{
	for (size_t i = 0; i < instance->packets_count; i++)
		free(instance->packets[i]);
	free(instance->packets);
	instance->packets = NULL;
	instance->packets_count = 0;
	instance->packets_stale = true;
}

static int make_packets(struct instance *instance)
{
	bool unicast = (instance->conf->c.flags & CONF_VRRP_UNICAST) != 0;
	size_t count = unicast ? instance->conf->peers_count : 1;
	const struct interface *interface = instance->interface;
	const uint8_t *mac = interface->has_mac && !unicast ? interface->mac : NULL;
	struct vrrp_advert_template advert;

	/* those that are queued are still in use */
	if (instance->packets_count > 0)
		transmit_flush(instance->vrrpd->transmit);
	advertise_free(instance);
	instance->packets = calloc(count, sizeof(struct packet *));
	if (instance->packets == NULL)
		return -1;
	params_advert(instance->conf, &instance->params, instance->advertised,
		instance->advertised_count, &advert);
	for (size_t i = 0; i < count; i++) {
		if (unicast)
			advert.destination = config_ipv4(&instance->conf->peers[i].address);
		instance->packets[i] = packet_new(&advert, interface->index, mac, instance);
		if (instance->packets[i] == NULL)
			return -1;
		instance->packets_count++;
	}
	instance->packets_stale = false;
	return 0;
}

static void push(struct instance *instance)
{
	for (size_t i = 0; i < instance->packets_count; i++)
		transmit_push(instance->vrrpd->transmit, instance->packets[i]);
	instance->counters[VRRP_COUNT_SENT] += instance->packets_count;
}

static void set_priority(struct instance *instance, uint8_t priority)
{
	for (size_t i = 0; i < instance->packets_count; i++)
		vrrp_packet_set_priority(
			instance->packets[i]->ip, instance->packets[i]->length, priority);
}

void advertise_send(struct instance *instance, uint8_t priority)
{
	if (instance->packets_stale && make_packets(instance) == -1) {
		log_warn("%s: advertisement", instance->conf->c.name);
		instance->counters[VRRP_COUNT_SEND_ERRORS]++;
		return;
	}
	log_topic(LOG_TOPIC_PACKETS, "%s: %zu advertisement%s sent, priority %u",
		instance->conf->c.name, instance->packets_count,
		instance->packets_count == 1 ? "" : "s", priority);
	if (priority == instance->params.priority) {
		push(instance);
		return;
	}
	/* a release: rare, so the packets in place serve for it */
	transmit_flush(instance->vrrpd->transmit);
	set_priority(instance, priority);
	push(instance);
	transmit_flush(instance->vrrpd->transmit);
	set_priority(instance, instance->params.priority);
	if (priority == 0)
		instance->counters[VRRP_COUNT_PRIORITY_ZERO_SENT] += instance->packets_count;
}

void advertise_failed(struct packet *packet, int error, void *arg)
{
	struct instance *instance = packet->owner;
	const struct log_source source = {.topic = "send", .key = (uintptr_t)instance};

	(void)arg;
	instance->counters[VRRP_COUNT_SENT]--;
	instance->counters[VRRP_COUNT_SEND_ERRORS]++;
	/* an interface that is down or gone is told of once, by the change to FAULT */
	if (error == ENETDOWN || error == ENODEV || error == ENXIO)
		return;
	log_limited(LOG_WARNING, &source, "%s: an advertisement could not be sent on %s: %s",
		instance->conf->c.name, instance->interface->name, strerror(error));
}
