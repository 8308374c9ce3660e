#include "checkerd/probe_http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>

#include "checkerd/socket_probe.h"
#include "checkerd/tls.h"
#include "common/clock.h"

#define STEPS_MAX     4 /* how many timeouts the whole may take */
#define NSEC_PER_USEC UINT64_C(1000)
/* Callbacks wait, so that no probe ends within libevent's own reading. */
#define BUFFER_OPTIONS (BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)

enum stage { CONNECTING, HANDSHAKE, HEAD, BODY };

static const char *const doing[] = {
	[CONNECTING] = "while connecting",
	[HANDSHAKE] = "during the TLS handshake",
	[HEAD] = "before the reply was complete",
	[BODY] = "while reading the body",
};

struct probe_http {
	struct socket_probe own; /* its socket until buffers has it */
	const struct http_check *check;
	struct http_answer *answer; /* NULL: nobody asks */
	enum stage stage;
	struct bufferevent *buffers;
	uint64_t end_ns; /* of the whole */
	bool last_step;  /* whose time is what is left of the whole */
	struct http_reply reply;
	struct http_body body;
};

/* ---- the end ---- */

static void end_tls(const struct probe_http *http)
{
	SSL *ssl = bufferevent_openssl_get_ssl(http->buffers);

	if (ssl == NULL || http->stage < HEAD || !http_check_close_notify(http->check))
		return;
	SSL_shutdown(ssl);
	ERR_clear_error();
}

static void cancel(struct probe *probe)
{
	struct probe_http *http = (struct probe_http *)probe;

	http_body_clear(&http->body);
	if (http->buffers == NULL) {
		socket_probe_cancel(probe);
		return;
	}
	end_tls(http);
	bufferevent_free(http->buffers);
	free(http);
}

static void fail(struct probe_http *http, const char *reason)
{
	probe_end(&http->own.probe, false, "%s", reason);
}

/* The body has ended. */
static void judge(struct probe_http *http)
{
	char reason[PROTO_REASON_LEN];
	uint8_t digest[HTTP_DIGEST_LEN] = {0};
	bool good = http_check_judge(
		http->check, &http->reply, &http->body, digest, reason, sizeof(reason));

	if (http->answer != NULL) {
		memcpy(http->answer->digest, digest, sizeof(digest));
		http->answer->bytes = http->body.bytes;
		http->answer->wanted = http->reply.length;
		http->answer->whole = true;
	}
	probe_end(&http->own.probe, good, "%s", reason);
}

/* ---- time ---- */

static void took_too_long(struct probe *probe)
{
	struct probe_http *http = (struct probe_http *)probe;
	char reason[PROTO_REASON_LEN];
	char step[PROBE_SECONDS_LEN];
	char whole[PROBE_SECONDS_LEN];

	probe_seconds(http->own.target.timeout_us, step);
	probe_seconds(http->own.target.timeout_us * STEPS_MAX, whole);
	if (http->stage == CONNECTING)
		probe_end(probe, false, "%s", probe_unconnected(&http->own.target, reason));
	else if (http->stage == HANDSHAKE)
		probe_end(probe, false, "the TLS handshake did not end within %s", step);
	else if (http->last_step)
		probe_end(probe, false, "the reply did not end within %s", whole);
	else if (http->stage == HEAD && http->reply.head_bytes == 0)
		probe_end(probe, false, "no answer for %s", step);
	else if (http->stage == HEAD)
		probe_end(probe, false, "the head of the reply did not end within %s", step);
	else
		probe_end(probe, false, "nothing more of the body for %s", step);
}

static int begin_step(struct probe_http *http)
{
	uint64_t now = clock_now_ns();
	uint64_t left_us = now < http->end_ns ? (http->end_ns - now) / NSEC_PER_USEC + 1 : 0;

	http->last_step = left_us < http->own.target.timeout_us;
	return probe_step(&http->own.probe, http->last_step ? left_us : http->own.target.timeout_us,
		took_too_long);
}

static void next_step(struct probe_http *http, enum stage stage)
{
	http->stage = stage;
	if (begin_step(http) == -1)
		fail(http, "out of memory");
}

/* ---- what comes ---- */

/* The head is complete. Returns whether the body is to be read. */
static bool head_ended(struct probe_http *http)
{
	char reason[PROTO_REASON_LEN];

	if (http->answer != NULL)
		http->answer->status = http->reply.status;
	if (!http_check_status(http->check, http->reply.status, reason, sizeof(reason))) {
		fail(http, reason);
		return false;
	}
	http->stage = BODY;
	return true;
}

/* What lies behind Content-Length is not the body's. Returns false when the probe has ended. */
static bool take_body(struct probe_http *http, const char *bytes, size_t count)
{
	uint64_t left = http->reply.length - http->body.bytes; /* of no length: very many */

	http_body_add(&http->body, http->check, bytes, count < left ? count : (size_t)left);
	if (http->body.failed || http->body.bytes >= http->reply.length) {
		judge(http);
		return false;
	}
	return true;
}

/* Returns false when the probe has ended. */
static bool take(struct probe_http *http, const char *bytes, size_t count)
{
	if (http->stage == HEAD) {
		size_t used = http_reply_head(&http->reply, bytes, count);
		if (http->reply.stage == HTTP_MALFORMED) {
			probe_end(&http->own.probe, false, "the reply has %s", http->reply.error);
			return false;
		}
		if (http->reply.stage != HTTP_BODY)
			return true;
		if (!head_ended(http))
			return false;
		bytes += used;
		count -= used;
	}
	return take_body(http, bytes, count);
}

