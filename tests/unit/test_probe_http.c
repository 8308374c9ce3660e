/* HTTP and TLS probes against a server of this process that does what it should not. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "checkerd/body_regex.h"
#include "checkerd/probe_http.h"
#include "checkerd/tls.h"
#include "common/loop.h"

#ifndef HOLDFAST_SANITIZED
#define HOLDFAST_SANITIZED 0
#endif

#define TIMEOUT_US       5000000
#define SHORT_US         150000
#define GROWTH_KIB_MAX   (HOLDFAST_SANITIZED ? 1024 * 1024 : 8 * 1024)
#define CERTIFICATE_FILE "probe-http-test.pem"

static struct event_base *base;
static struct tls *tls;
static SSL_CTX *server_context;
static struct http_answer answer; /* to the request under way */

/* ---- a server of one connection ---- */

struct server {
	pthread_t thread;
	int listener;
	void (*serve)(int fd, void *arg);
	void *arg;
};

static void wait_for_end(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

/* True when the client is there after this time. */
static bool still_there(int fd, int ms)
{
	struct pollfd one = {.fd = fd, .events = POLLRDHUP};

	return poll(&one, 1, ms) == 0;
}

static void read_request(int fd)
{
	char bytes[2048];
	ssize_t count = recv(fd, bytes, sizeof(bytes), 0);

	(void)count;
}

static void *serve_one(void *arg)
{
	struct server *server = arg;
	int fd = accept(server->listener, NULL, NULL);

	if (fd != -1) {
		server->serve(fd, server->arg);
		close(fd);
	}
	return NULL;
}

static void say(int fd, void *arg)
{
	const char *text = arg;

	read_request(fd);
	if (send(fd, text, strlen(text), 0) != -1)
		shutdown(fd, SHUT_WR);
	wait_for_end(fd);
}

static void say_and_wait(int fd, void *arg)
{
	const char *text = arg;

	send(fd, text, strlen(text), 0);
	wait_for_end(fd);
}

/* Once the client has taken the head, when there is one. */
static void say_and_reset(int fd, void *arg)
{
	const char *text = arg;
	const struct linger at_once = {.l_onoff = 1};
	struct pollfd asked = {.fd = fd, .events = POLLIN};

	poll(&asked, 1, 5000);
	send(fd, text, strlen(text), 0);
	while (*text != '\0' && __atomic_load_n(&answer.status, __ATOMIC_SEQ_CST) == 0 &&
		still_there(fd, 5))
		;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* What stands before the bar, and then one byte after the other, each well within the time of a
 * step, the last for ever. */
static void trickle(int fd, void *arg)
{
	const char *text = arg;
	const char *slow = strchr(text, '|') + 1;

	send(fd, text, (size_t)(slow - 1 - text), 0);
	while (send(fd, slow, 1, 0) == 1 && still_there(fd, 20)) {
		if (slow[1] != '\0')
			slow++;
	}
}

/* The text, and then its last bytes for ever. */
static void flood(int fd, void *arg)
{
	static char bytes[65536];
	const char *text = arg;
	const char *line = strrchr(text, '|') + 1;
	size_t length = strlen(line);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = line[i % length];
	send(fd, text, (size_t)(line - 1 - text), 0);
	while (send(fd, bytes, sizeof(bytes) - sizeof(bytes) % length, 0) > 0)
		;
}

/* ---- one with TLS ---- */

static SSL *accept_tls(int fd)
{
	SSL *ssl = SSL_new(server_context);

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

static void say_tls(int fd, void *arg)
{
	const char *text = arg;
	SSL *ssl = accept_tls(fd);
	char request[2048];

	if (ssl == NULL)
		return;
	if (SSL_read(ssl, request, sizeof(request)) > 0)
		SSL_write(ssl, text, (int)strlen(text));
	SSL_free(ssl); /* without close_notify */
}

/* Says what server name was sent, and whether the client ended with close_notify. */
static void tell_tls(int fd, void *arg)
{
	char *seen = arg;
	SSL *ssl = accept_tls(fd);
	char request[2048];
	char reply[256];

	if (ssl == NULL)
		return;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	int length = snprintf(reply, sizeof(reply),
		"HTTP/1.0 200 OK\r\nContent-Length: 300\r\n\r\n<%s>", name == NULL ? "" : name);
	if (SSL_read(ssl, request, sizeof(request)) > 0) {
		SSL_write(ssl, reply, length);
		for (; length < 400; length++)
			SSL_write(ssl, ".", 1);
		while (SSL_read(ssl, request, sizeof(request)) > 0)
			;
		strcpy(seen,
			(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0 ? "notified" : "");
	}
	SSL_free(ssl);
}

static void flood_tls(int fd, void *arg)
{
	static char bytes[16384];
	SSL *ssl = accept_tls(fd);

	(void)arg;
	if (ssl == NULL)
		return;
	memset(bytes, 'x', sizeof(bytes));
	SSL_write(ssl, "HTTP/1.0 200 OK\r\n\r\n", 19);
	while (SSL_write(ssl, bytes, sizeof(bytes)) > 0)
		;
	SSL_free(ssl);
}

/* ---- asking it ---- */

struct request {
	struct conf_check_checker checker;
	struct conf_check_url url;
	const char *pattern;
	struct tls *tls;
};

struct outcome {
	unsigned ends;
	bool good;
	char reason[PROTO_REASON_LEN];
};

static void accept_status(struct conf_check_url *url, unsigned first, unsigned last)
{
	for (unsigned code = first; code <= last; code++)
		url->status[(code - 100) / 8] |= (uint8_t)(1 << (code - 100) % 8);
}

static struct request request_of(uint32_t type)
{
	struct request request = {.tls = tls};

	request.checker.type = type;
	request.checker.timeout_us = TIMEOUT_US;
	request.checker.address.family = AF_INET;
	memcpy(request.checker.address.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
	request.url.regex_max = UINT32_MAX;
	strcpy(request.url.path, "/health");
	accept_status(&request.url, 200, 299);
	return request;
}

static void done(bool good, const char *reason, void *arg)
{
	struct outcome *outcome = arg;

	outcome->ends++;
	outcome->good = good;
	strcpy(outcome->reason, reason);
	event_base_loopbreak(base);
}

static void listen_to(struct server *server, uint16_t *port)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(name);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&name, length), 0);
	assert_int_equal(listen(server->listener, 8), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&name, &length), 0);
	*port = ntohs(name.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve_one, server), 0);
}

