/* HTTP probes against a server of this process that does what it should not. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "checkerd/body_regex.h"
#include "checkerd/tls.h"
#include "common/loop.h"
#include "http_server.h"

static void check_ask(void (*serve)(int, void *), const char *text, bool good, const char *reason)
{
	http_check_reason(CHECK_HTTP, serve, text, good, reason);
}

/* ---- plain HTTP ---- */

static void test_status(void **state)
{
	struct http_request several = http_request_of(CHECK_HTTP);

	(void)state;
	check_ask(http_say, HTTP_OK "Content-Length: 4\r\n\r\nbody", true, "status 200");
	check_ask(http_say, "HTTP/1.0 204\n\n", true, "status 204");
	check_ask(http_say, HTTP_OK "\r\nuntil the end", true, "status 200");
	/* a server that does not close, but says how long the body is */
	check_ask(http_say_and_wait, HTTP_OK "Content-Length: 4\r\n\r\nbody", true, "status 200");
	check_ask(http_say_and_wait, HTTP_OK "Content-Length: 4\r\n\r\nbody and more", true,
		"status 200");
	check_ask(http_say, HTTP_OK "Content-Length: 10\r\n\r\nbody", true,
		"status 200, 4 bytes of a body of 10");
	check_ask(http_say, "HTTP/1.1 503 x\r\n\r\n", false, "status 503 (wanted 200-299)");
	check_ask(http_say, "HTTP/1.1 301 x\r\nLocation: /\r\n\r\n", false,
		"status 301 (wanted 200-299)");
	check_ask(http_say, "HTTP/1.1 099 x\r\n\r\n", false, "status 99 (wanted 200-299)");
	check_ask(http_say, "HTTP/1.1 999 x\r\n\r\n", false, "status 999 (wanted 200-299)");
	http_accept_status(&several.url, 401, 401);
	http_accept_status(&several.url, 599, 599);
	struct outcome outcome = http_ask(&several, http_say, "HTTP/1.1 402 x\r\n\r\n");
	assert_string_equal(outcome.reason, "status 402 (wanted 200-299, 401, 599)");
	assert_true(http_ask(&several, http_say, "HTTP/1.1 599 x\r\n\r\n").good);
}

static void test_no_reply(void **state)
{
	(void)state;
	check_ask(http_say_and_wait, "", false, "no answer for 0.15 s");
	check_ask(http_say_and_wait, HTTP_OK "Content-", false,
		"the head of the reply did not end within 0.15 s");
	check_ask(http_say_and_wait, HTTP_OK "\r\nbody", false,
		"nothing more of the body for 0.15 s");
	check_ask(http_say, "", false, "the server closed the connection without an answer");
	check_ask(http_say, HTTP_OK "Content", false,
		"the server closed the connection within the head of the reply");
	check_ask(http_say_and_reset, "", false, "connection reset before the reply was complete");
	check_ask(http_say_and_reset, HTTP_OK "\r\nbody", false,
		"connection reset while reading the body");
}

static void test_garbage(void **state)
{
	(void)state;
	check_ask(http_say, "garbage\r\n\r\n", false, "the reply has no HTTP/1 status line");
	check_ask(http_say, "HTTP/1.1 1000 OK\r\n\r\n", false,
		"the reply has a status that is not three digits");
	check_ask(http_say, HTTP_OK "Content-Length: -1\r\n\r\n", false,
		"the reply has a malformed Content-Length");
	check_ask(http_say, HTTP_OK "Content-Length: 99999999999999999999999\r\n\r\n", false,
		"the reply has a malformed Content-Length");
	check_ask(http_say, HTTP_OK "Content-Length: 999999999999999999\r\n\r\nx", true,
		"status 200, 1 bytes of a body of 999999999999999999");
}

/* A byte now and then holds nothing for longer than four steps. */
static void test_slow(void **state)
{
	(void)state;
	check_ask(http_trickle, HTTP_OK "|X: y", false,
		"the head of the reply did not end within 0.15 s");
	check_ask(http_trickle, "HTTP/1.0 200\n\n|x", false, "the reply did not end within 1.2 s");
}

static void test_floods(void **state)
{
	struct http_request with_regex = http_request_of(CHECK_HTTP);
	long before = http_peak_kib();

	(void)state;
	check_ask(http_flood, HTTP_OK "|X: yyyyyyyyyyyyy\r\n", false,
		"the reply has a head of more than 32768 bytes");
	check_ask(http_flood, HTTP_OK "X: |yyyyyyyyyyyyyyyyyyy", false,
		"the reply has a head of more than 32768 bytes");
	check_ask(http_flood, "|HTTP/1.1 100 Continue\r\n\r\n", false,
		"the reply has a head of more than 32768 bytes");
	check_ask(http_flood, HTTP_OK "Transfer-Encoding: chunked\r\n\r\n|5\r\nxxxxx\r\n", false,
		"the reply did not end within 1.2 s");
	check_ask(http_flood, HTTP_OK "\r\n|x", false, "the reply did not end within 1.2 s");
	with_regex.pattern = "y";
	with_regex.url.flags = URL_DIGEST;
	with_regex.checker.timeout_us = HTTP_STREAM_US;
	struct outcome outcome = http_ask(&with_regex, http_flood, HTTP_OK "\r\n|x");
	assert_string_equal(outcome.reason, "the reply did not end within 1.2 s");
	assert_in_range(http_peak_kib() - before, 0, HTTP_GROWTH_KIB_MAX);
}

