#include "vrrpd/transmit.h"

#include <errno.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define BATCH 1024 /* the kernel's limit for one call */

struct queue {
	int fd;
	size_t count;
	size_t room;
	struct packet **packets;
	struct mmsghdr *messages;
};

struct transmit {
	struct queue frames;
	struct queue raw;
	void (*failed)(struct packet *packet, int error, void *arg);
	void *arg;
};

/* RFC 1112 §6.4: the low 23 bits of the group. */
static void frame_header(struct packet *packet, uint32_t group, const uint8_t *mac)
{
	uint32_t low = ntohl(group);
	const uint8_t header[FRAME_HEADER] = {0x01, 0x00, 0x5e, (uint8_t)(low >> 16 & 0x7f),
		(uint8_t)(low >> 8), (uint8_t)low, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		ETHERTYPE_IP >> 8, ETHERTYPE_IP & 0xff};

	memcpy(packet->bytes, header, sizeof header);
}

static void address_frame(struct packet *packet, int ifindex)
{
	packet->to.frame = (struct sockaddr_ll){.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE_IP),
		.sll_ifindex = ifindex,
		.sll_halen = ETH_ALEN};
	memcpy(packet->to.frame.sll_addr, packet->bytes, ETH_ALEN);
	packet->message.msg_namelen = sizeof packet->to.frame;
}

static void address_raw(struct packet *packet, uint32_t destination, int ifindex)
{
	struct in_pktinfo info = {.ipi_ifindex = ifindex};
	struct cmsghdr *header;

	packet->to.raw =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = destination}};
	packet->message.msg_namelen = sizeof packet->to.raw;
	if (ifindex == 0)
		return;
	packet->message.msg_control = packet->info;
	packet->message.msg_controllen = sizeof packet->info;
	header = CMSG_FIRSTHDR(&packet->message);
	header->cmsg_level = IPPROTO_IP;
	header->cmsg_type = IP_PKTINFO;
	header->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(header), &info, sizeof info);
}

struct packet *packet_new(
	const struct vrrp_advert_template *advert, int ifindex, const uint8_t *mac, void *owner)
{
	struct packet *packet = calloc(1, sizeof *packet);

	if (packet == NULL)
		return NULL;
	packet->owner = owner;
	packet->ip = packet->bytes + FRAME_HEADER;
	packet->length = vrrp_packet_encode(advert, packet->ip, VRRP_PACKET_MAX);
	if (packet->length == 0) {
		free(packet);
		errno = EMSGSIZE;
		return NULL;
	}
	packet->iov = (struct iovec){.iov_base = packet->ip, .iov_len = packet->length};
	packet->message.msg_name = &packet->to;
	packet->message.msg_iov = &packet->iov;
	packet->message.msg_iovlen = 1;
	packet->frame = mac != NULL;
	if (mac == NULL) {
		address_raw(packet, advert->destination, ifindex);
		return packet;
	}
	frame_header(packet, advert->destination, mac);
	address_frame(packet, ifindex);
	packet->iov =
		(struct iovec){.iov_base = packet->bytes, .iov_len = FRAME_HEADER + packet->length};
	return packet;
}

struct transmit *transmit_new(int frames_fd, int raw_fd,
	void (*failed)(struct packet *packet, int error, void *arg), void *arg)
{
	struct transmit *transmit = calloc(1, sizeof *transmit);

	if (transmit == NULL)
		return NULL;
	transmit->frames.fd = frames_fd;
	transmit->raw.fd = raw_fd;
	transmit->failed = failed;
	transmit->arg = arg;
	return transmit;
}

static void queue_free(struct queue *queue)
{
	free(queue->packets);
	free(queue->messages);
}

void transmit_free(struct transmit *transmit)
{
	if (transmit == NULL)
		return;
	queue_free(&transmit->frames);
	queue_free(&transmit->raw);
	free(transmit);
}

static void queue_grow(struct queue *queue)
{
	size_t room = queue->room == 0 ? 16 : queue->room * 2;

	queue->packets = reallocarray(queue->packets, room, sizeof(struct packet *));
	queue->messages = reallocarray(queue->messages, room, sizeof(*queue->messages));
	if (queue->packets == NULL || queue->messages == NULL)
		fatal("advertisements");
	queue->room = room;
}

void transmit_push(struct transmit *transmit, struct packet *packet)
{
	struct queue *queue = packet->frame ? &transmit->frames : &transmit->raw;

	if (queue->count == queue->room)
		queue_grow(queue);
	queue->packets[queue->count] = packet;
	queue->messages[queue->count].msg_hdr = packet->message;
	queue->count++;
}

static void queue_flush(struct transmit *transmit, struct queue *queue)
{
	size_t done = 0;

	while (done < queue->count) {
		size_t some = queue->count - done < BATCH ? queue->count - done : BATCH;
		int sent =
			sendmmsg(queue->fd, queue->messages + done, (unsigned)some, MSG_DONTWAIT);

		if (sent > 0) {
			done += (size_t)sent;
			continue;
		}
		if (sent == -1 && errno == EINTR)
			continue;
		transmit->failed(queue->packets[done], errno, transmit->arg);
		done++;
	}
	queue->count = 0;
}

void transmit_flush(struct transmit *transmit)
{
	if (transmit->frames.count > 0)
		queue_flush(transmit, &transmit->frames);
	if (transmit->raw.count > 0)
		queue_flush(transmit, &transmit->raw);
}
