/* What the transport and its two ways of waiting share; private to this folder. */
#ifndef HOLDFAST_CHANNEL_INTERNAL_H
#define HOLDFAST_CHANNEL_INTERNAL_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/channel.h"

/* A record that waits for room in the socket. */
struct channel_record {
	STAILQ_ENTRY(channel_record) entry;
	size_t length;
	int fd; /* to pass, ours, or -1 */
	unsigned char bytes[];
};

/* How an event loop is told what to wait for; absent when the caller polls. */
struct channel_waiter {
	void (*want_write)(struct channel *channel, bool wanted);
	void (*stop)(struct channel *channel);
	void (*release)(struct channel *channel);
};

struct channel {
	int fd;
	enum proto_process self;
	enum proto_process peer;
	enum proto_state state;
	uint32_t next_received;
	uint32_t next_sent;
	const struct channel_handlers *handlers;
	void *arg;
	STAILQ_HEAD(, channel_record) queue;
	size_t queued_bytes;
	unsigned corked;
	unsigned since_flush; /* records queued while corked */
	bool closed;          /* the closed handler was called, nothing more is read */
	bool busy;            /* inside channel_read: freeing waits for its end */
	bool freed;
	const struct channel_waiter *waiter;
	struct event *read_event;
	struct event *write_event;
};

#endif
