/* Handlers of the keywords of global_defs about the kernel's load balancer as a whole. */
#include <string.h>
#include <sys/socket.h>

#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

/* A word that a number follows. */
struct option {
	struct conf_keyword row;
	unsigned *value;
};

/* Reads the option at word `at`; false, with a finding, when it is none of these or has no number.
 */
static bool take_option(struct parser *parser, const struct statement *statement, size_t at,
	const struct option *options, size_t count)
{
	const struct token *word = &statement->words[at];
	int64_t number;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word->text, options[i].row.name) != 0)
			continue;
		if (at + 1 == statement->count) {
			conf_error(parser->conf, &word->place, "'%s' needs a number", word->text);
			return false;
		}
		if (!parser_number(parser, &options[i].row, &statement->words[at + 1], &number))
			return false;
		*options[i].value = (unsigned)number;
		return true;
	}
	conf_error(parser->conf, &word->place, "'%s' cannot stand here", word->text);
	return false;
}

void conf_take_lvs_timeouts(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	const struct option options[] = {
		{{.name = "tcp", .max = keyword->max}, &global->timeout_tcp_s},
		{{.name = "tcpfin", .max = keyword->max}, &global->timeout_tcpfin_s},
		{{.name = "udp", .max = keyword->max}, &global->timeout_udp_s},
	};
	for (size_t at = 1; at < statement->count; at += 2)
		if (!take_option(
			    parser, statement, at, options, sizeof(options) / sizeof(options[0])))
			return;
}

void conf_take_flush_on_stop(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	(void)keyword;
	if (statement->count > 1 && strcmp(statement->words[1].text, "VS") != 0)
		conf_error(parser->conf, &statement->words[1].place,
			"'%s' cannot stand here: lvs_flush_on_stop [VS]", statement->words[1].text);
	else
		global->lvs_flush_on_stop =
			statement->count > 1 ? CONF_FLUSH_SERVICES : CONF_FLUSH_ALL;
}

static bool take_sync_group(
	struct parser *parser, const struct token *word, struct conf_sync_daemon *daemon)
{
	if (!parser_good(parser, word, value_address(word->text, &daemon->group)))
		return false;
	return parser_good(parser, word,
		value_is_multicast(&daemon->group) ? NULL : "is not a multicast address");
}

/* The instance may stand behind the interface with and without 'inst', and a number behind it is
 * an old way to write 'id N'. */
static bool take_sync_option(struct parser *parser, const struct statement *statement, size_t *at,
	struct conf_sync_daemon *daemon)
{
	const struct option options[] = {
		{{.name = "id", .max = 255}, &daemon->id},
		{{.name = "maxlen", .min = 1, .max = 65507}, &daemon->maxlen},
		{{.name = "port", .min = 1, .max = 65535}, &daemon->port},
		{{.name = "ttl", .min = 1, .max = 255}, &daemon->ttl},
	};
	const struct token *word = &statement->words[*at];
	bool inst = strcmp(word->text, "inst") == 0, group = strcmp(word->text, "group") == 0;
	bool option = inst || group;
	int64_t number;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		option = option || strcmp(word->text, options[i].row.name) == 0;
	if ((inst || group) && *at + 1 == statement->count) {
		conf_error(parser->conf, &word->place, "'%s' needs %s", word->text,
			inst ? "the name of an instance" : "an address");
		return false;
	}
	if (inst || (*at == 2 && !option)) {
		word = &statement->words[*at + (inst ? 1 : 0)];
		daemon->instance = parser_copy(parser, word->text);
		daemon->instance_place = word->place;
		*at += inst ? 2 : 1;
		return true;
	}
	if (*at == 3 && !option && value_number(word->text, &number) == NULL) {
		conf_warning(parser->conf, &word->place, "write 'id %s'", word->text);
		*at += 1;
		return parser_number(parser, &options[0].row, word, &number) &&
		       (daemon->id = (uint32_t)number, true);
	}
	*at += 2;
	if (group)
		return take_sync_group(parser, &statement->words[*at - 1], daemon);
	return take_option(
		parser, statement, *at - 2, options, sizeof(options) / sizeof(options[0]));
}

void conf_take_sync_daemon(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	struct conf_sync_daemon daemon = {
		.given = true, .place = statement->words[0].place, .id = CONF_UNSET_U32};
	size_t at = 2;
	(void)keyword;
	if (global->sync_daemon.given) {
		conf_error(parser->conf, &daemon.place,
			"there is a 'lvs_sync_daemon' on line %u already: the kernel has one",
			global->sync_daemon.place.line);
		return;
	}
	if (!parser_good(parser, &statement->words[1],
		    value_ifname(statement->words[1].text, daemon.ifname)))
		return;
	while (at < statement->count)
		if (!take_sync_option(parser, statement, &at, &daemon))
			return;
	global->sync_daemon = daemon;
}
