/* The language as data: one row per keyword, one table per block. The parser, the messages, the
 * manual and the tests read the same rows. */
#ifndef HOLDFAST_CONF_KEYWORD_H
#define HOLDFAST_CONF_KEYWORD_H

#include <stddef.h>
#include <stdint.h>

struct parser;
struct statement;
struct conf_block;
struct conf_keyword;

/* What a keyword takes and where it goes. */
enum conf_kind {
	CONF_KIND_OTHER,    /* its handler knows */
	CONF_KIND_FLAG,     /* nothing; bool */
	CONF_KIND_BOOL,     /* [BOOL]; bool */
	CONF_KIND_TRISTATE, /* [BOOL]; enum conf_tristate */
	CONF_KIND_UNSIGNED, /* unsigned, min..max */
	CONF_KIND_U32,      /* uint32_t, min..max */
	CONF_KIND_SECONDS,  /* seconds with fractions; uint64_t microseconds, min..max */
	CONF_KIND_WORD,     /* char * */
	CONF_KIND_IFNAME,   /* char[PROTO_IFNAME_LEN] */
	CONF_KIND_ADDRESS,  /* struct proto_addr */
	CONF_KIND_COMMAND,  /* struct conf_command: CMD [USER [GROUP]] */
	CONF_KIND_BLOCK,    /* { … }, its handler knows */
};

enum conf_status {
	CONF_SUPPORTED,
	CONF_NOT_YET, /* known from keepalived, not implemented: warned of and left out, with its
			 block */
};

typedef void conf_handler(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object);

struct conf_keyword {
	const char *name;
	enum conf_kind kind;
	enum conf_status status;
	int64_t min; /* of the number; microseconds for CONF_KIND_SECONDS */
	int64_t max;
	uint8_t words_min; /* arguments, for CONF_KIND_OTHER and CONF_KIND_BLOCK */
	uint8_t words_max;
	size_t at;                      /* offset of the value in the block's object */
	size_t place_at;                /* offset of a struct conf_place to fill; 0: none */
	conf_handler *handle;           /* NULL: by kind */
	const struct conf_block *block; /* what stands within its braces, if that is keywords */
	const char *alias;              /* the keyword that this one is another name of; "" none */
	const char *arguments;          /* for people, as are the following */
	const char *standard;
	const char *range;
	const char *meaning;
};

/* The row of a keyword that is not implemented yet. */
#define CONF_LATER(word, takes, default_, values, means)                                           \
	{                                                                                          \
		.name = (word), .status = CONF_NOT_YET, .arguments = (takes),                      \
		.standard = (default_), .range = (values), .meaning = (means)                      \
	}

/* The row of a command that is run when something happens. */
#define CONF_COMMAND(word, offset, means)                                                          \
	{                                                                                          \
		.name = (word), .kind = CONF_KIND_COMMAND, .at = (offset),                         \
		.arguments = "CMD [USER [GROUP]]", .standard = "none", .meaning = (means)          \
	}

struct conf_block {
	const char *name; /* "real_server" */
	const struct conf_keyword *keywords;
	size_t count;
	const struct conf_block *also; /* further keywords, its own or shared; may be NULL */
};

extern const struct conf_block conf_block_root;

/* The row of a word in a block, or NULL. */
const struct conf_keyword *conf_keyword_find(const struct conf_block *block, const char *word);

/* The block, anywhere in the language, in which a word is a keyword; NULL when there is none. */
const struct conf_block *conf_block_of(const char *word);

/* The keyword of the block nearest to a word that is none, or NULL when none is near. */
const char *conf_keyword_nearest(const struct conf_block *block, const char *word);

/* Insertions, deletions, changes and swaps of neighbours between two words (of at most 63 bytes).
 */
unsigned conf_edit_distance(const char *a, const char *b);

#endif
