#include "conf/lexer.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/arena.h"
#include "conf/definition.h"
#include "conf/finding.h"
#include "conf/source.h"

struct lexer {
	struct conf *conf;
	struct source *source;
	struct definitions *definitions;
	char config_id[256];
	struct conf_place place; /* of the line in hand */
	struct expansion *line;  /* the line in hand, definitions put in */
	size_t position;         /* in line->text */
	bool in_line;
	bool ended;
};

static struct lexer *lexer_new(struct conf *conf, const struct conf_options *options)
{
	struct lexer *lexer = calloc(1, sizeof(*lexer));
	if (lexer == NULL || (lexer->line = calloc(1, sizeof(*lexer->line))) == NULL)
		err(1, "configuration");
	lexer->conf = conf;
	lexer->source = source_new(conf);
	lexer->definitions = definitions_new(conf, lexer->source, lexer->config_id);
	if (options != NULL && options->config_id != NULL) {
		snprintf(lexer->config_id, sizeof(lexer->config_id), "%s", options->config_id);
	} else {
		if (gethostname(lexer->config_id, sizeof(lexer->config_id) - 1) == -1)
			lexer->config_id[0] = '\0';
		lexer->config_id[strcspn(lexer->config_id, ".")] = '\0';
	}
	return lexer;
}

struct lexer *lexer_open_file(
	struct conf *conf, const char *file, const struct conf_options *options)
{
	struct lexer *lexer = lexer_new(conf, options);
	lexer->ended = !source_open_file(lexer->source, file);
	return lexer;
}

struct lexer *lexer_open_text(struct conf *conf, const char *name, const char *text, size_t length,
	const struct conf_options *options)
{
	struct lexer *lexer = lexer_new(conf, options);
	source_open_text(lexer->source, name, text, length);
	return lexer;
}

void lexer_close(struct lexer *lexer)
{
	definitions_free(lexer->definitions);
	source_free(lexer->source);
	free(lexer->line);
	free(lexer);
}

static size_t skip_blanks(const char *text, size_t at)
{
	return at + strspn(text + at, " \t");
}

/* @ID and @^ID: is the rest of the line meant for this node? Moves *at behind it. */
static bool line_is_ours(const struct lexer *lexer, const char *text, size_t *at)
{
	if (text[*at] != '@')
		return true;
	size_t start = *at + 1;
	bool negated = text[start] == '^';
	if (negated)
		start++;
	size_t length = strcspn(text + start, " \t");
	bool equal = length == strlen(lexer->config_id) &&
		     memcmp(text + start, lexer->config_id, length) == 0;
	*at = skip_blanks(text, start + length);
	return equal != negated;
}

/* include FILE and its stricter variants. */
static bool take_include(struct lexer *lexer, const char *text, size_t at)
{
	static const struct {
		const char *word;
		unsigned checks;
	} variants[] = {
		{"include", 0},
		{"includer", SOURCE_CHECK_READ},
		{"includem", SOURCE_CHECK_READ | SOURCE_CHECK_MATCH},
		{"includew", SOURCE_CHECK_READ | SOURCE_CHECK_MATCH | SOURCE_CHECK_WILDCARD},
		{"includeb", SOURCE_CHECK_READ | SOURCE_CHECK_BRACE},
		{"includea", SOURCE_CHECK_READ | SOURCE_CHECK_MATCH | SOURCE_CHECK_WILDCARD |
				     SOURCE_CHECK_BRACE},
	};
	size_t length = strcspn(text + at, " \t");
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (strlen(variants[i].word) != length ||
			memcmp(variants[i].word, text + at, length) != 0)
			continue;
		struct conf_place place = lexer->place;
		place.column = conf_column(text, at);
		char pattern[LEXER_LINE_MAX + 1];
		size_t start = skip_blanks(text, at + length);
		bool quoted = text[start] == '"';
		size_t size = strcspn(text + start + quoted, quoted ? "\"" : " \t#!");
		snprintf(pattern, sizeof(pattern), "%.*s", (int)size, text + start + quoted);
		if (size == 0)
			conf_error(lexer->conf, &place, "'include' needs the name of a file");
		else
			source_include(lexer->source, pattern, variants[i].checks, &place);
		return true;
	}
	return false;
}

