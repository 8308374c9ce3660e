/* The transport over a socketpair: what arrives, what is refused, and what happens when nobody
 * reads. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/channel.h"

/* What the handlers saw. */
struct seen {
	unsigned messages;
	unsigned closed;
	uint16_t type;
	uint32_t generation;
	uint32_t last_value;
	int fd;
	bool free_inside;
	char why[200];
};

struct fixture {
	struct channel *channel; /* the side under test */
	int raw;                 /* the other end, written by hand */
	struct seen seen;
	uint32_t sequence;
};

static void on_message(struct channel *channel, const struct proto_header *header, const void *body,
	int fd, void *arg)
{
	struct seen *seen = arg;
	seen->messages++;
	seen->type = header->type;
	seen->generation = header->generation;
	seen->fd = fd;
	if (header->length >= sizeof(seen->last_value))
		memcpy(&seen->last_value, body, sizeof(seen->last_value));
	if (seen->free_inside)
		channel_free(channel);
}

static void on_closed(struct channel *channel, const char *why, void *arg)
{
	struct seen *seen = arg;
	seen->closed++;
	snprintf(seen->why, sizeof(seen->why), "%s", why == NULL ? "(end of file)" : why);
	if (seen->free_inside)
		channel_free(channel);
}

static const struct channel_handlers handlers = {on_message, on_closed};

static void open_as(struct fixture *fixture, enum proto_process self, enum proto_process peer)
{
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	memset(fixture, 0, sizeof(*fixture));
	fixture->seen.fd = -1;
	fixture->raw = pair[1];
	fixture->channel = channel_new_polled(pair[0], self, peer, &handlers, &fixture->seen);
	assert_non_null(fixture->channel);
}

/* parentd, hearing a child. */
static int setup(void **state)
{
	static struct fixture fixture;
	open_as(&fixture, PROTO_PARENT, PROTO_VRRP);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	if (!fixture->seen.free_inside)
		channel_free(fixture->channel);
	close(fixture->raw);
	return 0;
}

static void send_raw(int socket, const void *bytes, size_t length, const int *fds, unsigned count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	/* sendmsg does not write through it. */
	struct iovec vector = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(head), fds, count * sizeof(int));
	}
	assert_int_equal(sendmsg(socket, &message, MSG_DONTWAIT), length);
}

