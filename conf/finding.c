#include "conf/finding.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>

static void add(struct conf_findings *findings, enum conf_severity severity,
	const struct conf_place *place, const char *format, va_list arguments)
	__attribute__((format(printf, 4, 0)));

static void add(struct conf_findings *findings, enum conf_severity severity,
	const struct conf_place *place, const char *format, va_list arguments)
{
	struct conf_finding *finding = calloc(1, sizeof(*finding));
	if (finding == NULL || vasprintf(&finding->text, format, arguments) == -1)
		err(1, "configuration");
	finding->severity = severity;
	finding->place = *place;
	TAILQ_INSERT_TAIL(findings, finding, entry);
}

void conf_finding_add(struct conf_findings *findings, enum conf_severity severity,
	const struct conf_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(findings, severity, place, format, arguments);
	va_end(arguments);
}

static void add_error(struct conf *conf, const struct conf_place *place, const char *format,
	va_list arguments) __attribute__((format(printf, 3, 0)));

static void add_error(
	struct conf *conf, const struct conf_place *place, const char *format, va_list arguments)
{
	add(&conf->findings, conf->lenient ? CONF_WARNING : CONF_ERROR, place, format, arguments);
	if (conf->lenient)
		conf->warnings++;
	else
		conf->errors++;
}

void conf_error(struct conf *conf, const struct conf_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add_error(conf, place, format, arguments);
	va_end(arguments);
}

void conf_security_error(struct conf *conf, const struct conf_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add_error(conf, place, format, arguments);
	va_end(arguments);
	conf->security_errors += !conf->lenient;
}

void conf_warning(struct conf *conf, const struct conf_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(&conf->findings, CONF_WARNING, place, format, arguments);
	va_end(arguments);
	conf->warnings++;
}

void conf_note(struct conf *conf, const struct conf_place *place, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add(&conf->findings, CONF_NOTE, place, format, arguments);
	va_end(arguments);
}

void conf_findings_free(struct conf_findings *findings)
{
	struct conf_finding *finding;
	while ((finding = TAILQ_FIRST(findings)) != NULL) {
		TAILQ_REMOVE(findings, finding, entry);
		free(finding->text);
		free(finding);
	}
}

struct ranked {
	struct conf_finding *finding;
	size_t rank; /* keeps the sort stable */
};

static int compare(const void *left, const void *right)
{
	const struct ranked *a = left;
	const struct ranked *b = right;
	const struct conf_place *p = &a->finding->place;
	const struct conf_place *q = &b->finding->place;
	if (p->order != q->order)
		return p->order < q->order ? -1 : 1;
	if (p->column != q->column)
		return p->column < q->column ? -1 : 1;
	return a->rank < b->rank ? -1 : 1;
}

void conf_findings_sort(struct conf_findings *findings)
{
	struct conf_finding *finding;
	size_t count = 0;
	TAILQ_FOREACH(finding, findings, entry)
	count++;
	if (count < 2)
		return;
	struct ranked *list = calloc(count, sizeof(*list));
	if (list == NULL)
		err(1, "configuration");
	for (size_t i = 0; (finding = TAILQ_FIRST(findings)) != NULL; i++) {
		TAILQ_REMOVE(findings, finding, entry);
		list[i] = (struct ranked){finding, i};
	}
	qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++)
		TAILQ_INSERT_TAIL(findings, list[i].finding, entry);
	free(list);
}

unsigned conf_column(const char *line, size_t byte)
{
	unsigned column = 1;
	for (size_t i = 0; i < byte && line[i] != '\0'; i++)
		if (((unsigned char)line[i + 1] & 0xc0) != 0x80)
			column++;
	return column;
}
