#include "runner/nursery_message.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static_assert(sizeof(struct nursery_message) == 64, "padding in what the nursery is told");

int nursery_send(
	int channel, struct nursery_message *message, const int *fds, unsigned count, int flags)
{
	union {
		char bytes[CMSG_SPACE(NURSERY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec part = {message, sizeof(*message)};
	struct msghdr record = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	message->magic = NURSERY_MAGIC;
	message->version = NURSERY_VERSION;
	if (count > 0) {
		record.msg_control = control.bytes;
		record.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *head = CMSG_FIRSTHDR(&record);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(head), fds, count * sizeof(int));
	}
	do {
		sent = sendmsg(channel, &record, MSG_NOSIGNAL | flags);
	} while (sent == -1 && errno == EINTR);
	return sent == (ssize_t)sizeof(*message) ? 0 : -1;
}

static void take_fds(struct msghdr *record, int fds[NURSERY_FDS], unsigned *count)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(record);

	*count = 0;
	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return;
	*count = (unsigned)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(head), *count * sizeof(int));
}

/* Room for no more descriptors than there may be: the kernel drops others and says so. */
enum nursery_verdict nursery_receive(
	int channel, struct nursery_message *message, int fds[NURSERY_FDS], unsigned *count)
{
	union {
		char bytes[CMSG_SPACE(NURSERY_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = {message, sizeof(*message)};
	struct msghdr record = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(NURSERY_FDS * sizeof(int))};
	ssize_t length = recvmsg(channel, &record, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*count = 0;
	if (length == -1 && (errno == EAGAIN || errno == EINTR))
		return NURSERY_NOTHING;
	if (length <= 0)
		return NURSERY_GONE;
	take_fds(&record, fds, count);
	if (length == (ssize_t)sizeof(*message) && message->magic == NURSERY_MAGIC &&
		message->version == NURSERY_VERSION &&
		(record.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
		message->user[PROTO_USER_LEN - 1] == '\0')
		return NURSERY_MESSAGE;
	while (*count > 0)
		close(fds[--*count]);
	return NURSERY_GONE;
}
