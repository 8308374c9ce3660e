#include "checkerd/http_reply.h"

#include <string.h>
#include <strings.h>

/* A number of 18 digits fits, and no body is longer. */
#define LENGTH_DIGITS_MAX 18

#define STATUS_DIGITS 3

void http_reply_init(struct http_reply *reply)
{
	*reply = (struct http_reply){.stage = HTTP_STATUS_LINE, .length = HTTP_NO_LENGTH};
}

static void malformed(struct http_reply *reply, const char *error)
{
	reply->stage = HTTP_MALFORMED;
	reply->error = error;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* "HTTP/1.1 200 OK", RFC 9112 section 4. The phrase may be missing, with the blank before it. */
static void status_line(struct http_reply *reply)
{
	static const char name[] = "HTTP/1.";
	const char *at = reply->line + strlen(name);

	if (strncmp(reply->line, name, strlen(name)) != 0 || !is_digit(at[0]) || at[1] != ' ') {
		malformed(reply, "no HTTP/1 status line");
		return;
	}
	for (at++; *at == ' '; at++)
		;
	int status = 0;
	int digits = 0;
	for (; digits <= STATUS_DIGITS && is_digit(*at); digits++, at++)
		status = status * 10 + (*at - '0');
	if (digits != STATUS_DIGITS || (*at != ' ' && *at != '\0')) {
		malformed(reply, "a status that is not three digits");
		return;
	}
	reply->status = status;
	reply->stage = HTTP_FIELDS;
}

static void content_length(struct http_reply *reply, const char *value)
{
	uint64_t length = 0;
	int digits = 0;

	for (; digits <= LENGTH_DIGITS_MAX && is_digit(*value); digits++, value++)
		length = length * 10 + (uint64_t)(*value - '0');
	while (is_blank(*value))
		value++;
	if (digits == 0 || digits > LENGTH_DIGITS_MAX || *value != '\0')
		malformed(reply, "a malformed Content-Length");
	else if (reply->length != HTTP_NO_LENGTH && reply->length != length)
		malformed(reply, "two values of Content-Length");
	else
		reply->length = length;
}

/* What stands behind the colon when the line is this field, else NULL. */
static const char *field_value(const struct http_reply *reply, const char *name)
{
	size_t length = strlen(name);

	if (strncasecmp(reply->line, name, length) != 0 || reply->line[length] != ':')
		return NULL;
	const char *value = reply->line + length + 1;
	while (is_blank(*value))
		value++;
	return value;
}

static void field(struct http_reply *reply)
{
	const char *value = field_value(reply, "Content-Length");

	if (value != NULL)
		content_length(reply, value);
	else if (field_value(reply, "Transfer-Encoding") != NULL)
		reply->transfer_coded = true;
}

/* 100 Continue and its like come before the reply; 101 is one. */
static bool interim(int status)
{
	return status >= 100 && status < 200 && status != 101;
}

static bool bodyless(int status)
{
	return status == 204 || status == 304;
}

static void fields_end(struct http_reply *reply)
{
	if (interim(reply->status)) {
		reply->stage = HTTP_STATUS_LINE;
		reply->length = HTTP_NO_LENGTH;
		reply->transfer_coded = false;
		return;
	}
	/* RFC 9112 section 6.3: a coding overrides a length. */
	if (reply->transfer_coded)
		reply->length = HTTP_NO_LENGTH;
	if (bodyless(reply->status))
		reply->length = 0;
	reply->stage = HTTP_BODY;
}

static void line_end(struct http_reply *reply)
{
	size_t kept = reply->line_length;

	if (kept > HTTP_LINE_LEN - 1)
		kept = HTTP_LINE_LEN - 1;
	else if (kept > 0 && reply->line[kept - 1] == '\r')
		kept--;
	reply->line[kept] = '\0';
	reply->line_length = 0;
	if (reply->stage == HTTP_STATUS_LINE)
		status_line(reply);
	else if (kept == 0)
		fields_end(reply);
	else
		field(reply);
}

static void byte(struct http_reply *reply, char value)
{
	if (++reply->head_bytes > HTTP_HEAD_MAX) {
		malformed(reply, "a head of more than 32768 bytes");
		return;
	}
	if (value == '\n') {
		line_end(reply);
		return;
	}
	if (value == '\0') {
		malformed(reply, "a zero byte in its head");
		return;
	}
	if (reply->line_length < HTTP_LINE_LEN - 1)
		reply->line[reply->line_length] = value;
	reply->line_length++;
}

size_t http_reply_head(struct http_reply *reply, const char *bytes, size_t count)
{
	size_t used = 0;

	while (used < count && (reply->stage == HTTP_STATUS_LINE || reply->stage == HTTP_FIELDS))
		byte(reply, bytes[used++]);
	return used;
}
