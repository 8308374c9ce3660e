#include "checkerd/mail_client.h"

#include <stdio.h>
#include <string.h>

void mail_client_begin(struct mail_client *client, uint64_t wanted)
{
	*client = (struct mail_client){.wanted = wanted, .outcome = MAIL_CLOSED};
}

void mail_client_awaited(const struct mail_client *client, const struct mail_envelope *envelope,
	char *text, size_t size)
{
	switch (client->step) {
	case MAIL_STEP_GREETING:
		snprintf(text, size, "its greeting");
		return;
	case MAIL_STEP_HELO:
		snprintf(text, size, "HELO");
		return;
	case MAIL_STEP_FROM:
		snprintf(text, size, "MAIL FROM:<%s>", envelope->from);
		return;
	case MAIL_STEP_RCPT:
		snprintf(text, size, "RCPT TO:<%s>", envelope->to[client->recipient]);
		return;
	case MAIL_STEP_DATA:
		snprintf(text, size, "DATA");
		return;
	case MAIL_STEP_MESSAGE:
	case MAIL_STEP_DONE:
		snprintf(text, size, "the message");
		return;
	}
}

static void complain(struct mail_client *client, const struct mail_envelope *envelope,
	const struct smtp_reply *reply)
{
	char awaited[MAIL_COMMAND_LEN];

	mail_client_awaited(client, envelope, awaited, sizeof(awaited));
	snprintf(client->complaint, sizeof(client->complaint), "%s (to %.50s)", reply->text,
		awaited);
}

static enum mail_next quit(
	struct mail_client *client, enum mail_outcome outcome, char command[MAIL_COMMAND_LEN])
{
	client->step = MAIL_STEP_DONE;
	client->outcome = outcome;
	snprintf(command, MAIL_COMMAND_LEN, "QUIT\r\n");
	return MAIL_QUIT;
}

/* The next of those that are wanted, from recipient on. */
static bool find_recipient(struct mail_client *client, unsigned from)
{
	for (unsigned i = from; i < MAIL_RECIPIENTS_MAX; i++) {
		if ((client->wanted >> i & 1) == 0)
			continue;
		client->recipient = i;
		return true;
	}
	return false;
}

static enum mail_next say(struct mail_client *client, enum mail_step step,
	char command[MAIL_COMMAND_LEN], const char *verb, const char *argument, const char *end)
{
	client->step = step;
	snprintf(command, MAIL_COMMAND_LEN, "%s%s%s\r\n", verb, argument, end);
	return MAIL_COMMAND;
}

static enum mail_next recipient_judged(struct mail_client *client,
	const struct mail_envelope *envelope, const struct smtp_reply *reply,
	char command[MAIL_COMMAND_LEN])
{
	uint64_t bit = UINT64_C(1) << client->recipient;

	if (reply->code / 100 == 2)
		client->taken |= bit;
	else
		complain(client, envelope, reply);
	if (reply->code / 100 == 5)
		client->refused |= bit;
	if (find_recipient(client, client->recipient + 1))
		return say(client, MAIL_STEP_RCPT, command, "RCPT TO:<",
			envelope->to[client->recipient], ">");
	if (client->taken != 0)
		return say(client, MAIL_STEP_DATA, command, "DATA", "", "");
	return quit(client, client->refused == client->wanted ? MAIL_NEVER : MAIL_LATER, command);
}

static enum mail_next mail_refused(struct mail_client *client, const struct mail_envelope *envelope,
	const struct smtp_reply *reply, char command[MAIL_COMMAND_LEN])
{
	complain(client, envelope, reply);
	return quit(client, reply->code / 100 == 5 ? MAIL_NEVER : MAIL_LATER, command);
}

static enum mail_next server_refuses(struct mail_client *client,
	const struct mail_envelope *envelope, const struct smtp_reply *reply,
	char command[MAIL_COMMAND_LEN])
{
	complain(client, envelope, reply);
	return quit(client, MAIL_CLOSED, command);
}

enum mail_next mail_client_reply(struct mail_client *client, const struct mail_envelope *envelope,
	const struct smtp_reply *reply, char command[MAIL_COMMAND_LEN])
{
	bool good = reply->code / 100 == (client->step == MAIL_STEP_DATA ? 3 : 2);

	client->complaint[0] = '\0';
	/* RFC 5321 §3.8: it closes the connection, whatever was asked */
	if (reply->code == 421)
		return server_refuses(client, envelope, reply, command);
	switch (client->step) {
	case MAIL_STEP_GREETING:
		if (!good)
			return server_refuses(client, envelope, reply, command);
		return say(client, MAIL_STEP_HELO, command, "HELO ", envelope->helo, "");
	case MAIL_STEP_HELO:
		if (!good)
			return server_refuses(client, envelope, reply, command);
		return say(client, MAIL_STEP_FROM, command, "MAIL FROM:<", envelope->from, ">");
	case MAIL_STEP_FROM:
		if (!good || !find_recipient(client, 0))
			return mail_refused(client, envelope, reply, command);
		return say(client, MAIL_STEP_RCPT, command, "RCPT TO:<",
			envelope->to[client->recipient], ">");
	case MAIL_STEP_RCPT:
		return recipient_judged(client, envelope, reply, command);
	case MAIL_STEP_DATA:
		if (!good)
			return mail_refused(client, envelope, reply, command);
		client->step = MAIL_STEP_MESSAGE;
		return MAIL_MESSAGE;
	case MAIL_STEP_MESSAGE:
		if (!good)
			return mail_refused(client, envelope, reply, command);
		return quit(client, MAIL_SENT, command);
	case MAIL_STEP_DONE:
		break;
	}
	return quit(client, client->outcome, command);
}
