/* Arguments into the model, by the kind of their row; what has no effect in this version. */
#include <string.h>

#include "conf/arena.h"
#include "conf/parser.h"
#include "conf/value.h"

char *parser_copy(struct parser *parser, const char *text)
{
	return conf_arena_copy(parser->conf->arena, text, strlen(text));
}

bool parser_good_name(struct parser *parser, const struct token *name)
{
	if (strlen(name->text) >= PROTO_NAME_LEN)
		conf_error(parser->conf, &name->place, "the name '%s' is longer than %d characters",
			name->text, PROTO_NAME_LEN - 1);
	else if (name->text[0] == '\0')
		conf_error(parser->conf, &name->place, "the name is empty");
	else if (!conf_text_is_printable(name->text))
		conf_error(parser->conf, &name->place,
			"the name holds a control character, or a character that is not UTF-8");
	else
		return true;
	return false;
}

bool parser_good(struct parser *parser, const struct token *word, const char *wrong)
{
	if (wrong != NULL)
		conf_error(parser->conf, &word->place, "'%s' %s", word->text, wrong);
	return wrong == NULL;
}

void parser_superfluous(struct parser *parser, const struct statement *statement, size_t taken)
{
	const struct token *word = &statement->words[taken];
	if (taken < statement->count)
		conf_warning(parser->conf, &word->place,
			"'%s' and what follows it on this line is ignored: '%s' takes nothing more",
			word->text, statement->words[0].text);
}

bool parser_number(struct parser *parser, const struct conf_keyword *keyword,
	const struct token *word, int64_t *number)
{
	int64_t value;
	if (!parser_good(parser, word, value_number(word->text, &value)))
		return false;
	if (value < keyword->min || value > keyword->max) {
		conf_error(parser->conf, &word->place, "'%s' must be %lld to %lld, not %s",
			keyword->name, (long long)keyword->min, (long long)keyword->max,
			word->text);
		return false;
	}
	*number = value;
	return true;
}

bool parser_seconds(struct parser *parser, const struct conf_keyword *keyword,
	const struct token *word, uint64_t *microseconds)
{
	uint64_t value;
	char low[VALUE_SECONDS_LEN];
	char high[VALUE_SECONDS_LEN];
	if (!parser_good(parser, word, value_seconds(word->text, &value)))
		return false;
	if (value < (uint64_t)keyword->min || value > (uint64_t)keyword->max) {
		conf_error(parser->conf, &word->place, "'%s' must be %s to %s seconds, not %s",
			keyword->name, value_seconds_text((uint64_t)keyword->min, low),
			value_seconds_text((uint64_t)keyword->max, high), word->text);
		return false;
	}
	*microseconds = value;
	return true;
}

/* A command may stand in single quotes, which the lexer leaves alone: joins the words between
 * them. Returns the number of words taken. */
static size_t join_quoted(
	struct parser *parser, const struct statement *statement, size_t first, char **line)
{
	char buf[LEXER_LINE_MAX + 1];
	size_t used = 0;
	size_t at = first;
	const char *text = statement->words[first].text;
	*line = parser_copy(parser, text);
	if (text[0] != '\'' || statement->words[first].quoted)
		return 1;
	for (; at < statement->count; at++) {
		text = statement->words[at].text;
		int length = snprintf(buf + used, sizeof(buf) - used, "%s%s", at > first ? " " : "",
			text + (at == first));
		used += (size_t)length;
		if (used >= sizeof(buf))
			return 1;
		if (used > 0 && buf[used - 1] == '\'') {
			buf[used - 1] = '\0';
			*line = parser_copy(parser, buf);
			return at - first + 1;
		}
	}
	conf_error(parser->conf, &statement->words[first].place,
		"this quote is not closed on its line");
	return 1;
}

size_t parser_command_line(struct parser *parser, const struct statement *statement, size_t first,
	struct conf_command *command)
{
	const struct token *word = &statement->words[first];
	*command = (struct conf_command){.place = word->place};
	size_t taken = join_quoted(parser, statement, first, &command->line);
	if (command->line[0] == '\0')
		conf_error(parser->conf, &word->place, "the command is empty");
	return first + taken;
}

