/* A connection to an SMTP server, for a check or for a mail: what is said goes out, whole replies
 * come back, each within the target's timeout, however slowly its bytes drip. Never blocks. */
#ifndef HOLDFAST_CHECKERD_SMTP_SESSION_H
#define HOLDFAST_CHECKERD_SMTP_SESSION_H

#include "checkerd/probe.h"
#include "checkerd/smtp_reply.h"

struct evbuffer;
struct smtp_session;

/* Called from the event loop; the session may be freed inside each of them. */
struct smtp_session_ops {
	/* What was awaited; then smtp_session_await() again, or the end. */
	void (*reply)(const struct smtp_reply *reply, void *arg);
	/* The last words have left. */
	void (*said)(void *arg);
	/* Nothing more will come: "no answer to HELO for 5 s". Valid during the call. */
	void (*failed)(const char *reason, void *arg);
};

/* Connects and awaits the greeting: two steps. Returns NULL with errno. */
struct smtp_session *smtp_session_new(struct event_base *base, const struct probe_target *target,
	const struct smtp_session_ops *ops, void *arg);
void smtp_session_free(struct smtp_session *session);

/* What is written here is sent. */
struct evbuffer *smtp_session_output(struct smtp_session *session);

/* A new step: what was put into the output is answered ("HELO", a command in words; kept as a copy
 * and cut), or nothing more is awaited (NULL: said() is called when all of it has left). */
void smtp_session_await(struct smtp_session *session, const char *what);

#endif