/* ---- what the body has to be ---- */

static void test_digest(void **state)
{
	static const uint8_t of_body[HTTP_DIGEST_LEN] = {0x84, 0x1a, 0x2d, 0x68, 0x9a, 0xd8, 0x6b,
		0xd1, 0x61, 0x14, 0x47, 0x45, 0x3c, 0x22, 0xc6, 0xfc};
	struct http_request request = http_request_of(CHECK_HTTP);

	(void)state;
	request.url.flags = URL_DIGEST;
	memcpy(request.url.digest, of_body, sizeof(of_body));
	struct outcome outcome = http_ask(&request, http_say, HTTP_OK "\r\nbody");
	assert_true(outcome.good);
	assert_true(http_answer.whole);
	assert_int_equal(http_answer.status, 200);
	assert_int_equal(http_answer.bytes, 4);
	assert_memory_equal(http_answer.digest, of_body, sizeof(of_body));
	assert_true(
		http_ask(&request, http_trickle, HTTP_OK "Content-Length: 4\r\n\r\n|body").good);
	assert_true(
		http_ask(&request, http_say, HTTP_OK "Content-Length: 4\r\n\r\nbodyguard").good);
	outcome = http_ask(&request, http_say, HTTP_OK "\r\nBody");
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "digest ac101b32dda4448cf13a93fe283dddd8 "
					    "(wanted 841a2d689ad86bd1611447453c22c6fc)");
	/* the status counts beside it */
	outcome = http_ask(&request, http_say, "HTTP/1.0 404 x\r\n\r\nbody");
	assert_string_equal(outcome.reason, "status 404 (wanted 200-299)");
}

static void test_regex(void **state)
{
	static char large[BODY_REGEX_MAX + 100];
	struct http_request request = http_request_of(CHECK_HTTP);

	(void)state;
	request.pattern = "^all (well|fine)$";
	assert_true(http_ask(&request, http_say, HTTP_OK "\r\nall fine").good);
	struct outcome outcome =
		http_ask(&request, http_say, HTTP_OK "Server: all fine\r\n\r\nall bad");
	assert_string_equal(outcome.reason, "the body does not match the regex");
	assert_string_equal(
		http_ask(&request, http_say, HTTP_OK "Content-Length: 0\r\n\r\n").reason,
		"the body does not match the regex");
	request.url.flags = URL_REGEX_NO_MATCH;
	assert_true(http_ask(&request, http_say, HTTP_OK "\r\nall bad").good);
	outcome = http_ask(&request, http_say, HTTP_OK "\r\nall well");
	assert_string_equal(outcome.reason, "the body matches the regex, and must not");

	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, HTTP_OK "\r\n", strlen(HTTP_OK "\r\n"));
	strcpy(large + sizeof(large) - 10, "all well");
	request.pattern = "all well";
	outcome = http_ask(&request, http_say, large);
	assert_string_equal(outcome.reason,
		"no match of the regex in the first 262144 bytes of the "
		"body, and the rest is not looked at");
	request.url.flags = 0;
	outcome = http_ask(&request, http_say, large);
	assert_string_equal(
		outcome.reason, "no match of the regex in the first 262144 bytes of the body");
}

static void test_request(void **state)
{
	static const struct {
		uint32_t flags;
		const char *host, *text;
	} cases[] = {
		{0, "",
			"GET /health HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: "
			"127.0.0.1:8080\r\n\r\n"},
		{CHECKER_HTTP_CLOSE, "www.example.org",
			"GET /health HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: "
			"close\r\nHost: www.example.org\r\n\r\n"},
		{CHECKER_HTTP_1_1, "www.example.org:81",
			"GET /health HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: "
			"close\r\nHost: www.example.org:81\r\n\r\n"},
	};
	char reason[PROTO_REASON_LEN];
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request request = http_request_of(CHECK_HTTP);
		request.checker.port = 8080;
		request.checker.flags = cases[i].flags;
		strcpy(request.url.host, cases[i].host);
		struct http_check *check = http_check_of(&request);
		assert_string_equal(http_check_request(check, &length), cases[i].text);
		assert_int_equal(length, strlen(cases[i].text));
		http_check_free(check);
	}
	struct http_request two = http_request_of(CHECK_HTTP);
	strcpy(two.url.path, "/ HTTP/1.1\r\nX: y");
	assert_null(
		http_check_new(http_tls, &two.checker, &two.url, NULL, 0, reason, sizeof(reason)));
}

static int set_up(void **state)
{
	char reason[PROTO_REASON_LEN];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	http_tls = tls_new(NULL, reason, sizeof(reason));
	probe_base = loop_new();
	return http_tls == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	tls_free(http_tls);
	event_base_free(probe_base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_no_reply),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_request),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
