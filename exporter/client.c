#include "exporter/client.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "exporter/body.h"
#include "exporter/exporter.h"

static void leave(struct client *client)
{
	client->ops->gone(client, client->arg);
}

static void set_stage(struct client *client, enum client_stage stage, unsigned seconds)
{
	const struct timeval limit = {.tv_sec = (time_t)seconds};

	client->stage = stage;
	(void)event_add(client->timer, &limit);
}

static const char *phrase_of(enum http_status status)
{
	switch (status) {
	case HTTP_OK:
		return "OK";
	case HTTP_BAD_REQUEST:
		return "Bad Request";
	case HTTP_NOT_FOUND:
		return "Not Found";
	case HTTP_METHOD_NOT_ALLOWED:
		return "Method Not Allowed";
	case HTTP_TIMEOUT:
		return "Request Timeout";
	case HTTP_HEAD_TOO_LARGE:
		return "Request Header Fields Too Large";
	case HTTP_UNAVAILABLE:
		return "Service Unavailable";
	case HTTP_WRONG_VERSION:
		return "HTTP Version Not Supported";
	}
	return "Error";
}

static void put_head(
	struct client *client, enum http_status status, const char *type, size_t body_length)
{
	evbuffer_add_printf(bufferevent_get_output(client->connection),
		"HTTP/1.1 %d %s\r\n"
		"Content-Type: %s\r\n"
		"Content-Length: %zu\r\n"
		"%s"
		"Vary: Accept\r\n"
		"Cache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Connection: close\r\n"
		"\r\n",
		(int)status, phrase_of(status), type, body_length,
		status == HTTP_METHOD_NOT_ALLOWED ? "Allow: GET\r\n" : "");
}

void client_send(struct client *client, struct body *body)
{
	static const char *const types[METRICS_FORMATS] = {
		[FORMAT_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
		[FORMAT_OPENMETRICS] =
			"application/openmetrics-text; version=1.0.0; charset=utf-8"};

	put_head(client, HTTP_OK, types[client->format], body_length(body));
	set_stage(client, CLIENT_READS, EXPORTER_SECONDS);
	if (body_send(body, bufferevent_get_output(client->connection)) == -1)
		leave(client);
}

void client_fail(struct client *client, enum http_status status, const char *text)
{
	put_head(client, status, "text/plain; charset=utf-8", strlen(text) + 1);
	evbuffer_add_printf(bufferevent_get_output(client->connection), "%s\n", text);
	set_stage(client, CLIENT_READS, EXPORTER_HEAD_SECONDS);
}

static void asked(struct client *client, enum http_status status)
{
	switch (status) {
	case HTTP_OK:
		set_stage(client, CLIENT_WAITS, EXPORTER_SECONDS);
		client->ops->wants(client, client->arg);
		return;
	case HTTP_NOT_FOUND:
		client_fail(client, status, "There is only /metrics here.");
		return;
	case HTTP_METHOD_NOT_ALLOWED:
		client_fail(client, status, "There is only GET here.");
		return;
	case HTTP_HEAD_TOO_LARGE:
		client_fail(client, status, "The request is too long.");
		return;
	case HTTP_WRONG_VERSION:
		client_fail(client, status, "HTTP/1.1 is spoken here.");
		return;
	case HTTP_BAD_REQUEST:
	case HTTP_TIMEOUT:
	case HTTP_UNAVAILABLE:
		break;
	}
	client_fail(client, status, "This is no request of HTTP/1.1.");
}

/* Behind its request a client has nothing to say: it is read away, so that the kernel does not
 * take the end of the connection for an error and the reply with it. */
static void readable(struct bufferevent *connection, void *arg)
{
	struct client *client = arg;
	struct evbuffer *input = bufferevent_get_input(connection);
	size_t length = evbuffer_get_length(input);

	if (client->stage != CLIENT_ASKS) {
		evbuffer_drain(input, length);
		return;
	}
	const char *bytes = (const char *)evbuffer_pullup(input, -1);
	size_t head = http_request_length(bytes, length);
	if (head == 0 && length < HTTP_REQUEST_MAX)
		return;
	enum http_status status = HTTP_HEAD_TOO_LARGE;
	if (head != 0 && head <= HTTP_REQUEST_MAX)
		status = http_request_parse(bytes, head, &client->format);
	evbuffer_drain(input, length);
	asked(client, status);
}

/* All is written: the client is to close first. */
static void written(struct bufferevent *connection, void *arg)
{
	struct client *client = arg;

	if (client->stage != CLIENT_READS)
		return;
	shutdown(bufferevent_getfd(connection), SHUT_WR);
	set_stage(client, CLIENT_LEAVES, 1);
}

static void ended(struct bufferevent *connection, short what, void *arg)
{
	struct client *client = arg;

	(void)connection;
	/* one that has closed its half may still want the answer */
	if ((what & BEV_EVENT_EOF) != 0 &&
		(client->stage == CLIENT_WAITS || client->stage == CLIENT_READS))
		return;
	leave(client);
}

static void time_is_up(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	(void)what;
	if (client->stage == CLIENT_ASKS)
		client_fail(client, HTTP_TIMEOUT, "The request takes too long.");
	else
		leave(client);
}

struct client *client_new(
	struct event_base *base, evutil_socket_t fd, const struct client_ops *ops, void *arg)
{
	static const struct timeval stuck = {.tv_sec = EXPORTER_STUCK_SECONDS};
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		evutil_closesocket(fd);
		return NULL;
	}
	client->ops = ops;
	client->arg = arg;
	client->timer = event_new(base, -1, EV_TIMEOUT, time_is_up, client);
	client->connection = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (client->connection == NULL)
		evutil_closesocket(fd);
	if (client->timer == NULL || client->connection == NULL) {
		client_free(client);
		return NULL;
	}
	bufferevent_setcb(client->connection, readable, written, ended, client);
	bufferevent_setwatermark(client->connection, EV_READ, 0, HTTP_REQUEST_MAX);
	bufferevent_set_timeouts(client->connection, NULL, &stuck);
	bufferevent_enable(client->connection, EV_READ | EV_WRITE);
	set_stage(client, CLIENT_ASKS, EXPORTER_HEAD_SECONDS);
	return client;
}

void client_free(struct client *client)
{
	if (client->connection != NULL)
		bufferevent_free(client->connection);
	if (client->timer != NULL)
		event_free(client->timer);
	free(client);
}
