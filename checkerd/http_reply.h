/* The head of an HTTP/1 reply: status, and where the body ends. Free of I/O; takes the bytes as
 * they come, in whatever pieces, and keeps none but the line it is at, cut to what matters of it.
 * What there is in RFC 9112 for other purposes (trailers, chunks, all other fields) is passed over:
 * the body of a check is the bytes as they were sent. */
#ifndef HOLDFAST_CHECKERD_HTTP_REPLY_H
#define HOLDFAST_CHECKERD_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one reply, with the interim ones (100 Continue) before it. */
#define HTTP_HEAD_MAX 32768
#define HTTP_LINE_LEN 128

#define HTTP_NO_LENGTH UINT64_MAX /* the body ends with the connection */

enum http_reply_stage { HTTP_STATUS_LINE, HTTP_FIELDS, HTTP_BODY, HTTP_MALFORMED };

struct http_reply {
	enum http_reply_stage stage;
	int status;        /* 0 to 999, from HTTP_FIELDS on */
	uint64_t length;   /* of the body, from HTTP_BODY on; or HTTP_NO_LENGTH */
	const char *error; /* in HTTP_MALFORMED: what is wrong, the end of "the reply has …" */
	/* private */
	bool transfer_coded;
	size_t head_bytes;
	size_t line_length; /* as sent; only the first bytes are in line */
	char line[HTTP_LINE_LEN];
};

void http_reply_init(struct http_reply *reply);

/* The next bytes. Returns how many of them belong to the head: all, unless stage is HTTP_BODY now
 * (then the rest is the body's) or HTTP_MALFORMED. Not to be called again in these two. */
size_t http_reply_head(struct http_reply *reply, const char *bytes, size_t count);

#endif
