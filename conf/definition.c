#include "conf/definition.h"

#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/finding.h"

#define DEFINITIONS_MAX 1024

struct definition {
	struct definition *next;
	const char *name;
	const char *value;
};

struct definitions {
	struct conf *conf;
	struct source *source;
	const char *config_id;
	struct definition *list;
	unsigned count;
};

struct definitions *definitions_new(struct conf *conf, struct source *source, const char *config_id)
{
	struct definitions *definitions = calloc(1, sizeof(*definitions));
	if (definitions == NULL)
		err(1, "configuration");
	*definitions = (struct definitions){.conf = conf, .source = source, .config_id = config_id};
	return definitions;
}

void definitions_free(struct definitions *definitions)
{
	free(definitions);
}

static size_t name_length(const char *text)
{
	size_t length = 0;
	if (isalpha((unsigned char)text[0]) || text[0] == '_')
		while (isalnum((unsigned char)text[length]) || text[length] == '_')
			length++;
	return length;
}

size_t definition_reference_length(const char *text)
{
	if (text[0] != '$' || text[1] != '{')
		return 0;
	size_t length = strcspn(text, "}\n");
	return text[length] == '}' ? length + 1 : 0;
}

static struct definition *find(
	const struct definitions *definitions, const char *name, size_t length)
{
	for (struct definition *d = definitions->list; d != NULL; d = d->next)
		if (strncmp(d->name, name, length) == 0 && d->name[length] == '\0')
			return d;
	return NULL;
}

/* Length of text up to a comment, trailing blanks left out. */
static size_t content_length(const char *text)
{
	bool quote = false;
	size_t end = 0;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '"')
			quote = !quote;
		else if (!quote && text[i] == '\\' && (text[i + 1] == '#' || text[i + 1] == '!'))
			end = ++i + 1;
		else if (!quote && (text[i] == '#' || text[i] == '!'))
			break;
		if (text[i] != ' ' && text[i] != '\t')
			end = i + 1;
	}
	return end;
}

/* Joins the value's lines: each but the last ends with a backslash. */
static const char *read_value(struct definitions *definitions, const char *first)
{
	struct conf_arena *arena = definitions->conf->arena;
	char *value = calloc(1, LEXER_EXPANDED_MAX + 1);
	size_t used = 0;
	const char *text = first;
	struct conf_place place;
	if (value == NULL)
		err(1, "configuration");
	for (;;) {
		size_t length = content_length(text);
		bool more = length > 0 && text[length - 1] == '\\';
		size_t keep = more ? length - 1 : length;
		if (used + keep + 1 > LEXER_EXPANDED_MAX)
			break;
		memcpy(value + used, text, keep);
		used += keep;
		if (!more || !source_line(definitions->source, &place))
			break;
		value[used++] = '\n';
		text = place.text;
	}
	const char *copy = conf_arena_copy(arena, value, used);
	free(value);
	return copy;
}

bool definition_take(struct definitions *definitions, const struct conf_place *place, size_t at)
{
	const char *text = place->text + at;
	if (text[0] != '$')
		return false;
	size_t length = name_length(text + 1);
	if (length == 0 || text[length + 1] != '=')
		return false;
	struct definition *definition = find(definitions, text + 1, length);
	if (definition == NULL) {
		if (definitions->count >= DEFINITIONS_MAX) {
			conf_error(definitions->conf, place, "more than %d definitions",
				DEFINITIONS_MAX);
			return true;
		}
		definition = conf_arena_alloc(definitions->conf->arena, sizeof(*definition));
		definition->name = conf_arena_copy(definitions->conf->arena, text + 1, length);
		definition->next = definitions->list;
		definitions->list = definition;
		definitions->count++;
	}
	const char *value = text + length + 2;
	definition->value = read_value(definitions, value + strspn(value, " \t"));
	return true;
}

/* Work in hand: one line. */
struct work {
	struct definitions *definitions;
	const struct conf_place *place;
	struct expansion *line;
	bool quote;
	bool comment;
	bool overflow;
	unsigned steps; /* values may be empty, so the length alone does not bound the work */
};

