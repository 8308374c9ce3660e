#include "runner/drain.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#define DRAINS_MAX 64

struct drain {
	TAILQ_ENTRY(drain) entry;
	int fd;
	struct event *readable;
};

static TAILQ_HEAD(, drain) drains = TAILQ_HEAD_INITIALIZER(drains);
static unsigned drains_count;

static void drain_free(struct drain *drain)
{
	TAILQ_REMOVE(&drains, drain, entry);
	drains_count--;
	event_free(drain->readable);
	close(drain->fd);
	free(drain);
}

static void on_readable(int fd, short events, void *arg)
{
	char bytes[16384];

	(void)events;
	ssize_t length = read(fd, bytes, sizeof(bytes));
	if (length == 0 || (length == -1 && errno != EAGAIN && errno != EINTR))
		drain_free(arg);
}

void drain_adopt(struct event_base *base, int fd)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (drain != NULL)
		drain->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, drain);
	if (drain == NULL || drain->readable == NULL || event_add(drain->readable, NULL) == -1) {
		if (drain != NULL && drain->readable != NULL)
			event_free(drain->readable);
		free(drain);
		close(fd);
		return;
	}
	drain->fd = fd;
	TAILQ_INSERT_TAIL(&drains, drain, entry);
	if (++drains_count > DRAINS_MAX)
		drain_free(TAILQ_FIRST(&drains));
}
