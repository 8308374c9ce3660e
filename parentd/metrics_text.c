#include "parentd/metrics_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

#define TEXT_START 8192
#define USEC       UINT64_C(1000000)

const char *metric_type_name(enum metric_type type)
{
	static const char *const names[] = {"gauge", "counter", "histogram", "info"};

	return names[type];
}

const char *metric_suffix(enum metric_type type)
{
	static const char *const suffixes[] = {"", "_total", "", "_info"};

	return suffixes[type];
}

/* ---- bytes ---- */

static void append(struct metrics_text *text, const char *bytes, size_t length)
{
	if (text->failed)
		return;
	if (text->length + length > text->room) {
		size_t room = text->room == 0 ? TEXT_START : text->room * 2;
		while (room < text->length + length)
			room *= 2;
		char *grown = realloc(text->bytes, room);
		if (grown == NULL) {
			text->failed = true;
			return;
		}
		text->bytes = grown;
		text->room = room;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

static void put_text(struct metrics_text *text, const char *words)
{
	append(text, words, strlen(words));
}

/* At most some dozen bytes. */
__attribute__((format(printf, 2, 3))) static void put(
	struct metrics_text *text, const char *format, ...)
{
	char bytes[64];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(bytes, sizeof(bytes), format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < sizeof(bytes))
		append(text, bytes, (size_t)length);
}

/* What is neither printable nor UTF-8 would make all of the text worthless to its reader. */
static void put_label_value(struct metrics_text *text, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	while (*s != '\0') {
		size_t length = utf8_printable(s);
		if (*s == '\n')
			put_text(text, "\\n");
		else if (*s == '"' || *s == '\\')
			put(text, "\\%c", *s);
		else if (length == 0)
			put_text(text, "?");
		else
			append(text, (const char *)s, length);
		s += length > 0 ? length : 1;
	}
}

/* ---- lines ---- */

void metrics_put_head(struct metrics_text *text, const struct metric *metric)
{
	bool open = text->dialect == METRICS_OPEN;
	const char *suffix = open ? "" : metric_suffix(metric->type);
	const char *type = metric_type_name(
		!open && metric->type == METRIC_INFO ? METRIC_GAUGE : metric->type);
	const char *const parts[] = {"# HELP ", metric->name, suffix, " ", metric->help,
		"\n# TYPE ", metric->name, suffix, " ", type, "\n"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		put_text(text, parts[i]);
	if (!open || metric->unit == NULL)
		return;
	const char *const unit[] = {"# UNIT ", metric->name, " ", metric->unit, "\n"};
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		put_text(text, unit[i]);
}

/* bound: of a bucket; NULL: it is none. */
static void put_series(struct metrics_text *text, const struct metric *metric, const char *suffix,
	const char *const *values, const char *bound)
{
	const char *before = "{";

	put_text(text, metric->name);
	put_text(text, suffix);
	for (size_t i = 0; metric->labels[i] != NULL; i++) {
		if (values[i][0] == '\0')
			continue;
		put_text(text, before);
		put_text(text, metric->labels[i]);
		put_text(text, "=\"");
		put_label_value(text, values[i]);
		put_text(text, "\"");
		before = ",";
	}
	if (bound != NULL) {
		put_text(text, before);
		put_text(text, "le=\"");
		put_text(text, bound);
		put_text(text, "\"");
		before = ",";
	}
	put_text(text, before[0] == ',' ? "} " : " ");
}

void metrics_put(struct metrics_text *text, const struct metric *metric, const char *const *values,
	uint64_t value)
{
	put_series(text, metric, metric_suffix(metric->type), values, NULL);
	put(text, "%" PRIu64 "\n", value);
}

void metrics_put_signed(struct metrics_text *text, const struct metric *metric,
	const char *const *values, int64_t value)
{
	put_series(text, metric, metric_suffix(metric->type), values, NULL);
	put(text, "%" PRId64 "\n", value);
}

static void put_seconds(struct metrics_text *text, uint64_t us)
{
	put(text, "%" PRIu64 ".%06" PRIu64 "\n", us / USEC, us % USEC);
}

void metrics_put_us(struct metrics_text *text, const struct metric *metric,
	const char *const *values, uint64_t us)
{
	put_series(text, metric, metric_suffix(metric->type), values, NULL);
	put_seconds(text, us);
}

/* As OpenMetrics wants bounds written, since they are names: 5e-05, 0.0001, 1.0. */
static void bound_text(uint32_t us, char text[32])
{
	snprintf(text, 32, "%g", (double)us / (double)USEC);
	if (strpbrk(text, ".e") == NULL)
		strlcat(text, ".0", 32);
}

void metrics_put_tally(struct metrics_text *text, const struct metric *metric,
	const char *const *values, const uint32_t bounds_us[TALLY_BUCKETS],
	const uint64_t words[TALLY_WORDS])
{
	uint64_t count = 0;
	char bound[32];

	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		count += words[i];
		bound_text(bounds_us[i], bound);
		put_series(text, metric, "_bucket", values, bound);
		put(text, "%" PRIu64 "\n", count);
	}
	count += words[TALLY_ABOVE];
	put_series(text, metric, "_bucket", values, "+Inf");
	put(text, "%" PRIu64 "\n", count);
	put_series(text, metric, "_count", values, NULL);
	put(text, "%" PRIu64 "\n", count);
	put_series(text, metric, "_sum", values, NULL);
	put_seconds(text, words[TALLY_SUM]);
}

void metrics_put_end(struct metrics_text *text)
{
	if (text->dialect == METRICS_OPEN)
		put_text(text, "# EOF\n");
}
