/* HTTP_GET and SSL_GET: one request, and whether what comes back is as the check wants it.
 *
 * The steps are the connection, the handshake of TLS, the head of the reply, and every read of its
 * body; each may take the target's timeout, and all together four times that, so that a server that
 * sends a byte now and then does not hold the check. The body ends where Content-Length says, or
 * with the connection. Memory is bounded by a constant whatever is sent: a head by HTTP_HEAD_MAX, a
 * body, of which nothing is kept, by BODY_REGEX_MAX where it has a regex.
 *
 * libevent's own HTTP client does not serve: it closes the socket that it is given and makes one of
 * its own, without mark and interface; and it hands out a chunked body without its chunks, while
 * the digest is over the bytes as they were sent. */
#ifndef HOLDFAST_CHECKERD_PROBE_HTTP_H
#define HOLDFAST_CHECKERD_PROBE_HTTP_H

#include "checkerd/http_check.h"
#include "checkerd/probe.h"

/* As checkerd/probe.h says. check has to outlive the probe. */
struct probe *probe_http_start(struct event_base *base, const struct probe_target *target,
	const struct http_check *check, probe_done_fn done, void *arg);

struct http_answer {
	int status; /* 0: none came */
	bool whole; /* the body ended, and digest is set */
	uint8_t digest[HTTP_DIGEST_LEN];
	uint64_t bytes, wanted; /* of the body; HTTP_NO_LENGTH */
};

/* The same for somebody who wants to know the answer, which is there when done() is called. */
struct probe *probe_http_ask(struct event_base *base, const struct probe_target *target,
	const struct http_check *check, struct http_answer *answer, probe_done_fn done, void *arg);

#endif
