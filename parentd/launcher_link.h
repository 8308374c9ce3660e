/* The launcher's end of a channel: what common/channel does, without a queue, an allocation or an
 * event loop. A peer that lets the socket fill up is hung and gets killed, so nothing is queued. */
#ifndef HOLDFAST_LAUNCHER_LINK_H
#define HOLDFAST_LAUNCHER_LINK_H

#include "proto/proto.h"

struct launcher_link {
	int fd; /* -1: none */
	enum proto_process peer;
	uint32_t sent;
	uint32_t received;
	enum proto_state state;
};

struct launcher_message {
	struct proto_header header;
	union {
		unsigned char record[sizeof(struct proto_header) + PROTO_BODY_MAX + 1];
		uint64_t align;
	} buffer;
	const void *body; /* in buffer */
	int fd;           /* came with it, the caller's; -1: none */
};

enum link_verdict {
	LINK_MESSAGE, /* *message holds one */
	LINK_EMPTY,   /* nothing waits */
	LINK_CLOSED,  /* the peer has closed its end */
	LINK_BROKEN,  /* the peer broke the protocol: *why says how */
};

void launcher_link_open(struct launcher_link *link, int fd, enum proto_process peer);
void launcher_link_close(struct launcher_link *link);

/* Sends a message of this type; send_fd is -1 or a descriptor, which stays the caller's. Returns 0,
 * or -1 with errno (EAGAIN: the peer does not read). */
int launcher_link_send(
	struct launcher_link *link, enum proto_type type, const void *body, int send_fd);

enum link_verdict launcher_link_receive(
	struct launcher_link *link, struct launcher_message *message, const char **why);

#endif
