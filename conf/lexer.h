/* Files, includes, @ID lines, definitions, comments and quotes: characters in, tokens out. */
#ifndef HOLDFAST_CONF_LEXER_H
#define HOLDFAST_CONF_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

/* Bounds on what a configuration may ask for. */
#define LEXER_LINE_MAX       1023         /* bytes of a line, as in keepalived */
#define LEXER_EXPANDED_MAX   65536        /* bytes of a line with its definitions put in */
#define LEXER_TOTAL_MAX      (16ul << 20) /* bytes of all files together */
#define LEXER_FILES_MAX      1024         /* files included */
#define LEXER_DEPTH_MAX      16           /* includes within includes */
#define LEXER_DEFINITION_MAX 16           /* definitions within definitions */

enum token_kind { TOKEN_WORD, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EOL, TOKEN_EOF };

struct token {
	enum token_kind kind;
	bool quoted;      /* had double quotes */
	const char *text; /* of a word, unquoted; owned by the configuration */
	struct conf_place place;
};

struct lexer;

/* Reads file. When it cannot be read there is a finding, conf->unreadable is set, and the lexer
 * gives TOKEN_EOF. */
struct lexer *lexer_open_file(
	struct conf *conf, const char *file, const struct conf_options *options);
struct lexer *lexer_open_text(struct conf *conf, const char *name, const char *text, size_t length,
	const struct conf_options *options);
void lexer_close(struct lexer *lexer);

/* The next token. Empty lines and comments give TOKEN_EOL only. After the end, TOKEN_EOF for ever,
 * placed behind the last line. */
void lexer_next(struct lexer *lexer, struct token *token);

#endif
