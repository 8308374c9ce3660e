#include "parentd/launcher_link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"

void launcher_link_open(struct launcher_link *link, int fd, enum proto_process peer)
{
	*link = (struct launcher_link){.fd = fd, .peer = peer, .state = PROTO_STATE_OPEN};
}

void launcher_link_close(struct launcher_link *link)
{
	if (link->fd != -1)
		close(link->fd);
	link->fd = -1;
}

int launcher_link_send(
	struct launcher_link *link, enum proto_type type, const void *body, int send_fd)
{
	const struct proto_rule *rule = proto_rule_find(type);
	struct proto_header header;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec parts[2] = {{&header, sizeof(header)}, {NULL, rule->size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = rule->size > 0 ? 2 : 1};

	if (link->fd == -1) {
		errno = ENOTCONN;
		return -1;
	}
	memcpy(&parts[1].iov_base, &body, sizeof(body)); /* sendmsg only reads it */
	proto_header_make(&header, type, 0, link->sent + 1);
	if (send_fd != -1) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(part), &send_fd, sizeof(int));
	}
	if (sendmsg(link->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		return -1;
	link->sent++;
	log_topic(LOG_TOPIC_MESSAGES, "to %s: %s", proto_process_name(link->peer),
		proto_type_name((uint16_t)type));
	return 0;
}

/* The descriptor that came with a message; -1: none. */
static int take_fd(struct msghdr *received)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(received);
	int fd = -1;

	if (part != NULL && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
		part->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	return fd;
}

static const char *judge(
	struct launcher_link *link, struct launcher_message *message, size_t length, int flags)
{
	if ((flags & MSG_TRUNC) != 0)
		return "message too long";
	if ((flags & MSG_CTRUNC) != 0)
		return "more than one descriptor with a message";
	return proto_check(message->buffer.record, length, link->peer, PROTO_LAUNCHER, link->state,
		link->received + 1, message->fd != -1, &message->header, &message->body);
}

/* Room for one descriptor, which CMSG_SPACE is not: the kernel drops any more and says so in
 * msg_flags. */
enum link_verdict launcher_link_receive(
	struct launcher_link *link, struct launcher_message *message, const char **why)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = {message->buffer.record, sizeof(message->buffer.record)};
	struct msghdr received = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t length = recvmsg(link->fd, &received, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	message->fd = -1;
	if (length == -1 && (errno == EAGAIN || errno == EINTR))
		return LINK_EMPTY;
	if (length <= 0)
		return LINK_CLOSED;
	message->fd = take_fd(&received);
	*why = judge(link, message, (size_t)length, received.msg_flags);
	if (*why != NULL) {
		if (message->fd != -1)
			close(message->fd);
		return LINK_BROKEN;
	}
	link->received++;
	link->state = proto_state_next(link->state, message->header.type);
	log_topic(LOG_TOPIC_MESSAGES, "from %s: %s", proto_process_name(link->peer),
		proto_type_name(message->header.type));
	return LINK_MESSAGE;
}
