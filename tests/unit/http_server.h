/* Servers for the tests of HTTP and TLS probes, each a thread that serves one connection and does
 * what it should not, and a client that asks it. */
#ifndef HOLDFAST_TESTS_HTTP_SERVER_H
#define HOLDFAST_TESTS_HTTP_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "checkerd/probe_http.h"
#include "tests/unit/probe_outcome.h"

#ifndef HOLDFAST_SANITIZED
#define HOLDFAST_SANITIZED 0
#endif

#define HTTP_SHORT_US       150000 /* for what is to time out */
#define HTTP_STREAM_US      300000 /* for what never ends: a busy host has pauses of its own */
#define HTTP_GROWTH_KIB_MAX (HOLDFAST_SANITIZED ? 1024 * 1024 : 8 * 1024)
#define HTTP_OK             "HTTP/1.1 200 OK\r\n"

/* Made by the test's set-up. */
extern struct tls *http_tls;
/* To the request under way. */
extern struct http_answer http_answer;

struct http_server {
	pthread_t thread;
	int listener;
	void (*serve)(int fd, void *arg);
	void *arg;
};

/* Listens at a free port, and serves whoever comes first. */
void http_listen(struct http_server *server, uint16_t *port);

/* True when the client is there after this time. */
bool http_still_there(int fd, int ms);

/* ---- ways to serve; arg is a text ---- */

/* Reads the request, says the text, closes. */
void http_say(int fd, void *arg);
/* Does not close. */
void http_say_and_wait(int fd, void *arg);
/* Once the client has taken the head, when there is one. */
void http_say_and_reset(int fd, void *arg);
/* What stands before the bar, and then one byte after the other, each well within the time of a
 * step, the last for ever. */
void http_trickle(int fd, void *arg);
/* What stands before the bar, and then what stands behind it for ever. */
void http_flood(int fd, void *arg);

/* ---- asking ---- */

struct http_request {
	struct conf_check_checker checker;
	struct conf_check_url url;
	const char *pattern; /* a regex, or NULL */
	struct tls *tls;
};

/* GET /health at 127.0.0.1 that accepts 200 to 299; type as in conf_check_checker. */
struct http_request http_request_of(uint32_t type);
void http_accept_status(struct conf_check_url *url, unsigned first, unsigned last);
struct http_check *http_check_of(const struct http_request *request);

/* Asks a server that serves so. Also requires that the loop goes round meanwhile, so that other
 * checks are not held up, and that nothing is left. */
struct outcome http_ask(struct http_request *request, void (*serve)(int, void *), const void *arg);

/* The same, requiring this outcome. The time is short only where the reason says that it ran out:
 * 0.15 s of a step, 1.2 s of the whole.
 */
void http_check_reason(
	uint32_t type, void (*serve)(int, void *), const char *text, bool good, const char *reason);

/* The most memory that this process ever had. */
long http_peak_kib(void);

#endif
