/* Handlers of virtual_server, real_server and their checkers. */
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/stage.h"
#include "conf/value.h"

static const struct conf_schedule not_given = {.delay_loop_us = UINT64_MAX,
	.delay_before_retry_us = UINT64_MAX,
	.warmup_us = UINT64_MAX,
	.connect_timeout_us = UINT64_MAX,
	.retry = CONF_UNSET_U32};

/* The port behind an address, word `at`, if there is one. */
static bool take_port(
	struct parser *parser, const struct statement *statement, size_t at, unsigned *port)
{
	static const struct conf_keyword row = {.name = "port", .max = 65535};
	int64_t number;
	if (at >= statement->count)
		return true;
	if (!parser_number(parser, &row, &statement->words[at], &number))
		return false;
	*port = (unsigned)number;
	return true;
}

/* ADDRESS [PORT] | fwmark N | group NAME. */
static bool take_service(struct parser *parser, const struct statement *statement,
	struct conf_virtual_server *server)
{
	static const struct conf_keyword mark = {.name = "fwmark", .min = 1, .max = UINT32_MAX};
	const struct token *words = statement->words;
	bool by_mark = strcmp(words[1].text, "fwmark") == 0;
	int64_t number;
	if (by_mark || strcmp(words[1].text, "group") == 0) {
		if (statement->count < 3) {
			conf_error(parser->conf, &words[1].place, "'%s' needs a %s", words[1].text,
				by_mark ? "number" : "name");
			return false;
		}
		server->group_place = words[2].place;
		if (!by_mark)
			server->group = parser_copy(parser, words[2].text);
		else if (!parser_number(parser, &mark, &words[2], &number))
			return false;
		else
			server->fwmark = (uint32_t)number;
		return true;
	}
	return parser_good(parser, &words[1], value_address(words[1].text, &server->address)) &&
	       take_port(parser, statement, 2, &server->port);
}

void conf_take_virtual_server(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	struct conf_virtual_server *server = conf_arena_alloc(conf->arena, sizeof(*server));
	server->place = statement->words[0].place;
	server->schedule = not_given;
	server->schedule.delay_loop_us = 60000000;
	server->weight = server->quorum = 1;
	server->smtp_alert = CONF_UNSET;
	TAILQ_INIT(&server->real_servers);
	TAILQ_INIT(&server->own);
	server->entries = &server->own;
	if (take_service(parser, statement, server))
		TAILQ_INSERT_TAIL(&conf->virtual_servers, server, entry);
	parser_block(parser, keyword->block, statement, server);
}

void conf_take_protocol(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	static const struct {
		const char *name;
		unsigned number;
	} protocols[] = {{"TCP", IPPROTO_TCP}, {"UDP", IPPROTO_UDP}, {"SCTP", IPPROTO_SCTP}};
	struct conf_virtual_server *server = object;
	const struct token *word = &statement->words[1];
	(void)keyword;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcasecmp(word->text, protocols[i].name) == 0) {
			server->protocol = protocols[i].number;
			server->protocol_given = true;
			return;
		}
	}
	conf_error(parser->conf, &word->place, "'%s' is no protocol: write TCP, UDP or SCTP",
		word->text);
}

void conf_take_real_server(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_virtual_server *server = object;
	struct conf_real_server *real = conf_arena_alloc(parser->conf->arena, sizeof(*real));
	const struct token *word = &statement->words[1];
	real->place = statement->words[0].place;
	real->weight = CONF_UNSET_U32;
	real->inhibit = real->alpha = real->smtp_alert = CONF_UNSET;
	real->schedule = not_given;
	TAILQ_INIT(&real->checkers);
	if (parser_good(parser, word, value_address(word->text, &real->address)) &&
		take_port(parser, statement, 2, &real->port))
		TAILQ_INSERT_TAIL(&server->real_servers, real, entry);
	parser_block(parser, keyword->block, statement, real);
}

void conf_take_sorry_server(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_virtual_server *server = object;
	const struct token *word = &statement->words[1];
	(void)keyword;
	server->sorry.port = 0;
	if (parser_good(parser, word, value_address(word->text, &server->sorry.address)))
		take_port(parser, statement, 2, &server->sorry.port);
}

struct conf_checker *conf_checker_new(
	struct parser *parser, const struct statement *statement, enum conf_checker_type type)
{
	struct conf_checker *checker = conf_arena_alloc(parser->conf->arena, sizeof(*checker));
	*checker = (struct conf_checker){
		.place = statement->words[0].place,
		.type = type,
		.schedule = not_given,
		.alpha = CONF_UNSET,
		.log_all_failures = CONF_UNSET,
		.misc_timeout_us = UINT64_MAX,
		.max_reply = 255,
	};
	TAILQ_INIT(&checker->urls);
	TAILQ_INIT(&checker->hosts);
	return checker;
}

void conf_take_checker(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_real_server *real = object;
	struct conf_checker *checker =
		conf_checker_new(parser, statement, (enum conf_checker_type)keyword->at);
	TAILQ_INSERT_TAIL(&real->checkers, checker, entry);
	parser_block(parser, keyword->block, statement, checker);
}
