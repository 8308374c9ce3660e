/* virtual_server_group: addresses, ranges of them, and marks. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

static bool take_mark(
	struct parser *parser, const struct statement *line, struct conf_group_entry *entry)
{
	static const struct conf_keyword mark = {.name = "fwmark", .min = 1, .max = UINT32_MAX};
	const struct token *words = line->words;
	int64_t number;
	if (line->count < 2) {
		conf_error(parser->conf, &words[0].place, "'fwmark' needs a number");
		return false;
	}
	if (!parser_number(parser, &mark, &words[1], &number))
		return false;
	entry->fwmark = (uint32_t)number;
	if (line->count > 2 && strcmp(words[2].text, "inet") == 0)
		entry->family = AF_INET;
	else if (line->count > 2 && strcmp(words[2].text, "inet6") == 0)
		entry->family = AF_INET6;
	else if (line->count > 2)
		return parser_good(
			parser, &words[2], "is no family of addresses: write inet or inet6");
	return true;
}

/* The last address of a range, "10.0.0.1-10.0.0.9" or "10.0.0.1-9" (IPv6: "2001:db8::1-f"). */
static const char *range_end(const char *text, struct conf_group_entry *entry)
{
	int64_t number = 0;
	entry->last = entry->first;
	if (strpbrk(text, ".:") != NULL)
		return value_address(text, &entry->last);
	if (entry->first.family == AF_INET) {
		if (value_number(text, &number) != NULL || number < 0 || number > 255)
			return "does not end with a number from 0 to 255";
		entry->last.bytes[3] = (uint8_t)number;
		return NULL;
	}
	size_t length = strlen(text);
	if (length == 0 || length > 4 || strspn(text, "0123456789abcdefABCDEF") != length)
		return "does not end with a number from 0 to ffff";
	unsigned long hextet = strtoul(text, NULL, 16);
	entry->last.bytes[14] = (uint8_t)(hextet >> 8);
	entry->last.bytes[15] = (uint8_t)hextet;
	return NULL;
}

/* The first and the last address of a subnet. */
static const char *subnet(const char *text, struct conf_group_entry *entry)
{
	uint8_t prefixlen;
	bool given;
	const char *wrong = value_prefix(text, &entry->first, &prefixlen, &given);
	if (wrong != NULL)
		return wrong;
	size_t size = entry->first.family == AF_INET ? 4 : 16;
	entry->last = entry->first;
	for (size_t bit = prefixlen; bit < size * 8; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		if ((entry->first.bytes[bit / 8] & mask) != 0)
			return "is no subnet: bits behind its prefix are set";
		entry->last.bytes[bit / 8] |= mask;
	}
	return NULL;
}

static const char *addresses(const char *word, struct conf_group_entry *entry)
{
	char first[64];
	const char *dash = strchr(word, '-');
	if (dash == NULL)
		return subnet(word, entry);
	if ((size_t)(dash - word) >= sizeof(first))
		return "is not an address";
	memcpy(first, word, (size_t)(dash - word));
	first[dash - word] = '\0';
	const char *wrong = value_address(first, &entry->first);
	if (wrong == NULL)
		wrong = range_end(dash + 1, entry);
	if (wrong != NULL)
		return wrong;
	if (entry->first.family != entry->last.family)
		return "is no range: its ends are of different address families";
	if (memcmp(entry->first.bytes, entry->last.bytes, sizeof(entry->last.bytes)) > 0)
		return "is no range: its end comes before its beginning";
	if (entry->first.family == AF_INET6 &&
		memcmp(entry->first.bytes, entry->last.bytes, 12) != 0)
		return "is no range: only the last two components may differ";
	return NULL;
}

static void take_line(struct parser *parser, const struct statement *line, void *object)
{
	static const struct conf_keyword port = {.name = "port", .min = 1, .max = 65535};
	struct conf_server_group *group = object;
	struct conf_group_entry *entry = conf_arena_alloc(parser->conf->arena, sizeof(*entry));
	const struct token *words = line->words;
	bool mark = strcmp(words[0].text, "fwmark") == 0;
	int64_t number;
	*entry = (struct conf_group_entry){.place = words[0].place};
	if (mark) {
		if (!take_mark(parser, line, entry))
			return;
	} else {
		const char *wrong = addresses(words[0].text, entry);
		if (wrong != NULL) {
			parser_misfit(parser, line, "an address", wrong);
			return;
		}
		if (conf_entry_count(entry) > IPVS_RANGE_MAX) {
			conf_error(parser->conf, &words[0].place,
				"'%s' has more than %u addresses, each of which would be a service",
				words[0].text, IPVS_RANGE_MAX);
			return;
		}
		if (line->count > 1) {
			if (!parser_number(parser, &port, &words[1], &number))
				return;
			entry->port = (unsigned)number;
		}
	}
	parser_superfluous(parser, line, mark ? 3 : 2);
	TAILQ_INSERT_TAIL(&group->entries, entry, entry);
}

void conf_take_server_group(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	struct conf_server_group *group = conf_arena_alloc(conf->arena, sizeof(*group));
	(void)keyword;
	group->place = statement->words[0].place;
	group->name = parser_copy(parser, statement->words[1].text);
	TAILQ_INIT(&group->entries);
	TAILQ_INSERT_TAIL(&conf->server_groups, group, entry);
	parser_lines(parser, statement, take_line, group);
}
