#include "vrrpd/receive.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/daemon.h"
#include "vrrpd/instance.h"
#include "vrrpd/interface.h"
#include "vrrpd/stall.h"
#include "vrrpd/vrrp_packet.h"
#include "vrrpd/vrrp_socket.h"

/* From this many packets in a window on, a wake-up for each costs more than what is in it: then the
 * first of a burst is left to wait for the others, for a fiftieth of an interval at most. */
#define WINDOW_NS      (100 * NSEC_PER_MSEC)
#define WINDOW_MANY    50
#define GATHER_PART    50
#define GATHER_MOST_NS NSEC_PER_MSEC

#define BATCH       64
#define BATCHES_MAX 32   /* in a row; then others get their turn */
#define BUFFER_SIZE 1152 /* the longest advertisement behind the longest IP header */

static_assert(BUFFER_SIZE >= VRRP_PACKET_MAX + 40, "IP options");

struct receive {
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	uint8_t buffers[BATCH][BUFFER_SIZE];
};

struct receive *receive_new(void)
{
	struct receive *receive = calloc(1, sizeof *receive);

	if (receive == NULL)
		return NULL;
	for (size_t i = 0; i < BATCH; i++) {
		receive->iov[i] = (struct iovec){
			.iov_base = receive->buffers[i], .iov_len = sizeof receive->buffers[i]};
		receive->messages[i].msg_hdr.msg_iov = &receive->iov[i];
		receive->messages[i].msg_hdr.msg_iovlen = 1;
	}
	return receive;
}

void receive_free(struct receive *receive)
{
	free(receive);
}

/* ---- what is received ---- */

static void dropped(struct interface *interface, struct instance *instance, uint32_t source,
	enum vrrp_drop why, uint8_t ttl)
{
	const uint8_t *byte = (const uint8_t *)&source;
	char detail[24] = "";
	const struct log_source from = {.topic = "drop",
		.key = (uint64_t)source << 32 | (uint32_t)interface->index << 8 | (uint32_t)why};

	if (instance == NULL)
		instance = LIST_FIRST(&interface->instances);
	if (instance != NULL) {
		instance->counters[VRRP_COUNT_DROP_FIRST + why]++;
		instance->dirty = true;
	}
	/* other virtual routers on the same network are no mistake */
	if (why == VRRP_DROP_VRID) {
		log_topic(LOG_TOPIC_PACKETS, "an advertisement from %s on %s passed over: %s",
			inet_ntoa((struct in_addr){source}), interface->name, vrrp_drop_name(why));
		return;
	}
	if (why == VRRP_DROP_TTL)
		snprintf(detail, sizeof detail, " %u", ttl);
	log_limited(LOG_WARNING, &from, "dropped advertisement from %u.%u.%u.%u on %s: %s%s",
		byte[0], byte[1], byte[2], byte[3],
		interface->name[0] ? interface->name : "any interface", vrrp_drop_name(why),
		detail);
}

static void check_address_list(struct instance *instance, const struct vrrp_advert *advert)
{
	char source[INET_ADDRSTRLEN];

	if ((instance->conf->c.flags & CONF_VRRP_SKIP_CHECK_ADV_ADDR) != 0 &&
		instance->fsm.state == VRRP_BACKUP && advert->source == instance->fsm.master)
		return;
	if (vrrp_packet_same_addresses(advert, instance->advertised, instance->advertised_count))
		return;
	instance->counters[VRRP_COUNT_ADDRESS_LIST_MISMATCH]++;
	if (instance->mismatch_source == advert->source)
		return;
	instance->mismatch_source = advert->source;
	inet_ntop(AF_INET, &advert->source, source, sizeof source);
	log_warnx("%s: %s advertises other addresses than configured here (%u, here %zu)",
		instance->conf->c.name, source, advert->addresses_count,
		instance->advertised_count);
}

