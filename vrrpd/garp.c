#include "vrrpd/garp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/address.h"
#include "vrrpd/daemon.h"
#include "vrrpd/instance.h"

#define BATCH 64

struct frame {
	struct ether_header ethernet;
	struct ether_arp arp;
} __attribute__((packed));

struct pending {
	struct vip *vip;
	uint32_t rounds;
};

struct garp {
	struct vrrpd *vrrpd;
	int fd;
	uint64_t interval_ns;
	/* for the next flush */
	struct pending *pending;
	size_t count;
	size_t room;
	/* one batch being made */
	size_t frames_count;
	struct frame frames[BATCH];
	struct sockaddr_ll to[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr messages[BATCH];
};

struct garp *garp_new(struct vrrpd *vrrpd, int fd)
{
	struct garp *garp = calloc(1, sizeof *garp);

	if (garp == NULL)
		return NULL;
	garp->vrrpd = vrrpd;
	garp->fd = fd;
	return garp;
}

void garp_free(struct garp *garp)
{
	if (garp == NULL)
		return;
	free(garp->pending);
	free(garp);
}

void garp_set_interval(struct garp *garp, uint64_t interval_ns)
{
	garp->interval_ns = interval_ns;
}

static void fill_frame(struct frame *frame, const uint8_t *mac, uint32_t address)
{
	memset(frame, 0, sizeof *frame);
	memset(frame->ethernet.ether_dhost, 0xff, ETH_ALEN);
	memcpy(frame->ethernet.ether_shost, mac, ETH_ALEN);
	frame->ethernet.ether_type = htons(ETHERTYPE_ARP);
	frame->arp.arp_hrd = htons(ARPHRD_ETHER);
	frame->arp.arp_pro = htons(ETHERTYPE_IP);
	frame->arp.arp_hln = ETH_ALEN;
	frame->arp.arp_pln = sizeof address;
	frame->arp.arp_op = htons(ARPOP_REQUEST);
	memcpy(frame->arp.arp_sha, mac, ETH_ALEN);
	memcpy(frame->arp.arp_spa, &address, sizeof address);
	memcpy(frame->arp.arp_tpa, &address, sizeof address);
}

static void send_batch(struct garp *garp)
{
	size_t done = 0;

	while (done < garp->frames_count) {
		int sent = sendmmsg(garp->fd, garp->messages + done,
			(unsigned)(garp->frames_count - done), MSG_DONTWAIT);

		if (sent > 0)
			done += (size_t)sent;
		else if (errno != EINTR)
			done++; /* the interface is gone or down: the state machine hears of it */
	}
	garp->frames_count = 0;
}

static void add_frame(struct garp *garp, const struct interface *interface, uint32_t address)
{
	size_t i = garp->frames_count++;

	fill_frame(&garp->frames[i], interface->mac, address);
	garp->to[i] = (struct sockaddr_ll){.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_ARP),
		.sll_ifindex = interface->index,
		.sll_halen = ETH_ALEN};
	memset(garp->to[i].sll_addr, 0xff, ETH_ALEN);
	garp->iov[i] =
		(struct iovec){.iov_base = &garp->frames[i], .iov_len = sizeof(struct frame)};
	garp->messages[i].msg_hdr = (struct msghdr){.msg_name = &garp->to[i],
		.msg_namelen = sizeof garp->to[i],
		.msg_iov = &garp->iov[i],
		.msg_iovlen = 1};
	if (garp->frames_count == BATCH)
		send_batch(garp);
}

static bool takes_arp(const struct interface *interface)
{
	return interface->index != 0 && interface->has_mac && (interface->flags & IFF_NOARP) == 0;
}

void garp_push(struct garp *garp, struct vip *vip, uint32_t rounds)
{
	if (rounds == 0 || !takes_arp(vip->dev))
		return;
	if (garp->count == garp->room) {
		size_t room = garp->room == 0 ? 16 : garp->room * 2;

		garp->pending = reallocarray(garp->pending, room, sizeof(struct pending));
		if (garp->pending == NULL)
			fatal("gratuitous ARP");
		garp->room = room;
	}
	garp->pending[garp->count++] = (struct pending){.vip = vip, .rounds = rounds};
}

