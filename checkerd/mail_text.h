/* A mail as it goes over the wire (RFC 5322, RFC 2045, RFC 2047): free of I/O, into a buffer.
 * Nothing that is in a subject or a text can become another header, end the message, or be a
 * command: control characters become question marks, lines that begin with a dot get another one,
 * and what is not ASCII is encoded. */
#ifndef HOLDFAST_CHECKERD_MAIL_TEXT_H
#define HOLDFAST_CHECKERD_MAIL_TEXT_H

#include "checkerd/mail_client.h"
#include "proto/proto.h"

struct evbuffer;

/* Appends headers, text and the line with the dot that ends DATA. */
void mail_text_add(
	struct evbuffer *out, const struct check_mail *what, const struct mail_envelope *envelope);

#endif
