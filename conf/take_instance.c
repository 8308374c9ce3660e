/* Handlers of vrrp_instance. */
#include <stddef.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

static struct conf_instance *instance_new(struct parser *parser, const struct token *name)
{
	struct conf_instance *instance = conf_arena_alloc(parser->conf->arena, sizeof(*instance));
	instance->name = parser_copy(parser, name->text);
	instance->unicast_ttl = CONF_UNSET_U32;
	instance->garp_delay_s = instance->garp_repeat = CONF_UNSET_U32;
	instance->garp_refresh_s = instance->garp_refresh_repeat = CONF_UNSET_U32;
	instance->garp_lower_prio_delay_s = instance->garp_lower_prio_repeat = CONF_UNSET_U32;
	instance->strict = instance->skip_check_adv_addr = instance->checksum_as_v2 =
		instance->notify_priority_changes = CONF_UNSET;
	instance->accept = instance->smtp_alert = CONF_UNSET;
	instance->lower_prio_no_advert = instance->higher_prio_send_advert = CONF_UNSET;
	TAILQ_INIT(&instance->addresses);
	TAILQ_INIT(&instance->peers);
	TAILQ_INIT(&instance->track_scripts);
	TAILQ_INIT(&instance->track_interfaces);
	TAILQ_INIT(&instance->track_files);
	TAILQ_INIT(&instance->track_processes);
	return instance;
}

void conf_take_instance(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	const struct token *name = &statement->words[1];
	struct conf_instance *instance = instance_new(parser, name);
	instance->place = statement->words[0].place;
	if (parser_good_name(parser, name))
		TAILQ_INSERT_TAIL(&conf->instances, instance, entry);
	parser_block(parser, keyword->block, statement, instance);
}

void conf_take_state(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	const struct token *word = &statement->words[1];
	bool master = strcmp(word->text, "MASTER") == 0;
	(void)keyword;
	if (!master && strcmp(word->text, "BACKUP") != 0) {
		conf_error(parser->conf, &word->place,
			"'%s' is no state: write MASTER or BACKUP, in capital letters", word->text);
		return;
	}
	if (instance->state_given && instance->state_master != master)
		conf_error(parser->conf, &word->place,
			"'state' is %s here and %s on line %u: keep the one that is meant for "
			"this node",
			word->text, master ? "BACKUP" : "MASTER", instance->state_place.line);
	else
		instance->state_place = statement->words[0].place;
	instance->state_master = instance->state_master || master;
	instance->state_given = true;
}

void conf_take_preempt(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	(void)parser;
	(void)keyword;
	(void)statement;
	instance->nopreempt = false;
	instance->nopreempt_place = (struct conf_place){0};
}

void conf_take_accept_mode(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	(void)parser;
	(void)keyword;
	(void)statement;
	instance->accept = CONF_ON;
}

void conf_take_authentication(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	parser_block(parser, keyword->block, statement, object);
}

void conf_take_auth_type(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	const struct token *word = &statement->words[1];
	(void)keyword;
	if (strcmp(word->text, "PASS") == 0)
		instance->auth_type = 1;
	else if (strcmp(word->text, "AH") == 0)
		instance->auth_type = 2;
	else
		conf_error(parser->conf, &word->place,
			"'%s' is no type of authentication: write PASS, in capital letters",
			word->text);
}

void conf_take_auth_pass(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	const struct token *word = &statement->words[1];
	size_t length = strlen(word->text);
	(void)keyword;
	if (length == 0) {
		conf_error(parser->conf, &word->place, "the password is empty");
		return;
	}
	if (length > sizeof(instance->auth_data)) {
		conf_warning(parser->conf, &word->place,
			"the password is %zu bytes long: only the first %zu are used, as in "
			"keepalived",
			length, sizeof(instance->auth_data));
		length = sizeof(instance->auth_data);
	}
	memset(instance->auth_data, 0, sizeof(instance->auth_data));
	memcpy(instance->auth_data, word->text, length);
	instance->auth_pass_given = true;
}

/* Adds the line's first word as the name of something tracked: NAME [weight N [reverse]]. */
static void track_line(struct parser *parser, const struct statement *line, void *object,
	const struct conf_keyword *keyword, enum conf_track_kind kind)
{
	const struct token *words = line->words;
	struct conf_tracks *tracks = object;
	struct conf_track *track = conf_arena_alloc(parser->conf->arena, sizeof(*track));
	size_t next = 1;
	track->place = words[0].place;
	track->kind = kind;
	track->name = parser_copy(parser, words[0].text);
	if (next < line->count && strcmp(words[next].text, "weight") == 0) {
		int64_t weight;
		if (next + 1 >= line->count) {
			conf_error(parser->conf, &words[next].place, "'weight' needs a number");
			return;
		}
		if (!parser_number(parser, keyword, &words[next + 1], &weight))
			return;
		track->weight = (int)weight;
		track->weight_given = true;
		next += 2;
	}
	if (next < line->count && (strcmp(words[next].text, "reverse") == 0 ||
					  strcmp(words[next].text, "noreverse") == 0)) {
		track->reverse = words[next].text[0] == 'r';
		track->reverse_given = true;
		next++;
	}
	if (next < line->count)
		conf_error(parser->conf, &words[next].place,
			"'%s' cannot stand here: NAME [weight N [reverse|noreverse]]",
			words[next].text);
	else
		TAILQ_INSERT_TAIL(tracks, track, entry);
}

