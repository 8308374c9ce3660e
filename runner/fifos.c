#include "runner/fifos.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "runner/fifo_lines.h"

#define FIFO_MODE 0644

struct fifo {
	struct fifos *fifos;
	bool used;
	char path[PROTO_PATH_LEN];
	int fd; /* -1: not open */
	struct event *writable;
	struct runner_fifo_state state;
	struct fifo_lines lines;
};

struct fifos {
	struct event_base *base;
	void (*tell)(const struct runner_fifo_state *state, void *arg);
	void *arg;
	struct fifo list[PROTO_FIFOS];
};

struct fifos *fifos_new(struct event_base *base,
	void (*state)(const struct runner_fifo_state *state, void *arg), void *arg)
{
	struct fifos *fifos = calloc(1, sizeof(*fifos));

	if (fifos == NULL)
		return NULL;
	fifos->base = base;
	fifos->tell = state;
	fifos->arg = arg;
	for (uint32_t i = 0; i < PROTO_FIFOS; i++) {
		fifos->list[i].fifos = fifos;
		fifos->list[i].fd = -1;
		fifos->list[i].state.fifo = i;
	}
	return fifos;
}

static void tell(const struct fifo *fifo)
{
	fifo->fifos->tell(&fifo->state, fifo->fifos->arg);
}

/* ---- writing ---- */

/* A line is shorter than what a pipe takes in one piece (PIPE_BUF), so it goes in whole or not. */
static bool write_first(struct fifo *fifo)
{
	const struct runner_fifo_line *line = fifo_lines_first(&fifo->lines);

	if (line == NULL)
		return false;
	ssize_t length = write(fifo->fd, line->line, strlen(line->line));
	if (length == -1 && errno == EINTR)
		return true;
	if (length == -1)
		return false;
	fifo->state.written = line->number;
	fifo_lines_pop(&fifo->lines);
	return true;
}

static void write_lines(struct fifo *fifo)
{
	uint64_t before = fifo->state.written;

	if (fifo->fd == -1)
		return;
	while (write_first(fifo))
		;
	if (fifo_lines_first(&fifo->lines) != NULL)
		event_add(fifo->writable, NULL);
	else
		event_del(fifo->writable);
	if (fifo->state.written != before)
		tell(fifo);
}

static void on_writable(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	write_lines(arg);
}

/* ---- opening ---- */

static void close_fifo(struct fifo *fifo)
{
	if (fifo->fd == -1)
		return;
	event_free(fifo->writable);
	fifo->writable = NULL;
	close(fifo->fd);
	fifo->fd = -1;
}

static void fails(struct fifo *fifo, enum runner_fifo_problem problem, int error)
{
	fifo->state.problem = problem;
	fifo->state.error = error;
}

static bool is_good(struct fifo *fifo, const struct stat *status)
{
	if (!S_ISFIFO(status->st_mode))
		fails(fifo, FIFO_IS_NONE, 0);
	else if (status->st_uid != getuid())
		fails(fifo, FIFO_NOT_OURS, 0);
	else
		return true;
	return false;
}

/* For reading too, so that it has a reader and writing to it is no error before there is one.
 * Without waiting, and not through a link that somebody else may have put there. */
static int open_checked(struct fifo *fifo)
{
	struct stat status;
	int fd = open(fifo->path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 || fstat(fd, &status) == -1) {
		fails(fifo, FIFO_NOT_OPENED, errno);
	} else if (is_good(fifo, &status)) {
		return fd;
	}
	if (fd != -1)
		close(fd);
	return -1;
}

/* What is there is looked at before it is opened: opening a device may do something. */
static bool make_if_missing(struct fifo *fifo)
{
	struct stat status;

	if (lstat(fifo->path, &status) == 0)
		return is_good(fifo, &status);
	fifo->state.made = 0;
	if (errno != ENOENT || mkfifo(fifo->path, FIFO_MODE) == -1) {
		fails(fifo, FIFO_NOT_MADE, errno);
		return false;
	}
	fifo->state.made = 1;
	return true;
}

static void open_fifo(struct fifo *fifo)
{
	fails(fifo, FIFO_FINE, 0);
	if (!make_if_missing(fifo))
		return;
	fifo->fd = open_checked(fifo);
	if (fifo->fd == -1)
		return;
	fifo->writable =
		event_new(fifo->fifos->base, fifo->fd, EV_WRITE | EV_PERSIST, on_writable, fifo);
	if (fifo->writable == NULL)
		fatalx("event loop: no memory");
}

/* Somebody may have removed it, or put another one in its place. */
static bool is_still_there(const struct fifo *fifo)
{
	struct stat mine, there;

	return fstat(fifo->fd, &mine) == 0 && lstat(fifo->path, &there) == 0 &&
	       mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static void open_again(struct fifo *fifo)
{
	struct runner_fifo_state before = fifo->state;

	if (fifo->fd != -1 && is_still_there(fifo))
		return;
	close_fifo(fifo);
	open_fifo(fifo);
	if (fifo->state.problem != before.problem || fifo->state.error != before.error ||
		fifo->state.made != before.made)
		tell(fifo);
}

/* ---- orders ---- */

static void drop(struct fifo *fifo)
{
	close_fifo(fifo);
	if (fifo->used && fifo->state.made != 0 && unlink(fifo->path) == -1 && errno != ENOENT)
		log_warn("%s", fifo->path);
	fifo->used = false;
	fifo->lines.count = 0;
	fifo->state = (struct runner_fifo_state){.fifo = fifo->state.fifo};
}

const char *fifos_order(struct fifos *fifos, const struct runner_fifo *order)
{
	struct fifo *fifo = &fifos->list[order->fifo];

	if (order->path[0] != '/')
		return "the path is not absolute";
	if (fifo->used && strcmp(fifo->path, order->path) != 0)
		drop(fifo);
	fifo->used = true;
	memcpy(fifo->path, order->path, sizeof(fifo->path));
	fifo->state.made |= order->made;
	if (order->order == FIFO_DROP) {
		drop(fifo);
	} else {
		if (fifo->fd == -1 || !is_still_there(fifo)) {
			close_fifo(fifo);
			open_fifo(fifo);
		}
		write_lines(fifo);
	}
	tell(fifo);
	return NULL;
}

void fifos_line(struct fifos *fifos, const struct runner_fifo_line *line)
{
	struct fifo *fifo = &fifos->list[line->fifo];

	if (!fifo->used)
		return;
	unsigned lost = fifo_lines_push(&fifo->lines, line);
	fifo->state.lost += lost;
	open_again(fifo);
	write_lines(fifo);
	if (lost > 0)
		tell(fifo);
}

void fifos_new_parent(struct fifos *fifos)
{
	for (int i = 0; i < PROTO_FIFOS; i++) {
		fifos->list[i].state.written = 0;
		fifos->list[i].state.lost = 0;
	}
}
