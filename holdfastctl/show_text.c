/* Words and numbers as an operator reads them. */
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/show.h"

#define MINUTE 60LL
#define HOUR   3600LL
#define DAY    86400LL

static const char *const tone_codes[] = {
	[TONE_PLAIN] = "",
	[TONE_GOOD] = "\033[32m",
	[TONE_BAD] = "\033[1;31m",
	[TONE_WARN] = "\033[33m",
	[TONE_FAINT] = "\033[2m",
	[TONE_HEAD] = "\033[1m",
};

int show_columns(const char *text)
{
	int columns = 0;

	for (; *text != '\0'; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80; /* not a further byte of one */
	return columns;
}

void show_word(const struct view *view, enum tone tone, int width, const char *text)
{
	bool color = view->color && tone != TONE_PLAIN;
	int columns = show_columns(text);
	int left = width > columns ? width - columns : 0;
	int right = -width > columns ? -width - columns : 0;

	fprintf(view->out, "%*s%s%s%s%*s", right, "", color ? tone_codes[tone] : "", text,
		color ? "\033[0m" : "", left, "");
}

void show_wrapped(const struct view *view, enum tone tone, int column, int indent, const char *text)
{
	bool color = view->color && tone != TONE_PLAIN;
	bool first = true;

	fprintf(view->out, "%*s%s", indent > column ? indent - column : 0, "",
		color ? tone_codes[tone] : "");
	column = indent > column ? indent : column;
	while (*text != '\0') {
		char word[512];
		size_t length = strcspn(text, " ");
		size_t taken = length < sizeof(word) ? length : sizeof(word) - 1;
		memcpy(word, text, taken);
		word[taken] = '\0';
		int columns = show_columns(word);
		if (!first && view->width > 0 && column + 1 + columns > view->width) {
			fprintf(view->out, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', view->out);
			column++;
		}
		fputs(word, view->out);
		column += columns;
		first = false;
		text += taken;
		text += taken == length && *text == ' ';
	}
	fprintf(view->out, "%s\n", color ? "\033[0m" : "");
}

const char *show_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

long long show_number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

bool show_has_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL && text[0] != '\0';
}

bool show_is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Any number that a reply may hold as whole seconds. */
static long long whole(double seconds)
{
	return seconds > 0 && seconds < 1e15 ? (long long)seconds : 0;
}

void show_duration(double seconds, char *text, size_t size)
{
	long long s = whole(seconds);

	if (s >= DAY)
		snprintf(text, size, "%lld d %lld h", s / DAY, s % DAY / HOUR);
	else if (s >= HOUR)
		snprintf(text, size, "%lld h %lld min", s / HOUR, s % HOUR / MINUTE);
	else if (s >= MINUTE)
		snprintf(text, size, "%lld min %lld s", s / MINUTE, s % MINUTE);
	else
		snprintf(text, size, "%lld s", s);
}

/* "3 d": one unit, rounded down. */
static void rough(double seconds, char *text, size_t size)
{
	long long s = whole(seconds);

	if (s >= DAY)
		snprintf(text, size, "%lld d", s / DAY);
	else if (s >= HOUR)
		snprintf(text, size, "%lld h", s / HOUR);
	else if (s >= MINUTE)
		snprintf(text, size, "%lld min", s / MINUTE);
	else
		snprintf(text, size, "%lld s", s);
}

void show_ago(const json_t *object, const char *key, char *text, size_t size)
{
	const json_t *ago = json_object_get(object, key);

	strlcpy(text, "-", size);
	if (!json_is_number(ago))
		return;
	rough(json_number_value(ago), text, size);
	strlcat(text, " ago", size);
}

void show_for(const json_t *object, const char *key, char *text, size_t size)
{
	const json_t *ago = json_object_get(object, key);
	char time[32];

	text[0] = '\0';
	if (!json_is_number(ago))
		return;
	rough(json_number_value(ago), time, sizeof(time));
	snprintf(text, size, " for %s", time);
}

void show_human(long long number, char *text, size_t size)
{
	static const char units[] = "kMGTPE";
	double value = (double)number;
	size_t unit = 0;

	if (number < 10000) {
		snprintf(text, size, "%lld", number > 0 ? number : 0);
		return;
	}
	for (value /= 1000; value >= 999.5 && units[unit + 1] != '\0'; unit++)
		value /= 1000;
	snprintf(text, size, value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

void show_moment(const json_t *object, const char *key, char *text, size_t size)
{
	strlcpy(text, show_text(object, key), size);
	if (strlen(text) < strlen("2026-11-21T17:38:16") || text[10] != 'T')
		return;
	text[10] = ' ';
	text[19] = '\0';
}

/* ---- what others wrote ---- */

static bool is_control(const unsigned char *c)
{
	return *c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0);
}

static void clean_string(json_t *string, bool lines)
{
	const char *text = json_string_value(string);
	size_t length = strlen(text);
	char *copy = strdup(text);
	bool found = false;

	for (size_t i = 0; copy != NULL && i < length; i++) {
		unsigned char *c = (unsigned char *)copy + i;
		if (!is_control(c) || (lines && *c == '\n'))
			continue;
		if (*c == 0xc2)
			*c++ = '?';
		*c = *c == '\t' || *c == '\n' ? ' ' : '?';
		found = true;
	}
	/* without memory nothing is better than what was not looked at */
	if (copy == NULL || found)
		json_string_set(string, copy != NULL ? copy : "");
	free(copy);
}

static void clean(json_t *value, bool lines)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		clean_string(value, lines);
	json_object_foreach(value, key, member) clean(member, strcmp(key, "last_output") == 0);
	json_array_foreach(value, i, member) clean(member, lines);
}

void show_clean(json_t *reply)
{
	clean(reply, false);
}
