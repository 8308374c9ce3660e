#include "checkerd/probe_smtp.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/buffer.h>

#include "checkerd/smtp_session.h"

#define HELO_LEN 256

struct probe_smtp {
	struct probe probe;
	struct smtp_session *session;
	bool greeted;
	char helo[HELO_LEN];
	char answer[SMTP_TEXT_LEN]; /* to HELO */
};

static void cancel(struct probe *probe)
{
	struct probe_smtp *smtp = (struct probe_smtp *)probe;

	smtp_session_free(smtp->session);
	free(smtp);
}

static void say_helo(struct probe_smtp *smtp)
{
	smtp->greeted = true;
	evbuffer_add_printf(smtp_session_output(smtp->session), "HELO %s\r\n", smtp->helo);
	smtp_session_await(smtp->session, "HELO");
}

static void say_quit(struct probe_smtp *smtp, const struct smtp_reply *reply)
{
	proto_string_set(smtp->answer, sizeof(smtp->answer), reply->text);
	evbuffer_add_printf(smtp_session_output(smtp->session), "QUIT\r\n");
	smtp_session_await(smtp->session, NULL);
}

static void reply_came(const struct smtp_reply *reply, void *arg)
{
	struct probe_smtp *smtp = arg;

	if (!smtp->greeted && reply->code == 220)
		say_helo(smtp);
	else if (!smtp->greeted)
		probe_end(&smtp->probe, false, "%s (wanted 220 as greeting)", reply->text);
	else if (reply->code == 250)
		say_quit(smtp, reply);
	else
		probe_end(&smtp->probe, false, "%s (wanted 250 to HELO)", reply->text);
}

static void said(void *arg)
{
	struct probe_smtp *smtp = arg;

	probe_end(&smtp->probe, true, "%s", smtp->answer);
}

/* A server that answered well and then does not wait for QUIT is good enough. */
static void failed(const char *reason, void *arg)
{
	struct probe_smtp *smtp = arg;

	if (smtp->answer[0] != '\0')
		said(smtp);
	else
		probe_end(&smtp->probe, false, "%s", reason);
}

static const struct smtp_session_ops session_ops = {
	.reply = reply_came, .said = said, .failed = failed};

struct probe *probe_smtp_start(struct event_base *base, const struct probe_target *target,
	const char *helo, probe_done_fn done, void *arg)
{
	struct probe_smtp *smtp = calloc(1, sizeof(*smtp));

	if (smtp == NULL)
		return NULL;
	probe_init(&smtp->probe, base, cancel, done, arg);
	proto_string_set(smtp->helo, sizeof(smtp->helo), helo);
	smtp->session = smtp_session_new(base, target, &session_ops, smtp);
	if (smtp->session != NULL)
		return &smtp->probe;
	int saved = errno;
	free(smtp);
	errno = saved;
	return NULL;
}