static struct http_check *check_of(const struct request *request)
{
	struct conf_check_url url = request->url;
	char reason[PROTO_REASON_LEN];
	size_t length = 0;

	if (request->pattern != NULL) {
		url.flags |= URL_REGEX;
		length = strlen(request->pattern);
	}
	struct http_check *check = http_check_new(request->tls, &request->checker, &url,
		request->pattern, length, reason, sizeof(reason));
	assert_non_null(check);
	return check;
}

static struct outcome ask(struct request *request, void (*serve)(int, void *), const void *arg)
{
	union {
		const void *given;
		void *passed;
	} any = {.given = arg};
	struct server server = {.serve = serve, .arg = any.passed};
	struct outcome outcome = {0};

	answer.status = 0;
	listen_to(&server, &request->checker.port);
	const struct probe_target target = {.address = request->checker.address,
		.port = request->checker.port,
		.timeout_us = request->checker.timeout_us};
	struct http_check *check = check_of(request);
	assert_non_null(probe_http_ask(base, &target, check, &answer, done, &outcome));
	assert_int_equal(outcome.ends, 0);
	event_base_dispatch(base);
	assert_int_equal(outcome.ends, 1);
	event_base_loop(base, EVLOOP_NONBLOCK); /* libevent lets go of the connection */
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	assert_int_equal(event_base_dispatch(base), 1); /* nothing is left to wait for */
	http_check_free(check);
	close(server.listener);
	return outcome;
}

/* The time is short only where it is to run out. */
static void check_reason(
	uint32_t type, void (*serve)(int, void *), const char *text, bool good, const char *reason)
{
	struct request request = request_of(type);

	if (strstr(reason, "0.15 s") != NULL || strstr(reason, "0.6 s") != NULL)
		request.checker.timeout_us = SHORT_US;
	struct outcome outcome = ask(&request, serve, text);
	assert_string_equal(outcome.reason, reason);
	assert_int_equal(outcome.good, good);
}

static void check_ask(void (*serve)(int, void *), const char *text, bool good, const char *reason)
{
	check_reason(CHECK_HTTP, serve, text, good, reason);
}

/* ---- plain HTTP ---- */

#define OK "HTTP/1.1 200 OK\r\n"