static void put(struct work *work, char c, unsigned origin)
{
	struct expansion *line = work->line;
	if (line->length >= LEXER_EXPANDED_MAX) {
		work->overflow = true;
		return;
	}
	line->text[line->length] = c;
	line->origin[line->length] = origin;
	line->length++;
}

/* The value of a name, or of one that the language itself defines; NULL when there is none. */
static const char *value_of(
	const struct definitions *definitions, const char *name, size_t length, bool quote)
{
	const struct {
		const char *name;
		const char *value;
	} own[] = {
		{"_PWD", source_directory(definitions->source)},
		{"_INSTANCE", definitions->config_id},
		{"_HASH", quote ? "#" : "\\#"},
		{"_BANG", quote ? "!" : "\\!"},
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i].name) == length && memcmp(own[i].name, name, length) == 0)
			return own[i].value;
	const struct definition *definition = find(definitions, name, length);
	return definition != NULL ? definition->value : NULL;
}

/* Recognises $NAME or ${NAME} at text; returns its length and the name in it, or 0. */
static size_t reference_at(const char *text, const char **name, size_t *length)
{
	size_t braced = definition_reference_length(text);
	*name = text + (braced > 0 ? 2 : 1);
	*length = name_length(*name);
	if (*length == 0)
		return 0;
	if (braced > 0)
		return braced;
	char next = (*name)[*length];
	return next == '\0' || strchr(" \t,)\"\n", next) != NULL ? *length + 1 : 0;
}

static void say_undefined(const struct work *work, const char *name, size_t length, unsigned origin)
{
	struct conf *conf = work->definitions->conf;
	struct conf_place place = *work->place;
	place.column = conf_column(place.text, origin);
	if (length >= 4 && (memcmp(name, "_ENV", 4) == 0 || memcmp(name, "_RAN", 4) == 0)) {
		conf_warning(conf, &place,
			"'${%.*s …}' is not implemented yet: the text stays as it is", (int)length,
			name);
		conf->ignored++;
	} else if (!work->quote) {
		conf_warning(conf, &place,
			"'$%.*s' is not defined, so the text stays as it is: put a line "
			"'$%.*s=VALUE' above it, or write the value here",
			(int)length, name, (int)length, name);
	}
}

/* Copies text from byte `at` on. Bytes of a value come from where its reference stands, those of
 * the line (reference NULL) from where they are. */
static void copy(
	struct work *work, const char *text, const unsigned *reference, size_t at, unsigned depth)
{
	for (; text[at] != '\0' && !work->overflow; at++) {
		if (++work->steps > 4 * LEXER_EXPANDED_MAX)
			work->overflow = true;
		unsigned origin = reference != NULL ? *reference : (unsigned)at;
		const char *name;
		size_t length;
		if (text[at] == '\n')
			work->comment = work->quote = false;
		else if (text[at] == '"' && !work->comment)
			work->quote = !work->quote;
		else if (!work->quote && (text[at] == '#' || text[at] == '!') &&
			 (at == 0 || text[at - 1] != '\\'))
			work->comment = true;
		size_t size = text[at] == '$' && !work->comment
				      ? reference_at(text + at, &name, &length)
				      : 0;
		if (size == 0) {
			put(work, text[at], origin);
			continue;
		}
		const char *value = value_of(work->definitions, name, length, work->quote);
		if (value != NULL && depth < LEXER_DEFINITION_MAX) {
			copy(work, value, &origin, 0, depth + 1);
		} else {
			say_undefined(work, name, length, origin);
			for (size_t i = 0; i < size; i++)
				put(work, text[at + i],
					reference != NULL ? origin : origin + (unsigned)i);
		}
		at += size - 1;
	}
}

bool definitions_expand(struct definitions *definitions, const struct conf_place *place, size_t at,
	struct expansion *line)
{
	struct work work = {.definitions = definitions, .place = place, .line = line};
	line->length = 0;
	copy(&work, place->text, NULL, at, 0);
	line->text[line->length] = '\0';
	line->origin[line->length] = (unsigned)strlen(place->text);
	if (work.overflow)
		conf_error(definitions->conf, place,
			"with its definitions put in, this line is longer than %d bytes: it is "
			"left out",
			LEXER_EXPANDED_MAX);
	return !work.overflow;
}
