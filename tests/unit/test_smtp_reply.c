/* What counts as a reply of a mail server, in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checkerd/smtp_reply.h"

/* Feeds text in pieces of this many bytes; *rest is what was not taken. */
static enum smtp_progress feed(
	struct smtp_reply *reply, const char *text, size_t piece, const char **rest)
{
	enum smtp_progress progress = SMTP_UNFINISHED;
	size_t length = strlen(text);

	smtp_reply_begin(reply);
	for (size_t at = 0; at < length && progress == SMTP_UNFINISHED;) {
		size_t used;
		size_t part = length - at < piece ? length - at : piece;
		progress = smtp_reply_read(reply, text + at, part, &used);
		assert_true(used <= part);
		assert_true(progress != SMTP_UNFINISHED || used == part);
		at += used;
		*rest = text + at;
	}
	return progress;
}

static void assert_reply(const char *text, unsigned code, const char *shown, const char *left)
{
	struct smtp_reply reply;
	const char *rest = NULL;

	for (size_t piece = 1; piece <= strlen(text); piece++) {
		assert_int_equal(feed(&reply, text, piece, &rest), SMTP_COMPLETE);
		assert_int_equal(reply.code, code);
		assert_string_equal(reply.text, shown);
		assert_string_equal(rest, left);
	}
}

static void test_replies(void **state)
{
	(void)state;
	assert_reply("220 mail.example.com ESMTP\r\n", 220, "220 mail.example.com ESMTP", "");
	assert_reply("250-first\r\n250-second\r\n250 last\r\n", 250, "250-first", "");
	assert_reply("250\r\n", 250, "250", "");
	assert_reply("250 \r\n", 250, "250 ", "");
	assert_reply("354 go on\n", 354, "354 go on", "");
	assert_reply("220 one\r\n250 two\r\n", 220, "220 one", "250 two\r\n");
	/* what is shown later cannot forge lines or colours, nor break JSON */
	assert_reply("554 \033[31m\xff\xc3\xa4\rx\r\n", 554, "554 ?[31m????x", "");
}

static void assert_garbage(const char *text, const char *what)
{
	struct smtp_reply reply;
	const char *rest;

	assert_int_equal(feed(&reply, text, 7, &rest), SMTP_GARBAGE);
	if (strstr(reply.text, what) == NULL)
		fail_msg("%s: not %s", reply.text, what);
}

static void test_garbage(void **state)
{
	static const char *const lines[] = {"", "22", "SSH-2.0-OpenSSH_9.2", "HTTP/1.1 400 Bad",
		"220x", "2200 x", "120 x", "620 x", "260 x", "22a x", " 220 x", "-220", "220\tx"};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "%s\r\n", lines[i]);
		assert_garbage(text, "no reply of a mail server");
	}
	assert_garbage("250-a\r\n251 b\r\n", "two codes");
	assert_garbage("250-a\r\nb\r\n", "no reply of a mail server");
}

static void test_bounds(void **state)
{
	struct smtp_reply reply;
	const char *rest;
	static char text[(SMTP_LINES_MAX + 2) * 8];
	static char line[SMTP_LINE_MAX + 8];

	(void)state;
	memset(line, 'a', SMTP_LINE_MAX + 1);
	memcpy(line, "220 ", 4);
	assert_int_equal(feed(&reply, line, 100, &rest), SMTP_GARBAGE);
	assert_non_null(strstr(reply.text, "a line without an end"));
	memcpy(line + SMTP_LINE_MAX - 1, "\r\n", 3);
	assert_int_equal(feed(&reply, line, 100, &rest), SMTP_COMPLETE);
	assert_int_equal(strlen(reply.text), SMTP_TEXT_LEN - 1);
	for (int i = 0; i < SMTP_LINES_MAX + 1; i++)
		strcat(text, "250-x\r\n");
	assert_int_equal(feed(&reply, text, 100, &rest), SMTP_GARBAGE);
	assert_non_null(strstr(reply.text, "too many lines"));
	strcpy(text + 7 * (SMTP_LINES_MAX - 1), "250 x\r\n");
	assert_int_equal(feed(&reply, text, 100, &rest), SMTP_COMPLETE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
