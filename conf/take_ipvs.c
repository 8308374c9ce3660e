/* Handlers of what virtual and real servers say to the kernel's load balancer. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

/* Finds a word among names; false, with a finding, when it is none of them. */
static bool one_of(struct parser *parser, const struct token *word, const char *const *names,
	size_t count, const char *wrong, unsigned *number)
{
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(word->text, names[i]) == 0) {
			*number = i;
			return true;
		}
	}
	return parser_good(parser, word, wrong);
}

/* Into an array in which the kernel has room for a NUL behind it. */
static bool good_word(struct parser *parser, const struct token *word, const char *what)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t length = strlen(word->text);
	if (length >= IPVS_WORD_LEN)
		conf_error(parser->conf, &word->place,
			"the name of %s has %d characters at most, not %zu", what,
			IPVS_WORD_LEN - 1, length);
	else if (length == 0 || strspn(word->text, letters) != length)
		conf_error(parser->conf, &word->place, "'%s' is no name of %s", word->text, what);
	else
		return true;
	return false;
}

void conf_take_scheduler(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_virtual_server *server = object;
	const struct token *word = &statement->words[1];
	(void)keyword;
	if (!good_word(parser, word, "a scheduler"))
		return;
	server->scheduler = parser_copy(parser, word->text);
	server->scheduler_place = word->place;
	server->scheduler_given = true;
}

/* ---- forwarding ---- */

static const char *const tunnels[] = {
	[CONF_TUNNEL_IPIP] = "ipip", [CONF_TUNNEL_GUE] = "gue", [CONF_TUNNEL_GRE] = "gre"};
static const char *const checksums[] = {[CONF_TUNNEL_NOCSUM] = "nocsum",
	[CONF_TUNNEL_CSUM] = "csum",
	[CONF_TUNNEL_REMCSUM] = "remcsum"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The option at word `at` and what belongs to it; moves on behind. */
static bool take_tunnel_option(struct parser *parser, const struct statement *statement, size_t *at,
	struct conf_method *method)
{
	static const struct conf_keyword port_row = {.name = "port", .min = 1, .max = 65535};
	const struct token *word = &statement->words[*at];
	bool type = strcmp(word->text, "type") == 0, port = strcmp(word->text, "port") == 0;
	unsigned number = 0;
	int64_t value = 0;
	if ((type || port) && *at + 1 == statement->count) {
		conf_error(parser->conf, &word->place, "'%s' needs a %s", word->text,
			port ? "number" : "name: ipip, gue or gre");
		return false;
	}
	const struct token *argument = &statement->words[*at + 1];
	*at += type || port ? 2 : 1;
	if (port && !parser_number(parser, &port_row, argument, &value))
		return false;
	if (port)
		method->port = (unsigned)value;
	if (port)
		return true;
	if (type) {
		if (!one_of(parser, argument, tunnels, COUNT(tunnels),
			    "is no tunnel: write ipip, gue or gre", &number))
			return false;
		method->tunnel = (enum conf_tunnel)number;
		return true;
	}
	if (!one_of(parser, word, checksums, COUNT(checksums),
		    "cannot stand here: TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum]",
		    &number))
		return false;
	method->checksum = (enum conf_tunnel_checksum)number;
	return true;
}

static bool good_tunnel(
	struct parser *parser, const struct token *word, const struct conf_method *method)
{
	const char *wrong = NULL;
	if (method->tunnel == CONF_TUNNEL_GUE && method->port == 0)
		wrong = "a gue tunnel needs the port that its other end listens at: type gue port "
			"N";
	else if (method->tunnel != CONF_TUNNEL_GUE && method->port != 0)
		wrong = "only a gue tunnel has a port: type gue port N";
	else if (method->tunnel == CONF_TUNNEL_IPIP && method->checksum != CONF_TUNNEL_NOCSUM)
		wrong = "an ipip tunnel has no checksum: write 'type gue port N' or 'type gre' "
			"with it";
	else if (method->tunnel == CONF_TUNNEL_GRE && method->checksum == CONF_TUNNEL_REMCSUM)
		wrong = "only a gue tunnel can have remcsum";
	if (wrong != NULL)
		conf_error(parser->conf, &word->place, "%s", wrong);
	return wrong == NULL;
}

void conf_take_method(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	static const char *const names[] = {
		[CONF_FORWARD_NAT] = "NAT", [CONF_FORWARD_DR] = "DR", [CONF_FORWARD_TUN] = "TUN"};
	struct conf_method *method = (struct conf_method *)((char *)object + keyword->at);
	const struct token *word = &statement->words[1];
	struct conf_method taken = {.given = true, .place = word->place};
	unsigned number = 0;
	size_t at = 2;
	if (!one_of(parser, word, names, COUNT(names),
		    "is no way of forwarding: write NAT, DR or TUN, in capital letters", &number))
		return;
	taken.forwarding = (enum conf_forwarding)number;
	if (taken.forwarding != CONF_FORWARD_TUN) {
		parser_superfluous(parser, statement, 2);
	} else {
		while (at < statement->count)
			if (!take_tunnel_option(parser, statement, &at, &taken))
				return;
		if (!good_tunnel(parser, word, &taken))
			return;
	}
	*method = taken;
}

/* ---- persistence ---- */

void conf_take_persistence(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_virtual_server *server = object;
	int64_t seconds = CONF_PERSISTENCE_S;
	if (statement->count < 2 || parser_number(parser, keyword, &statement->words[1], &seconds))
		server->persistence.timeout_s = (uint32_t)seconds;
}

void conf_take_granularity(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_persistence *persistence = &((struct conf_virtual_server *)object)->persistence;
	const struct token *word = &statement->words[1];
	struct in_addr mask;
	int64_t prefix;
	if (strchr(word->text, '.') == NULL) {
		if (!parser_number(parser, keyword, word, &prefix))
			return;
		persistence->prefix = (uint32_t)prefix;
		persistence->prefix_given = true;
		persistence->prefix_place = word->place;
	} else if (inet_pton(AF_INET, word->text, &mask) == 1) {
		persistence->netmask = mask.s_addr;
		persistence->netmask_given = true;
		persistence->netmask_place = word->place;
	} else {
		parser_good(
			parser, word, "is no mask as in 255.255.255.0, and no length of a prefix");
	}
}

void conf_take_engine(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_persistence *persistence = &((struct conf_virtual_server *)object)->persistence;
	const struct token *word = &statement->words[1];
	(void)keyword;
	if (!good_word(parser, word, "a persistence engine"))
		return;
	persistence->engine = parser_copy(parser, word->text);
	persistence->engine_place = word->place;
}

void conf_take_family(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	static const char *const names[] = {"inet", "inet6"};
	struct conf_virtual_server *server = object;
	const struct token *word = &statement->words[1];
	unsigned number = 0;
	(void)keyword;
	if (!one_of(parser, word, names, COUNT(names),
		    "is no family of addresses: write inet or inet6", &number))
		return;
	server->family = number == 0 ? AF_INET : AF_INET6;
	server->family_place = word->place;
}
