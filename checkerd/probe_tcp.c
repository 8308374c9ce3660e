#include "checkerd/probe_tcp.h"

#include <stdlib.h>

#include <event2/event.h>

#include "checkerd/socket_probe.h"

static void too_late(struct probe *probe)
{
	const struct socket_probe *own = (const struct socket_probe *)probe;
	char reason[PROTO_REASON_LEN];

	probe_end(probe, false, "%s", probe_unconnected(&own->target, reason));
}

static void connected(evutil_socket_t fd, short what, void *arg)
{
	struct socket_probe *own = arg;
	char name[PROBE_NAME_LEN];
	char reason[PROTO_REASON_LEN];
	int error = socket_probe_connected(own);

	(void)fd;
	(void)what;
	if (error == 0)
		probe_end(&own->probe, true, "connected to %s",
			probe_target_name(&own->target, name));
	else
		probe_end(&own->probe, false, "%s", probe_refused(&own->target, error, reason));
}

static int ask(struct socket_probe *own)
{
	return socket_probe_connect(own, own->target.port);
}

struct probe *probe_tcp_start(
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg)
{
	static const struct socket_probe_kind kind = {.type = SOCK_STREAM,
		.ask = ask,
		.events = EV_WRITE,
		.ready = connected,
		.expired = too_late};

	return socket_probe_start(
		calloc(1, sizeof(struct socket_probe)), &kind, base, target, done, arg);
}
