/* An HTTP client: its request, within a time and a size, and the reply. */
#ifndef HOLDFAST_EXPORTER_CLIENT_H
#define HOLDFAST_EXPORTER_CLIENT_H

#include <event2/util.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "exporter/http_request.h"

struct body;
struct bufferevent;
struct event;
struct event_base;

enum client_stage { CLIENT_ASKS, CLIENT_WAITS, CLIENT_READS, CLIENT_LEAVES };

struct client {
	TAILQ_ENTRY(client) entry;
	struct bufferevent *connection;
	struct event *timer; /* when patience with this stage ends */
	enum client_stage stage;
	enum metrics_format format; /* when it waits */
	const struct client_ops *ops;
	void *arg;
};
TAILQ_HEAD(clients, client);

struct client_ops {
	/* It wants metrics, and waits for client_send() or client_fail(). */
	void (*wants)(struct client *client, void *arg);
	/* It is to be freed, by client_free(). */
	void (*gone)(struct client *client, void *arg);
};

/* Takes over fd, in any case. NULL without memory. */
struct client *client_new(
	struct event_base *base, evutil_socket_t fd, const struct client_ops *ops, void *arg);
void client_free(struct client *client);

/* The metrics: the client keeps a reference of its own. */
void client_send(struct client *client, struct body *body);
/* The status, and a sentence. */
void client_fail(struct client *client, enum http_status status, const char *text);

#endif
