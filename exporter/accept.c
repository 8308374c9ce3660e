#include "exporter/accept.h"

#include <string.h>
#include <strings.h>

/* A piece of somebody's text. */
struct piece {
	const char *at;
	size_t length;
};

static struct piece trimmed(struct piece piece)
{
	while (piece.length > 0 && (piece.at[0] == ' ' || piece.at[0] == '\t')) {
		piece.at++;
		piece.length--;
	}
	while (piece.length > 0 &&
		(piece.at[piece.length - 1] == ' ' || piece.at[piece.length - 1] == '\t'))
		piece.length--;
	return piece;
}

/* Cuts off what is in front of the separator, or all. */
static struct piece cut(struct piece *rest, char separator)
{
	const char *end = rest->length == 0 ? NULL : memchr(rest->at, separator, rest->length);
	struct piece front = *rest;

	if (end == NULL) {
		rest->length = 0;
		return trimmed(front);
	}
	front.length = (size_t)(end - rest->at);
	rest->at += front.length + 1;
	rest->length -= front.length + 1;
	return trimmed(front);
}

static bool is(struct piece piece, const char *word)
{
	return piece.length == strlen(word) && strncasecmp(piece.at, word, piece.length) == 0;
}

/* 0 … 1 with at most three digits behind the point, in thousandths; 0 for anything else. */
static unsigned quality(struct piece text)
{
	unsigned value = 0, unit = 1000;

	for (size_t i = 0; i < text.length; i++) {
		if (i == 1 && text.at[i] == '.')
			continue;
		if (i > 4 || text.at[i] < '0' || text.at[i] > '9')
			return 0;
		value += (unsigned)(text.at[i] - '0') * unit;
		unit /= 10;
	}
	return value <= 1000 ? value : 0;
}

static void raise_to(unsigned *wanted, unsigned value)
{
	if (*wanted < value)
		*wanted = value;
}

static void take_range(struct accept *accept, struct piece range)
{
	struct piece type = cut(&range, ';');
	unsigned wanted = 1000;
	bool known_version = true;

	while (range.length > 0) {
		struct piece value = cut(&range, ';');
		struct piece name = cut(&value, '=');
		if (is(name, "q"))
			wanted = quality(trimmed(value));
		else if (is(name, "version"))
			known_version = is(value, "1.0.0") || is(value, "\"1.0.0\"");
	}
	if (is(type, "application/openmetrics-text") && known_version)
		raise_to(&accept->open, wanted);
	else if (is(type, "text/plain") || is(type, "text/*") || is(type, "*/*"))
		raise_to(&accept->plain, wanted);
}

void accept_take(struct accept *accept, const char *value, size_t length)
{
	struct piece rest = {value, length};

	while (rest.length > 0)
		take_range(accept, cut(&rest, ','));
}

enum metrics_format accept_format(const struct accept *accept)
{
	return accept->open > 0 && accept->open >= accept->plain ? FORMAT_OPENMETRICS
								 : FORMAT_PROMETHEUS;
}
