/* A channel that waits in a libevent loop. Apart from channel.c so that the launcher, which polls,
 * does not carry the library. */
#include <errno.h>
#include <event2/event.h>

#include "common/channel.h"
#include "common/channel_internal.h"

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	channel_read(arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	channel_flush(arg);
}

static void want_write(struct channel *channel, bool wanted)
{
	if (wanted && !channel->closed)
		event_add(channel->write_event, NULL);
	else
		event_del(channel->write_event);
}

static void stop(struct channel *channel)
{
	event_del(channel->read_event);
	event_del(channel->write_event);
}

static void release(struct channel *channel)
{
	if (channel->read_event != NULL)
		event_free(channel->read_event);
	if (channel->write_event != NULL)
		event_free(channel->write_event);
}

static const struct channel_waiter event_waiter = {want_write, stop, release};

static int watch(struct channel *channel, struct event_base *base)
{
	channel->read_event =
		event_new(base, channel->fd, EV_READ | EV_PERSIST, on_readable, channel);
	channel->write_event =
		event_new(base, channel->fd, EV_WRITE | EV_PERSIST, on_writable, channel);
	if (channel->read_event == NULL || channel->write_event == NULL ||
		event_add(channel->read_event, NULL) == -1)
		return -1;
	return 0;
}

struct channel *channel_new(struct event_base *base, int fd, enum proto_process self,
	enum proto_process peer, const struct channel_handlers *handlers, void *arg)
{
	struct channel *channel = channel_new_polled(fd, self, peer, handlers, arg);
	if (channel == NULL || base == NULL)
		return channel;
	channel->waiter = &event_waiter;
	if (watch(channel, base) == 0)
		return channel;
	channel->fd = -1;
	channel_free(channel);
	errno = ENOMEM;
	return NULL;
}
