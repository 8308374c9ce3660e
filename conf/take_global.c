/* Handlers of global_defs and vrrp_script, and those that both global_defs and vrrp_instance use.
 */
#include <string.h>
#include <sys/socket.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

void conf_take_global_defs(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	parser_block(parser, keyword->block, statement, &conf->global);
}

static void email_line(struct parser *parser, const struct statement *line, void *object)
{
	struct conf_words *words = object;
	if (line->block) {
		parser_misfit(parser, line, "a mail address", "is not a mail address");
		return;
	}
	for (size_t i = 0; i < line->count; i++) {
		struct conf_word *word = conf_arena_alloc(parser->conf->arena, sizeof(*word));
		word->place = line->words[i].place;
		word->text = parser_copy(parser, line->words[i].text);
		TAILQ_INSERT_TAIL(words, word, entry);
	}
}

void conf_take_notification_email(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	(void)keyword;
	parser_lines(parser, statement, email_line, &global->notification_emails);
}

void conf_take_smtp_server(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	int64_t port = 25;
	if (statement->count > 2 && !parser_number(parser, keyword, &statement->words[2], &port))
		return;
	global->smtp_server_place = statement->words[1].place;
	global->smtp_server = parser_copy(parser, statement->words[1].text);
	global->smtp_port = (unsigned)port;
}

void conf_take_script_user(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	(void)keyword;
	global->script_user_place = statement->words[1].place;
	global->script_user = parser_copy(parser, statement->words[1].text);
	global->script_group =
		statement->count > 2 ? parser_copy(parser, statement->words[2].text) : NULL;
}

void conf_take_dynamic_interfaces(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_global *global = object;
	(void)keyword;
	if (statement->count > 1 && strcmp(statement->words[1].text, "allow_if_changes") != 0)
		conf_error(parser->conf, &statement->words[1].place,
			"'%s' cannot stand here: dynamic_interfaces [allow_if_changes]",
			statement->words[1].text);
	global->dynamic_interfaces = true;
}

void conf_take_multicast_group(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct proto_addr *group = (struct proto_addr *)((char *)object + keyword->at);
	const struct token *word = &statement->words[1];
	struct proto_addr address;
	if (!parser_good(parser, word, value_address(word->text, &address)))
		return;
	if (!value_is_multicast(&address))
		conf_error(
			parser->conf, &word->place, "'%s' is not a multicast address", word->text);
	else
		*group = address;
}

void conf_take_script(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	struct conf_script *script = conf_arena_alloc(conf->arena, sizeof(*script));
	*script = (struct conf_script){
		.place = statement->words[0].place,
		.name = parser_copy(parser, statement->words[1].text),
		.interval_us = 1000000,
		.timeout_us = UINT64_MAX,
		.rise = 1,
		.fall = 1,
	};
	if (parser_good_name(parser, &statement->words[1]))
		TAILQ_INSERT_TAIL(&conf->scripts, script, entry);
	parser_block(parser, keyword->block, statement, script);
}

void conf_take_script_line(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_script *script = object;
	(void)keyword;
	parser_script_line(parser, statement, &script->script);
}

void conf_take_weight(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_script *script = object;
	int64_t weight;
	if (!parser_number(parser, keyword, &statement->words[1], &weight))
		return;
	script->weight = (int)weight;
	script->reverse = false;
	if (statement->count > 2 && strcmp(statement->words[2].text, "reverse") == 0)
		script->reverse = true;
	else if (statement->count > 2)
		conf_error(parser->conf, &statement->words[2].place,
			"'%s' cannot stand here: weight N [reverse]", statement->words[2].text);
}

void conf_take_user(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_script *script = object;
	(void)keyword;
	script->script.user = parser_copy(parser, statement->words[1].text);
	script->script.group =
		statement->count > 2 ? parser_copy(parser, statement->words[2].text) : NULL;
}
