/* Probes against listeners of this process on loopback: each ends once, and leaves nothing open. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "checkerd/probe.h"
#include "checkerd/probe_ping.h"
#include "checkerd/probe_tcp.h"
#include "checkerd/probe_udp.h"
#include "common/loop.h"
#include "tests/unit/probe_outcome.h"

static int open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

static struct probe_target loopback(int family)
{
	struct probe_target target = {.timeout_us = 5000000};

	target.address.family = (uint8_t)family;
	if (family == AF_INET)
		memcpy(target.address.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
	else
		target.address.bytes[15] = 1;
	return target;
}

/* A socket at a free port, which target gets. */
static int bound(struct probe_target *target, int type)
{
	struct sockaddr_storage name;
	socklen_t length = probe_sockaddr(&target->address, 0, &name);
	int fd = socket(target->address.family, type, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &length), 0);
	if (target->address.family == AF_INET)
		target->port = ntohs(((struct sockaddr_in *)&name)->sin_port);
	else
		target->port = ntohs(((struct sockaddr_in6 *)&name)->sin6_port);
	return fd;
}

static struct outcome tcp(const struct probe_target *target)
{
	struct outcome outcome = {0};

	if (probe_tcp_start(probe_base, target, outcome_take, &outcome) == NULL) {
		outcome.ends = 1;
		probe_start_failed(target, errno, outcome.reason);
		return outcome;
	}
	assert_int_equal(outcome.ends, 0);
	event_base_dispatch(probe_base);
	assert_int_equal(outcome.ends, 1);
	return outcome;
}

static void test_connection(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct probe_target target = loopback(families[i]);
		int listener = bound(&target, SOCK_STREAM);
		int before = open_descriptors();

		struct outcome outcome = tcp(&target);
		assert_false(outcome.good);
		assert_non_null(strstr(outcome.reason, "connection refused by "));
		assert_int_equal(listen(listener, 8), 0);
		outcome = tcp(&target);
		assert_true(outcome.good);
		assert_int_equal(open_descriptors(), before);
		close(listener);
	}
}

static void test_no_answer(void **state)
{
	struct probe_target target = loopback(AF_INET);
	int listener = bound(&target, SOCK_STREAM);
	int before = open_descriptors();
	struct probe_target quick = target;

	(void)state;
	/* the kernel drops what does not fit into the queue of a listener */
	assert_int_equal(listen(listener, 0), 0);
	assert_true(tcp(&target).good);
	quick.timeout_us = 50000;
	struct outcome outcome = tcp(&quick);
	assert_false(outcome.good);
	assert_non_null(strstr(outcome.reason, "no connection to 127.0.0.1:"));
	assert_non_null(strstr(outcome.reason, " within 0.05 s"));
	assert_int_equal(open_descriptors(), before);
	close(listener);
}

static void test_cancelled(void **state)
{
	struct probe_target target = loopback(AF_INET);
	int listener = bound(&target, SOCK_STREAM);
	struct outcome outcome = {0};
	int before = open_descriptors();

	(void)state;
	assert_int_equal(listen(listener, 8), 0);
	struct probe *probe = probe_tcp_start(probe_base, &target, outcome_take, &outcome);
	assert_non_null(probe);
	probe_cancel(probe);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(event_base_dispatch(probe_base), 1); /* nothing is left to wait for */
	assert_int_equal(outcome.ends, 0);
	close(listener);
}

/* The address and port that a server sees; the same port serves again and again. */
static void test_source(void **state)
{
	struct probe_target target = loopback(AF_INET);
	struct probe_target other = loopback(AF_INET);
	struct sockaddr_in peer;
	int listener = bound(&target, SOCK_STREAM);
	int reserved = bound(&other, SOCK_STREAM);

	(void)state;
	close(reserved);
	assert_int_equal(listen(listener, 8), 0);
	target.bindto = target.address;
	target.bindto.bytes[3] = 77;
	for (int i = 0; i < 4; i++) {
		socklen_t length = sizeof(peer);
		target.bind_port = i < 2 ? 0 : other.port;
		assert_true(tcp(&target).good);
		int fd = accept(listener, (struct sockaddr *)&peer, &length);
		assert_int_not_equal(fd, -1);
		assert_int_equal(ntohl(peer.sin_addr.s_addr), 0x7f00004d);
		if (target.bind_port != 0)
			assert_int_equal(ntohs(peer.sin_port), other.port);
		close(fd);
	}
	close(listener);
}

static void test_source_ipv6(void **state)
{
	struct probe_target target = loopback(AF_INET6);
	struct probe_target other = loopback(AF_INET6);
	struct sockaddr_in6 peer;
	socklen_t length = sizeof(peer);
	int listener = bound(&target, SOCK_STREAM);
	int reserved = bound(&other, SOCK_STREAM);

	(void)state;
	close(reserved);
	assert_int_equal(listen(listener, 8), 0);
	target.bindto = target.address;
	assert_true(tcp(&target).good);
	close(accept(listener, NULL, NULL));
	target.bind_port = other.port;
	assert_true(tcp(&target).good);
	int fd = accept(listener, (struct sockaddr *)&peer, &length);
	assert_int_equal(ntohs(peer.sin6_port), other.port);
	close(fd);
	close(listener);
}

static void test_cannot_start(void **state)
{
	struct probe_target target = loopback(AF_INET);

	(void)state;
	target.port = 80;
	strcpy(target.ifname, "hf-missing0");
	struct outcome outcome = tcp(&target);
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "127.0.0.1:80: there is no interface hf-missing0");
}

