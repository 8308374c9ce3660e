/* Lines of virtual_ipaddress and virtual_ipaddress_excluded. */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

static const char *value_scope(const char *word, uint8_t *scope)
{
	static const struct {
		const char *name;
		uint8_t scope;
	} names[] = {{"global", RT_SCOPE_UNIVERSE}, {"site", RT_SCOPE_SITE},
		{"link", RT_SCOPE_LINK}, {"host", RT_SCOPE_HOST}, {"nowhere", RT_SCOPE_NOWHERE}};
	int64_t number;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i].name) == 0) {
			*scope = names[i].scope;
			return NULL;
		}
	}
	if (value_number(word, &number) != NULL || number < 0 || number > 255)
		return "is no scope: write global, site, link, host, nowhere or a number to 255";
	*scope = (uint8_t)number;
	return NULL;
}

/* brd IP, + (the host bits all ones) or - (all zeros). */
static const char *value_broadcast(const char *word, struct conf_address *address)
{
	struct proto_addr *broadcast = &address->broadcast;
	if (address->address.family != AF_INET)
		return "is not possible: IPv6 has no broadcast address";
	if (strcmp(word, "+") != 0 && strcmp(word, "-") != 0) {
		const char *wrong = value_address(word, broadcast);
		if (wrong == NULL && broadcast->family != AF_INET)
			wrong = "is not an IPv4 address";
		return wrong;
	}
	uint32_t bits;
	memcpy(&bits, address->address.bytes, sizeof(bits));
	uint32_t host = address->prefixlen >= 32 ? 0 : UINT32_MAX >> address->prefixlen;
	bits = htonl(word[0] == '+' ? ntohl(bits) | host : ntohl(bits) & ~host);
	*broadcast = (struct proto_addr){.family = AF_INET};
	memcpy(broadcast->bytes, &bits, sizeof(bits));
	return NULL;
}

/* Options of keepalived that are not implemented yet, with the number of their words. */
static const struct {
	struct conf_keyword keyword;
	size_t words;
} later[] = {
	{CONF_LATER("peer", "ADDRESS[/MASK]", NULL, NULL, "Point-to-point peer"), 2},
	{CONF_LATER("preferred_lft", "SECS|forever", "forever", NULL, "Preferred lifetime"), 2},
	{CONF_LATER("track_group", "NAME", NULL, NULL, "Removal faults the group"), 2},
	{CONF_LATER("home", "", NULL, NULL, "Mobile IPv6 home address"), 1},
	{CONF_LATER("-nodad", "", NULL, NULL, "Perform duplicate address detection"), 1},
	{CONF_LATER("mngtmpaddr", "", NULL, NULL, "Temporary addresses by the kernel"), 1},
	{CONF_LATER("noprefixroute", "", NULL, NULL, "No automatic prefix route"), 1},
	{CONF_LATER("autojoin", "", NULL, NULL, "Kernel joins a multicast group"), 1},
	{CONF_LATER("use_vmac", "", NULL, NULL, "Address on a VMAC"), 1},
};

/* One option with its value, if it has any. Returns the number of words taken; 0 on an error. */
static size_t take_option(struct parser *parser, const struct token *words, size_t count,
	struct conf_address *address)
{
	const char *option = words[0].text;
	const char *wrong = NULL;
	if (strcmp(option, "no_track") == 0) {
		address->no_track = true;
		return 1;
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (strcmp(option, later[i].keyword.name) != 0)
			continue;
		parser_unused(parser, &later[i].keyword, &words[0].place);
		return later[i].words;
	}
	if (count < 2) {
		parser_good(parser, &words[0], "needs a value, or cannot stand here");
		return 0;
	}
	if (strcmp(option, "dev") == 0)
		wrong = value_ifname(words[1].text, address->ifname);
	else if (strcmp(option, "label") == 0)
		wrong = value_ifname(words[1].text, address->label);
	else if (strcmp(option, "brd") == 0 || strcmp(option, "broadcast") == 0)
		wrong = value_broadcast(words[1].text, address);
	else if (strcmp(option, "scope") == 0)
		wrong = value_scope(words[1].text, &address->scope);
	else
		return parser_good(parser, &words[0],
			"cannot stand here: ADDRESS[/MASK] [dev IF] [label NAME] [brd "
			"ADDRESS|+|-] [scope SCOPE] [no_track]; each address on a line of its own");
	return parser_good(parser, &words[1], wrong) ? 2 : 0;
}

static void address_line(struct parser *parser, const struct statement *line,
	struct conf_addresses *addresses, bool excluded)
{
	const struct token *words = line->words;
	struct conf_address *address = conf_arena_alloc(parser->conf->arena, sizeof(*address));
	const char *wrong = value_prefix(
		words[0].text, &address->address, &address->prefixlen, &address->prefix_given);
	if (wrong != NULL || line->block) {
		parser_misfit(parser, line, "an address", wrong);
		return;
	}
	address->place = words[0].place;
	address->excluded = excluded;
	for (size_t at = 1; at < line->count;) {
		size_t taken = take_option(parser, words + at, line->count - at, address);
		if (taken == 0)
			return;
		at += taken;
	}
	TAILQ_INSERT_TAIL(addresses, address, entry);
}

static void virtual_line(struct parser *parser, const struct statement *line, void *object)
{
	address_line(parser, line, object, false);
}

static void excluded_line(struct parser *parser, const struct statement *line, void *object)
{
	address_line(parser, line, object, true);
}

void conf_take_virtual_ipaddress(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	(void)keyword;
	parser_lines(parser, statement, virtual_line, &instance->addresses);
}

void conf_take_virtual_ipaddress_excluded(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	(void)keyword;
	parser_lines(parser, statement, excluded_line, &instance->addresses);
}
