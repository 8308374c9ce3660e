#include "checkerd/mail_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <event2/buffer.h>
#include <openssl/evp.h>

#include "common/log.h"

/* Bytes of a subject in one encoded word, so that its line keeps within 76 (RFC 2047 §2); and of
 * the text in one line (RFC 2045 §6.8). Multiples of three need no padding. */
#define WORD_BYTES 39
#define LINE_BYTES 57

static void add(struct evbuffer *out, const char *bytes, size_t length)
{
	if (evbuffer_add(out, bytes, length) == -1)
		fatal("mail");
}

static void add_text(struct evbuffer *out, const char *text)
{
	add(out, text, strlen(text));
}

static bool is_control(char byte)
{
	return (unsigned char)byte < ' ' || byte == '\177';
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return false;
	}
	return true;
}

static void add_base64(struct evbuffer *out, const char *bytes, size_t length)
{
	unsigned char text[(LINE_BYTES + 2) / 3 * 4 + 1];

	int used = EVP_EncodeBlock(text, (const unsigned char *)bytes, (int)length);
	add(out, (const char *)text, (size_t)used);
}

/* ---- headers ---- */

static void add_date(struct evbuffer *out, int64_t wall_s)
{
	char text[64];
	struct tm tm;
	time_t when = (time_t)wall_s;

	if (localtime_r(&when, &tm) == NULL ||
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S %z", &tm) == 0)
		return;
	add_text(out, "Date: ");
	add_text(out, text);
	add_text(out, "\r\n");
}

/* Up to limit bytes, but no character is taken apart. */
static size_t characters(const char *text, size_t length, size_t limit)
{
	size_t count = length < limit ? length : limit;

	while (count > 1 && count < length && ((unsigned char)text[count] & 0xc0) == 0x80)
		count--;
	return count;
}

static void add_encoded_words(struct evbuffer *out, const char *text)
{
	size_t length = strlen(text);

	for (size_t at = 0; at < length;) {
		size_t count = characters(text + at, length - at, WORD_BYTES);
		if (at > 0)
			add_text(out, "\r\n ");
		add_text(out, "=?UTF-8?B?");
		add_base64(out, text + at, count);
		add_text(out, "?=");
		at += count;
	}
}

static void add_subject(struct evbuffer *out, const char *subject)
{
	char text[PROTO_MAIL_LEN];

	proto_string_set(text, sizeof(text), subject);
	for (char *c = text; *c != '\0'; c++) {
		if (is_control(*c))
			*c = '?';
	}
	add_text(out, "Subject: ");
	if (is_ascii(text))
		add_text(out, text);
	else
		add_encoded_words(out, text);
	add_text(out, "\r\n");
}

static void add_addresses(struct evbuffer *out, const struct mail_envelope *envelope)
{
	add_text(out, "From: ");
	add_text(out, envelope->from);
	add_text(out, "\r\nTo: ");
	for (size_t i = 0; i < envelope->recipients; i++) {
		if (i > 0)
			add_text(out, ",\r\n ");
		add_text(out, envelope->to[i]);
	}
	add_text(out, "\r\n");
}

/* ---- text ---- */

static void add_lines(struct evbuffer *out, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		if (text[0] == '.')
			add_text(out, ".");
		for (size_t i = 0; i < length; i++)
			add(out, is_control(text[i]) ? "?" : &text[i], 1);
		add_text(out, "\r\n");
		text += length + (text[length] == '\n');
	}
}

/* The same lines; base64 has no dot. */
static void add_encoded_lines(struct evbuffer *out, const char *text)
{
	struct evbuffer *plain = evbuffer_new();
	char line[LINE_BYTES];
	int count;

	if (plain == NULL)
		fatal("mail");
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			add_text(plain, "\r\n");
		else
			add(plain, is_control(*text) ? "?" : text, 1);
	}
	while ((count = evbuffer_remove(plain, line, sizeof(line))) > 0) {
		add_base64(out, line, (size_t)count);
		add_text(out, "\r\n");
	}
	evbuffer_free(plain);
}

void mail_text_add(
	struct evbuffer *out, const struct check_mail *what, const struct mail_envelope *envelope)
{
	bool ascii = is_ascii(what->text);

	add_date(out, what->wall_s);
	add_addresses(out, envelope);
	add_subject(out, what->subject);
	add_text(out, "X-Mailer: Holdfast " HOLDFAST_VERSION "\r\n"
		      "Auto-Submitted: auto-generated\r\n"); /* RFC 3834: nobody is to answer */
	if (!ascii)
		add_text(out, "MIME-Version: 1.0\r\n"
			      "Content-Type: text/plain; charset=UTF-8\r\n"
			      "Content-Transfer-Encoding: base64\r\n");
	add_text(out, "\r\n");
	if (ascii)
		add_lines(out, what->text);
	else
		add_encoded_lines(out, what->text);
	add_text(out, ".\r\n");
}
