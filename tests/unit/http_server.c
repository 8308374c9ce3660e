#include "http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "common/clock.h"

#define TIMEOUT_US 5000000

struct tls *http_tls;
struct http_answer http_answer;

/* ---- a server of one connection ---- */

static void wait_for_end(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

/* True when the client is there after this time. */
bool http_still_there(int fd, int ms)
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
	struct http_server *server = arg;
	int fd = accept(server->listener, NULL, NULL);

	if (fd != -1) {
		server->serve(fd, server->arg);
		close(fd);
	}
	return NULL;
}

void http_say(int fd, void *arg)
{
	const char *text = arg;

	read_request(fd);
	if (send(fd, text, strlen(text), 0) != -1)
		shutdown(fd, SHUT_WR);
	wait_for_end(fd);
}

void http_say_and_wait(int fd, void *arg)
{
	const char *text = arg;

	send(fd, text, strlen(text), 0);
	wait_for_end(fd);
}

/* Once the client has taken the head, when there is one. */
void http_say_and_reset(int fd, void *arg)
{
	const char *text = arg;
	const struct linger at_once = {.l_onoff = 1};
	struct pollfd asked = {.fd = fd, .events = POLLIN};

	poll(&asked, 1, 5000);
	send(fd, text, strlen(text), 0);
	while (*text != '\0' && __atomic_load_n(&http_answer.status, __ATOMIC_SEQ_CST) == 0 &&
		http_still_there(fd, 5))
		;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* What stands before the bar, and then one byte after the other, each well within the time of a
 * step, the last for ever. */
void http_trickle(int fd, void *arg)
{
	const char *text = arg;
	const char *slow = strchr(text, '|') + 1;

	send(fd, text, (size_t)(slow - 1 - text), 0);
	while (send(fd, slow, 1, 0) == 1 && http_still_there(fd, 20)) {
		if (slow[1] != '\0')
			slow++;
	}
}

/* The text, and then its last bytes for ever. */
void http_flood(int fd, void *arg)
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

/* ---- asking it ---- */

void http_accept_status(struct conf_check_url *url, unsigned first, unsigned last)
{
	for (unsigned code = first; code <= last; code++)
		url->status[(code - 100) / 8] |= (uint8_t)(1 << (code - 100) % 8);
}

struct http_request http_request_of(uint32_t type)
{
	struct http_request request = {.tls = http_tls};

	request.checker.type = type;
	request.checker.timeout_us = TIMEOUT_US;
	request.checker.address.family = AF_INET;
	memcpy(request.checker.address.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
	request.url.regex_max = UINT32_MAX;
	strcpy(request.url.path, "/health");
	http_accept_status(&request.url, 200, 299);
	return request;
}

void http_listen(struct http_server *server, uint16_t *port)
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

struct http_check *http_check_of(const struct http_request *request)
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

struct ticks {
	uint64_t last_ns, longest_ns;
};

static void tick(evutil_socket_t fd, short what, void *arg)
{
	struct ticks *ticks = arg;
	uint64_t now = clock_now_ns();

	(void)fd;
	(void)what;
	if (now - ticks->last_ns > ticks->longest_ns)
		ticks->longest_ns = now - ticks->last_ns;
	ticks->last_ns = now;
}

/* Whatever the server does, the loop goes round meanwhile: other checks are not held up. */
struct outcome http_ask(struct http_request *request, void (*serve)(int, void *), const void *arg)
{
	union {
		const void *given;
		void *passed;
	} any = {.given = arg};
	struct http_server server = {.serve = serve, .arg = any.passed};
	struct outcome outcome = {0};
	const struct timeval interval = {.tv_usec = 10000};
	struct ticks ticks = {.last_ns = clock_now_ns()};
	struct event *ticker = event_new(probe_base, -1, EV_PERSIST, tick, &ticks);

	http_answer.status = 0;
	http_listen(&server, &request->checker.port);
	const struct probe_target target = {.address = request->checker.address,
		.port = request->checker.port,
		.timeout_us = request->checker.timeout_us};
	struct http_check *check = http_check_of(request);
	assert_non_null(
		probe_http_ask(probe_base, &target, check, &http_answer, outcome_take, &outcome));
	assert_int_equal(outcome.ends, 0);
	event_add(ticker, &interval);
	event_base_dispatch(probe_base);
	event_free(ticker);
	assert_int_equal(outcome.ends, 1);
	assert_in_range(ticks.longest_ns, 0, NSEC_PER_SEC);
	event_base_loop(probe_base, EVLOOP_NONBLOCK); /* libevent lets go of the connection */
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	assert_int_equal(event_base_dispatch(probe_base), 1); /* nothing is left to wait for */
	http_check_free(check);
	close(server.listener);
	return outcome;
}

/* The time is short only where it is to run out. */
void http_check_reason(
	uint32_t type, void (*serve)(int, void *), const char *text, bool good, const char *reason)
{
	struct http_request request = http_request_of(type);

	if (strstr(reason, "0.15 s") != NULL)
		request.checker.timeout_us = HTTP_SHORT_US;
	if (strstr(reason, "1.2 s") != NULL)
		request.checker.timeout_us = HTTP_STREAM_US;
	struct outcome outcome = http_ask(&request, serve, text);
	assert_string_equal(outcome.reason, reason);
	assert_int_equal(outcome.good, good);
}

long http_peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}
