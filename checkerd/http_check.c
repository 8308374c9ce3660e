#include "checkerd/http_check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkerd/body_regex.h"
#include "checkerd/probe.h"
#include "checkerd/tls.h"

/* What keepalived says, so that rules of servers for its checks go on working. */
#define USER_AGENT "KeepAliveClient"

struct http_check {
	struct tls *tls; /* NULL: plain HTTP */
	struct tls_peer peer;
	struct proto_addr address;
	char name[PROTO_HOST_LEN]; /* of the host, without a port; may be empty */
	bool close_notify;
	char *request;
	size_t request_length;
	uint8_t status[sizeof(((struct conf_check_url *)NULL)->status)];
	bool wants_digest;
	uint8_t digest[HTTP_DIGEST_LEN];
	struct body_regex *regex; /* NULL: none */
	bool regex_no_match;
};

/* ---- preparing ---- */

/* Neither a blank nor a line end: these would make it another request. */
static bool one_word(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static bool build_request(struct http_check *check, const struct conf_check_checker *checker,
	const struct conf_check_url *url, char *reason, size_t size)
{
	const struct probe_target target = {.address = checker->address, .port = checker->port};
	char own[PROBE_NAME_LEN];
	const char *host = url->host;
	bool newer = (checker->flags & CHECKER_HTTP_1_1) != 0;
	bool close = newer || (checker->flags & CHECKER_HTTP_CLOSE) != 0;

	if (url->path[0] == '\0' || !one_word(url->path) || !one_word(url->host)) {
		snprintf(reason, size, "the path or the host of the url is empty or has blanks");
		return false;
	}
	if (host[0] == '\0')
		host = probe_target_name(&target, own);
	int length = asprintf(&check->request,
		"GET %s HTTP/1.%d\r\nUser-Agent: " USER_AGENT "\r\n%sHost: %s\r\n\r\n", url->path,
		newer ? 1 : 0, close ? "Connection: close\r\n" : "", host);
	if (length == -1) {
		check->request = NULL;
		snprintf(reason, size, "out of memory");
		return false;
	}
	check->request_length = (size_t)length;
	return true;
}

static bool is_address(const char *name)
{
	struct in6_addr unused;

	return inet_pton(AF_INET, name, &unused) == 1 || inet_pton(AF_INET6, name, &unused) == 1;
}

/* "www.example.org:8443" is asked for, www.example.org is what a certificate is for. An address is
 * no name. */
static void host_name(const char *host, char name[PROTO_HOST_LEN])
{
	snprintf(name, PROTO_HOST_LEN, "%s", host);
	char *colon = strrchr(name, ':');
	if (name[0] != '[' && colon != NULL && strchr(name, ':') == colon)
		*colon = '\0';
	if (name[0] == '[' || is_address(name))
		name[0] = '\0';
}

static void prepare_tls(struct http_check *check, struct tls *tls,
	const struct conf_check_checker *checker, const struct conf_check_url *url)
{
	if (checker->type != CHECK_SSL)
		return;
	check->tls = tls;
	check->address = checker->address;
	host_name(url->host, check->name);
	check->peer.address = &check->address;
	check->peer.verify = (checker->flags & CHECKER_VERIFY) != 0;
	if (check->name[0] != '\0') {
		check->peer.verify_name = check->name;
		if ((checker->flags & CHECKER_SNI) != 0)
			check->peer.server_name = check->name;
	}
	check->close_notify = (url->flags & URL_TLS_COMPLIANT) != 0;
}

static bool prepare_regex(struct http_check *check, const struct conf_check_url *url,
	const void *pattern, size_t length, char *reason, size_t size)
{
	const struct body_regex_params params = {
		.pattern = pattern,
		.length = length,
		.options = url->regex_options,
		.min_offset = url->regex_min,
		.max_offset = url->regex_max,
		.stack_max = url->regex_stack_max,
	};

	if ((url->flags & URL_REGEX) == 0)
		return true;
	check->regex_no_match = (url->flags & URL_REGEX_NO_MATCH) != 0;
	check->regex = body_regex_new(&params, reason, size);
	return check->regex != NULL;
}

struct http_check *http_check_new(struct tls *tls, const struct conf_check_checker *checker,
	const struct conf_check_url *url, const void *pattern, size_t length, char *reason,
	size_t size)
{
	struct http_check *check = calloc(1, sizeof(*check));

	if (check == NULL) {
		snprintf(reason, size, "out of memory");
		return NULL;
	}
	memcpy(check->status, url->status, sizeof(check->status));
	check->wants_digest = (url->flags & URL_DIGEST) != 0;
	memcpy(check->digest, url->digest, sizeof(check->digest));
	prepare_tls(check, tls, checker, url);
	if (build_request(check, checker, url, reason, size) &&
		prepare_regex(check, url, pattern, length, reason, size))
		return check;
	http_check_free(check);
	return NULL;
}

void http_check_free(struct http_check *check)
{
	if (check == NULL)
		return;
	body_regex_free(check->regex);
	free(check->request);
	free(check);
}

const char *http_check_request(const struct http_check *check, size_t *length)
{
	*length = check->request_length;
	return check->request;
}

SSL *http_check_connection(const struct http_check *check, char *reason, size_t size)
{
	reason[0] = '\0';
	return check->tls == NULL ? NULL : tls_connection(check->tls, &check->peer, reason, size);
}

bool http_check_close_notify(const struct http_check *check)
{
	return check->close_notify;
}

/* ---- the body ---- */

void http_body_init(struct http_body *body, const struct http_check *check)
{
	*body = (struct http_body){0};
	if (!check->wants_digest)
		return;
	body->digest = EVP_MD_CTX_new();
	body->failed =
		body->digest == NULL || EVP_DigestInit_ex(body->digest, EVP_md5(), NULL) != 1;
}

static void keep(struct http_body *body, const char *bytes, size_t count)
{
	size_t left = BODY_REGEX_MAX - body->kept_length;

	if (count > left) {
		body->truncated = true;
		count = left;
	}
	if (body->kept_length + count > body->kept_room) {
		size_t room = body->kept_room == 0 ? 4096 : body->kept_room;
		while (room < body->kept_length + count)
			room *= 2;
		char *grown = realloc(body->kept, room);
		if (grown == NULL) {
			body->failed = true;
			return;
		}
		body->kept = grown;
		body->kept_room = room;
	}
	if (count > 0)
		memcpy(body->kept + body->kept_length, bytes, count);
	body->kept_length += count;
}

void http_body_add(
	struct http_body *body, const struct http_check *check, const char *bytes, size_t count)
{
	if (body->failed)
		return;
	body->bytes += count;
	if (body->digest != NULL && EVP_DigestUpdate(body->digest, bytes, count) != 1)
		body->failed = true;
	if (check->regex != NULL)
		keep(body, bytes, count);
}

void http_body_clear(struct http_body *body)
{
	EVP_MD_CTX_free(body->digest);
	free(body->kept);
	*body = (struct http_body){0};
}

/* ---- judging ---- */

static bool accepted(const struct http_check *check, int status)
{
	unsigned bit = (unsigned)(status - CHECK_STATUS_FIRST);

	return status >= CHECK_STATUS_FIRST && status <= CHECK_STATUS_LAST &&
	       (check->status[bit / 8] >> (bit % 8) & 1) != 0;
}

/* "200-299, 401"; what does not fit is left out. */
static void describe_accepted(const struct http_check *check, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int first = CHECK_STATUS_FIRST; first <= CHECK_STATUS_LAST; first++) {
		int last = first;
		if (!accepted(check, first))
			continue;
		while (accepted(check, last + 1))
			last++;
		const char *comma = used == 0 ? "" : ", ";
		int length =
			first == last
				? snprintf(text + used, size - used, "%s%d", comma, first)
				: snprintf(text + used, size - used, "%s%d-%d", comma, first, last);
		if ((size_t)length >= size - used) {
			text[used] = '\0';
			return;
		}
		used += (size_t)length;
		first = last;
	}
}

