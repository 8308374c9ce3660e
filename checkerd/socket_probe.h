/* A probe over one socket, as most kinds are: the socket is opened, something is asked over it, and
 * one event is waited for. A struct of the kind begins with struct socket_probe. */
#ifndef HOLDFAST_CHECKERD_SOCKET_PROBE_H
#define HOLDFAST_CHECKERD_SOCKET_PROBE_H

#include <event2/event.h>

#include "checkerd/probe.h"

struct socket_probe {
	struct probe probe;
	struct probe_target target;
	struct event_base *base;
	struct event ready;
	int fd;
};

/* How a kind goes about it. */
struct socket_probe_kind {
	int type; /* SOCK_STREAM, SOCK_DGRAM */
	int protocol;
	/* What comes first: connect(2), and what is sent. Returns 0, or -1 with errno. */
	int (*ask)(struct socket_probe *);
	short events; /* EV_READ, EV_WRITE, EV_PERSIST: what is waited for, in target.timeout_us */
	event_callback_fn ready; /* with the probe as its argument */
	void (*expired)(struct probe *);
	/* As in struct probe; NULL: socket_probe_cancel() does. */
	void (*cancel)(struct probe *);
};

/* Begins; own is the kind's struct from calloc(3), which is the probe's from now on. Returns the
 * probe, or NULL with errno: own is freed then, also when it is NULL for want of memory. */
struct probe *socket_probe_start(struct socket_probe *own, const struct socket_probe_kind *kind,
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg);

/* Closes the socket and frees the probe. */
void socket_probe_cancel(struct probe *probe);

/* For ask(): connects to the target's address, at port or, for those without one, 0. */
int socket_probe_connect(struct socket_probe *own, uint16_t port);

/* How connecting a stream ended, when it has become writable: 0 or an errno. */
int socket_probe_connected(const struct socket_probe *own);

#endif
