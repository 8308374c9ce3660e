#include "runner/drain.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/log.h"

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

/* ---- after the end of the runner ---- */

static int compare(const void *left, const void *right)
{
	return ((const struct pollfd *)left)->fd - ((const struct pollfd *)right)->fd;
}

static unsigned collect(struct pollfd fds[DRAINS_MAX])
{
	const struct drain *drain;
	unsigned count = 0;

	TAILQ_FOREACH(drain, &drains, entry)
	fds[count++] = (struct pollfd){.fd = drain->fd, .events = POLLIN};
	qsort(fds, count, sizeof(*fds), compare);
	return count;
}

/* Whoever waits for the end of the runner's channels must not wait for us. */
static void close_others(const struct pollfd fds[DRAINS_MAX], unsigned count)
{
	unsigned from = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned fd = (unsigned)fds[i].fd;
		if (fd > from)
			close_range(from, fd - 1, 0);
		from = fd + 1;
	}
	close_range(from, ~0U, 0);
}

static bool read_away(int fd)
{
	char bytes[16384];
	ssize_t length = read(fd, bytes, sizeof(bytes));

	return length > 0 || (length == -1 && (errno == EAGAIN || errno == EINTR));
}

void drain_leave(void)
{
	struct pollfd fds[DRAINS_MAX];

	if (drains_count == 0)
		return;
	pid_t pid = fork();
	if (pid == -1)
		log_warn("what scripts left behind can no longer write");
	if (pid != 0)
		return;
	setsid();
	prctl(PR_SET_NAME, "script-output");
	unsigned count = collect(fds), left = count;
	close_others(fds, count);
	while (left > 0) {
		if (poll(fds, count, -1) == -1 && errno != EINTR)
			break;
		for (unsigned i = 0; i < count; i++) {
			if (fds[i].fd == -1 || fds[i].revents == 0 || read_away(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			left--;
		}
	}
	_exit(0);
}
