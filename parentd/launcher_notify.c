#include "parentd/launcher_notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

int notify_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length = path != NULL ? strlen(path) : 0;

	if (length < 2 || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* the abstract name space */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 ||
		connect(fd, (const struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == -1) {
		log_warn("service manager's socket %s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

void notify_send(int fd, const char *assignments)
{
	if (fd != -1 && send(fd, assignments, strlen(assignments), MSG_NOSIGNAL) == -1)
		log_warn("service manager");
}

int notify_send_fd(int fd, const char *assignments, int send_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec part = {.iov_len = strlen(assignments)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	memcpy(&part.iov_base, &assignments, sizeof(assignments)); /* sendmsg only reads it */
	if (send_fd != -1) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(rights), &send_fd, sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

void notify_reloading(int fd)
{
	struct timespec now; /* sd_notify(3) wants this clock, not ours */
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		now.tv_sec * 1000000LL + now.tv_nsec / 1000);
	notify_send(fd, text);
}
