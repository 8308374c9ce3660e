#include "checkerd/probe_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

struct probe_tcp {
	struct probe probe;
	struct event connected;
	struct probe_target target;
	int fd;
};

static void cancel(struct probe *probe)
{
	struct probe_tcp *tcp = (struct probe_tcp *)probe;

	event_del(&tcp->connected);
	close(tcp->fd);
	free(tcp);
}

static void too_late(struct probe *probe)
{
	const struct probe_tcp *tcp = (const struct probe_tcp *)probe;
	char name[PROBE_NAME_LEN];
	char time[PROBE_SECONDS_LEN];

	probe_end(probe, false, "no connection to %s within %s",
		probe_target_name(&tcp->target, name), probe_seconds(tcp->target.timeout_us, time));
}

static void connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe_tcp *tcp = arg;
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];
	int error = 0;
	socklen_t length = sizeof(error);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		error = errno;
	probe_target_name(&tcp->target, name);
	if (error == 0)
		probe_end(&tcp->probe, true, "connected to %s", name);
	else if (error == ECONNREFUSED)
		probe_end(&tcp->probe, false, "connection refused by %s", name);
	else
		probe_end(
			&tcp->probe, false, "connecting to %s: %s", name, probe_error(error, text));
}

/* Also one that comes about at once is told of by the event loop. */
static int begin(struct probe_tcp *tcp, struct event_base *base)
{
	struct sockaddr_storage name;
	socklen_t length = probe_sockaddr(&tcp->target.address, tcp->target.port, &name);

	if (connect(tcp->fd, (const struct sockaddr *)&name, length) == -1 && errno != EINPROGRESS)
		return -1;
	event_assign(&tcp->connected, base, tcp->fd, EV_WRITE, connected, tcp);
	if (event_add(&tcp->connected, NULL) == -1)
		return -1;
	if (probe_step(&tcp->probe, tcp->target.timeout_us, too_late) == -1) {
		event_del(&tcp->connected);
		return -1;
	}
	return 0;
}

struct probe *probe_tcp_start(
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg)
{
	struct probe_tcp *tcp = calloc(1, sizeof(*tcp));

	if (tcp == NULL)
		return NULL;
	tcp->target = *target;
	probe_init(&tcp->probe, base, cancel, done, arg);
	tcp->fd = probe_socket(target, SOCK_STREAM, 0);
	if (tcp->fd != -1 && begin(tcp, base) == 0)
		return &tcp->probe;
	int saved = errno;
	if (tcp->fd != -1)
		close(tcp->fd);
	free(tcp);
	errno = saved;
	return NULL;
}