static void test_status(void **state)
{
	struct request several = request_of(CHECK_HTTP);

	(void)state;
	check_ask(say, OK "Content-Length: 4\r\n\r\nbody", true, "status 200");
	check_ask(say, "HTTP/1.0 204\n\n", true, "status 204");
	check_ask(say, OK "\r\nuntil the end", true, "status 200");
	/* a server that does not close, but says how long the body is */
	check_ask(say_and_wait, OK "Content-Length: 4\r\n\r\nbody", true, "status 200");
	check_ask(say_and_wait, OK "Content-Length: 4\r\n\r\nbody and more", true, "status 200");
	check_ask(say, OK "Content-Length: 10\r\n\r\nbody", true,
		"status 200, 4 bytes of a body of 10");
	check_ask(say, "HTTP/1.1 503 x\r\n\r\n", false, "status 503 (wanted 200-299)");
	check_ask(
		say, "HTTP/1.1 301 x\r\nLocation: /\r\n\r\n", false, "status 301 (wanted 200-299)");
	check_ask(say, "HTTP/1.1 099 x\r\n\r\n", false, "status 99 (wanted 200-299)");
	check_ask(say, "HTTP/1.1 999 x\r\n\r\n", false, "status 999 (wanted 200-299)");
	accept_status(&several.url, 401, 401);
	accept_status(&several.url, 599, 599);
	struct outcome outcome = ask(&several, say, "HTTP/1.1 402 x\r\n\r\n");
	assert_string_equal(outcome.reason, "status 402 (wanted 200-299, 401, 599)");
	assert_true(ask(&several, say, "HTTP/1.1 599 x\r\n\r\n").good);
}

static void test_no_reply(void **state)
{
	(void)state;
	check_ask(say_and_wait, "", false, "no answer for 0.15 s");
	check_ask(say_and_wait, OK "Content-", false,
		"the head of the reply did not end within 0.15 s");
	check_ask(say_and_wait, OK "\r\nbody", false, "nothing more of the body for 0.15 s");
	check_ask(say, "", false, "the server closed the connection without an answer");
	check_ask(say, OK "Content", false,
		"the server closed the connection within the head of the reply");
	check_ask(say_and_reset, "", false, "connection reset before the reply was complete");
	check_ask(say_and_reset, OK "\r\nbody", false, "connection reset while reading the body");
}

static void test_garbage(void **state)
{
	(void)state;
	check_ask(say, "garbage\r\n\r\n", false, "the reply has no HTTP/1 status line");
	check_ask(say, "HTTP/1.1 1000 OK\r\n\r\n", false,
		"the reply has a status that is not three digits");
	check_ask(say, OK "Content-Length: -1\r\n\r\n", false,
		"the reply has a malformed Content-Length");
	check_ask(say, OK "Content-Length: 99999999999999999999999\r\n\r\n", false,
		"the reply has a malformed Content-Length");
	check_ask(say, OK "Content-Length: 999999999999999999\r\n\r\nx", true,
		"status 200, 1 bytes of a body of 999999999999999999");
}

/* A byte now and then holds nothing for longer than four steps. */
static void test_slow(void **state)
{
	(void)state;
	check_ask(trickle, OK "|X: y", false, "the head of the reply did not end within 0.15 s");
	check_ask(trickle, "HTTP/1.0 200\n\n|x", false, "the reply did not end within 0.6 s");
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void test_floods(void **state)
{
	struct request with_regex = request_of(CHECK_HTTP);
	long before = peak_kib();

	(void)state;
	check_ask(flood, OK "|X: yyyyyyyyyyyyy\r\n", false,
		"the reply has a head of more than 32768 bytes");
	check_ask(flood, OK "X: |yyyyyyyyyyyyyyyyyyy", false,
		"the reply has a head of more than 32768 bytes");
	check_ask(flood, "|HTTP/1.1 100 Continue\r\n\r\n", false,
		"the reply has a head of more than 32768 bytes");
	check_ask(flood, OK "Transfer-Encoding: chunked\r\n\r\n|5\r\nxxxxx\r\n", false,
		"the reply did not end within 0.6 s");
	check_ask(flood, OK "\r\n|x", false, "the reply did not end within 0.6 s");
	with_regex.pattern = "y";
	with_regex.url.flags = URL_DIGEST;
	with_regex.checker.timeout_us = SHORT_US;
	struct outcome outcome = ask(&with_regex, flood, OK "\r\n|x");
	assert_string_equal(outcome.reason, "the reply did not end within 0.6 s");
	assert_in_range(peak_kib() - before, 0, GROWTH_KIB_MAX);
}

/* ---- what the body has to be ---- */

static void test_digest(void **state)
{
	static const uint8_t of_body[HTTP_DIGEST_LEN] = {0x84, 0x1a, 0x2d, 0x68, 0x9a, 0xd8, 0x6b,
		0xd1, 0x61, 0x14, 0x47, 0x45, 0x3c, 0x22, 0xc6, 0xfc};
	struct request request = request_of(CHECK_HTTP);

	(void)state;
	request.url.flags = URL_DIGEST;
	memcpy(request.url.digest, of_body, sizeof(of_body));
	struct outcome outcome = ask(&request, say, OK "\r\nbody");
	assert_true(outcome.good);
	assert_true(answer.whole);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.bytes, 4);
	assert_memory_equal(answer.digest, of_body, sizeof(of_body));
	assert_true(ask(&request, trickle, OK "Content-Length: 4\r\n\r\n|body").good);
	assert_true(ask(&request, say, OK "Content-Length: 4\r\n\r\nbodyguard").good);
	outcome = ask(&request, say, OK "\r\nBody");
	assert_false(outcome.good);
	assert_string_equal(outcome.reason, "digest ac101b32dda4448cf13a93fe283dddd8 "
					    "(wanted 841a2d689ad86bd1611447453c22c6fc)");
	/* the status counts beside it */
	outcome = ask(&request, say, "HTTP/1.0 404 x\r\n\r\nbody");
	assert_string_equal(outcome.reason, "status 404 (wanted 200-299)");
}