/* ~SEQ, ~SEQx and ~LST repeat a line; whoever uses them must know that nothing came of it. */
static bool take_repetition(struct lexer *lexer, const char *text, size_t at)
{
	if (strncmp(text + at, "~SEQ", 4) != 0 && strncmp(text + at, "~LST", 4) != 0)
		return false;
	struct conf_place place = lexer->place;
	place.column = conf_column(text, at);
	conf_warning(lexer->conf, &place,
		"'%.4s' is not implemented yet: this line is ignored; write each line out",
		text + at);
	lexer->conf->ignored++;
	return true;
}

/* Reports a double quote that is not closed on its line: such a line is left out. */
static bool quotes_are_closed(struct lexer *lexer)
{
	const struct expansion *line = lexer->line;
	const char *opened = NULL;
	bool comment = false;
	for (const char *c = line->text; *c != '\0'; c++) {
		if (*c == '\n') {
			if (opened != NULL)
				break;
			comment = false;
		} else if (*c == '\\' && opened == NULL && c[1] != '\0' && c[1] != '\n') {
			c++;
		} else if (*c == '"' && !comment) {
			opened = opened == NULL ? c : NULL;
		} else if ((*c == '#' || *c == '!') && opened == NULL) {
			comment = true;
		}
	}
	if (opened == NULL)
		return true;
	struct conf_place place = lexer->place;
	place.column = conf_column(place.text, line->origin[opened - line->text]);
	conf_error(
		lexer->conf, &place, "this quote is not closed on its line: the line is left out");
	return false;
}

/* Gets the next line that holds tokens; false at the end. */
static bool fetch_line(struct lexer *lexer)
{
	while (source_line(lexer->source, &lexer->place)) {
		const char *text = lexer->place.text;
		size_t at = skip_blanks(text, 0);
		if (!line_is_ours(lexer, text, &at))
			continue;
		if (definition_take(lexer->definitions, &lexer->place, at) ||
			take_include(lexer, text, at) || take_repetition(lexer, text, at))
			continue;
		if (!definitions_expand(lexer->definitions, &lexer->place, at, lexer->line) ||
			!quotes_are_closed(lexer))
			continue;
		lexer->position = 0;
		return true;
	}
	return false;
}

static struct conf_place place_at(const struct lexer *lexer, size_t position)
{
	struct conf_place place = lexer->place;
	place.column = conf_column(place.text, lexer->line->origin[position]);
	return place;
}

/* A word from lexer->position on. */
static void scan_word(struct lexer *lexer, struct token *token)
{
	const char *text = lexer->line->text;
	char word[LEXER_EXPANDED_MAX + 1];
	size_t length = 0;
	size_t at = lexer->position;
	bool quote = false;
	token->place = place_at(lexer, at);
	token->quoted = false;
	for (; text[at] != '\0' && text[at] != '\n'; at++) {
		char c = text[at];
		if (c == '"') {
			quote = !quote;
			token->quoted = true;
			continue;
		}
		if (!quote && c == '\\' && (text[at + 1] == '#' || text[at + 1] == '!')) {
			word[length++] = text[++at];
			continue;
		}
		size_t reference = quote ? 0 : definition_reference_length(text + at);
		if (reference > 0) {
			memcpy(word + length, text + at, reference);
			length += reference;
			at += reference - 1;
			continue;
		}
		if (!quote && strchr(" \t{}#!", c) != NULL)
			break;
		word[length++] = c;
	}
	lexer->position = at;
	token->kind = TOKEN_WORD;
	token->text = conf_arena_copy(lexer->conf->arena, word, length);
}

/* The next token of the line in hand. */
static void scan(struct lexer *lexer, struct token *token)
{
	const char *text = lexer->line->text;
	lexer->position = skip_blanks(text, lexer->position);
	char c = text[lexer->position];
	token->place = place_at(lexer, lexer->position);
	token->text = "";
	token->quoted = false;
	if (c == '{' || c == '}') {
		token->kind = c == '{' ? TOKEN_OPEN : TOKEN_CLOSE;
		lexer->position++;
		return;
	}
	if (c != '\0' && c != '\n' && c != '#' && c != '!') {
		scan_word(lexer, token);
		return;
	}
	token->kind = TOKEN_EOL;
	lexer->position += strcspn(text + lexer->position, "\n");
	if (text[lexer->position] == '\n')
		lexer->position++;
	else
		lexer->in_line = false;
}

void lexer_next(struct lexer *lexer, struct token *token)
{
	if (!lexer->ended && !lexer->in_line) {
		lexer->in_line = fetch_line(lexer);
		lexer->ended = !lexer->in_line;
	}
	if (lexer->ended) {
		*token = (struct token){.kind = TOKEN_EOF, .text = "", .place = lexer->place};
		return;
	}
	scan(lexer, token);
}
