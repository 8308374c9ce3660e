/* SMTP_CHECK and DNS_CHECK against a server that is this test's, in a process of its own: one that
 * answers, and ones that do not play by the rules. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "checkerd/dns_message.h"
#include "checkerd/probe_dns.h"
#include "checkerd/probe_smtp.h"
#include "common/clock.h"
#include "common/loop.h"
#include "tests/unit/probe_outcome.h"

#define QUICK_US 200000

/* ---- the server ---- */

/* A socket on loopback at a free port, which target gets. */
static int bound(int type, struct probe_target *target)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(name);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &length), 0);
	*target = (struct probe_target){.address = {.family = AF_INET, .bytes = {127, 0, 0, 1}},
		.port = ntohs(name.sin_port),
		.timeout_us = 10000000};
	return fd;
}

static pid_t serve(int fd, void (*server)(int fd, const void *arg), const void *arg)
{
	pid_t pid = fork();

	assert_true(pid != -1);
	if (pid != 0) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	server(fd, arg);
	pause();
	_exit(0);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) == -1)
		_exit(0);
}

/* Greets with the first line, answers every line with the next, and then stays. */
static void polite(int fd, const void *arg)
{
	const char *const *lines = arg;
	char heard[512];

	fd = accept(fd, NULL, NULL);
	for (; *lines != NULL; lines++) {
		say(fd, *lines);
		if (read(fd, heard, sizeof(heard)) <= 0)
			_exit(0);
	}
}

static void closing(int fd, const void *arg)
{
	fd = accept(fd, NULL, NULL);
	say(fd, arg);
	_exit(0);
}

/* Its first bytes, and then the last of them again and again: as fast as it can, or slowly. */
static void endless(int fd, const void *arg)
{
	const char *text = arg;

	fd = accept(fd, NULL, NULL);
	for (say(fd, text);; say(fd, text + strlen(text) - 1)) {
		if (text[strlen(text) - 1] != 'z')
			usleep(20000);
	}
}

static void silent(int fd, const void *arg)
{
	(void)arg;
	accept(fd, NULL, NULL);
}

/* ---- SMTP ---- */

static struct outcome smtp(
	void (*server)(int fd, const void *arg), const void *arg, uint64_t timeout_us)
{
	struct outcome outcome = {0};
	struct probe_target target;
	int fd = bound(SOCK_STREAM, &target);

	assert_int_equal(listen(fd, 4), 0);
	pid_t pid = serve(fd, server, arg);
	target.timeout_us = timeout_us;
	assert_non_null(
		probe_smtp_start(probe_base, &target, "checker.example", outcome_take, &outcome));
	assert_int_equal(outcome.ends, 0);
	event_base_dispatch(probe_base);
	assert_int_equal(outcome.ends, 1);
	end(pid);
	return outcome;
}

static void assert_smtp(const char *const *lines, bool good, const char *reason)
{
	struct outcome outcome = smtp(polite, lines, 10000000);

	assert_int_equal(outcome.good, good);
	assert_string_equal(outcome.reason, reason);
}

static void test_smtp(void **state)
{
	(void)state;
	assert_smtp((const char *[]){"220 hello\r\n", "250 you\r\n", "221 bye\r\n", NULL}, true,
		"250 you");
	assert_smtp((const char *[]){"220-hello\r\n220-there\r\n220 x\r\n",
			    "250-PIPELINING\r\n250 you\r\n", NULL},
		true, "250-PIPELINING");
	assert_smtp((const char *[]){"554 go away\r\n", NULL}, false,
		"554 go away (wanted 220 as greeting)");
	assert_smtp((const char *[]){"220 hello\r\n", "554 go away\r\n", NULL}, false,
		"554 go away (wanted 250 to HELO)");
	assert_smtp((const char *[]){"SSH-2.0-x\r\n", NULL}, false,
		"no reply of a mail server: \"SSH-2.0-x\"");
	/* an answer before the question is one */
	assert_smtp((const char *[]){"220 hello\r\n250 you\r\n", "", NULL}, true, "250 you");
}

static void test_smtp_silence(void **state)
{
	struct outcome outcome = smtp(silent, NULL, QUICK_US);

	(void)state;
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "no greeting for 0.2 s");
	outcome = smtp(polite, (const char *[]){"220 hello\r\n", NULL}, QUICK_US);
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "no answer to HELO for 0.2 s");
	outcome = smtp(closing, "", 10000000);
	assert_false(outcome.good);
	assert_non_null(strstr(outcome.reason, "closed the connection without a greeting"));
	outcome = smtp(closing, "220 h", 10000000);
	assert_non_null(strstr(outcome.reason, "closed the connection without a greeting"));
	outcome = smtp(closing, "220 hello\r\n", 10000000);
	assert_false(outcome.good);
}

/* A byte now and then does not lengthen a step. */
static void test_smtp_drip(void **state)
{
	struct outcome outcome = smtp(endless, "220 a", QUICK_US);

	(void)state;
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "no greeting for 0.2 s");
}

static void test_smtp_endless_line(void **state)
{
	struct outcome outcome = smtp(endless, "220 z", 10000000);

	(void)state;
	assert_false(outcome.good);
	assert_non_null(strstr(outcome.reason, "a line without an end: \"220 zzz"));
}