/* ---- UDP ---- */

struct echo {
	struct event *readable;
	int fd;
	const char *reply;
	char asked[64];
	ssize_t asked_length;
};

static void answer(evutil_socket_t fd, short what, void *arg)
{
	struct echo *echo = arg;
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);

	(void)what;
	echo->asked_length = recvfrom(
		fd, echo->asked, sizeof(echo->asked), 0, (struct sockaddr *)&from, &length);
	if (echo->reply != NULL)
		sendto(fd, echo->reply, strlen(echo->reply), 0, (struct sockaddr *)&from, length);
}

static struct outcome udp(const struct probe_target *target, const struct udp_check *check)
{
	struct outcome outcome = {0};

	assert_non_null(probe_udp_start(probe_base, target, check, outcome_take, &outcome));
	assert_int_equal(outcome.ends, 0);
	event_base_dispatch(probe_base);
	assert_int_equal(outcome.ends, 1);
	return outcome;
}

static void assert_udp(const struct probe_target *target, const struct udp_check *check, bool good,
	const char *reason)
{
	struct outcome outcome = udp(target, check);

	assert_non_null(strstr(outcome.reason, reason));
	assert_int_equal(outcome.good, good);
}

static void test_udp(void **state)
{
	struct probe_target target = loopback(AF_INET);
	struct echo echo = {.fd = bound(&target, SOCK_DGRAM)};
	struct udp_check check = {.max_reply = 255};
	int before;

	(void)state;
	echo.readable = event_new(probe_base, echo.fd, EV_READ | EV_PERSIST, answer, &echo);
	event_add(echo.readable, NULL);
	before = open_descriptors();
	target.timeout_us = 50000;
	assert_udp(&target, &check, true, "no error from 127.0.0.1:");
	assert_int_equal(echo.asked_length, 32);
	check.reply_required = true;
	assert_udp(&target, &check, false, "no reply from 127.0.0.1:");
	target.timeout_us = 5000000;
	echo.reply = "pong 1";
	memcpy(check.payload, "ping", 4);
	check.payload_length = 4;
	assert_udp(&target, &check, true, "as required");
	assert_int_equal(echo.asked_length, 4);
	assert_memory_equal(echo.asked, "ping", 4);
	memcpy(check.pattern, "pong 2", 6);
	memset(check.mask, 0xff, 6);
	check.pattern_length = 6;
	assert_udp(&target, &check, false, "is not as required");
	check.mask[5] = 0xf0; /* 1 and 2 differ in the other half */
	assert_udp(&target, &check, true, "as required");
	check.pattern_length = 7;
	assert_udp(&target, &check, false, "is not as required");
	check.pattern_length = 0;
	check.min_reply = 7;
	assert_udp(&target, &check, false, "reply of 6 bytes ");
	check.min_reply = 6;
	check.max_reply = 6;
	assert_udp(&target, &check, true, "as required");
	check.max_reply = 5;
	assert_udp(&target, &check, false, "(wanted 6-5)");
	check.reply_required = false;
	assert_udp(&target, &check, true, "reply from");
	assert_int_equal(open_descriptors(), before);
	event_free(echo.readable);
	close(echo.fd);
	assert_udp(&target, &check, false, "connection refused by 127.0.0.1:");
}

/* ---- ping ---- */

/* A network of our own, where the group is allowed or not. */
static bool own_network(const char *groups)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (unshare(CLONE_NEWNET) == -1)
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
	fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY);
	bool written = fd != -1 && write(fd, groups, strlen(groups)) == (ssize_t)strlen(groups);
	close(fd);
	return written;
}

static void test_ping_forbidden(void **state)
{
	struct probe_target target = loopback(AF_INET);
	char reason[PROTO_REASON_LEN];

	(void)state;
	if (!own_network("1 0"))
		skip();
	assert_null(probe_ping_start(probe_base, &target, outcome_take, NULL));
	assert_int_equal(errno, EACCES);
	probe_ping_start_failed(&target, EACCES, reason);
	assert_non_null(strstr(reason, "net.ipv4.ping_group_range has to hold group "));
}

static void test_ping(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	if (!own_network("0 2147483647"))
		skip();
	for (size_t i = 0; i < 2; i++) {
		struct probe_target target = loopback(families[i]);
		struct outcome outcome = {0};
		int before = open_descriptors();
		assert_non_null(probe_ping_start(probe_base, &target, outcome_take, &outcome));
		event_base_dispatch(probe_base);
		assert_true(outcome.good);
		assert_non_null(strstr(outcome.reason, "echo from "));
		assert_int_equal(open_descriptors(), before);
	}
}

static void test_words(void **state)
{
	char text[PROBE_SECONDS_LEN];
	char error[PROBE_ERROR_LEN];

	(void)state;
	assert_string_equal(probe_seconds(5000000, text), "5 s");
	assert_string_equal(probe_seconds(2500000, text), "2.5 s");
	assert_string_equal(probe_seconds(1, text), "0.000001 s");
	assert_string_equal(probe_seconds(100000000, text), "100 s");
	assert_string_equal(probe_error(EHOSTUNREACH, error), "no route to host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_source_ipv6),
		cmocka_unit_test(test_cannot_start),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_ping_forbidden),
		cmocka_unit_test(test_words),
	};
	probe_base = loop_new();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	event_base_free(probe_base);
	return failed;
}
