/* What is found in a configuration: collecting, ordering, and the place of a byte in a line. */
#ifndef HOLDFAST_CONF_FINDING_H
#define HOLDFAST_CONF_FINDING_H

#include "conf/conf.h"

/* Appends a finding. */
void conf_finding_add(struct conf_findings *findings, enum conf_severity severity,
	const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for a configuration, counted there. With --lenient an error becomes a warning. */
void conf_error(struct conf *conf, const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same about script security: alone it makes for an exit status of its own. */
void conf_security_error(struct conf *conf, const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void conf_warning(struct conf *conf, const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void conf_note(struct conf *conf, const struct conf_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Orders by place; findings of one place keep their order. */
void conf_findings_sort(struct conf_findings *findings);

/* UTF-8 without control characters: what a terminal, a log line and JSON can hold as it is. */
bool conf_text_is_printable(const char *text);

/* Column (from 1) of a byte of a line, counted in characters of UTF-8 text. */
unsigned conf_column(const char *line, size_t byte);

#endif
