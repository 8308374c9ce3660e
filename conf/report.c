/* Findings as compilers print them. */
#include <stdint.h>
#include <string.h>

#include "conf/finding.h"

#define RED   "\033[1;31m"
#define PINK  "\033[1;35m"
#define CYAN  "\033[1;36m"
#define GREEN "\033[1;32m"
#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

/* One character of UTF-8 text: its code point and length in bytes; (uint32_t)-1 and 1 when the
 * bytes are none. */
static uint32_t decode(const char *text, size_t *length)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t more = byte[0] >= 0xf0 ? 3 : byte[0] >= 0xe0 ? 2 : byte[0] >= 0xc0 ? 1 : 0;
	static const unsigned char masks[] = {0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = byte[0] & masks[more];
	*length = 1;
	if (byte[0] < 0x80)
		return byte[0];
	if (more == 0 || byte[0] > 0xf4)
		return (uint32_t)-1;
	for (size_t i = 1; i <= more; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return (uint32_t)-1;
		point = point << 6 | (byte[i] & 0x3f);
	}
	*length = more + 1;
	return point;
}

/* Columns that a terminal gives a character. The C library's tables depend on the locale, and a
 * daemon has none. */
static unsigned width_of(uint32_t point)
{
	static const struct {
		uint32_t first;
		uint32_t last;
		unsigned width;
	} ranges[] = {
		{0x0300, 0x036f, 0},
		{0x200b, 0x200f, 0},
		{0xfe00, 0xfe0f, 0},
		{0x1100, 0x115f, 2},
		{0x2e80, 0x303e, 2},
		{0x3041, 0xa4cf, 2},
		{0xac00, 0xd7a3, 2},
		{0xf900, 0xfaff, 2},
		{0xfe30, 0xfe6f, 2},
		{0xff01, 0xff60, 2},
		{0xffe0, 0xffe6, 2},
		{0x1f300, 0x1faff, 2},
		{0x20000, 0x3fffd, 2},
	};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Is it safe on a terminal? Control characters in a file must not reach it. */
static bool is_printable(uint32_t point)
{
	return point != (uint32_t)-1 && point >= 0x20 && (point < 0x7f || point > 0x9f) &&
	       (point < 0x202a || point > 0x202e) && (point < 0x2066 || point > 0x2069);
}

bool conf_text_is_printable(const char *text)
{
	size_t length;
	for (; *text != '\0'; text += length) {
		if (!is_printable(decode(text, &length)))
			return false;
	}
	return true;
}

static void print_safely(const char *text, FILE *out)
{
	size_t length;
	for (; *text != '\0'; text += length) {
		uint32_t point = decode(text, &length);
		if (*text == '\t' || is_printable(point))
			fwrite(text, 1, length, out);
		else
			fputc('?', out);
	}
}

/* Blanks up to the column, with the line's own tabs, then the caret. */
static void print_caret(const char *text, unsigned column, bool color, FILE *out)
{
	size_t length;
	for (unsigned at = 1; at < column && *text != '\0'; at++, text += length) {
		uint32_t point = decode(text, &length);
		unsigned width = is_printable(point) ? width_of(point) : 1;
		if (*text == '\t')
			fputc('\t', out);
		else
			fprintf(out, "%*s", (int)width, "");
	}
	fprintf(out, "%s^%s\n", color ? GREEN : "", color ? PLAIN : "");
}

static void print_finding(const struct conf_finding *finding, bool color, FILE *out)
{
	static const struct {
		const char *word;
		const char *color;
	} severities[] = {
		[CONF_NOTE] = {"note", CYAN},
		[CONF_WARNING] = {"warning", PINK},
		[CONF_ERROR] = {"error", RED},
	};
	const struct conf_place *place = &finding->place;
	if (color)
		fputs(BOLD, out);
	print_safely(place->file != NULL ? place->file : "configuration", out);
	if (place->line > 0)
		fprintf(out, ":%u:%u", place->line, place->column);
	fprintf(out, ": %s%s:%s ", color ? severities[finding->severity].color : "",
		severities[finding->severity].word, color ? PLAIN : "");
	print_safely(finding->text, out);
	fputc('\n', out);
	if (place->text == NULL)
		return;
	print_safely(place->text, out);
	fputc('\n', out);
	print_caret(place->text, place->column, color, out);
}

void conf_findings_print(const struct conf_findings *findings, FILE *out, bool color)
{
	const struct conf_finding *finding;
	TAILQ_FOREACH(finding, findings, entry)
	print_finding(finding, color, out);
}

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

void conf_report(const struct conf *conf, FILE *out, bool color)
{
	conf_findings_print(&conf->findings, out, color);
	fprintf(out, "%u error%s, %u warning%s, %u keyword%s ignored\n", conf->errors,
		plural(conf->errors), conf->warnings, plural(conf->warnings), conf->ignored,
		plural(conf->ignored));
}