/* The number's row says 'weight', whatever list the line stands in. */
static const struct conf_keyword track_weight = {.name = "weight", .min = -253, .max = 253};

static void track_script_line(struct parser *parser, const struct statement *line, void *object)
{
	if (line->block)
		parser_misfit(parser, line, "the name of a script", "is not the name of a script");
	else
		track_line(parser, line, object, &track_weight, CONF_TRACK_SCRIPT);
}

/* Values and counts of processes may weigh one more. */
static const struct conf_keyword thing_weight = {.name = "weight", .min = -254, .max = 254};

static void track_file_line(struct parser *parser, const struct statement *line, void *object)
{
	if (line->block)
		parser_misfit(parser, line, "the name of a track_file",
			"is not the name of a track_file");
	else
		track_line(parser, line, object, &thing_weight, CONF_TRACK_FILE);
}

static void track_process_line(struct parser *parser, const struct statement *line, void *object)
{
	if (line->block)
		parser_misfit(parser, line, "the name of a vrrp_track_process",
			"is not the name of a vrrp_track_process");
	else
		track_line(parser, line, object, &thing_weight, CONF_TRACK_PROCESS);
}

static void track_interface_line(struct parser *parser, const struct statement *line, void *object)
{
	char name[PROTO_IFNAME_LEN];
	const char *wrong = value_ifname(line->words[0].text, name);
	if (line->block || wrong != NULL)
		parser_misfit(parser, line, "the name of an interface", wrong);
	else
		track_line(parser, line, object, &track_weight, CONF_TRACK_INTERFACE);
}

void conf_take_track_script(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	parser_lines(parser, statement, track_script_line, (char *)object + keyword->at);
}

void conf_take_tracked_files(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	parser_lines(parser, statement, track_file_line, (char *)object + keyword->at);
}

void conf_take_tracked_processes(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	parser_lines(parser, statement, track_process_line, (char *)object + keyword->at);
}

void conf_take_track_interface(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	parser_lines(parser, statement, track_interface_line, (char *)object + keyword->at);
}

static void peer_line(struct parser *parser, const struct statement *line, void *object)
{
	static const struct conf_keyword ttl[] = {{.name = "min_ttl", .min = 0, .max = 255},
		{.name = "max_ttl", .min = 0, .max = 255}};
	struct conf_peers *peers = object;
	struct conf_peer *peer = conf_arena_alloc(parser->conf->arena, sizeof(*peer));
	const struct token *words = line->words;
	const char *wrong = value_address(words[0].text, &peer->address);
	if (wrong != NULL || line->block) {
		parser_misfit(parser, line, "the address of a peer", wrong);
		return;
	}
	peer->place = words[0].place;
	peer->max_ttl = 255;
	for (size_t i = 1; i < line->count; i += 2) {
		bool max = strcmp(words[i].text, ttl[1].name) == 0;
		int64_t number;
		if (!max && strcmp(words[i].text, ttl[0].name) != 0) {
			conf_error(parser->conf, &words[i].place,
				"'%s' cannot stand here: ADDRESS [min_ttl N] [max_ttl N], and each "
				"address on a line of its own",
				words[i].text);
			return;
		}
		if (i + 1 >= line->count) {
			conf_error(parser->conf, &words[i].place, "'%s' needs a number",
				words[i].text);
			return;
		}
		if (!parser_number(parser, &ttl[max], &words[i + 1], &number))
			return;
		*(max ? &peer->max_ttl : &peer->min_ttl) = (uint8_t)number;
		peer->ttl_given = true;
	}
	TAILQ_INSERT_TAIL(peers, peer, entry);
}

void conf_take_unicast_peer(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_instance *instance = object;
	(void)keyword;
	parser_lines(parser, statement, peer_line, &instance->peers);
	instance->unicast = !TAILQ_EMPTY(&instance->peers);
}

void conf_take_notify_deleted(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	static const struct conf_keyword command = {.name = "notify_deleted",
		.kind = CONF_KIND_COMMAND,
		.at = offsetof(struct conf_instance, notify_deleted)};
	struct conf_instance *instance = object;
	(void)keyword;
	instance->notify_deleted_given = true;
	if (statement->count > 1)
		parser_store(parser, &command, statement, instance);
}
