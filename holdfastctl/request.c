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

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};

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

/* Reads up to the newline. Returns the text, to be freed; NULL with errno. */
static char *read_answer(int fd, size_t *length)
{
	size_t room = ANSWER_START, used = 0;
	char *text = malloc(room);

	while (text != NULL) {
		ssize_t got = recv(fd, text + used, room - used, 0);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? ECONNRESET : errno;
			break;
		}
		const char *end = memchr(text + used, '\n', (size_t)got);
		used += (size_t)got;
		if (end != NULL) {
			*length = (size_t)(end - text);
			return text;
		}
		if (used < room)
			continue;
		char *grown = room < ANSWER_MAX ? realloc(text, room * 2) : NULL;
		if (grown == NULL) {
			errno = EMSGSIZE;
			break;
		}
		text = grown;
		room *= 2;
	}
	free(text);
	return NULL;
}

json_t *ctl_request(
	const char *runtime_dir, const char *command, const char *name, char *why, size_t why_size)
{
	char path[4096];
	size_t length;

	snprintf(path, sizeof(path), "%s/control.sock", runtime_dir);
	int fd = connect_to(path);
	if (fd == -1) {
		explain(why, why_size, path, errno);
		return NULL;
	}
	char *text = send_request(fd, command, name) == 0 ? read_answer(fd, &length) : NULL;
	int error = errno;
	close(fd);
	if (text == NULL) {
		explain(why, why_size, path, error);
		return NULL;
	}
	json_t *reply = json_loadb(text, length, 0, NULL);
	free(text);
	if (!json_is_object(reply)) {
		json_decref(reply);
		snprintf(why, why_size, "%s: the answer is not what a daemon of this version gives",
			path);
		return NULL;
	}
	return reply;
}