bool http_check_status(const struct http_check *check, int status, char *reason, size_t size)
{
	char wanted[64];

	if (accepted(check, status))
		return true;
	describe_accepted(check, wanted, sizeof(wanted));
	snprintf(reason, size, "status %d (wanted %s)", status, wanted);
	return false;
}

static void hex(const uint8_t digest[HTTP_DIGEST_LEN], char text[2 * HTTP_DIGEST_LEN + 1])
{
	for (size_t i = 0; i < HTTP_DIGEST_LEN; i++)
		snprintf(text + i * 2, 3, "%02x", digest[i]);
}

static bool judge_digest(const struct http_check *check, struct http_body *body,
	uint8_t digest[HTTP_DIGEST_LEN], char *reason, size_t size)
{
	char have[2 * HTTP_DIGEST_LEN + 1];
	char want[2 * HTTP_DIGEST_LEN + 1];

	if (!check->wants_digest)
		return true;
	if (EVP_DigestFinal_ex(body->digest, digest, NULL) != 1) {
		snprintf(reason, size, "the digest of the body cannot be computed");
		return false;
	}
	if (memcmp(digest, check->digest, HTTP_DIGEST_LEN) == 0)
		return true;
	hex(digest, have);
	hex(check->digest, want);
	snprintf(reason, size, "digest %s (wanted %s)", have, want);
	return false;
}

static bool judge_regex(
	const struct http_check *check, const struct http_body *body, char *reason, size_t size)
{
	int matches;

	if (check->regex == NULL)
		return true;
	matches = body_regex_match(check->regex, body->kept == NULL ? "" : body->kept,
		body->kept_length, reason, size);
	if (matches == -1)
		return false;
	if (matches == 1 && check->regex_no_match)
		snprintf(reason, size, "the body matches the regex, and must not");
	else if (matches == 0 && body->truncated)
		snprintf(reason, size, "no match of the regex in the first %zu bytes of the body%s",
			BODY_REGEX_MAX,
			check->regex_no_match ? ", and the rest is not looked at" : "");
	else if (matches == 0 && !check->regex_no_match)
		snprintf(reason, size, "the body does not match the regex");
	else
		return true;
	return false;
}

bool http_check_judge(const struct http_check *check, const struct http_reply *reply,
	struct http_body *body, uint8_t digest[HTTP_DIGEST_LEN], char *reason, size_t size)
{
	if (body->failed) {
		snprintf(reason, size, "out of memory");
		return false;
	}
	if (!http_check_status(check, reply->status, reason, size) ||
		!judge_digest(check, body, digest, reason, size) ||
		!judge_regex(check, body, reason, size))
		return false;
	if (reply->length != HTTP_NO_LENGTH && body->bytes < reply->length)
		snprintf(reason, size, "status %d, %llu bytes of a body of %llu", reply->status,
			(unsigned long long)body->bytes, (unsigned long long)reply->length);
	else
		snprintf(reason, size, "status %d", reply->status);
	return true;
}
