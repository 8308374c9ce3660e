#include "checkerd/smtp_reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void smtp_reply_begin(struct smtp_reply *reply)
{
	memset(reply, 0, sizeof(*reply));
}

/* What a server says ends in logs, states and JSON: nothing but printable ASCII. */
static void copy_printable(char *text, size_t size, const char *line, size_t length)
{
	size_t count = length < size - 1 ? length : size - 1;

	memcpy(text, line, count);
	for (size_t i = 0; i < count; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
	text[count] = '\0';
}

/* The three digits of RFC 5321 §4.2; 0 when they are none. */
static unsigned code_of(const char *line, size_t length)
{
	if (length < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '5' ||
		line[2] < '0' || line[2] > '9')
		return 0;
	if (length > 3 && line[3] != ' ' && line[3] != '-')
		return 0;
	return (unsigned)(line[0] - '0') * 100 + (unsigned)(line[1] - '0') * 10 +
	       (unsigned)(line[2] - '0');
}

static enum smtp_progress garbage(struct smtp_reply *reply, const char *what)
{
	char seen[64];

	copy_printable(seen, sizeof(seen), reply->line, reply->length);
	snprintf(reply->text, sizeof(reply->text), "%s: \"%s\"", what, seen);
	return SMTP_GARBAGE;
}

/* line holds a whole one, without its newline. */
static enum smtp_progress take_line(struct smtp_reply *reply)
{
	if (reply->length > 0 && reply->line[reply->length - 1] == '\r')
		reply->length--;
	unsigned code = code_of(reply->line, reply->length);
	if (code == 0)
		return garbage(reply, "no reply of a mail server");
	if (reply->lines > 0 && code != reply->code)
		return garbage(reply, "a reply with two codes");
	if (++reply->lines > SMTP_LINES_MAX)
		return garbage(reply, "a reply of too many lines");
	if (reply->lines == 1) {
		reply->code = code;
		copy_printable(reply->text, sizeof(reply->text), reply->line, reply->length);
	}
	bool more = reply->length > 3 && reply->line[3] == '-';
	reply->length = 0;
	return more ? SMTP_UNFINISHED : SMTP_COMPLETE;
}

enum smtp_progress smtp_reply_read(
	struct smtp_reply *reply, const char *bytes, size_t length, size_t *used)
{
	enum smtp_progress progress = SMTP_UNFINISHED;

	for (*used = 0; *used < length && progress == SMTP_UNFINISHED;) {
		char byte = bytes[(*used)++];
		if (byte == '\n')
			progress = take_line(reply);
		else if (reply->length == sizeof(reply->line))
			progress = garbage(reply, "a line without an end");
		else
			reply->line[reply->length++] = byte;
	}
	return progress;
}
