#include "common/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/channel_internal.h"
#include "common/log.h"

/* A parentd that pushes ten thousand virtual servers, each with a server and an HTTP_GET, fills
 * about half of it; a peer that leaves so much unread is stuck. */
#define QUEUE_BYTES_MAX (32U << 20)

/* Records that go through one system call, and how many such calls are made in one go, so that a
 * chatty peer cannot starve the other descriptors. */
#define BATCH        32
#define READ_BATCHES 2

#define RECORD_MAX (sizeof(struct proto_header) + PROTO_BODY_MAX)
_Static_assert(RECORD_MAX % _Alignof(uint64_t) == 0, "records behind each other are aligned");

/* Room for the descriptors of one record; one more than is allowed, to see it. A multiple of what
 * struct cmsghdr is aligned to. */
#define CONTROL_SIZE CMSG_SPACE(2 * sizeof(int))

struct channel *channel_new_polled(int fd, enum proto_process self, enum proto_process peer,
	const struct channel_handlers *handlers, void *arg)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return NULL;
	struct channel *channel = calloc(1, sizeof(*channel));
	if (channel == NULL)
		return NULL;
	channel->fd = fd;
	channel->self = self;
	channel->peer = peer;
	channel->state = PROTO_STATE_OPEN;
	channel->next_received = 1;
	channel->next_sent = 1;
	channel->handlers = handlers;
	channel->arg = arg;
	STAILQ_INIT(&channel->queue);
	return channel;
}

static void queue_drop_first(struct channel *channel)
{
	struct channel_record *record = STAILQ_FIRST(&channel->queue);
	STAILQ_REMOVE_HEAD(&channel->queue, entry);
	channel->queued_bytes -= record->length;
	if (record->fd != -1)
		close(record->fd);
	free(record);
}

void channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	if (channel->busy) {
		channel->freed = true;
		return;
	}
	if (channel->waiter != NULL)
		channel->waiter->release(channel);
	while (!STAILQ_EMPTY(&channel->queue))
		queue_drop_first(channel);
	if (channel->fd != -1)
		close(channel->fd);
	free(channel);
}

int channel_fd(const struct channel *channel)
{
	return channel->fd;
}

enum proto_process channel_peer(const struct channel *channel)
{
	return channel->peer;
}

int channel_pending(const struct channel *channel)
{
	return !STAILQ_EMPTY(&channel->queue);
}

static void attach(struct msghdr *message, char *control, int fd)
{
	memset(control, 0, CONTROL_SIZE);
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof(int));
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
}

