/* One url of an HTTP_GET or SSL_GET: what is asked, and what has to come back. Made once, when a
 * configuration is taken, and used by every attempt (checkerd/probe_http.h). Free of I/O. */
#ifndef HOLDFAST_CHECKERD_HTTP_CHECK_H
#define HOLDFAST_CHECKERD_HTTP_CHECK_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checkerd/http_reply.h"
#include "proto/proto.h"

#define HTTP_DIGEST_LEN 16 /* MD5 */

struct tls;
struct http_check;

/* checker is of type CHECK_HTTP or CHECK_SSL, url is one of its own, pattern its regex (NULL
 * without URL_REGEX) of length bytes. tls has to outlive it. NULL with a sentence in reason. */
struct http_check *http_check_new(struct tls *tls, const struct conf_check_checker *checker,
	const struct conf_check_url *url, const void *pattern, size_t length, char *reason,
	size_t size);
/* Not while an attempt is under way. */
void http_check_free(struct http_check *check);

/* The request, which stays the check's. */
const char *http_check_request(const struct http_check *check, size_t *length);

/* A connection of TLS for it; NULL with an empty reason when it is to be without, or with a
 * sentence when there can be none. */
SSL *http_check_connection(const struct http_check *check, char *reason, size_t size);

/* Whether TLS is to be ended by close_notify. */
bool http_check_close_notify(const struct http_check *check);

/* ---- a body as it comes: nothing of it is kept but what a regex needs ---- */

struct http_body {
	uint64_t bytes; /* so far */
	EVP_MD_CTX *digest;
	char *kept; /* for the regex */
	size_t kept_length, kept_room;
	bool truncated; /* more came than is kept */
	bool failed;    /* out of memory */
};

void http_body_init(struct http_body *body, const struct http_check *check);
void http_body_add(
	struct http_body *body, const struct http_check *check, const char *bytes, size_t count);
void http_body_clear(struct http_body *body);

/* ---- judging ---- */

/* Of a status alone; false with "status 503 (wanted 200-299)". */
bool http_check_status(const struct http_check *check, int status, char *reason, size_t size);

/* Of the whole. Returns whether it is good, with a sentence in reason either way. digest, when it
 * was asked for, receives that of the body. */
bool http_check_judge(const struct http_check *check, const struct http_reply *reply,
	struct http_body *body, uint8_t digest[HTTP_DIGEST_LEN], char *reason, size_t size);

#endif
