#include "exporter/fetch.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

struct fetch {
	struct bufferevent *connection;
	struct event *timer; /* the limit; or, when there is no connection, at once */
	struct evbuffer *text;
	fetch_done_fn done;
	void *arg;
	char problem[256];
};

static void fetch_free(struct fetch *fetch)
{
	if (fetch->connection != NULL)
		bufferevent_free(fetch->connection);
	if (fetch->timer != NULL)
		event_free(fetch->timer);
	if (fetch->text != NULL)
		evbuffer_free(fetch->text);
	free(fetch);
}

static void finish(struct fetch *fetch, const char *problem)
{
	struct evbuffer *text = fetch->text;

	if (problem == NULL)
		fetch->text = NULL;
	fetch->done(problem == NULL ? text : NULL, problem, fetch->arg);
	fetch_free(fetch);
}

/* Returns 1 when the last part was taken, 0 when more are to come, -1 with fetch->problem. */
static int take_part(struct fetch *fetch, const json_t *reply)
{
	const json_t *text = json_object_get(reply, "text");
	const char *error = json_string_value(json_object_get(reply, "error"));

	if (!json_is_true(json_object_get(reply, "ok")) || !json_is_string(text)) {
		snprintf(fetch->problem, sizeof(fetch->problem), "%s",
			error != NULL ? error
				      : "the answer is not what a daemon of this version gives");
		return -1;
	}
	snprintf(fetch->problem, sizeof(fetch->problem), "there are more metrics than can be held");
	if (evbuffer_get_length(fetch->text) + json_string_length(text) > FETCH_TEXT_MAX ||
		evbuffer_add(fetch->text, json_string_value(text), json_string_length(text)) == -1)
		return -1;
	return json_is_true(json_object_get(reply, "more")) ? 0 : 1;
}

static void readable(struct bufferevent *connection, void *arg)
{
	struct fetch *fetch = arg;
	struct evbuffer *input = bufferevent_get_input(connection);
	size_t length;
	char *line;
	int result = 0;

	while (result == 0 && (line = evbuffer_readln(input, &length, EVBUFFER_EOL_LF)) != NULL) {
		json_t *reply = json_loadb(line, length, 0, NULL);
		free(line);
		result = take_part(fetch, reply);
		json_decref(reply);
	}
	if (result == 0 && evbuffer_get_length(input) >= FETCH_LINE_MAX)
		finish(fetch, "a part of the answer is too long");
	else if (result != 0)
		finish(fetch, result == 1 ? NULL : fetch->problem);
}

static void ended(struct bufferevent *connection, short what, void *arg)
{
	(void)connection;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return;
	finish(arg, (what & BEV_EVENT_ERROR) != 0 ? strerror(errno)
						  : "the suite closed the connection");
}

static void time_is_up(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *fetch = arg;

	(void)fd;
	(void)what;
	finish(fetch, fetch->problem[0] != '\0' ? fetch->problem : "the suite does not answer");
}

/* Returns 0, or -1 with errno. */
static int begin(struct fetch *fetch, const char *path, enum metrics_format format)
{
	static const char *const requests[METRICS_FORMATS] = {
		[FORMAT_PROMETHEUS] = "{\"command\":\"metrics\",\"name\":\"prometheus\"}\n",
		[FORMAT_OPENMETRICS] = "{\"command\":\"metrics\",\"name\":\"openmetrics\"}\n"};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	bufferevent_setcb(fetch->connection, readable, NULL, ended, fetch);
	bufferevent_setwatermark(fetch->connection, EV_READ, 0, FETCH_LINE_MAX);
	if (bufferevent_enable(fetch->connection, EV_READ | EV_WRITE) == -1 ||
		bufferevent_write(fetch->connection, requests[format], strlen(requests[format])) ==
			-1)
		return -1;
	return bufferevent_socket_connect(
		fetch->connection, (struct sockaddr *)&address, sizeof(address));
}

struct fetch *fetch_new(struct event_base *base, const char *socket_path,
	enum metrics_format format, fetch_done_fn done, void *arg)
{
	struct timeval limit = {.tv_sec = FETCH_SECONDS};
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (fetch == NULL)
		return NULL;
	fetch->done = done;
	fetch->arg = arg;
	fetch->text = evbuffer_new();
	fetch->timer = event_new(base, -1, EV_TIMEOUT, time_is_up, fetch);
	/* deferred, so that a refused connection is told from the event loop */
	fetch->connection =
		bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (fetch->text == NULL || fetch->timer == NULL || fetch->connection == NULL) {
		fetch_free(fetch);
		return NULL;
	}
	if (begin(fetch, socket_path, format) == -1) {
		snprintf(fetch->problem, sizeof(fetch->problem), "%s: %s", socket_path,
			strerror(errno));
		limit.tv_sec = 0;
		bufferevent_setcb(fetch->connection, NULL, NULL, NULL, NULL);
	}
	if (event_add(fetch->timer, &limit) == -1) {
		fetch_free(fetch);
		return NULL;
	}
	return fetch;
}
