#include "holdfastctl/request.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX     (16 << 20) /* a thousand instances need less than a tenth of it */
#define ANSWER_START   65536
#define ANSWER_SECONDS 12 /* a reload is given up after 10 */

static const char *what_to_do(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "is holdfast running, and with this --runtime-dir?";
	case EACCES:
		return "run this as root or as a member of group holdfast";
	case EAGAIN:
		return "the daemon does not answer in time; its log may say why";
	default:
		return "see the daemon's log";
	}
}

/* It closed in the middle: the socket that listens is the launcher's and stays. */
static bool went_away(int error)
{
	return error == ECONNRESET || error == EPIPE;
}

static void explain(char *why, size_t size, const char *path, int error)
{
	if (went_away(error)) {
		snprintf(why, size,
			"no answer: parentd closed the connection, most likely because it is being "
			"replaced; ask again");
		return;
	}
	snprintf(why, size, "%s: %s; %s", path, strerror(error == EAGAIN ? ETIMEDOUT : error),
		what_to_do(error));
}

static int connect_to(const char *path, int seconds)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = seconds};

	if (strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == -1 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == -1 ||
		connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int send_line(int fd, const char *text)
{
	size_t length = strlen(text);

	for (size_t done = 0; done < length;) {
		ssize_t sent = send(fd, text + done, length - done, MSG_NOSIGNAL);
		if (sent == -1 && errno != EINTR)
			return -1;
		done += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

static int send_request(int fd, const char *command, const char *name)
{
	json_t *request = json_pack("{s:s, s:s*}", "command", command, "name", name);
	char *text = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
	int result = -1;

	if (text != NULL && send_line(fd, text) == 0 && send_line(fd, "\n") == 0)
		result = 0;
	free(text);
	json_decref(request);
	return result;
}

/* Replies as they come, one a line. */
struct lines {
	int fd;
	char *text;
	size_t room, used;
	size_t taken; /* bytes of the line that was given out last */
};

static int lines_read(struct lines *lines)
{
	if (lines->used == lines->room) {
		size_t room = lines->room == 0 ? ANSWER_START : lines->room * 2;
		char *grown = room <= ANSWER_MAX ? realloc(lines->text, room) : NULL;
		if (grown == NULL) {
			errno = EMSGSIZE;
			return -1;
		}
		lines->text = grown;
		lines->room = room;
	}
	ssize_t got = recv(lines->fd, lines->text + lines->used, lines->room - lines->used, 0);
	if (got == 0)
		errno = ECONNRESET;
	if (got == -1 && errno == EINTR)
		return 0;
	lines->used += got > 0 ? (size_t)got : 0;
	return got > 0 ? 0 : -1;
}

/* The next line, which lives until the one after it; NULL with errno. */
static const char *lines_next(struct lines *lines, size_t *length)
{
	size_t seen = 0;

	lines->used -= lines->taken;
	if (lines->taken > 0)
		memmove(lines->text, lines->text + lines->taken, lines->used);
	lines->taken = 0;
	for (;;) {
		const char *end = lines->used == seen
					  ? NULL
					  : memchr(lines->text + seen, '\n', lines->used - seen);
		if (end != NULL) {
			*length = (size_t)(end - lines->text);
			lines->taken = *length + 1;
			return lines->text;
		}
		seen = lines->used;
		if (lines_read(lines) == -1)
			return NULL;
	}
}

/* The next reply, an object, to be released; or NULL with a sentence in why. */
static json_t *next_reply(struct lines *lines, const char *path, char *why, size_t why_size)
{
	size_t length;
	const char *text = lines_next(lines, &length);

	if (text == NULL) {
		explain(why, why_size, path, errno);
		return NULL;
	}
	json_t *reply = json_loadb(text, length, 0, NULL);
	if (json_is_object(reply))
		return reply;
	json_decref(reply);
	snprintf(why, why_size, "%s: the answer is not what a daemon of this version gives", path);
	return NULL;
}

/* fd -1: why says what is wrong. */
static int ask(const char *path, int seconds, const char *command, const char *name, char *why,
	size_t why_size)
{
	int fd = connect_to(path, seconds);

	/* one that closes at once may have said why */
	if (fd != -1 && (send_request(fd, command, name) == 0 || errno == EPIPE))
		return fd;
	explain(why, why_size, path, errno);
	if (fd != -1)
		close(fd);
	return -1;
}

json_t *ctl_request(
	const char *runtime_dir, const char *command, const char *name, char *why, size_t why_size)
{
	return ctl_request_within(ANSWER_SECONDS, runtime_dir, command, name, why, why_size);
}

json_t *ctl_request_within(int seconds, const char *runtime_dir, const char *command,
	const char *name, char *why, size_t why_size)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/control.sock", runtime_dir);
	struct lines lines = {.fd = ask(path, seconds, command, name, why, why_size)};
	if (lines.fd == -1)
		return NULL;
	json_t *reply = next_reply(&lines, path, why, why_size);
	close(lines.fd);
	free(lines.text);
	return reply;
}

int ctl_request_parts(const char *runtime_dir, const char *command, const char *name,
	bool (*take)(const json_t *reply, void *arg), void *arg, char *why, size_t why_size)
{
	char path[4096];
	bool more = true;

	snprintf(path, sizeof(path), "%s/control.sock", runtime_dir);
	struct lines lines = {.fd = ask(path, ANSWER_SECONDS, command, name, why, why_size)};
	if (lines.fd == -1)
		return -1;
	while (more) {
		json_t *reply = next_reply(&lines, path, why, why_size);
		if (reply == NULL)
			break;
		more = take(reply, arg);
		json_decref(reply);
	}
	close(lines.fd);
	free(lines.text);
	return more ? -1 : 0;
}
