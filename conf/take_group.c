/* Handlers of vrrp_sync_group. */
#include <string.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"

void conf_take_group(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	const struct token *name = &statement->words[1];
	struct conf_group *group = conf_arena_alloc(conf->arena, sizeof(*group));
	group->place = statement->words[0].place;
	group->name = parser_copy(parser, name->text);
	group->smtp_alert = group->notify_priority_changes = CONF_UNSET;
	TAILQ_INIT(&group->members);
	TAILQ_INIT(&group->track_scripts);
	TAILQ_INIT(&group->track_interfaces);
	TAILQ_INIT(&group->track_files);
	TAILQ_INIT(&group->track_processes);
	if (parser_good_name(parser, name))
		TAILQ_INSERT_TAIL(&conf->groups, group, entry);
	parser_block(parser, keyword->block, statement, group);
}

/* Names may stand side by side. */
static void member_line(struct parser *parser, const struct statement *line, void *object)
{
	struct conf_group *group = object;
	if (line->block) {
		parser_misfit(
			parser, line, "the name of an instance", "is not the name of an instance");
		return;
	}
	for (size_t i = 0; i < line->count; i++) {
		struct conf_member *member = conf_arena_alloc(parser->conf->arena, sizeof(*member));
		member->place = line->words[i].place;
		member->name = parser_copy(parser, line->words[i].text);
		TAILQ_INSERT_TAIL(&group->members, member, entry);
	}
}

void conf_take_members(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	(void)keyword;
	parser_lines(parser, statement, member_line, object);
}