static bool take_all(struct probe_http *http)
{
	struct evbuffer *input = bufferevent_get_input(http->buffers);
	struct evbuffer_iovec piece;

	while (evbuffer_peek(input, -1, NULL, &piece, 1) > 0 && piece.iov_len > 0) {
		if (!take(http, piece.iov_base, piece.iov_len))
			return false;
		evbuffer_drain(input, piece.iov_len);
	}
	return true;
}

static void readable(struct bufferevent *buffers, void *arg)
{
	struct probe_http *http = arg;

	(void)buffers;
	/* The time of a head is that of the whole head. */
	if (take_all(http) && http->stage == BODY && begin_step(http) == -1)
		fail(http, "out of memory");
}

/* ---- what happens to the connection ---- */

static void ask(struct probe_http *http)
{
	size_t length;
	const char *request = http_check_request(http->check, &length);

	if (bufferevent_write(http->buffers, request, length) == -1)
		fail(http, "out of memory");
	else
		next_step(http, HEAD);
}

static void closed(struct probe_http *http)
{
	if (http->stage == BODY)
		judge(http);
	else if (http->stage == HANDSHAKE)
		fail(http, "the server closed the connection during the TLS handshake");
	else if (http->reply.head_bytes == 0)
		fail(http, "the server closed the connection without an answer");
	else
		fail(http, "the server closed the connection within the head of the reply");
}

/* libevent keeps errors of OpenSSL's queue, and among them others of its own. */
static unsigned long openssl_error(struct bufferevent *buffers)
{
	unsigned long error;

	do {
		error = bufferevent_get_openssl_error(buffers);
	} while (error != 0 && ERR_GET_LIB(error) == 0);
	return error;
}

static void broken(struct probe_http *http, int socket_error)
{
	SSL *ssl = bufferevent_openssl_get_ssl(http->buffers);
	unsigned long error = ssl == NULL ? 0 : openssl_error(http->buffers);
	char text[PROTO_REASON_LEN];

	if (error != 0 && http->stage == HANDSHAKE)
		probe_end(&http->own.probe, false, "TLS handshake failed: %s",
			tls_error(ssl, error, text, sizeof(text)));
	else if (error != 0)
		probe_end(&http->own.probe, false, "TLS failed %s: %s", doing[http->stage],
			tls_error(ssl, error, text, sizeof(text)));
	else if (socket_error == ECONNRESET || socket_error == EPIPE)
		probe_end(&http->own.probe, false, "connection reset %s", doing[http->stage]);
	else if (socket_error == 0)
		closed(http);
	else
		probe_end(&http->own.probe, false, "%s %s", probe_error(socket_error, text),
			doing[http->stage]);
}

static void happened(struct bufferevent *buffers, short what, void *arg)
{
	struct probe_http *http = arg;
	int socket_error = EVUTIL_SOCKET_ERROR();

	(void)buffers;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		ask(http);
	else if ((what & BEV_EVENT_EOF) != 0) /* what came before it was taken before */
		closed(http);
	else if ((what & BEV_EVENT_ERROR) != 0)
		broken(http, socket_error);
}

/* ---- the connection ---- */

/* Buffers over the connection, with TLS or without. False with a sentence in reason. */
static bool make_buffers(struct probe_http *http, char *reason, size_t size)
{
	SSL *ssl = http_check_connection(http->check, reason, size);

	if (ssl == NULL && reason[0] != '\0')
		return false;
	if (ssl == NULL)
		http->buffers =
			bufferevent_socket_new(http->own.base, http->own.fd, BUFFER_OPTIONS);
	else
		http->buffers = bufferevent_openssl_socket_new(http->own.base, http->own.fd, ssl,
			BUFFEREVENT_SSL_CONNECTING, BUFFER_OPTIONS);
	if (http->buffers != NULL)
		return true;
	SSL_free(ssl);
	strlcpy(reason, "out of memory", size);
	return false;
}

static void connection_made(struct probe_http *http)
{
	char reason[PROTO_REASON_LEN];

	if (!make_buffers(http, reason, sizeof(reason))) {
		fail(http, reason);
		return;
	}
	bufferevent_setcb(http->buffers, readable, NULL, happened, http);
	if (bufferevent_enable(http->buffers, EV_READ | EV_WRITE) == -1)
		fail(http, "out of memory");
	else if (bufferevent_openssl_get_ssl(http->buffers) != NULL)
		next_step(http, HANDSHAKE);
	else
		ask(http);
}

static void connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe_http *http = arg;
	char reason[PROTO_REASON_LEN];
	int error = socket_probe_connected(&http->own);

	(void)fd;
	(void)what;
	if (error == 0)
		connection_made(http);
	else
		fail(http, probe_refused(&http->own.target, error, reason));
}

static int connect_it(struct socket_probe *own)
{
	return socket_probe_connect(own, own->target.port);
}

struct probe *probe_http_ask(struct event_base *base, const struct probe_target *target,
	const struct http_check *check, struct http_answer *answer, probe_done_fn done, void *arg)
{
	static const struct socket_probe_kind kind = {.type = SOCK_STREAM,
		.ask = connect_it,
		.events = EV_WRITE,
		.ready = connected,
		.expired = took_too_long,
		.cancel = cancel};
	struct probe_http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return NULL;
	if (answer != NULL)
		*answer = (struct http_answer){0};
	http->check = check;
	http->answer = answer;
	http->end_ns = clock_now_ns() + target->timeout_us * NSEC_PER_USEC * STEPS_MAX;
	http_reply_init(&http->reply);
	struct probe *probe = socket_probe_start(&http->own, &kind, base, target, done, arg);
	if (probe != NULL)
		http_body_init(&http->body, check);
	return probe;
}

struct probe *probe_http_start(struct event_base *base, const struct probe_target *target,
	const struct http_check *check, probe_done_fn done, void *arg)
{
	return probe_http_ask(base, target, check, NULL, done, arg);
}
