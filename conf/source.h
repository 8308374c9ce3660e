/* The files of a configuration, line by line, those that are included in their place. */
#ifndef HOLDFAST_CONF_SOURCE_H
#define HOLDFAST_CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* Which problems of an include are errors (include_check, includer, includem …). */
enum source_check {
	SOURCE_CHECK_READ = 1 << 0,     /* a file that cannot be read, or is none */
	SOURCE_CHECK_MATCH = 1 << 1,    /* a plain name that does not exist */
	SOURCE_CHECK_WILDCARD = 1 << 2, /* a pattern that matches nothing */
	SOURCE_CHECK_BRACE = 1 << 3,    /* one of several {a,b} alternatives that matches nothing */
};

struct source;

struct source *source_new(struct conf *conf);
void source_free(struct source *source);

/* The main file; false, with a finding and conf->unreadable, when it cannot be read. */
bool source_open_file(struct source *source, const char *file);
/* The main text; name stands in findings, include is refused. The text must outlive the source. */
void source_open_text(struct source *source, const char *name, const char *text, size_t length);

/* The next line, as a place with column 1 whose text is the line. Lines that are too long or hold
 * a NUL are reported and left out. False at the end; then the place is behind the last line. */
bool source_line(struct source *source, struct conf_place *place);

/* Goes on with the files that match pattern, then returns to the current one. */
void source_include(struct source *source, const char *pattern, unsigned checks,
	const struct conf_place *place);

/* Directory of the file being read; "." for a text. */
const char *source_directory(const struct source *source);

#endif
