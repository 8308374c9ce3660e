#include "runner/tail.h"

#include <string.h>

void tail_add(struct tail *tail, const char *bytes, size_t count)
{
	if (count > TAIL_BYTES) {
		bytes += count - TAIL_BYTES;
		count = TAIL_BYTES;
		tail->cut = true;
	}
	size_t room = TAIL_BYTES - count;
	if (tail->length > room) {
		memmove(tail->bytes, tail->bytes + tail->length - room, room);
		tail->length = room;
		tail->cut = true;
	}
	memcpy(tail->bytes + tail->length, bytes, count);
	tail->length += count;
}

static char printable(char byte)
{
	if (byte == '\n' || (byte >= ' ' && byte <= '~'))
		return byte;
	return byte == '\t' ? ' ' : '?';
}

/* Returns the length of the cleaned text, which ends with one newline unless it is empty. */
static size_t clean(const struct tail *tail, char *text)
{
	size_t length = 0;

	for (size_t i = 0; i < tail->length; i++) {
		if (tail->bytes[i] != '\r')
			text[length++] = printable(tail->bytes[i]);
	}
	while (length > 0 && text[length - 1] == '\n')
		length--;
	if (length > 0)
		text[length++] = '\n';
	return length;
}

void tail_text(const struct tail *tail, char *text, size_t size)
{
	char all[TAIL_BYTES + 1];
	size_t length = clean(tail, all);
	const char *from = all;

	memset(text, 0, size);
	if (length > size - 1)
		from += length - (size - 1);
	const char *last = all + length;
	if ((tail->cut || from != all) && length > 0) {
		bool whole = from != all && from[-1] == '\n';
		const char *newline = memchr(from, '\n', (size_t)(last - from));
		if (!whole && newline != NULL && newline + 1 < last)
			from = newline + 1;
	}
	memcpy(text, from, (size_t)(last - from));
}
