/* Stands in the place of checkerd: says hello to parentd, and then the same message without end. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/fds.h"
#include "proto/proto.h"

static int say(int fd, enum proto_type type, uint32_t sequence, const void *body, size_t length)
{
	struct proto_header header;
	struct iovec parts[] = {{.iov_base = &header, .iov_len = sizeof(header)},
		{.iov_base = (void *)(uintptr_t)body, .iov_len = length}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	proto_header_make(&header, type, 0, sequence);
	while (sendmsg(fd, &message, MSG_NOSIGNAL) == -1) {
		if (errno != EAGAIN)
			return -1;
		ppoll(&room, 1, NULL, NULL);
	}
	return 0;
}

/* The launcher sends the channel to parentd right after the start. */
static int parent_channel(void)
{
	struct proto_header header;
	struct iovec part = {.iov_base = &header, .iov_len = sizeof(header)};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(FD_LAUNCHER, &message, 0) == sizeof(header) &&
		header.type == LAUNCHER_PARENT_CHANNEL && CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

int main(void)
{
	const struct child_hello hello = {.pid = getpid()};
	const struct check_verdict verdict = {.script = 1};
	struct pollfd launcher = {.fd = FD_LAUNCHER, .events = POLLIN};
	uint32_t sequence = 1;
	int fd = parent_channel();

	if (fd == -1 || say(fd, CHILD_HELLO, sequence, &hello, sizeof(hello)) == -1)
		_exit(1);
	while (say(fd, CHECK_VERDICT, ++sequence, &verdict, sizeof(verdict)) == 0)
		continue;
	ppoll(&launcher, 1, NULL, NULL); /* which stops it, or has it killed */
	_exit(1);
}