static void count_sent(struct instance *instance, uint32_t rounds)
{
	instance->counters[VRRP_COUNT_GARP_SENT] += rounds;
	instance->dirty = true;
}

/* Round by round, so that every address is announced once before any is twice. */
static void send_all(struct garp *garp)
{
	uint32_t most = 0;

	for (size_t i = 0; i < garp->count; i++) {
		struct pending *pending = &garp->pending[i];

		if (pending->rounds > most)
			most = pending->rounds;
		count_sent(pending->vip->instance, pending->rounds);
	}
	for (uint32_t round = 0; round < most; round++)
		for (size_t i = 0; i < garp->count; i++)
			if (round < garp->pending[i].rounds)
				add_frame(garp, garp->pending[i].vip->dev,
					garp->pending[i].vip->address);
	send_batch(garp);
}

static void queue_expired(void *arg, uint64_t now_ns)
{
	struct interface *interface = arg;
	struct vrrpd *vrrpd = interface->owner;
	struct garp_entry *entry = STAILQ_FIRST(&interface->garps);

	if (entry == NULL)
		return;
	STAILQ_REMOVE_HEAD(&interface->garps, entry);
	if (takes_arp(interface)) {
		add_frame(vrrpd->garp, interface, entry->address);
		send_batch(vrrpd->garp);
		count_sent(entry->instance, 1);
	}
	if (--entry->rounds > 0)
		STAILQ_INSERT_TAIL(&interface->garps, entry, entry);
	else
		free(entry);
	interface->garp_ns = now_ns + vrrpd->garp->interval_ns;
	if (!STAILQ_EMPTY(&interface->garps))
		timers_set(vrrpd->timers, &interface->garp_timer, interface->garp_ns);
}

static void queue_all(struct garp *garp)
{
	uint64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < garp->count; i++) {
		struct vip *vip = garp->pending[i].vip;
		struct interface *interface = vip->dev;
		struct garp_entry *entry = malloc(sizeof *entry);

		if (entry == NULL)
			fatal("gratuitous ARP");
		*entry = (struct garp_entry){.instance = vip->instance,
			.address = vip->address,
			.rounds = garp->pending[i].rounds};
		STAILQ_INSERT_TAIL(&interface->garps, entry, entry);
		if (timer_running(&interface->garp_timer))
			continue;
		timer_init(&interface->garp_timer, queue_expired, interface);
		timers_set(garp->vrrpd->timers, &interface->garp_timer,
			now_ns > interface->garp_ns ? now_ns : interface->garp_ns);
	}
}

size_t garp_waiting(const struct garp *garp)
{
	return garp->count;
}

void garp_flush(struct garp *garp)
{
	if (garp->count == 0)
		return;
	if (garp->interval_ns == 0)
		send_all(garp);
	else
		queue_all(garp);
	garp->count = 0;
}

/* instance NULL: those of all */
static void cancel_entries(
	struct garp *garp, struct interface *interface, const struct instance *instance)
{
	struct garp_entry *entry, *next;

	STAILQ_FOREACH_SAFE(entry, &interface->garps, entry, next)
	{
		if (instance != NULL && entry->instance != instance)
			continue;
		STAILQ_REMOVE(&interface->garps, entry, garp_entry, entry);
		free(entry);
	}
	if (STAILQ_EMPTY(&interface->garps))
		timers_cancel(garp->vrrpd->timers, &interface->garp_timer);
}

void garp_cancel(struct garp *garp, const struct instance *instance)
{
	size_t kept = 0;

	for (size_t i = 0; i < garp->count; i++)
		if (garp->pending[i].vip->instance != instance)
			garp->pending[kept++] = garp->pending[i];
	garp->count = kept;
	for (size_t i = 0; i < instance->vips_count; i++)
		if (i == 0 || instance->vips[i].dev != instance->vips[i - 1].dev)
			cancel_entries(garp, instance->vips[i].dev, instance);
}

void garp_cancel_interface(struct garp *garp, struct interface *interface)
{
	cancel_entries(garp, interface, NULL);
}
