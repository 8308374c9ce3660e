/* Replies of an SMTP server (RFC 5321 §4.2), read as their bytes come. Free of I/O; what the server
 * sends is bounded here in size, its reader bounds the time. */
#ifndef HOLDFAST_CHECKERD_SMTP_REPLY_H
#define HOLDFAST_CHECKERD_SMTP_REPLY_H

#include <stddef.h>

#define SMTP_LINE_MAX  1024 /* RFC 5321 §4.5.3.1.5 has 512 with the CRLF */
#define SMTP_LINES_MAX 64   /* of one reply */
#define SMTP_TEXT_LEN  96

enum smtp_progress {
	SMTP_UNFINISHED, /* all bytes are taken, and more belong to it */
	SMTP_COMPLETE,
	SMTP_GARBAGE, /* nothing that a mail server says: text tells what is wrong */
};

struct smtp_reply {
	unsigned code; /* 200 … 599 */
	/* "554 go away": the first line of it, in printable ASCII, cut */
	char text[SMTP_TEXT_LEN];
	/* of the reader */
	unsigned lines;
	size_t length;
	char line[SMTP_LINE_MAX];
};

/* A new reply begins. */
void smtp_reply_begin(struct smtp_reply *reply);

/* Reads on. *used says how many bytes were taken: all of them, unless the reply ended before. After
 * SMTP_COMPLETE and SMTP_GARBAGE begin anew. */
enum smtp_progress smtp_reply_read(
	struct smtp_reply *reply, const char *bytes, size_t length, size_t *used);

#endif