static void test_smtp_nobody(void **state)
{
	struct outcome outcome = {0};
	struct probe_target target;
	int fd = bound(SOCK_STREAM, &target);

	(void)state;
	if (probe_smtp_start(probe_base, &target, "x", outcome_take, &outcome) == NULL)
		probe_start_failed(&target, errno, outcome.reason);
	else
		event_base_dispatch(probe_base);
	assert_non_null(strstr(outcome.reason, "connection refused"));
	assert_int_equal(listen(fd, 4), 0);
	struct probe *probe = probe_smtp_start(probe_base, &target, "x", outcome_take, &outcome);
	assert_non_null(probe);
	probe_cancel(probe);
	close(fd);
}

/* ---- DNS ---- */

/* Answers a query with the bytes of arg in the place of its own, cut to their number. */
struct answer {
	const char *header; /* third and fourth byte */
	size_t cut;         /* 0: nothing is cut off */
	bool garbage_first;
};

static void dns_server(int fd, const void *arg)
{
	const struct answer *answer = arg;
	uint8_t bytes[512];
	struct sockaddr_in from;
	socklen_t from_length = sizeof(from);

	ssize_t length =
		recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_length);
	if (length < 12 || answer == NULL)
		return;
	for (int i = 0; answer->garbage_first && i < 100; i++) {
		uint8_t other[64];
		memcpy(other, bytes, 17);
		other[2] = 0x81;
		other[i % 17] ^= 0x40;
		if (i % 17 < 12 && (i % 17 == 3 || i % 17 > 5))
			other[0] ^= 1; /* else it would be an answer */
		sendto(fd, other, 17, 0, (struct sockaddr *)&from, from_length);
		/* what comes from another port is none, either */
		bytes[2] = 0x81;
		int stranger = socket(AF_INET, SOCK_DGRAM, 0);
		sendto(stranger, bytes, (size_t)length, 0, (struct sockaddr *)&from, from_length);
		close(stranger);
	}
	memcpy(bytes + 2, answer->header, 2);
	if (answer->cut != 0)
		length = (ssize_t)answer->cut;
	sendto(fd, bytes, (size_t)length, 0, (struct sockaddr *)&from, from_length);
}

static struct outcome dns(const struct answer *answer, uint64_t timeout_us)
{
	struct outcome outcome = {0};
	struct probe_target target;
	pid_t pid = serve(bound(SOCK_DGRAM, &target), dns_server, answer);

	target.timeout_us = timeout_us;
	assert_non_null(
		probe_dns_start(probe_base, &target, DNS_TYPE_SOA, ".", outcome_take, &outcome));
	assert_int_equal(outcome.ends, 0);
	event_base_dispatch(probe_base);
	assert_int_equal(outcome.ends, 1);
	end(pid);
	return outcome;
}

static void test_dns(void **state)
{
	struct outcome outcome = dns(&(const struct answer){.header = "\x81\x80"}, 10000000);

	(void)state;
	assert_true(outcome.good);
	assert_string_equal(outcome.reason, "NOERROR for . SOA");
	outcome = dns(&(const struct answer){.header = "\x81\x82"}, 10000000);
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "SERVFAIL for . SOA");
}

static void test_dns_garbage(void **state)
{
	const struct answer late = {.header = "\x81\x80", .garbage_first = true};
	const struct answer cut = {.header = "\x81\x80", .cut = 16};
	const struct answer question = {.header = "\x01\x00"};
	struct outcome outcome = dns(&late, 10000000);

	(void)state;
	assert_true(outcome.good);
	outcome = dns(&cut, QUICK_US);
	assert_false(outcome.good);
	assert_string_equal(
		outcome.reason, "no answer to . SOA for 0.2 s, but 1 datagrams of other content");
	assert_false(dns(&question, QUICK_US).good);
	outcome = dns(NULL, QUICK_US);
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "no answer to . SOA for 0.2 s");
}

static void test_dns_nobody(void **state)
{
	struct outcome outcome = {0};
	struct probe_target target;

	(void)state;
	close(bound(SOCK_DGRAM, &target));
	assert_non_null(
		probe_dns_start(probe_base, &target, 1, "www.example", outcome_take, &outcome));
	event_base_dispatch(probe_base);
	assert_false(outcome.good);
	assert_non_null(strstr(outcome.reason, "nobody listens at 127.0.0.1:"));
	assert_null(
		probe_dns_start(probe_base, &target, 1, "www..example", outcome_take, &outcome));
	assert_int_equal(errno, EINVAL);
	struct probe *probe =
		probe_dns_start(probe_base, &target, 1, "www.example", outcome_take, &outcome);
	assert_non_null(probe);
	probe_cancel(probe);
	assert_int_equal(outcome.ends, 1);
}

static int set_up(void **state)
{
	(void)state;
	probe_base = loop_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	event_base_free(probe_base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smtp),
		cmocka_unit_test(test_smtp_silence),
		cmocka_unit_test(test_smtp_drip),
		cmocka_unit_test(test_smtp_endless_line),
		cmocka_unit_test(test_smtp_nobody),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_dns_garbage),
		cmocka_unit_test(test_dns_nobody),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
