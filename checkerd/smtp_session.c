#include "checkerd/smtp_session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#define READ_AT_ONCE 4096 /* bytes; more waits in the kernel */

struct smtp_session {
	const struct smtp_session_ops *ops;
	void *arg;
	struct probe_target target;
	struct bufferevent *stream;
	struct event timeout;
	bool connected;
	bool last_words;
	char awaited[64];
	struct smtp_reply reply;
};

static void fail(struct smtp_session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct smtp_session *session, const char *format, ...)
{
	char reason[PROTO_REASON_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	bufferevent_disable(session->stream, EV_READ | EV_WRITE);
	event_del(&session->timeout);
	session->ops->failed(reason, session->arg);
}

static void begin_step(struct smtp_session *session)
{
	const struct timeval limit = {.tv_sec = (time_t)(session->target.timeout_us / 1000000),
		.tv_usec = (suseconds_t)(session->target.timeout_us % 1000000)};

	smtp_reply_begin(&session->reply);
	event_add(&session->timeout, &limit);
}

static void timed_out(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_session *session = arg;
	char reason[PROTO_REASON_LEN];
	char time[PROBE_SECONDS_LEN];

	(void)fd;
	(void)what;
	probe_seconds(session->target.timeout_us, time);
	if (!session->connected)
		fail(session, "%s", probe_unconnected(&session->target, reason));
	else if (session->last_words)
		fail(session, "what is sent is not read for %s", time);
	else if (session->awaited[0] == '\0')
		fail(session, "no greeting for %s", time);
	else
		fail(session, "no answer to %s for %s", session->awaited, time);
}

/* One reply at a time: what is behind it may answer a question that is not asked yet. */
static void readable(struct bufferevent *stream, void *arg)
{
	struct smtp_session *session = arg;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t used;

	size_t length = evbuffer_get_length(input);
	if (session->last_words || length == 0) {
		evbuffer_drain(input, length);
		return;
	}
	enum smtp_progress progress = smtp_reply_read(
		&session->reply, (const char *)evbuffer_pullup(input, -1), length, &used);
	evbuffer_drain(input, used);
	if (progress == SMTP_UNFINISHED)
		return;
	if (progress == SMTP_GARBAGE) {
		fail(session, "%s", session->reply.text);
		return;
	}
	event_del(&session->timeout);
	if (used < length)
		bufferevent_trigger(stream, EV_READ, BEV_OPT_DEFER_CALLBACKS);
	const struct smtp_reply reply = session->reply;
	session->ops->reply(&reply, session->arg);
}

static void drained(struct bufferevent *stream, void *arg)
{
	struct smtp_session *session = arg;

	(void)stream;
	if (!session->last_words)
		return;
	event_del(&session->timeout);
	session->ops->said(session->arg);
}

static void closed(struct smtp_session *session)
{
	char name[PROBE_NAME_LEN];

	probe_target_name(&session->target, name);
	if (session->awaited[0] == '\0')
		fail(session, "%s closed the connection without a greeting", name);
	else
		fail(session, "%s closed the connection instead of an answer to %s", name,
			session->awaited);
}

static void happened(struct bufferevent *stream, short what, void *arg)
{
	int error = EVUTIL_SOCKET_ERROR();
	struct smtp_session *session = arg;
	char reason[PROTO_REASON_LEN];
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];

	if ((what & BEV_EVENT_CONNECTED) != 0) {
		session->connected = true;
		bufferevent_enable(stream, EV_READ);
		begin_step(session);
		return;
	}
	if ((what & BEV_EVENT_EOF) != 0)
		closed(session);
	else if (!session->connected)
		fail(session, "%s", probe_refused(&session->target, error, reason));
	else
		fail(session, "%s: %s", probe_target_name(&session->target, name),
			probe_error(error, text));
}

static int connect_it(struct smtp_session *session, struct event_base *base)
{
	struct sockaddr_storage name;
	socklen_t length = probe_sockaddr(&session->target.address, session->target.port, &name);
	int fd = probe_socket(&session->target, SOCK_STREAM, 0);

	if (fd == -1)
		return -1;
	session->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (session->stream == NULL) {
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	bufferevent_setcb(session->stream, readable, drained, happened, session);
	bufferevent_setwatermark(session->stream, EV_READ, 0, READ_AT_ONCE);
	return bufferevent_socket_connect(
		session->stream, (const struct sockaddr *)&name, (int)length);
}

struct smtp_session *smtp_session_new(struct event_base *base, const struct probe_target *target,
	const struct smtp_session_ops *ops, void *arg)
{
	struct smtp_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->ops = ops;
	session->arg = arg;
	session->target = *target;
	event_assign(&session->timeout, base, -1, 0, timed_out, session);
	begin_step(session);
	if (connect_it(session, base) == 0)
		return session;
	int saved = errno;
	smtp_session_free(session);
	errno = saved;
	return NULL;
}

void smtp_session_free(struct smtp_session *session)
{
	if (session == NULL)
		return;
	event_del(&session->timeout);
	if (session->stream != NULL)
		bufferevent_free(session->stream);
	free(session);
}

struct evbuffer *smtp_session_output(struct smtp_session *session)
{
	return bufferevent_get_output(session->stream);
}

void smtp_session_await(struct smtp_session *session, const char *what)
{
	session->last_words = what == NULL;
	if (what != NULL)
		snprintf(session->awaited, sizeof(session->awaited), "%s", what);
	begin_step(session);
}
