/* Handlers of the checkers' own keywords. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/stage.h"
#include "conf/value.h"

void conf_take_smtp_host(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	struct conf_checker *host = conf_checker_new(parser, statement, CONF_SMTP_CHECK);
	TAILQ_INSERT_TAIL(&checker->hosts, host, entry);
	parser_block(parser, keyword->block, statement, host);
}

/* ---- UDP_CHECK ---- */

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
	return found == NULL ? -1 : (int)(found - digits);
}

/* Half a byte more; an x stands for any. */
static const char *take_nibble(struct conf_bytes *bytes, size_t nibble, char c, bool wildcards)
{
	unsigned shift = nibble % 2 == 0 ? 4 : 0;
	int digit = hex_digit(c);
	bool any = wildcards && (c == 'x' || c == 'X');
	if (nibble / 2 >= CONF_BYTES_MAX)
		return "is too long";
	if (digit == -1 && !any)
		return wildcards ? "is not made of hexadecimal digits and x"
				 : "is not made of hexadecimal digits";
	if (!any) {
		bytes->bytes[nibble / 2] |= (uint8_t)((unsigned)digit << shift);
		bytes->mask[nibble / 2] |= (uint8_t)(0xfU << shift);
	}
	return NULL;
}

static struct conf_bytes *take_hex(
	struct parser *parser, const struct statement *statement, bool wildcards)
{
	struct conf_bytes *bytes = conf_arena_alloc(parser->conf->arena, sizeof(*bytes));
	size_t nibbles = 0;
	for (size_t i = 1; i < statement->count; i++) {
		const char *wrong = NULL;
		for (const char *c = statement->words[i].text; *c != '\0' && wrong == NULL; c++) {
			if (!isblank((unsigned char)*c))
				wrong = take_nibble(bytes, nibbles++, *c, wildcards);
		}
		if (wrong == NULL && nibbles % 2 != 0)
			wrong = "has half a byte: write two hexadecimal digits for each";
		if (!parser_good(parser, &statement->words[i], wrong))
			return NULL;
	}
	bytes->length = nibbles / 2;
	return bytes->length == 0 ? NULL : bytes;
}

void conf_take_payload(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	(void)keyword;
	checker->payload = take_hex(parser, statement, false);
}

void conf_take_require_reply(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	(void)keyword;
	checker->require_reply = true;
	checker->reply = take_hex(parser, statement, true);
}

/* ---- DNS_CHECK ---- */

static const struct {
	const char *name;
	unsigned number; /* RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 4034 */
} dns_types[] = {{"A", 1}, {"NS", 2}, {"CNAME", 5}, {"SOA", 6}, {"MX", 15}, {"TXT", 16},
	{"AAAA", 28}, {"RRSIG", 46}, {"DNSKEY", 48}};

const char *conf_dns_type_name(unsigned number)
{
	for (size_t i = 0; i < sizeof(dns_types) / sizeof(dns_types[0]); i++)
		if (dns_types[i].number == number)
			return dns_types[i].name;
	return NULL;
}

void conf_take_dns_type(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	const struct token *word = &statement->words[1];
	(void)keyword;
	for (size_t i = 0; i < sizeof(dns_types) / sizeof(dns_types[0]); i++) {
		if (strcasecmp(word->text, dns_types[i].name) == 0) {
			checker->dns_type = dns_types[i].number;
			return;
		}
	}
	parser_good(parser, word,
		"is no type of record that can be asked for: write A, NS, CNAME, SOA, MX, TXT, "
		"AAAA, RRSIG or DNSKEY");
}

/* ---- MISC_CHECK, FILE_CHECK ---- */

void conf_take_misc_path(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	(void)keyword;
	parser_script_line(parser, statement, &checker->command);
}

void conf_take_misc_user(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	(void)keyword;
	checker->command.user = parser_copy(parser, statement->words[1].text);
	checker->command.group =
		statement->count > 2 ? parser_copy(parser, statement->words[2].text) : NULL;
}

void conf_take_file_check_weight(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_checker *checker = object;
	const struct token *words = statement->words;
	int64_t number;
	if (!parser_number(parser, keyword, &words[1], &number))
		return;
	checker->weight = (int)number;
	checker->weight_given = true;
	checker->reverse = statement->count > 2 && strcmp(words[2].text, "reverse") == 0;
	if (statement->count > 2 && !checker->reverse && strcmp(words[2].text, "noreverse") != 0)
		parser_good(parser, &words[2], "cannot stand here: weight N [reverse|noreverse]");
}
