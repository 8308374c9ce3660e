#include "checkerd/socket_probe.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

void socket_probe_cancel(struct probe *probe)
{
	struct socket_probe *own = (struct socket_probe *)probe;

	event_del(&own->ready);
	close(own->fd);
	free(own);
}

int socket_probe_connect(struct socket_probe *own, uint16_t port)
{
	struct sockaddr_storage name;
	socklen_t length = probe_sockaddr(&own->target.address, port, &name);

	/* also what comes about at once is told of by the event loop */
	if (connect(own->fd, (const struct sockaddr *)&name, length) == -1 && errno != EINPROGRESS)
		return -1;
	return 0;
}

int socket_probe_connected(const struct socket_probe *own)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(own->fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		return errno;
	return error;
}

static int begin(struct socket_probe *own, const struct socket_probe_kind *kind)
{
	if (kind->ask(own) == -1)
		return -1;
	event_assign(&own->ready, own->base, own->fd, kind->events, kind->ready, own);
	if (event_add(&own->ready, NULL) == -1)
		return -1;
	if (probe_step(&own->probe, own->target.timeout_us, kind->expired) == -1) {
		event_del(&own->ready);
		return -1;
	}
	return 0;
}

struct probe *socket_probe_start(struct socket_probe *own, const struct socket_probe_kind *kind,
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg)
{
	if (own == NULL)
		return NULL;
	own->base = base;
	own->target = *target;
	probe_init(&own->probe, base, kind->cancel == NULL ? socket_probe_cancel : kind->cancel,
		done, arg);
	own->fd = probe_socket(target, kind->type, kind->protocol);
	if (own->fd != -1 && begin(own, kind) == 0)
		return &own->probe;
	int saved = errno;
	if (own->fd != -1)
		close(own->fd);
	free(own);
	errno = saved;
	return NULL;
}
