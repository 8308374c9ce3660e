#include "conf/parser.h"

#include <string.h>

#include "conf/arena.h"

#define SUGGESTIONS_MAX 100

static void next_token(struct parser *parser, struct token *token)
{
	if (parser->has_ahead)
		*token = parser->ahead;
	else
		lexer_next(parser->lexer, token);
	parser->has_ahead = false;
}

static void put_back(struct parser *parser, const struct token *token)
{
	parser->ahead = *token;
	parser->has_ahead = true;
}

/* A block may be opened on the keyword's line or on one of the next. */
static bool take_open(struct parser *parser)
{
	struct token token;
	do
		next_token(parser, &token);
	while (token.kind == TOKEN_EOL);
	if (token.kind == TOKEN_OPEN)
		return true;
	put_back(parser, &token);
	return false;
}

static void read_words(struct parser *parser, struct statement *statement, struct token *token)
{
	statement->count = 0;
	statement->too_long = false;
	while (token->kind == TOKEN_WORD) {
		if (statement->count < STATEMENT_WORDS_MAX)
			statement->words[statement->count++] = *token;
		else
			statement->too_long = true;
		next_token(parser, token);
	}
	put_back(parser, token);
	statement->block = take_open(parser);
	if (statement->too_long)
		conf_error(parser->conf, &statement->words[0].place,
			"more than %d words on a line: the others are left out",
			STATEMENT_WORDS_MAX);
}

static void skip_to_close(struct parser *parser)
{
	unsigned depth = 1;
	struct token token;
	while (depth > 0) {
		next_token(parser, &token);
		if (token.kind == TOKEN_EOF) {
			put_back(parser, &token);
			return;
		}
		depth += token.kind == TOKEN_OPEN;
		depth -= token.kind == TOKEN_CLOSE;
	}
}

void parser_skip_block(struct parser *parser, const struct statement *opener)
{
	if (opener->block)
		skip_to_close(parser);
}

/* "vrrp_instance 'VI_1'" for messages. */
static const char *opener_name(struct parser *parser, const struct statement *opener)
{
	char buf[160];
	if (opener->count > 1)
		snprintf(buf, sizeof(buf), "%s '%s'", opener->words[0].text, opener->words[1].text);
	else
		snprintf(buf, sizeof(buf), "'%s'", opener->words[0].text);
	return parser_copy(parser, buf);
}

static void end_of_file(struct parser *parser, const struct token *end)
{
	if (parser->depth <= 1)
		return;
	const struct statement *opener = parser->open[parser->depth - 1].statement;
	conf_warning(parser->conf, &opener->words[0].place,
		"%s is opened here and never closed: a } is missing; it ends with the file (line "
		"%u)",
		opener_name(parser, opener), end->place.line);
}

bool parser_next(struct parser *parser, struct statement *statement)
{
	struct token token;
	if (parser->has_held) {
		/* What an inner block handed back belongs to the next block that has room for it.
		 */
		*statement = parser->held;
		parser->has_held = false;
		return true;
	}
	parser->handed = false;
	for (;;) {
		next_token(parser, &token);
		switch (token.kind) {
		case TOKEN_WORD:
			read_words(parser, statement, &token);
			return true;
		case TOKEN_OPEN:
			conf_error(parser->conf, &token.place,
				"a block without a keyword before its {: it is left out");
			skip_to_close(parser);
			break;
		case TOKEN_CLOSE:
			if (parser->depth > 1)
				return false;
			conf_error(parser->conf, &token.place, "this } closes nothing");
			break;
		case TOKEN_EOL:
			break;
		case TOKEN_EOF:
			put_back(parser, &token);
			end_of_file(parser, &token);
			return false;
		}
	}
}

/* The innermost block around the current one in which word is a keyword, or NULL. */
static const struct open_block *around(const struct parser *parser, const char *word)
{
	for (unsigned i = parser->depth - 1; i-- > 0;)
		if (conf_keyword_find(parser->open[i].block, word) != NULL)
			return &parser->open[i];
	return NULL;
}

/* A statement that belongs further out: ends the block in hand, as if its } were there. */
static void hand_out(struct parser *parser, const struct statement *statement)
{
	const struct statement *opener = parser->open[parser->depth - 1].statement;
	if (!parser->handed)
		conf_error(parser->conf, &statement->words[0].place,
			"'%s' cannot stand in %s, which was opened on line %u: is a } missing "
			"before it?",
			statement->words[0].text, opener_name(parser, opener),
			opener->words[0].place.line);
	parser->held = *statement;
	parser->has_held = true;
	parser->handed = true;
}

static void unknown(
	struct parser *parser, const struct conf_block *block, const struct statement *statement)
{
	const struct token *word = &statement->words[0];
	const char *tail = statement->block ? " (its block is left out)" : "";
	const struct conf_block *other = NULL;
	const char *nearest = NULL;
	const char *where = block == &conf_block_root ? "at the top level" : block->name;
	const char *in = block == &conf_block_root ? "" : "in ";
	if (parser->suggestions++ < SUGGESTIONS_MAX) {
		other = conf_block_of(word->text);
		nearest = conf_keyword_nearest(block, word->text);
	}
	if (strchr(word->text, '|') != NULL && !word->quoted) {
		conf_error(parser->conf, &word->place,
			"'%s' is not a keyword: write one of the words, without the '|'%s",
			word->text, tail);
	} else if (nearest != NULL &&
		   (other == NULL || conf_edit_distance(nearest, word->text) < 2)) {
		conf_error(parser->conf, &word->place,
			"'%s' is not a keyword %s%s; did you mean '%s'?%s", word->text, in, where,
			nearest, tail);
	} else if (other == &conf_block_root) {
		conf_error(parser->conf, &word->place,
			"'%s' belongs at the top level, outside every block%s", word->text, tail);
	} else if (other != NULL) {
		conf_error(parser->conf, &word->place,
			"'%s' is not a keyword %s%s, it belongs in %s%s", word->text, in, where,
			other->name, tail);
	} else {
		conf_error(parser->conf, &word->place, "'%s' is not a keyword %s%s%s", word->text,
			in, where, tail);
	}
	parser_skip_block(parser, statement);
}

