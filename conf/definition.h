/* $NAME=VALUE, and putting the values in where $NAME or ${NAME} stands. */
#ifndef HOLDFAST_CONF_DEFINITION_H
#define HOLDFAST_CONF_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "conf/lexer.h"
#include "conf/source.h"

/* A line with its definitions put in. A value of several lines brings newlines along. */
struct expansion {
	char text[LEXER_EXPANDED_MAX + 1];
	unsigned origin[LEXER_EXPANDED_MAX + 1]; /* byte of the line that each byte comes from */
	size_t length;
};

struct definitions;

/* config_id is what ${_INSTANCE} stands for. */
struct definitions *definitions_new(
	struct conf *conf, struct source *source, const char *config_id);
void definitions_free(struct definitions *definitions);

/* When the line at byte `at` is a definition: takes it, with the lines that continue it. */
bool definition_take(struct definitions *definitions, const struct conf_place *place, size_t at);

/* The line from byte `at` on, expanded. False, with a finding, when that grows too large. */
bool definitions_expand(struct definitions *definitions, const struct conf_place *place, size_t at,
	struct expansion *line);

/* Length of a ${NAME} at the start of text, braces included; 0 when there is none. */
size_t definition_reference_length(const char *text);

#endif
