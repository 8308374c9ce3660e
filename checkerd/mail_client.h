/* The client's side of an SMTP session (RFC 5321) that delivers one mail, free of I/O: a reply of
 * the server in, the next command out. No extensions: HELO, as nothing is needed that EHLO offers.
 */
#ifndef HOLDFAST_CHECKERD_MAIL_CLIENT_H
#define HOLDFAST_CHECKERD_MAIL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checkerd/smtp_reply.h"
#include "proto/proto.h"

#define MAIL_RECIPIENTS_MAX 64  /* bits of one word */
#define MAIL_COMMAND_LEN    288 /* a verb, an address or name of at most 255, CRLF */

/* Who speaks and for whom; strings without control characters, which proto_check and the
 * configuration see to. */
struct mail_envelope {
	const char *helo;
	const char *from;
	const char (*to)[PROTO_MAIL_LEN];
	size_t recipients; /* in to; at most MAIL_RECIPIENTS_MAX */
};

enum mail_next {
	MAIL_COMMAND, /* send the command, wait for the reply */
	MAIL_MESSAGE, /* send the message with its final dot, wait for the reply */
	MAIL_QUIT,    /* send the command and close: all is known */
};

enum mail_outcome {
	MAIL_SENT,   /* to those in taken */
	MAIL_LATER,  /* this mail is not taken now */
	MAIL_NEVER,  /* this mail is refused for good */
	MAIL_CLOSED, /* nothing was said about the mail: the server serves nobody now */
};

enum mail_step {
	MAIL_STEP_GREETING,
	MAIL_STEP_HELO,
	MAIL_STEP_FROM,
	MAIL_STEP_RCPT,
	MAIL_STEP_DATA,
	MAIL_STEP_MESSAGE,
	MAIL_STEP_DONE,
};

struct mail_client {
	enum mail_step step;
	uint64_t wanted;  /* bits of envelope.to that are to get it */
	uint64_t taken;   /* the server accepts them */
	uint64_t refused; /* it never will */
	unsigned recipient;
	enum mail_outcome outcome; /* once MAIL_QUIT was returned */
	/* what the server had against it: "550 no such user (to RCPT TO:<a@b>)"; empty: nothing
	 * since the last reply */
	char complaint[PROTO_REASON_LEN];
};

/* A connection was made; the greeting is awaited. wanted is not 0. */
void mail_client_begin(struct mail_client *client, uint64_t wanted);

/* The server says this. Fills command unless MAIL_MESSAGE is returned. */
enum mail_next mail_client_reply(struct mail_client *client, const struct mail_envelope *envelope,
	const struct smtp_reply *reply, char command[MAIL_COMMAND_LEN]);

/* What the reply is awaited to: "its greeting", "HELO", "RCPT TO:<a@b>", "the message". */
void mail_client_awaited(const struct mail_client *client, const struct mail_envelope *envelope,
	char *text, size_t size);

#endif
