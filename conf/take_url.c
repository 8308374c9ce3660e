/* Handlers of HTTP_GET, SSL_GET and their urls. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/stage.h"
#include "conf/value.h"

void conf_take_http_protocol(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	const struct token *word = &statement->words[1];
	bool close = strcmp(word->text, "1.0C") == 0 || strcmp(word->text, "1.0c") == 0;
	bool v11 = strcmp(word->text, "1.1") == 0;
	(void)keyword;
	if (!close && !v11 && strcmp(word->text, "1.0") != 0) {
		parser_good(parser, word, "is no version of HTTP: write 1.0, 1.0C or 1.1");
		return;
	}
	checker->http_1_1 = v11;
	checker->http_close = close;
}

void conf_take_url(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	struct conf_url *url = conf_arena_alloc(parser->conf->arena, sizeof(*url));
	*url = (struct conf_url){
		.place = statement->words[0].place,
		.regex_max = UINT32_MAX,
		.tls_compliant = CONF_UNSET,
	};
	TAILQ_INSERT_TAIL(&checker->urls, url, entry);
	parser_block(parser, keyword->block, statement, url);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void conf_take_digest(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_url *url = object;
	const struct token *word = &statement->words[1];
	const char *wrong = NULL;
	(void)keyword;
	if (strlen(word->text) != 2 * sizeof(url->digest))
		wrong = "is no digest: an MD5 sum has 32 hexadecimal digits";
	for (size_t i = 0; wrong == NULL && i < sizeof(url->digest); i++) {
		int high = hex_value(word->text[2 * i]);
		int low = hex_value(word->text[2 * i + 1]);
		if (high == -1 || low == -1)
			wrong = "is no digest: it has to be made of hexadecimal digits";
		else
			url->digest[i] = (uint8_t)(high << 4 | low);
	}
	url->digest_given = parser_good(parser, word, wrong);
}

/* N or N-M. */
static bool take_codes(struct parser *parser, const struct conf_keyword *keyword,
	const struct token *word, struct conf_url *url)
{
	char first[16];
	const char *dash = strchr(word->text, '-');
	struct token part = *word;
	int64_t low, high;
	if (dash == NULL || (size_t)(dash - word->text) >= sizeof(first)) {
		if (!parser_number(parser, keyword, word, &low))
			return false;
		high = low;
	} else {
		memcpy(first, word->text, (size_t)(dash - word->text));
		first[dash - word->text] = '\0';
		part.text = first;
		if (!parser_number(parser, keyword, &part, &low))
			return false;
		part.text = dash + 1;
		if (!parser_number(parser, keyword, &part, &high))
			return false;
	}
	if (low > high)
		return parser_good(parser, word, "is no range: its end comes before its beginning");
	for (; low <= high; low++) {
		size_t bit = (size_t)(low - CHECK_STATUS_FIRST);
		url->status[bit / 8] |= (uint8_t)(1U << bit % 8);
	}
	return true;
}

void conf_take_status_code(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_url *url = object;
	for (size_t i = 1; i < statement->count; i++)
		if (take_codes(parser, keyword, &statement->words[i], url))
			url->status_given = true;
}

/* ---- regular expressions ---- */

void conf_take_regex(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_url *url = object;
	(void)keyword;
	url->regex = parser_copy(parser, statement->words[1].text);
	url->regex_place = statement->words[1].place;
}

static const struct {
	const char *name;
	uint32_t option;
} regex_options[] = {
	{"allow_empty_class", PCRE2_ALLOW_EMPTY_CLASS},
	{"alt_bsux", PCRE2_ALT_BSUX},
	{"auto_callout", PCRE2_AUTO_CALLOUT},
	{"caseless", PCRE2_CASELESS},
	{"dollar_endonly", PCRE2_DOLLAR_ENDONLY},
	{"dotall", PCRE2_DOTALL},
	{"dupnames", PCRE2_DUPNAMES},
	{"extended", PCRE2_EXTENDED},
	{"firstline", PCRE2_FIRSTLINE},
	{"match_unset_backref", PCRE2_MATCH_UNSET_BACKREF},
	{"multiline", PCRE2_MULTILINE},
	{"never_ucp", PCRE2_NEVER_UCP},
	{"never_utf", PCRE2_NEVER_UTF},
	{"no_auto_capture", PCRE2_NO_AUTO_CAPTURE},
	{"no_auto_possessify", PCRE2_NO_AUTO_POSSESS},
	{"no_dotstar_anchor", PCRE2_NO_DOTSTAR_ANCHOR},
	{"no_start_optimize", PCRE2_NO_START_OPTIMIZE},
	{"ucp", PCRE2_UCP},
	{"ungreedy", PCRE2_UNGREEDY},
	{"utf", PCRE2_UTF},
	{"never_backslash_c", PCRE2_NEVER_BACKSLASH_C},
	{"alt_circumflex", PCRE2_ALT_CIRCUMFLEX},
	{"alt_verbnames", PCRE2_ALT_VERBNAMES},
	{"use_offset_limit", PCRE2_USE_OFFSET_LIMIT},
};

const char *conf_regex_option(size_t number, uint32_t *option)
{
	if (number >= sizeof(regex_options) / sizeof(regex_options[0]))
		return NULL;
	*option = regex_options[number].option;
	return regex_options[number].name;
}

void conf_take_regex_options(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_url *url = object;
	(void)keyword;
	for (size_t i = 1; i < statement->count; i++) {
		const struct token *word = &statement->words[i];
		const char *name;
		uint32_t option = 0;
		for (size_t j = 0; (name = conf_regex_option(j, &option)) != NULL; j++)
			if (strcmp(name, word->text) == 0)
				break;
		if (name == NULL)
			parser_good(parser, word, "is no option of a regular expression");
		else
			url->regex_options |= option;
	}
}

void conf_take_regex_stack(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_url *url = object;
	int64_t start, max;
	if (!parser_number(parser, keyword, &statement->words[1], &start) ||
		!parser_number(parser, keyword, &statement->words[2], &max))
		return;
	if (start > max) {
		parser_good(parser, &statement->words[2],
			"is less than what the stack starts with: regex_stack START MAX");
		return;
	}
	url->regex_stack_start = (uint32_t)start;
	url->regex_stack_max = (uint32_t)max;
}
