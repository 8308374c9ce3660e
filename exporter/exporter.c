#include "exporter/exporter.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "exporter/body.h"
#include "exporter/client.h"
#include "exporter/fetch.h"

#define LISTENERS_MAX     8
#define PROBLEM_PERIOD_NS (60 * NSEC_PER_SEC)

/* One format of the metrics, for all who want it. */
struct source {
	struct exporter *exporter;
	enum metrics_format format;
	struct fetch *fetch; /* under way; NULL: none */
	struct body *body;   /* what came last; NULL: nothing, or it is old */
	uint64_t came_ns;
};

struct exporter {
	const struct exporter_options *options;
	struct event_base *base;
	struct event *idle_timer;
	struct clients clients; /* in the order in which they came */
	unsigned count;
	struct source sources[METRICS_FORMATS];
	char socket_path[PATH_MAX];
	uint64_t problem_ns; /* when it was last said that there are no metrics; 0: never */
	unsigned listeners;
	struct evconnlistener *listener[LISTENERS_MAX];
};

/* ---- answers ---- */

static void say_problem(struct exporter *exporter, const char *problem)
{
	uint64_t now_ns = clock_now_ns();

	if (exporter->problem_ns != 0 && now_ns - exporter->problem_ns < PROBLEM_PERIOD_NS)
		return;
	exporter->problem_ns = now_ns;
	log_warnx("no metrics from %s: %s", exporter->socket_path, problem);
}

/* Whoever is answered may leave, and be freed, on the way. */
static void answer_all(struct source *source, const char *problem)
{
	struct client *client, *next;

	TAILQ_FOREACH_SAFE(client, &source->exporter->clients, entry, next)
	{
		if (client->stage != CLIENT_WAITS || client->format != source->format)
			continue;
		if (problem == NULL)
			client_send(client, source->body);
		else
			client_fail(client, HTTP_UNAVAILABLE, problem);
	}
}

static void fetched(struct evbuffer *text, const char *problem, void *arg)
{
	struct source *source = arg;

	source->fetch = NULL;
	body_drop(source->body);
	source->body = text == NULL ? NULL : body_new(text);
	source->came_ns = clock_now_ns();
	if (problem == NULL && source->body == NULL)
		problem = "out of memory";
	if (problem != NULL)
		say_problem(source->exporter, problem);
	answer_all(source, problem);
}

static bool is_fresh(const struct source *source)
{
	return source->body != NULL &&
	       clock_now_ns() - source->came_ns < EXPORTER_FRESH_MS * NSEC_PER_MSEC;
}

static void client_wants(struct client *client, void *arg)
{
	struct exporter *exporter = arg;
	struct source *source = &exporter->sources[client->format];

	if (is_fresh(source)) {
		client_send(client, source->body);
		return;
	}
	if (source->fetch == NULL)
		source->fetch = fetch_new(
			exporter->base, exporter->socket_path, client->format, fetched, source);
	if (source->fetch == NULL)
		client_fail(client, HTTP_UNAVAILABLE, "out of memory");
}

/* ---- clients ---- */

static void wait_until_idle(struct exporter *exporter)
{
	const struct timeval idle = {.tv_sec = (time_t)exporter->options->idle_s};

	if (exporter->count == 0)
		event_add(exporter->idle_timer, &idle);
	else
		event_del(exporter->idle_timer);
}

static void remove_client(struct exporter *exporter, struct client *client)
{
	TAILQ_REMOVE(&exporter->clients, client, entry);
	exporter->count--;
	client_free(client);
	wait_until_idle(exporter);
}

static void client_gone(struct client *client, void *arg)
{
	remove_client(arg, client);
}

static const struct client_ops client_ops = {.wants = client_wants, .gone = client_gone};

/* Who has not even asked yet gives way to who comes. Returns false when there is nobody like that.
 */
static bool make_room(struct exporter *exporter)
{
	struct client *client;

	if (exporter->count < EXPORTER_CLIENTS_MAX)
		return true;
	TAILQ_FOREACH(client, &exporter->clients, entry)
	{
		if (client->stage == CLIENT_ASKS || client->stage == CLIENT_LEAVES) {
			remove_client(exporter, client);
			return true;
		}
	}
	return false;
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
	int length, void *arg)
{
	struct exporter *exporter = arg;

	(void)listener;
	(void)address;
	(void)length;
	if (!make_room(exporter)) {
		evutil_closesocket(fd);
		return;
	}
	struct client *client = client_new(exporter->base, fd, &client_ops, exporter);
	if (client == NULL)
		return;
	TAILQ_INSERT_TAIL(&exporter->clients, client, entry);
	exporter->count++;
	wait_until_idle(exporter);
}

/* ---- the whole ---- */

static void idle(evutil_socket_t fd, short what, void *arg)
{
	struct exporter *exporter = arg;

	(void)fd;
	(void)what;
	log_info("nobody has asked for %u s: exiting", exporter->options->idle_s);
	event_base_loopbreak(exporter->base);
}

static void listen_on(struct exporter *exporter, int fd)
{
	evutil_make_socket_closeonexec(fd);
	if (evutil_make_socket_nonblocking(fd) == -1)
		fatal("socket that was passed");
	struct evconnlistener *listener =
		evconnlistener_new(exporter->base, accepted, exporter, 0, 0, fd);
	if (listener == NULL)
		fatal("socket that was passed");
	exporter->listener[exporter->listeners++] = listener;
}

static void end(struct exporter *exporter)
{
	for (unsigned i = 0; i < exporter->listeners; i++)
		evconnlistener_free(exporter->listener[i]);
	for (int format = 0; format < METRICS_FORMATS; format++)
		body_drop(exporter->sources[format].body);
	event_free(exporter->idle_timer);
	event_base_free(exporter->base);
}

int exporter_run(const struct exporter_options *options)
{
	static struct exporter exporter;

	exporter.options = options;
	exporter.base = loop_new();
	TAILQ_INIT(&exporter.clients);
	snprintf(exporter.socket_path, sizeof(exporter.socket_path), "%s/control.sock",
		options->runtime_dir);
	for (int format = 0; format < METRICS_FORMATS; format++) {
		exporter.sources[format].exporter = &exporter;
		exporter.sources[format].format = (enum metrics_format)format;
	}
	exporter.idle_timer = event_new(exporter.base, -1, EV_TIMEOUT, idle, &exporter);
	if (exporter.idle_timer == NULL)
		fatal("timer");
	for (int i = 0; i < options->fds && i < LISTENERS_MAX; i++)
		listen_on(&exporter, options->first_fd + i);
	wait_until_idle(&exporter);
	event_base_dispatch(exporter.base);
	end(&exporter);
	return 0;
}