/* One record onto the socket. 0, or -1 with errno. */
static int transmit(const struct channel *channel, void *bytes, size_t length, int fd)
{
	_Alignas(struct cmsghdr) char control[CONTROL_SIZE];
	struct iovec vector = {.iov_base = bytes, .iov_len = length};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	if (fd != -1)
		attach(&message, control, fd);
	ssize_t sent;
	do {
		sent = sendmsg(channel->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}

/* The first records of the queue. Returns how many went, or -1 with errno. */
static int transmit_queued(const struct channel *channel)
{
	_Alignas(struct cmsghdr) char controls[BATCH][CONTROL_SIZE];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	struct channel_record *record;
	unsigned count = 0;
	STAILQ_FOREACH(record, &channel->queue, entry)
	{
		if (count == BATCH)
			break;
		struct msghdr *message = &messages[count].msg_hdr;
		vectors[count] =
			(struct iovec){.iov_base = record->bytes, .iov_len = record->length};
		message->msg_iov = &vectors[count];
		message->msg_iovlen = 1;
		if (record->fd != -1)
			attach(message, controls[count], record->fd);
		count++;
	}
	int sent;
	do {
		sent = sendmmsg(channel->fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent == -1 && errno == EINTR);
	return sent;
}

static void want_write(struct channel *channel, bool wanted)
{
	if (channel->waiter != NULL)
		channel->waiter->want_write(channel, wanted);
}

/* As much of the queue as the socket takes. An error other than a full socket shows on the reading
 * side as well. */
static void flush(struct channel *channel)
{
	int sent = 0;
	channel->since_flush = 0;
	while (!STAILQ_EMPTY(&channel->queue) && (sent = transmit_queued(channel)) > 0) {
		while (sent-- > 0)
			queue_drop_first(channel);
	}
}

static int enqueue(struct channel *channel, const void *bytes, size_t length, int fd)
{
	if (channel->queued_bytes + length > QUEUE_BYTES_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	struct channel_record *record = malloc(sizeof(*record) + length);
	if (record == NULL)
		return -1;
	record->fd = -1;
	if (fd != -1 && (record->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1) {
		int saved = errno;
		free(record);
		errno = saved;
		return -1;
	}
	record->length = length;
	memcpy(record->bytes, bytes, length);
	STAILQ_INSERT_TAIL(&channel->queue, record, entry);
	channel->queued_bytes += length;
	if (channel->corked == 0)
		want_write(channel, true);
	else if (++channel->since_flush >= BATCH)
		flush(channel);
	return 0;
}

int channel_send(struct channel *channel, enum proto_type type, uint32_t generation,
	const void *body, int send_fd)
{
	_Alignas(uint64_t) unsigned char bytes[RECORD_MAX];
	struct proto_header header;
	proto_header_make(&header, type, generation, channel->next_sent);
	memcpy(bytes, &header, sizeof(header));
	if (header.length > 0)
		memcpy(bytes + sizeof(header), body, header.length);
	size_t length = sizeof(header) + header.length;
	int result = -1;
	if (channel->corked == 0 && STAILQ_EMPTY(&channel->queue))
		result = transmit(channel, bytes, length, send_fd);
	else
		errno = EAGAIN;
	if (result == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		result = enqueue(channel, bytes, length, send_fd);
	if (result == 0)
		channel->next_sent++;
	log_topic(LOG_TOPIC_MESSAGES, "to %s: %s %s", proto_process_name(channel->peer),
		proto_type_name((uint16_t)type), result == 0 ? "sent" : "not sent");
	return result;
}

void channel_flush(struct channel *channel)
{
	flush(channel);
	want_write(channel, channel_pending(channel));
}

void channel_cork(struct channel *channel)
{
	channel->corked++;
}

void channel_uncork(struct channel *channel)
{
	if (--channel->corked == 0 && channel_pending(channel))
		channel_flush(channel);
}

static void close_channel(struct channel *channel, const char *why)
{
	channel->closed = true;
	if (channel->waiter != NULL)
		channel->waiter->stop(channel);
	channel->handlers->closed(channel, why, channel->arg);
}

/* Takes every descriptor out of the control data: the first into *fd, the others closed. Returns
 * how many there were. */
static unsigned take_descriptors(struct msghdr *message, int *fd)
{
	unsigned count = 0;
	*fd = -1;
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	for (; head != NULL; head = CMSG_NXTHDR(message, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		size_t here = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < here; i++, count++) {
			int received;
			memcpy(&received, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
			if (count == 0)
				*fd = received;
			else
				close(received);
		}
	}
	return count;
}

static void judge(struct channel *channel, const struct msghdr *message, const void *bytes,
	size_t length, unsigned fds, int fd)
{
	struct proto_header header;
	const void *body;
	const char *why = NULL;
	if ((message->msg_flags & MSG_TRUNC) != 0)
		why = "longer than any message";
	else if ((message->msg_flags & MSG_CTRUNC) != 0 || fds > 1)
		why = "more than one descriptor";
	else
		why = proto_check(bytes, length, channel->peer, channel->self, channel->state,
			channel->next_received, fd != -1, &header, &body);
	if (why != NULL) {
		char text[160];
		uint16_t type = 0;
		if (length >= sizeof(header))
			memcpy(&type, (const char *)bytes + offsetof(struct proto_header, type),
				sizeof(type));
		snprintf(text, sizeof(text), "%s from %s: %s", proto_type_name(type),
			proto_process_name(channel->peer), why);
		if (fd != -1)
			close(fd);
		close_channel(channel, text);
		return;
	}
	channel->next_received++;
	channel->state = proto_state_next(channel->state, header.type);
	log_topic(LOG_TOPIC_MESSAGES, "from %s: %s", proto_process_name(channel->peer),
		proto_type_name(header.type));
	channel->handlers->message(channel, &header, body, fd, channel->arg);
}

/* One record of a batch. */
static void take_record(struct channel *channel, struct mmsghdr *record)
{
	size_t length = record->msg_len;
	int fd = -1;
	unsigned fds = length > 0 ? take_descriptors(&record->msg_hdr, &fd) : 0;
	if (channel->closed || channel->freed) { /* by the record before */
		if (fd != -1)
			close(fd);
	} else if (length > 0) {
		judge(channel, &record->msg_hdr, record->msg_hdr.msg_iov->iov_base, length, fds,
			fd);
	} else {
		close_channel(channel, NULL);
	}
}

/* What waits, up to a batch. False when nothing more is to be read now. */
static bool read_batch(struct channel *channel)
{
	_Alignas(uint64_t) unsigned char bytes[BATCH][RECORD_MAX];
	_Alignas(struct cmsghdr) char controls[BATCH][CONTROL_SIZE];
	struct iovec vectors[BATCH];
	struct mmsghdr records[BATCH];
	for (unsigned i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){.iov_base = bytes[i], .iov_len = sizeof(bytes[i])};
		records[i].msg_hdr = (struct msghdr){
			.msg_iov = &vectors[i],
			.msg_iovlen = 1,
			.msg_control = controls[i],
			.msg_controllen = CONTROL_SIZE,
		};
	}
	int count = recvmmsg(channel->fd, records, BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
	if (count == -1 && errno == EINTR)
		return true;
	if (count == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
		close_channel(channel, NULL);
	for (int i = 0; i < count; i++)
		take_record(channel, &records[i]);
	return count == BATCH && !channel->closed && !channel->freed;
}

void channel_read(struct channel *channel)
{
	if (channel->closed)
		return;
	channel->busy = true;
	for (unsigned i = 0; i < READ_BATCHES && read_batch(channel); i++)
		;
	channel->busy = false;
	if (channel->freed)
		channel_free(channel);
}