void parser_script_line(
	struct parser *parser, const struct statement *statement, struct conf_command *command)
{
	char *user = command->user;
	char *group = command->group;
	size_t taken = parser_command_line(parser, statement, 1, command);
	command->user = user;
	command->group = group;
	if (taken < statement->count)
		conf_warning(parser->conf, &statement->words[taken].place,
			"'%s' and what follows it is no part of the command, as in keepalived: put "
			"the whole command within quotes, %s \"%s %s …\"",
			statement->words[taken].text, statement->words[0].text, command->line,
			statement->words[taken].text);
}

static void take_command(
	struct parser *parser, const struct statement *statement, struct conf_command *command)
{
	const struct token *words = statement->words;
	size_t next = parser_command_line(parser, statement, 1, command);
	size_t user = next;
	if (next < statement->count)
		command->user = parser_copy(parser, words[next++].text);
	if (next < statement->count)
		command->group = parser_copy(parser, words[next++].text);
	if (next < statement->count ||
		(command->user != NULL && strpbrk(command->user, "/=") != NULL))
		conf_error(parser->conf, &words[user].place,
			"'%s' is taken as the user to run as: arguments belong within the quotes "
			"of "
			"the command, \"%s %s …\"",
			command->user, command->line, command->user);
}

static void store_bool(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *at)
{
	bool value = true;
	if (statement->count > 1 && !parser_good(parser, &statement->words[1],
					    value_bool(statement->words[1].text, &value)))
		return;
	if (keyword->kind == CONF_KIND_TRISTATE)
		*(enum conf_tristate *)at = value ? CONF_ON : CONF_OFF;
	else
		*(bool *)at = value;
}

void parser_store(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	void *at = (char *)object + keyword->at;
	const struct token *word = &statement->words[1];
	int64_t number;
	switch (keyword->kind) {
	case CONF_KIND_FLAG:
		*(bool *)at = true;
		break;
	case CONF_KIND_BOOL:
	case CONF_KIND_TRISTATE:
		store_bool(parser, keyword, statement, at);
		break;
	case CONF_KIND_UNSIGNED:
	case CONF_KIND_U32:
		if (parser_number(parser, keyword, word, &number))
			*(uint32_t *)at = (uint32_t)number;
		break;
	case CONF_KIND_SECONDS:
		parser_seconds(parser, keyword, word, at);
		break;
	case CONF_KIND_WORD:
		*(char **)at = parser_copy(parser, word->text);
		break;
	case CONF_KIND_IFNAME:
		parser_good(parser, word, value_ifname(word->text, at));
		break;
	case CONF_KIND_ADDRESS:
		parser_good(parser, word, value_address(word->text, at));
		break;
	case CONF_KIND_COMMAND:
		take_command(parser, statement, at);
		break;
	case CONF_KIND_OTHER:
	case CONF_KIND_BLOCK:
		break;
	}
}

/* A keyword that has no effect, and how often it was met. */
struct unused {
	struct unused *next;
	const struct conf_keyword *keyword;
	struct conf_place place; /* the first */
	unsigned count;
};

void parser_unused(
	struct parser *parser, const struct conf_keyword *keyword, const struct conf_place *place)
{
	struct unused *unused = parser->unused;
	parser->conf->ignored++;
	for (; unused != NULL; unused = unused->next) {
		if (unused->keyword == keyword) {
			unused->count++;
			return;
		}
	}
	unused = conf_arena_alloc(parser->conf->arena, sizeof(*unused));
	*unused = (struct unused){.keyword = keyword, .place = *place, .count = 1};
	*parser->unused_tail = unused;
	parser->unused_tail = &unused->next;
}

void parser_say_unused(struct parser *parser)
{
	for (const struct unused *u = parser->unused; u != NULL; u = u->next) {
		char more[64] = "";
		if (u->count > 1)
			snprintf(more, sizeof(more), " (and on %u other line%s)", u->count - 1,
				u->count == 2 ? "" : "s");
		conf_warning(parser->conf, &u->place,
			"'%s' of keepalived is not implemented yet: it is ignored%s",
			u->keyword->name, more);
	}
}
