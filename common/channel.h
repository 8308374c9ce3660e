/* Message transport between two processes of the suite: one SOCK_SEQPACKET socket, one record per
 * message, an optional descriptor with it. Legality (who, what, how long) is checked against the
 * table in proto/ before a handler sees a message. */
#ifndef HOLDFAST_CHANNEL_H
#define HOLDFAST_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

struct channel;
struct event_base;

struct channel_handlers {
	/* A legal message. fd is -1 or a descriptor that now belongs to the handler. The channel
	 * may be freed inside the handler. */
	void (*message)(struct channel *channel, const struct proto_header *header,
		const void *body, int fd, void *arg);
	/* The peer closed its end, or broke the protocol (why says how, for the log; NULL at a
	 * plain close; the text lives as long as the call). Nothing more is read. The handler
	 * frees the channel. */
	void (*closed)(struct channel *channel, const char *why, void *arg);
};

/* Takes over fd, which becomes close-on-exec; no call on it ever blocks. self and peer pick the
 * rows of the message table. base may be NULL: see channel_new_polled. Returns NULL with errno; fd
 * then stays the caller's. */
struct channel *channel_new(struct event_base *base, int fd, enum proto_process self,
	enum proto_process peer, const struct channel_handlers *handlers, void *arg);

/* The same without an event loop (the launcher, which has no event library): the caller polls
 * channel_fd() and calls channel_read() and channel_flush() itself. */
struct channel *channel_new_polled(int fd, enum proto_process self, enum proto_process peer,
	const struct channel_handlers *handlers, void *arg);

/* Closes the socket and frees; queued messages are lost. NULL is allowed. */
void channel_free(struct channel *channel);

int channel_fd(const struct channel *channel);
enum proto_process channel_peer(const struct channel *channel);

/* True while messages wait for room in the socket (poll for writing, then channel_flush). */
int channel_pending(const struct channel *channel);

/* Sends, or queues when the socket is full (up to a fixed number of bytes). body has the exact size
 * that the table gives for type. send_fd is -1 or a descriptor to pass; it stays the caller's (the
 * queue holds a duplicate). Returns 0, or -1 with errno (ENOBUFS: the peer does not read; EPIPE).
 */
int channel_send(struct channel *channel, enum proto_type type, uint32_t generation,
	const void *body, int send_fd);

/* Before and after sending many messages: those in between wait for each other, so that many share
 * a system call. May be nested. Freeing a corked channel loses what waits. */
void channel_cork(struct channel *channel);
void channel_uncork(struct channel *channel);

/* Without an event loop: read what waits (calls the handlers) and write what is queued.
 */
void channel_read(struct channel *channel);
void channel_flush(struct channel *channel);

#endif