/* The source of a packet that may not even be one. */
static uint32_t packet_source(const uint8_t *packet, size_t length)
{
	uint32_t source = 0;

	if (length >= 20)
		memcpy(&source, packet + 12, sizeof source);
	return source;
}

/* The instance that a packet with a broken header was most likely meant for; NULL unknown. */
static struct instance *packet_instance(
	const struct interface *interface, const uint8_t *packet, size_t length)
{
	size_t header = length > 0 ? (size_t)(packet[0] & 0x0f) * 4 : 0;

	return header >= 20 && length > header + 1 ? interface->by_vrid[packet[header + 1]] : NULL;
}

static void handle(
	struct interface *interface, const uint8_t *packet, size_t length, uint64_t now_ns)
{
	struct vrrp_advert advert;
	enum vrrp_drop verdict = vrrp_packet_decode(packet, length, &advert);
	struct instance *instance;

	if (verdict != VRRP_ACCEPT) {
		dropped(interface, packet_instance(interface, packet, length),
			packet_source(packet, length), verdict, 0);
		return;
	}
	instance = interface->by_vrid[advert.vrid];
	if (instance == NULL) {
		dropped(interface, NULL, advert.source, VRRP_DROP_VRID, 0);
		return;
	}
	verdict = vrrp_packet_check(&advert, &instance->expect);
	if (verdict != VRRP_ACCEPT) {
		dropped(interface, instance, advert.source, verdict, advert.ttl);
		return;
	}
	instance->counters[VRRP_COUNT_RECEIVED]++;
	if (advert.priority == 0)
		instance->counters[VRRP_COUNT_PRIORITY_ZERO_RECEIVED]++;
	log_topic(LOG_TOPIC_PACKETS, "%s: advertisement from %s on %s, priority %u",
		instance->conf->c.name, inet_ntoa((struct in_addr){advert.source}), interface->name,
		advert.priority);
	check_address_list(instance, &advert);
	instance_advert(instance, &advert, now_ns);
}

static void count(struct interface *interface, unsigned packets, uint64_t now_ns)
{
	interface->window_count += packets;
	if (now_ns - interface->window_ns < WINDOW_NS)
		return;
	interface->busy = interface->window_count >= WINDOW_MANY &&
			  now_ns - interface->window_ns < 2 * WINDOW_NS;
	interface->window_ns = now_ns;
	interface->window_count = 0;
}

/* Returns true when more may wait. */
static bool read_batch(struct vrrpd *vrrpd, struct interface *interface, uint64_t now_ns)
{
	struct receive *receive = vrrpd->receive;
	int received =
		recvmmsg(interface->receive_fd, receive->messages, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < received; i++)
		handle(interface, receive->buffers[i], receive->messages[i].msg_len, now_ns);
	if (received > 0)
		count(interface, (unsigned)received, now_ns);
	return received == BATCH || (received == -1 && errno == EINTR);
}

static void read_all(struct vrrpd *vrrpd, struct interface *interface, uint64_t now_ns)
{
	for (int i = 0; i < BATCHES_MAX; i++)
		if (!read_batch(vrrpd, interface, now_ns))
			return;
}

void receive_drain(struct vrrpd *vrrpd, struct interface *interface, uint64_t now_ns)
{
	if (interface->receive_fd == -1 || interface->drained_ns == now_ns)
		return;
	interface->drained_ns = now_ns;
	read_all(vrrpd, interface, now_ns);
}

/* All masters of an interface mostly have one interval. */
static uint64_t gather_ns(const struct interface *interface)
{
	const struct instance *instance = LIST_FIRST(&interface->instances);
	uint64_t gather_ns = instance->fsm.master_adver_interval_cs * NSEC_PER_CSEC / GATHER_PART;

	return gather_ns < GATHER_MOST_NS ? gather_ns : GATHER_MOST_NS;
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	struct interface *interface = arg;
	struct vrrpd *vrrpd = interface->owner;
	uint64_t now_ns = clock_now_ns();

	(void)fd;
	(void)what;
	if (stall_handle(vrrpd, now_ns) || !interface->busy) {
		read_all(vrrpd, interface, now_ns);
		vrrpd_flush(vrrpd);
		return;
	}
	if (event_del(interface->readable) == -1)
		fatal("%s", interface->name);
	timers_set(vrrpd->timers, &interface->gather_timer, now_ns + gather_ns(interface));
}