static void test_regex(void **state)
{
	static char large[BODY_REGEX_MAX + 100];
	struct request request = request_of(CHECK_HTTP);

	(void)state;
	request.pattern = "^all (well|fine)$";
	assert_true(ask(&request, say, OK "\r\nall fine").good);
	struct outcome outcome = ask(&request, say, OK "Server: all fine\r\n\r\nall bad");
	assert_string_equal(outcome.reason, "the body does not match the regex");
	assert_string_equal(ask(&request, say, OK "Content-Length: 0\r\n\r\n").reason,
		"the body does not match the regex");
	request.url.flags = URL_REGEX_NO_MATCH;
	assert_true(ask(&request, say, OK "\r\nall bad").good);
	outcome = ask(&request, say, OK "\r\nall well");
	assert_string_equal(outcome.reason, "the body matches the regex, and must not");

	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, OK "\r\n", strlen(OK "\r\n"));
	strcpy(large + sizeof(large) - 10, "all well");
	request.pattern = "all well";
	outcome = ask(&request, say, large);
	assert_string_equal(outcome.reason,
		"no match of the regex in the first 262144 bytes of the "
		"body, and the rest is not looked at");
	request.url.flags = 0;
	outcome = ask(&request, say, large);
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
		struct request request = request_of(CHECK_HTTP);
		request.checker.port = 8080;
		request.checker.flags = cases[i].flags;
		strcpy(request.url.host, cases[i].host);
		struct http_check *check = check_of(&request);
		assert_string_equal(http_check_request(check, &length), cases[i].text);
		assert_int_equal(length, strlen(cases[i].text));
		http_check_free(check);
	}
	struct request two = request_of(CHECK_HTTP);
	strcpy(two.url.path, "/ HTTP/1.1\r\nX: y");
	assert_null(http_check_new(tls, &two.checker, &two.url, NULL, 0, reason, sizeof(reason)));
}

static void test_cancelled(void **state)
{
	struct request request = request_of(CHECK_SSL);
	struct server server = {.serve = say_tls, .arg = (char[]){"x"}};
	struct outcome outcome = {0};

	(void)state;
	listen_to(&server, &request.checker.port);
	const struct probe_target target = {.address = request.checker.address,
		.port = request.checker.port,
		.timeout_us = TIMEOUT_US};
	struct http_check *check = check_of(&request);
	struct probe *probe = probe_http_start(base, &target, check, done, &outcome);
	assert_non_null(probe);
	for (int rounds = 0; rounds < 3; rounds++)
		event_base_loop(base, EVLOOP_ONCE);
	probe_cancel(probe);
	http_check_free(check);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	assert_int_equal(event_base_dispatch(base), 1);
	assert_int_equal(outcome.ends, 0);
	close(server.listener);
}

/* ---- TLS ---- */

static void check_tls(void (*serve)(int, void *), const char *text, bool good, const char *reason)
{
	check_reason(CHECK_SSL, serve, text, good, reason);
}

static void test_tls(void **state)
{
	struct request digest = request_of(CHECK_SSL);

	(void)state;
	check_tls(say_tls, OK "\r\nbody", true, "status 200");
	check_tls(say_tls, OK "Content-Length: 4\r\n\r\nbody", true, "status 200");
	check_tls(say_tls, "HTTP/1.1 500 x\r\n\r\n", false, "status 500 (wanted 200-299)");
	check_tls(say_tls, "x", false,
		"the server closed the connection within the head of the reply");
	digest.url.flags = URL_DIGEST;
	assert_string_equal(ask(&digest, say_tls, OK "\r\nBody").reason,
		"digest ac101b32dda4448cf13a93fe283dddd8 (wanted "
		"00000000000000000000000000000000)");
}

