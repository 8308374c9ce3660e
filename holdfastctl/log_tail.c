#include "holdfastctl/log_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TAIL_BYTES  (1 << 20)
#define TIME_LENGTH 23 /* "2026-11-21 01:02:03.456" */

static int open_at(struct log_tail *tail)
{
	tail->fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return tail->fd == -1 && errno != ENOENT ? -1 : 0;
}

/* To before the last megabyte, behind the line that is cut there. */
static void skip(struct log_tail *tail)
{
	struct stat status;
	char byte = '\0';

	if (fstat(tail->fd, &status) == -1 || status.st_size <= TAIL_BYTES)
		return;
	lseek(tail->fd, -TAIL_BYTES, SEEK_END);
	while (byte != '\n' && read(tail->fd, &byte, 1) == 1)
		;
}

int log_tail_open(struct log_tail *tail, const char *path, int whole)
{
	*tail = (struct log_tail){.path = strdup(path), .fd = -1};
	if (tail->path == NULL || open_at(tail) == -1)
		return -1;
	if (tail->fd != -1 && !whole)
		skip(tail);
	return 0;
}

void log_tail_close(struct log_tail *tail)
{
	if (tail->fd != -1)
		close(tail->fd);
	free(tail->path);
	*tail = (struct log_tail){.fd = -1};
}

static int add_line(struct log_lines *lines, const char *text)
{
	if (lines->count == lines->room) {
		size_t room = lines->room > 0 ? lines->room * 2 : 64;
		char **grown = reallocarray(lines->lines, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		lines->lines = grown;
		lines->room = room;
	}
	lines->lines[lines->count] = strdup(text);
	if (lines->lines[lines->count] == NULL)
		return -1;
	lines->count++;
	return 0;
}

/* What does not fit into a line is not kept. */
static int take_bytes(
	struct log_tail *tail, const char *bytes, size_t length, struct log_lines *lines)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != '\n') {
			if (tail->length < sizeof(tail->line) - 1 && bytes[i] != '\0')
				tail->line[tail->length++] = bytes[i];
			continue;
		}
		tail->line[tail->length] = '\0';
		tail->length = 0;
		if (add_line(lines, tail->line) == -1)
			return -1;
	}
	return 0;
}

static int read_rest(struct log_tail *tail, struct log_lines *lines)
{
	char buffer[65536];
	struct stat status;
	ssize_t got;

	/* Emptied in its place. */
	if (fstat(tail->fd, &status) == 0 && status.st_size < lseek(tail->fd, 0, SEEK_CUR)) {
		lseek(tail->fd, 0, SEEK_SET);
		tail->length = 0;
	}
	while ((got = read(tail->fd, buffer, sizeof(buffer))) > 0) {
		if (take_bytes(tail, buffer, (size_t)got, lines) == -1)
			return -1;
	}
	return got == -1 && errno != EINTR && errno != EAGAIN ? -1 : 0;
}

static bool is_replaced(const struct log_tail *tail)
{
	struct stat opened, named;

	return fstat(tail->fd, &opened) == 0 && stat(tail->path, &named) == 0 &&
	       (opened.st_ino != named.st_ino || opened.st_dev != named.st_dev);
}

int log_tail_read(struct log_tail *tail, struct log_lines *lines)
{
	if (tail->fd == -1 && open_at(tail) == -1)
		return -1;
	if (tail->fd == -1)
		return 0;
	bool replaced = is_replaced(tail);
	if (read_rest(tail, lines) == -1)
		return -1;
	tail->replaced = replaced ? tail->replaced + 1 : 0;
	/* A process that has not got its new file yet may write a last line to the old one: it is
	 * read once more before it is let go of. */
	if (tail->replaced < 2)
		return 0;
	close(tail->fd);
	tail->length = 0; /* a line without an end */
	tail->replaced = 0;
	if (open_at(tail) == -1)
		return -1;
	return tail->fd == -1 ? 0 : read_rest(tail, lines);
}

static int compare(const void *a, const void *b)
{
	return strncmp(*(char *const *)a, *(char *const *)b, TIME_LENGTH);
}

/* mergesort() is stable. */
void log_lines_sort(struct log_lines *lines)
{
	if (lines->count > 1)
		mergesort(lines->lines, lines->count, sizeof(*lines->lines), compare);
}

void log_lines_clear(struct log_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	lines->count = 0;
}

/* "2026-11-21 01:02:03.456 vrrpd[12] notice: text" */
int log_line_parse(char *line, struct log_line_parts *parts)
{
	struct tm local = {.tm_isdst = -1};
	char *rest = strptime(line, "%Y-%m-%d %H:%M:%S", &local);
	char *end;

	if (rest == NULL || *rest != '.')
		return -1;
	long milliseconds = strtol(rest + 1, &end, 10);
	char *bracket = strchr(end, '[');
	if (*end != ' ' || milliseconds < 0 || milliseconds > 999 || bracket == NULL)
		return -1;
	parts->at = (double)mktime(&local) + (double)milliseconds / 1000;
	parts->process = end + 1;
	*bracket = '\0';
	parts->pid = strtol(bracket + 1, &end, 10);
	if (end[0] != ']' || end[1] != ' ')
		return -1;
	parts->level = end + 2;
	char *colon = strstr(parts->level, ": ");
	if (colon == NULL)
		return -1;
	*colon = '\0';
	parts->message = colon + 2;
	return 0;
}
