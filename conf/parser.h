/* Tokens and keyword tables in, model out: statements, blocks, and what is said about words that do
 * not fit. */
#ifndef HOLDFAST_CONF_PARSER_H
#define HOLDFAST_CONF_PARSER_H

#include "conf/conf.h"
#include "conf/finding.h"
#include "conf/keyword.h"
#include "conf/lexer.h"

#define STATEMENT_WORDS_MAX 64
#define PARSER_DEPTH_MAX    8

/* The words of a line (or what stands of it between braces), and whether a block follows. */
struct statement {
	struct token words[STATEMENT_WORDS_MAX];
	size_t count;
	bool block;
	bool too_long; /* words beyond the limit were left out */
};

/* A block that is open. */
struct open_block {
	const struct statement *statement;
	const struct conf_block *block; /* NULL: lines, not keywords */
};

struct parser {
	struct conf *conf;
	struct lexer *lexer;
	struct token ahead;
	bool has_ahead;
	struct statement held; /* read, but belongs to an outer block */
	bool has_held;
	bool handed; /* the statement in hand came from an inner block, which was said */
	struct open_block open[PARSER_DEPTH_MAX];
	unsigned depth;
	unsigned suggestions; /* made so far; a file of rubbish gets no more after a while */
	struct unused *unused;
	struct unused **unused_tail;
};

/* The whole text: fills conf with what is written. */
void parser_run(struct conf *conf, struct lexer *lexer);

/* The next statement within the block that opener opened; false at its end. */
bool parser_next(struct parser *parser, struct statement *statement);

/* Reads the keywords of a block into object. */
void parser_block(struct parser *parser, const struct conf_block *block,
	const struct statement *opener, void *object);

/* Reads the lines of a block that holds no keywords, each by take. */
void parser_lines(struct parser *parser, const struct statement *opener,
	void (*take)(struct parser *parser, const struct statement *line, void *object),
	void *object);

/* A line of such a block does not begin as it must: when its first word is a keyword of a block
 * around it, a } is probably missing; says so and goes on there. Else says what is wrong. */
void parser_misfit(
	struct parser *parser, const struct statement *line, const char *what, const char *wrong);

/* Skips the block that follows a statement. */
void parser_skip_block(struct parser *parser, const struct statement *opener);

/* The argument from 1 on as a number; false, with a finding, when it is none or out of range. */
bool parser_number(struct parser *parser, const struct conf_keyword *keyword,
	const struct token *word, int64_t *number);
bool parser_seconds(struct parser *parser, const struct conf_keyword *keyword,
	const struct token *word, uint64_t *microseconds);

/* A copy of a word in the model. */
char *parser_copy(struct parser *parser, const char *text);

/* The name of a block fits into messages; false, with a finding, when it does not. */
bool parser_good_name(struct parser *parser, const struct token *name);

/* Reports `'WORD' WRONG`; false when wrong is not NULL. */
bool parser_good(struct parser *parser, const struct token *word, const char *wrong);

/* Says what is left over behind the arguments that a statement takes. */
void parser_superfluous(struct parser *parser, const struct statement *statement, size_t taken);

/* Stores a statement by its row's kind. */
void parser_store(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object);

/* The command that begins at word `first`; returns the number of the word behind it. */
size_t parser_command_line(struct parser *parser, const struct statement *statement, size_t first,
	struct conf_command *command);

/* A command that is the whole rest of its line; its user and group, which have keywords of their
 * own, stay. */
void parser_script_line(
	struct parser *parser, const struct statement *statement, struct conf_command *command);

/* Remembers a keyword without effect; parser_say_unused says them, once each. */
void parser_unused(
	struct parser *parser, const struct conf_keyword *keyword, const struct conf_place *place);
void parser_say_unused(struct parser *parser);

#endif