static void send_message(struct fixture *fixture, enum proto_type type, const void *body,
	size_t extra, const int *fds, unsigned count)
{
	uint8_t record[4096] = {0};
	struct proto_header header;
	proto_header_make(&header, type, 7, ++fixture->sequence);
	memcpy(record, &header, sizeof(header));
	if (header.length > 0)
		memcpy(record + sizeof(header), body, header.length);
	send_raw(fixture->raw, record, sizeof(header) + header.length + extra, fds, count);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static void assert_violation(struct fixture *fixture, const char *why)
{
	channel_read(fixture->channel);
	assert_int_equal(fixture->seen.messages, 0);
	assert_int_equal(fixture->seen.closed, 1);
	assert_string_equal(fixture->seen.why, why);
	/* Nothing more is read, not even the legal. */
	channel_read(fixture->channel);
	assert_int_equal(fixture->seen.closed, 1);
}

static void test_message_arrives(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {.pid = 5};
	send_message(fixture, CHILD_HELLO, &hello, 0, NULL, 0);
	hello.pid = 6;
	send_message(fixture, CHILD_HELLO, &hello, 0, NULL, 0);
	channel_read(fixture->channel);
	assert_int_equal(fixture->seen.messages, 2);
	assert_int_equal(fixture->seen.type, CHILD_HELLO);
	assert_int_equal(fixture->seen.generation, 7);
	assert_int_equal(fixture->seen.last_value, 6);
	assert_int_equal(fixture->seen.fd, -1);
	assert_int_equal(fixture->seen.closed, 0);
}

static void test_close_on_exec(void **state)
{
	const struct fixture *fixture = *state;
	assert_int_equal(fcntl(channel_fd(fixture->channel), F_GETFD), FD_CLOEXEC);
	assert_int_equal(channel_peer(fixture->channel), PROTO_VRRP);
}

static void test_wrong_size(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {0};
	send_message(fixture, CHILD_HELLO, &hello, 1, NULL, 0);
	assert_violation(
		fixture, "CHILD_HELLO from vrrpd: length in the header is not that of the record");
}

static void test_longer_than_any_message(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {0};
	send_message(fixture, CHILD_HELLO, &hello, 3000, NULL, 0);
	assert_violation(fixture, "CHILD_HELLO from vrrpd: longer than any message");
}

static void test_wrong_sender(void **state)
{
	struct fixture *fixture = *state;
	send_message(fixture, LAUNCHER_RELOAD, NULL, 0, NULL, 0);
	assert_violation(fixture, "LAUNCHER_RELOAD from vrrpd: the sender may not send this type");
}

static void test_lost_message(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {0};
	fixture->sequence = 1;
	send_message(fixture, CHILD_HELLO, &hello, 0, NULL, 0);
	assert_violation(fixture, "CHILD_HELLO from vrrpd: sequence number out of order");
}

static void test_unexpected_descriptor_is_closed(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {0};
	unsigned before = open_descriptors();
	send_message(fixture, CHILD_HELLO, &hello, 0, &fixture->raw, 1);
	assert_violation(
		fixture, "CHILD_HELLO from vrrpd: descriptor that the type does not carry");
	assert_int_equal(open_descriptors(), before);
}

static void test_descriptor(void **state)
{
	(void)state;
	struct fixture fixture;
	open_as(&fixture, PROTO_VRRP, PROTO_LAUNCHER);
	send_message(&fixture, LAUNCHER_LOG_FILE, NULL, 0, &fixture.raw, 1);
	channel_read(fixture.channel);
	assert_int_equal(fixture.seen.messages, 1);
	assert_true(fixture.seen.fd >= 0);
	assert_int_equal(fcntl(fixture.seen.fd, F_GETFD), FD_CLOEXEC);
	close(fixture.seen.fd);
	channel_free(fixture.channel);
	close(fixture.raw);
}

static void test_missing_descriptor(void **state)
{
	(void)state;
	struct fixture fixture;
	open_as(&fixture, PROTO_VRRP, PROTO_LAUNCHER);
	send_message(&fixture, LAUNCHER_LOG_FILE, NULL, 0, NULL, 0);
	assert_violation(&fixture, "LAUNCHER_LOG_FILE from holdfast: descriptor missing");
	channel_free(fixture.channel);
	close(fixture.raw);
}

static void test_surplus_descriptors_are_closed(void **state)
{
	(void)state;
	for (unsigned count = 2; count <= 8; count++) {
		struct fixture fixture;
		int fds[8];
		open_as(&fixture, PROTO_VRRP, PROTO_LAUNCHER);
		for (unsigned i = 0; i < count; i++)
			fds[i] = fixture.raw;
		unsigned before = open_descriptors();
		send_message(&fixture, LAUNCHER_LOG_FILE, NULL, 0, fds, count);
		assert_violation(
			&fixture, "LAUNCHER_LOG_FILE from holdfast: more than one descriptor");
		assert_int_equal(open_descriptors(), before);
		channel_free(fixture.channel);
		close(fixture.raw);
	}
}

static void test_state_is_followed(void **state)
{
	(void)state;
	struct fixture fixture;
	struct conf_begin begin = {.items = 1};
	struct conf_vrrp_global item = {0};
	open_as(&fixture, PROTO_VRRP, PROTO_PARENT);
	send_message(&fixture, CONF_BEGIN, &begin, 0, NULL, 0);
	send_message(&fixture, CONF_VRRP_GLOBAL, &item, 0, NULL, 0);
	send_message(&fixture, CONF_ABORT, NULL, 0, NULL, 0);
	send_message(&fixture, CONF_VRRP_GLOBAL, &item, 0, NULL, 0);
	channel_read(fixture.channel);
	assert_int_equal(fixture.seen.messages, 3);
	assert_string_equal(
		fixture.seen.why, "CONF_VRRP_GLOBAL from parentd: not allowed in this state");
	channel_free(fixture.channel);
	close(fixture.raw);
}

static void test_end_of_file(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {0};
	send_message(fixture, CHILD_HELLO, &hello, 0, NULL, 0);
	shutdown(fixture->raw, SHUT_RDWR);
	channel_read(fixture->channel);
	assert_int_equal(fixture->seen.messages, 1);
	assert_int_equal(fixture->seen.closed, 1);
	assert_string_equal(fixture->seen.why, "(end of file)");
}

static void test_sending_to_nobody(void **state)
{
	struct fixture *fixture = *state;
	shutdown(fixture->raw, SHUT_RDWR);
	assert_int_equal(channel_send(fixture->channel, CONF_APPLY, 1, NULL, -1), -1);
	assert_int_equal(errno, EPIPE);
}

static void test_freed_inside_a_handler(void **state)
{
	struct fixture *fixture = *state;
	struct child_hello hello = {0};
	fixture->seen.free_inside = true;
	send_message(fixture, CHILD_HELLO, &hello, 0, NULL, 0);
	send_message(fixture, CHILD_HELLO, &hello, 0, NULL, 0);
	channel_read(fixture->channel);
	assert_int_equal(fixture->seen.messages, 1);
}

static void test_freed_inside_closed(void **state)
{
	struct fixture *fixture = *state;
	fixture->seen.free_inside = true;
	shutdown(fixture->raw, SHUT_RDWR);
	channel_read(fixture->channel);
	assert_int_equal(fixture->seen.closed, 1);
}

static bool receive_raw(int socket, uint32_t *sequence, int *fd)
{
	uint8_t bytes[2048];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct proto_header header;
	if (recvmsg(socket, &message, MSG_DONTWAIT) < (ssize_t)sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	*sequence = header.sequence;
	*fd = -1;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head != NULL)
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return true;
}

/* A full socket: everything that was sent arrives, once and in order, descriptors included. */
static void test_queue_keeps_the_order(void **state)
{
	(void)state;
	struct fixture fixture;
	unsigned before = open_descriptors();
	open_as(&fixture, PROTO_LAUNCHER, PROTO_PARENT);
	unsigned sent = 0;
	struct launcher_dump dump = {.what = 1};
	while (!channel_pending(fixture.channel) || sent % 100 != 0) {
		assert_int_equal(channel_send(fixture.channel, LAUNCHER_DUMP, 0, &dump, -1), 0);
		sent++;
	}
	assert_int_equal(channel_send(fixture.channel, LAUNCHER_LOG_FILE, 0, NULL, fixture.raw), 0);
	sent++;
	uint32_t sequence;
	int fd = -1;
	for (uint32_t i = 1; i <= sent; i++) {
		channel_flush(fixture.channel);
		assert_true(receive_raw(fixture.raw, &sequence, &fd));
		assert_int_equal(sequence, i);
		assert_int_equal(fd != -1, i == sent);
	}
	close(fd);
	assert_int_equal(channel_pending(fixture.channel), 0);
	assert_false(receive_raw(fixture.raw, &sequence, &fd));
	channel_free(fixture.channel);
	close(fixture.raw);
	assert_int_equal(open_descriptors(), before);
}

static void test_queue_is_bounded(void **state)
{
	(void)state;
	struct fixture fixture;
	unsigned before = open_descriptors();
	open_as(&fixture, PROTO_LAUNCHER, PROTO_PARENT);
	struct launcher_upgrade_report report = {.state = UPGRADE_NONE};
	unsigned sent = 0;
	while (channel_send(fixture.channel, LAUNCHER_UPGRADE, 0, &report, -1) == 0)
		assert_true(++sent < 1000000);
	assert_int_equal(errno, ENOBUFS);
	/* The message that was not taken does not cost a sequence number. */
	uint32_t sequence;
	int fd = -1;
	assert_true(receive_raw(fixture.raw, &sequence, &fd));
	for (uint32_t i = 2; i <= sent; i++) {
		channel_flush(fixture.channel);
		assert_true(receive_raw(fixture.raw, &sequence, &fd));
	}
	assert_int_equal(channel_send(fixture.channel, LAUNCHER_UPGRADE, 0, &report, -1), 0);
	assert_true(receive_raw(fixture.raw, &sequence, &fd));
	assert_int_equal(sequence, sent + 1);
	channel_free(fixture.channel);
	close(fixture.raw);
	assert_int_equal(open_descriptors(), before);
}

/* Nothing goes before the last uncork, unless it is much; then all of it, in order. */
static void test_corked(void **state)
{
	(void)state;
	struct fixture fixture;
	unsigned before = open_descriptors();
	struct launcher_dump dump = {.what = 1};
	uint32_t sequence;
	int fd;
	open_as(&fixture, PROTO_LAUNCHER, PROTO_PARENT);
	channel_cork(fixture.channel);
	channel_cork(fixture.channel);
	assert_int_equal(channel_send(fixture.channel, LAUNCHER_DUMP, 0, &dump, -1), 0);
	assert_int_equal(channel_send(fixture.channel, LAUNCHER_LOG_FILE, 0, NULL, fixture.raw), 0);
	channel_uncork(fixture.channel);
	assert_false(receive_raw(fixture.raw, &sequence, &fd));
	channel_uncork(fixture.channel);
	assert_true(receive_raw(fixture.raw, &sequence, &fd));
	assert_int_equal(sequence, 1);
	assert_true(receive_raw(fixture.raw, &sequence, &fd));
	assert_int_equal(sequence, 2);
	assert_true(fd != -1);
	close(fd);
	channel_cork(fixture.channel);
	for (int i = 0; i < 40; i++)
		assert_int_equal(channel_send(fixture.channel, LAUNCHER_DUMP, 0, &dump, -1), 0);
	assert_true(receive_raw(fixture.raw, &sequence, &fd));
	channel_free(fixture.channel);
	close(fixture.raw);
	assert_int_equal(open_descriptors(), before);
}

/* Records share a system call: those behind the one that ends the channel are not seen, and their
 * descriptors do not stay open. */
static void test_descriptors_behind_the_end(void **state)
{
	(void)state;
	for (int free_inside = 0; free_inside <= 1; free_inside++) {
		struct fixture fixture;
		struct child_hello hello = {0};
		open_as(&fixture, PROTO_VRRP, PROTO_LAUNCHER);
		unsigned before = open_descriptors();
		fixture.seen.free_inside = free_inside != 0;
		if (free_inside != 0)
			send_message(&fixture, LAUNCHER_STOP, NULL, 0, NULL, 0);
		else
			send_message(&fixture, CHILD_HELLO, &hello, 0, NULL, 0);
		send_message(&fixture, LAUNCHER_LOG_FILE, NULL, 0, &fixture.raw, 1);
		channel_read(fixture.channel);
		assert_int_equal(fixture.seen.messages, free_inside);
		assert_int_equal(open_descriptors(), before - (unsigned)free_inside);
		if (free_inside == 0)
			channel_free(fixture.channel);
		close(fixture.raw);
	}
}

/* Two ends in one event loop: a thousand messages through a socket that holds far fewer. */
static void test_event_loop(void **state)
{
	(void)state;
	int pair[2];
	struct seen a = {0}, b = {0};
	struct event_base *base = event_base_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	struct channel *parent =
		channel_new(base, pair[0], PROTO_PARENT, PROTO_VRRP, &handlers, &a);
	struct channel *child = channel_new(base, pair[1], PROTO_VRRP, PROTO_PARENT, &handlers, &b);
	assert_non_null(parent);
	assert_non_null(child);
	for (uint32_t i = 1; i <= 1000; i++) {
		struct child_hello hello = {.pid = (int32_t)i};
		assert_int_equal(channel_send(child, CHILD_HELLO, 0, &hello, -1), 0);
	}
	assert_true(channel_pending(child));
	for (unsigned turns = 0; a.messages < 1000 && turns < 10000; turns++)
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(a.messages, 1000);
	assert_int_equal(a.last_value, 1000);
	assert_false(channel_pending(child));
	channel_free(child);
	for (unsigned turns = 0; a.closed == 0 && turns < 100; turns++)
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_int_equal(a.closed, 1);
	channel_free(parent);
	event_base_free(base);
}

#define WITH_PAIR(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(test_message_arrives),
		WITH_PAIR(test_close_on_exec),
		WITH_PAIR(test_wrong_size),
		WITH_PAIR(test_longer_than_any_message),
		WITH_PAIR(test_wrong_sender),
		WITH_PAIR(test_lost_message),
		WITH_PAIR(test_unexpected_descriptor_is_closed),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_missing_descriptor),
		cmocka_unit_test(test_surplus_descriptors_are_closed),
		cmocka_unit_test(test_state_is_followed),
		WITH_PAIR(test_end_of_file),
		WITH_PAIR(test_sending_to_nobody),
		WITH_PAIR(test_freed_inside_a_handler),
		WITH_PAIR(test_freed_inside_closed),
		cmocka_unit_test(test_corked),
		cmocka_unit_test(test_descriptors_behind_the_end),
		cmocka_unit_test(test_queue_keeps_the_order),
		cmocka_unit_test(test_queue_is_bounded),
		cmocka_unit_test(test_event_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
