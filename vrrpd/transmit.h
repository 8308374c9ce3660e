/* Advertisements on their way out: those that are due together leave in one system call. */
#ifndef HOLDFAST_VRRPD_TRANSMIT_H
#define HOLDFAST_VRRPD_TRANSMIT_H

#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "vrrpd/vrrp_packet.h"

#define FRAME_HEADER 14 /* Ethernet: destination, source, type */

struct packet {
	struct msghdr message; /* complete; points into this struct */
	struct iovec iov;
	union {
		struct sockaddr_in raw;
		struct sockaddr_ll frame;
	} to;
	_Alignas(struct cmsghdr) char info[CMSG_SPACE(sizeof(struct in_pktinfo))];
	bool frame;
	void *owner;
	size_t length; /* of the IPv4 packet */
	uint8_t *ip;   /* into bytes */
	uint8_t bytes[FRAME_HEADER + VRRP_PACKET_MAX];
};

/* An encoded advertisement, to be sent from ifindex (0: by route), as a frame from mac when that is
 * not NULL. NULL with errno. Free with free(). */
struct packet *packet_new(
	const struct vrrp_advert_template *advert, int ifindex, const uint8_t *mac, void *owner);

struct transmit;

/* Takes over both descriptors. failed() is told what could not be sent and why (errno). */
struct transmit *transmit_new(int frames_fd, int raw_fd,
	void (*failed)(struct packet *packet, int error, void *arg), void *arg);
void transmit_free(struct transmit *transmit);

/* The packet has to stay as it is until the flush. */
void transmit_push(struct transmit *transmit, struct packet *packet);
void transmit_flush(struct transmit *transmit);

#endif
