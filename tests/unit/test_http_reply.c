/* Heads of replies, whole, byte by byte and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checkerd/http_reply.h"

static struct http_reply read_in_pieces(const char *bytes, size_t count, size_t piece, size_t *head)
{
	struct http_reply reply;

	http_reply_init(&reply);
	*head = 0;
	while (*head < count && reply.stage != HTTP_BODY && reply.stage != HTTP_MALFORMED) {
		size_t part = count - *head < piece ? count - *head : piece;
		*head += http_reply_head(&reply, bytes + *head, part);
	}
	return reply;
}

/* However it is cut, it is read alike. */
static struct http_reply read_bytes(const char *bytes, size_t count, size_t *head)
{
	struct http_reply whole = read_in_pieces(bytes, count, count, head);

	for (size_t piece = 1; piece < 5; piece++) {
		size_t other_head;
		struct http_reply other = read_in_pieces(bytes, count, piece, &other_head);
		assert_int_equal(other.stage, whole.stage);
		assert_int_equal(other_head, *head);
		assert_int_equal(other.status, whole.status);
		assert_int_equal(other.length, whole.length);
	}
	return whole;
}

static void check_good(const char *text, int status, uint64_t length, const char *body)
{
	size_t head;
	struct http_reply reply = read_bytes(text, strlen(text), &head);

	assert_int_equal(reply.stage, HTTP_BODY);
	assert_int_equal(reply.status, status);
	assert_int_equal(reply.length, length);
	assert_string_equal(text + head, body);
}

static void check_bad(const char *text, const char *error)
{
	size_t head;
	struct http_reply reply = read_bytes(text, strlen(text), &head);

	assert_int_equal(reply.stage, HTTP_MALFORMED);
	assert_string_equal(reply.error, error);
}

static void test_good(void **state)
{
	(void)state;
	check_good("HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody", 200, HTTP_NO_LENGTH, "body");
	check_good("HTTP/1.0 503\r\n\r\n", 503, HTTP_NO_LENGTH, "");
	check_good("HTTP/1.0 404 \n\nlines", 404, HTTP_NO_LENGTH, "lines");
	check_good("HTTP/1.1   200 OK\r\ncontent-LENGTH:\t 12 \r\n\r\nbody", 200, 12, "body");
	check_good("HTTP/1.1 200 OK\r\nContent-Length:0\r\n\r\n", 200, 0, "");
	check_good("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\n", 200, 7, "");
	check_good("HTTP/1.1 200 OK\r\nX-Content-Length: 7\r\nContent-Lengths: 7\r\n\r\n", 200,
		HTTP_NO_LENGTH, "");
	check_good("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n", 200,
		UINT64_C(999999999999999999), "");
	check_good("HTTP/1.1 099 x\r\n\r\n", 99, HTTP_NO_LENGTH, "");
	/* a coding says where the body ends, and the body is taken as it is sent */
	check_good(
		"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
		200, HTTP_NO_LENGTH, "5\r\n");
	/* no body at all */
	check_good("HTTP/1.1 204 No Content\r\n\r\n", 204, 0, "");
	check_good("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, 0, "");
}

static void test_interim(void **state)
{
	(void)state;
	check_good(
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nContent-Length: 9\r\n"
		"Transfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
		200, 2, "ab");
	check_good("HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, HTTP_NO_LENGTH, "");
}

static void test_bad(void **state)
{
	static const char *const first_lines[] = {"", "SSH-2.0-OpenSSH_9.2", "HTTP/2.0 200 OK",
		"HTTP/1.12 200 OK", "HTTP/1.1200 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK",
		"HTTP/1.", "HTTP/1.1"};
	static const char *const statuses[] = {"HTTP/1.1 ", "HTTP/1.1 1000 x", "HTTP/1.1 20 x",
		"HTTP/1.1 2000", "HTTP/1.1 +20 x", "HTTP/1.1 -20 x", "HTTP/1.1 200OK",
		"HTTP/1.1 99999999999999999999999 x"};
	static const char *const lengths[] = {"-1", "", "1000000000000000000000", "1 2", "0x10",
		"1,1", "+1", "9999999999999999999"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(first_lines) / sizeof(first_lines[0]); i++) {
		snprintf(text, sizeof(text), "%s\r\n", first_lines[i]);
		check_bad(text, "no HTTP/1 status line");
	}
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		snprintf(text, sizeof(text), "%s\r\n", statuses[i]);
		check_bad(text, "a status that is not three digits");
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
			lengths[i]);
		check_bad(text, "a malformed Content-Length");
	}
	check_bad("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"two values of Content-Length");
}

static void test_zero_bytes(void **state)
{
	static const char field[] = "HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n";
	static const char line[] = "HTTP/1.1 200\0 OK\r\n\r\n";
	size_t head;

	(void)state;
	assert_string_equal(
		read_bytes(field, sizeof(field) - 1, &head).error, "a zero byte in its head");
	assert_string_equal(
		read_bytes(line, sizeof(line) - 1, &head).error, "a zero byte in its head");
}

/* The head ends exactly at the bound, or one byte beyond. */
static void test_size(void **state)
{
	static const char start[] = "HTTP/1.1 200 OK\r\nA: ";
	static const char end[] = "\r\nContent-Length: 5\r\n\r\n";
	size_t head;

	(void)state;
	for (size_t beyond = 0; beyond < 2; beyond++) {
		size_t count = HTTP_HEAD_MAX + beyond;
		char *text = malloc(count);
		assert_non_null(text);
		memset(text, 'x', count);
		memcpy(text, start, strlen(start));
		memcpy(text + count - strlen(end), end, strlen(end));
		struct http_reply reply = read_bytes(text, count, &head);
		assert_int_equal(reply.stage, beyond == 0 ? HTTP_BODY : HTTP_MALFORMED);
		assert_int_equal(head, HTTP_HEAD_MAX + beyond);
		if (beyond == 0)
			assert_int_equal(reply.length, 5);
		else
			assert_string_equal(reply.error, "a head of more than 32768 bytes");
		free(text);
	}
}

/* Interim replies count towards the same bound. */
static void test_flood(void **state)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_reply reply;
	size_t used = 0;

	(void)state;
	http_reply_init(&reply);
	while (reply.stage != HTTP_MALFORMED && used < (size_t)10 * HTTP_HEAD_MAX)
		used += http_reply_head(&reply, interim, strlen(interim));
	assert_int_equal(reply.stage, HTTP_MALFORMED);
	assert_true(used <= HTTP_HEAD_MAX + strlen(interim));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_interim),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_zero_bytes),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_flood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