static void test_wrong_tls(void **state)
{
	long before = peak_kib();

	(void)state;
	check_tls(say, "HTTP/1.1 400 Bad Request\r\n\r\n", false,
		"TLS handshake failed: wrong version number");
	check_tls(say_and_wait, "", false, "the TLS handshake did not end within 0.15 s");
	check_tls(say, "", false, "the server closed the connection during the TLS handshake");
	check_tls(say_and_reset, "", false, "connection reset during the TLS handshake");
	check_tls(trickle, "|\x16\x03\x03\x40\x01\x02", false,
		"the TLS handshake did not end within 0.15 s");
	/* plain HTTP to a port of TLS */
	check_ask(say_tls, "x", false, "connection reset before the reply was complete");
	check_tls(flood_tls, NULL, false, "the reply did not end within 0.6 s");
	assert_in_range(peak_kib() - before, 0, GROWTH_KIB_MAX);
}

static void check_told(uint32_t checker_flags, uint32_t url_flags, const char *host,
	const char *name, const char *ended)
{
	struct request request = request_of(CHECK_SSL);
	char seen[16] = "";

	request.checker.flags = checker_flags;
	request.url.flags = url_flags;
	strcpy(request.url.host, host);
	request.pattern = name;
	struct outcome outcome = ask(&request, tell_tls, seen);
	assert_string_equal(outcome.reason, "status 200");
	assert_string_equal(seen, ended);
}

static void test_name_and_end(void **state)
{
	(void)state;
	check_told(0, 0, "www.example.org", "<>", "");
	check_told(CHECKER_SNI, 0, "www.example.org", "<www.example.org>", "");
	check_told(CHECKER_SNI, 0, "www.example.org:81", "<www.example.org>", "");
	check_told(CHECKER_SNI, 0, "", "<>", "");
	check_told(CHECKER_SNI, 0, "10.0.0.1", "<>", "");
	check_told(0, URL_TLS_COMPLIANT, "", "<>", "notified");
}

static void check_verified(struct tls *which, const char *host, const char *reason)
{
	struct request request = request_of(CHECK_SSL);

	request.tls = which;
	request.checker.flags = CHECKER_VERIFY;
	strcpy(request.url.host, host);
	struct outcome outcome = ask(&request, say_tls, OK "\r\nbody");
	assert_string_equal(outcome.reason, reason);
}

static void test_verification(void **state)
{
	char why[PROTO_REASON_LEN];
	struct tls *knowing = tls_new(CERTIFICATE_FILE, why, sizeof(why));
	struct tls *ignorant = tls_new("/nowhere", why, sizeof(why));

	(void)state;
	assert_non_null(knowing);
	assert_non_null(ignorant);
	check_verified(knowing, "www.example.org", "status 200");
	check_verified(knowing, "www.example.org:443", "status 200");
	check_verified(knowing, "", "status 200"); /* by its address */
	check_verified(
		knowing, "example.com", "TLS handshake failed: certificate: hostname mismatch");
	check_verified(tls, "www.example.org",
		"TLS handshake failed: certificate: self-signed certificate");
	check_verified(ignorant, "www.example.org",
		"no file of certificate authorities could be read at the start: install "
		"ca-certificates and restart checkerd");
	tls_free(ignorant);
	tls_free(knowing);
}

/* ---- start ---- */

static void add_extension(X509 *certificate, int which, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, which, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	add_extension(certificate, NID_basic_constraints, "CA:TRUE");
	add_extension(certificate, NID_subject_alt_name, "DNS:www.example.org, IP:127.0.0.1");
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

static int set_up(void **state)
{
	char reason[PROTO_REASON_LEN];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key);
	FILE *file = fopen(CERTIFICATE_FILE, "w");

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_non_null(file);
	PEM_write_X509(file, certificate);
	fclose(file);
	server_context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server_context, certificate);
	SSL_CTX_use_PrivateKey(server_context, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
	tls = tls_new(NULL, reason, sizeof(reason));
	base = loop_new();
	return tls == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	SSL_CTX_free(server_context);
	tls_free(tls);
	event_base_free(base);
	return unlink(CERTIFICATE_FILE);
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
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_wrong_tls),
		cmocka_unit_test(test_name_and_end),
		cmocka_unit_test(test_verification),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
