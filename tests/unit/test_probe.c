/* Probes against listeners of this process on loopback: each ends once, and leaves nothing open. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "checkerd/probe.h"
#include "checkerd/probe_tcp.h"
#include "common/loop.h"

struct outcome {
	unsigned ends;
	bool good;
	char reason[PROTO_REASON_LEN];
};

static struct event_base *base;

static void done(bool good, const char *reason, void *arg)
{
	struct outcome *outcome = arg;

	outcome->ends++;
	outcome->good = good;
	strcpy(outcome->reason, reason);
	event_base_loopbreak(base);
}

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
static int bound(struct probe_target *target)
{
	struct sockaddr_storage name;
	socklen_t length = probe_sockaddr(&target->address, 0, &name);
	int fd = socket(target->address.family, SOCK_STREAM, 0);

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

	if (probe_tcp_start(base, target, done, &outcome) == NULL) {
		outcome.ends = 1;
		probe_start_failed(target, errno, outcome.reason);
		return outcome;
	}
	assert_int_equal(outcome.ends, 0);
	event_base_dispatch(base);
	assert_int_equal(outcome.ends, 1);
	return outcome;
}

static void test_connection(void **state)
{
	static const int families[] = {AF_INET, AF_INET6};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct probe_target target = loopback(families[i]);
		int listener = bound(&target);
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
	int listener = bound(&target);
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
	int listener = bound(&target);
	struct outcome outcome = {0};
	int before = open_descriptors();

	(void)state;
	assert_int_equal(listen(listener, 8), 0);
	struct probe *probe = probe_tcp_start(base, &target, done, &outcome);
	assert_non_null(probe);
	probe_cancel(probe);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(event_base_dispatch(base), 1); /* nothing is left to wait for */
	assert_int_equal(outcome.ends, 0);
	close(listener);
}

/* The address and port that a server sees; the same port serves again and again. */
static void test_source(void **state)
{
	struct probe_target target = loopback(AF_INET);
	struct probe_target other = loopback(AF_INET);
	struct sockaddr_in peer;
	int listener = bound(&target);
	int reserved = bound(&other);

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

static void test_cannot_start(void **state)
{
	struct probe_target target = loopback(AF_INET);

	(void)state;
	target.port = 80;
	strcpy(target.ifname, "hf-missing0");
	struct outcome outcome = tcp(&target);
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "127.0.0.1:80: there is no interface hf-missing0");
	target.ifname[0] = '\0';
	target.fwmark = 5;
	probe_start_failed(&target, EPERM, outcome.reason);
	assert_non_null(strstr(outcome.reason, "fwmark 5 cannot be set: "));
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
		cmocka_unit_test(test_cannot_start),
		cmocka_unit_test(test_words),
	};
	base = loop_new();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	event_base_free(base);
	return failed;
}