/* Does the number of words and the block fit the row? */
static bool shape_fits(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement)
{
	static const struct {
		uint8_t min;
		uint8_t max;
	} arguments[] = {
		[CONF_KIND_FLAG] = {0, 0},
		[CONF_KIND_BOOL] = {0, 1},
		[CONF_KIND_TRISTATE] = {0, 1},
		[CONF_KIND_UNSIGNED] = {1, 1},
		[CONF_KIND_U32] = {1, 1},
		[CONF_KIND_SECONDS] = {1, 1},
		[CONF_KIND_WORD] = {1, 1},
		[CONF_KIND_IFNAME] = {1, 1},
		[CONF_KIND_ADDRESS] = {1, 1},
		[CONF_KIND_COMMAND] = {1, STATEMENT_WORDS_MAX},
	};
	const struct token *word = &statement->words[0];
	bool own = keyword->kind == CONF_KIND_OTHER || keyword->kind == CONF_KIND_BLOCK;
	size_t min = own ? keyword->words_min : arguments[keyword->kind].min;
	size_t max = own ? keyword->words_max : arguments[keyword->kind].max;
	bool block = keyword->kind == CONF_KIND_BLOCK;
	if (statement->count - 1 < min) {
		conf_error(parser->conf, &word->place, "'%s' needs an argument: %s %s", word->text,
			keyword->name, keyword->arguments);
	} else if (block && !statement->block) {
		conf_error(parser->conf, &word->place, "'%s' needs a block: %s %s", word->text,
			keyword->name, keyword->arguments);
	} else if (!block && statement->block) {
		conf_error(parser->conf, &word->place,
			"'%s' takes no block: what stands in its braces is left out", word->text);
	} else {
		if (statement->count - 1 > max)
			parser_superfluous(parser, statement, max + 1);
		return true;
	}
	parser_skip_block(parser, statement);
	return false;
}

static void take(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	const struct conf_place *place = &statement->words[0].place;
	if (keyword->status == CONF_NOT_YET) {
		parser_unused(parser, keyword, place);
		parser_skip_block(parser, statement);
		return;
	}
	if (!shape_fits(parser, keyword, statement))
		return;
	if (keyword->place_at != 0)
		memcpy((char *)object + keyword->place_at, place, sizeof(*place));
	if (keyword->handle != NULL)
		keyword->handle(parser, keyword, statement, object);
	else
		parser_store(parser, keyword, statement, object);
}

static bool enter(
	struct parser *parser, const struct statement *opener, const struct conf_block *block)
{
	if (parser->depth >= PARSER_DEPTH_MAX) {
		conf_error(parser->conf, &opener->words[0].place, "blocks are nested too deep");
		parser_skip_block(parser, opener);
		return false;
	}
	parser->open[parser->depth++] = (struct open_block){opener, block};
	return true;
}

void parser_block(struct parser *parser, const struct conf_block *block,
	const struct statement *opener, void *object)
{
	struct statement statement;
	if (!enter(parser, opener, block))
		return;
	while (parser_next(parser, &statement)) {
		const char *word = statement.words[0].text;
		const struct conf_keyword *keyword = conf_keyword_find(block, word);
		if (keyword != NULL) {
			take(parser, keyword, &statement, object);
		} else if (statement.block && around(parser, word) != NULL) {
			hand_out(parser, &statement);
			break;
		} else {
			unknown(parser, block, &statement);
		}
	}
	parser->depth--;
}

void parser_lines(struct parser *parser, const struct statement *opener,
	void (*take_line)(struct parser *parser, const struct statement *line, void *object),
	void *object)
{
	struct statement line;
	if (!enter(parser, opener, NULL))
		return;
	while (!parser->has_held && parser_next(parser, &line)) {
		take_line(parser, &line, object);
		if (!parser->has_held)
			parser_skip_block(parser, &line);
	}
	parser->depth--;
}

void parser_misfit(
	struct parser *parser, const struct statement *line, const char *what, const char *wrong)
{
	const struct token *word = &line->words[0];
	if (around(parser, word->text) != NULL)
		hand_out(parser, line);
	else if (line->block)
		conf_error(parser->conf, &word->place, "'%s' is not %s (its block is left out)",
			word->text, what);
	else
		conf_error(parser->conf, &word->place, "'%s' %s", word->text, wrong);
}

static void run_root(struct parser *parser)
{
	struct statement statement;
	parser->open[0] = (struct open_block){NULL, &conf_block_root};
	parser->depth = 1;
	while (parser_next(parser, &statement)) {
		const struct conf_keyword *keyword =
			conf_keyword_find(&conf_block_root, statement.words[0].text);
		if (keyword != NULL)
			take(parser, keyword, &statement, parser->conf);
		else
			unknown(parser, &conf_block_root, &statement);
	}
}

void parser_run(struct conf *conf, struct lexer *lexer)
{
	struct parser *parser = conf_arena_alloc(conf->arena, sizeof(*parser));
	parser->conf = conf;
	parser->lexer = lexer;
	parser->unused_tail = &parser->unused;
	run_root(parser);
	parser_say_unused(parser);
}