static void gathered(void *arg, uint64_t now_ns)
{
	struct interface *interface = arg;

	read_all(interface->owner, interface, now_ns);
	if (event_add(interface->readable, NULL) == -1)
		fatal("%s", interface->name);
}

/* ---- the sockets ---- */

static void close_socket(struct interface *interface)
{
	if (interface->receive_fd == -1)
		return;
	timers_cancel(((struct vrrpd *)interface->owner)->timers, &interface->gather_timer);
	event_free(interface->readable);
	interface->readable = NULL;
	close(interface->receive_fd);
	interface->receive_fd = -1;
}

static int join_all(const struct interface *interface, int fd)
{
	for (size_t i = 0; i < interface->groups_count; i++)
		if (vrrp_socket_membership(
			    fd, interface->index, interface->groups[i].group, true) == -1)
			return -1;
	return 0;
}

static void open_socket(struct vrrpd *vrrpd, struct interface *interface)
{
	int fd = vrrp_socket_open_receive(interface->name);

	if (fd == -1 || join_all(interface, fd) == -1)
		goto fail;
	interface->readable = event_new(vrrpd->base, fd, EV_READ | EV_PERSIST, readable, interface);
	if (interface->readable == NULL || event_add(interface->readable, NULL) == -1)
		goto fail;
	timer_init(&interface->gather_timer, gathered, interface);
	interface->busy = false;
	interface->receive_fd = fd;
	interface->receive_index = interface->index;
	interface->receive_failed = false;
	return;
fail:
	if (!interface->receive_failed)
		log_warn("%s: VRRP cannot be received", interface->name);
	interface->receive_failed = true;
	if (interface->readable != NULL)
		event_free(interface->readable);
	interface->readable = NULL;
	if (fd != -1)
		close(fd);
}

void receive_update(struct vrrpd *vrrpd, struct interface *interface)
{
	bool wanted = interface->instances_count > 0 && interface_exists(interface);

	if (!wanted || interface->receive_index != interface->index)
		close_socket(interface);
	if (wanted && interface->receive_fd == -1)
		open_socket(vrrpd, interface);
	if (interface->receive_fd != -1)
		vrrp_socket_receive_buffer(interface->receive_fd, interface->instances_count);
}

static struct if_group *find_group(struct interface *interface, uint32_t group)
{
	for (size_t i = 0; i < interface->groups_count; i++)
		if (interface->groups[i].group == group)
			return &interface->groups[i];
	return NULL;
}

void receive_join(struct interface *interface, uint32_t group)
{
	struct if_group *known = find_group(interface, group);

	if (known != NULL) {
		known->users++;
		return;
	}
	interface->groups = reallocarray(
		interface->groups, interface->groups_count + 1, sizeof *interface->groups);
	if (interface->groups == NULL)
		fatal("%s: multicast groups", interface->name);
	interface->groups[interface->groups_count++] =
		(struct if_group){.group = group, .users = 1};
	if (interface->receive_fd != -1 && vrrp_socket_membership(interface->receive_fd,
						   interface->index, group, true) == -1) {
		log_warn("%s: multicast group", interface->name);
		close_socket(interface);
	}
}

void receive_leave(struct interface *interface, uint32_t group)
{
	struct if_group *known = find_group(interface, group);

	if (known == NULL || --known->users > 0)
		return;
	*known = interface->groups[--interface->groups_count];
	if (interface->receive_fd != -1)
		(void)vrrp_socket_membership(interface->receive_fd, interface->index, group, false);
}
