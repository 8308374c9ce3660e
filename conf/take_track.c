/* Handlers of track_file and vrrp_track_process. */
#include <string.h>

#include "conf/arena.h"
#include "conf/handler.h"
#include "conf/parser.h"
#include "conf/value.h"

/* N [reverse] */
static void take_weight(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, int *weight, bool *reverse)
{
	int64_t number;
	if (!parser_number(parser, keyword, &statement->words[1], &number))
		return;
	*weight = (int)number;
	*reverse = false;
	if (statement->count > 2 && strcmp(statement->words[2].text, "reverse") == 0)
		*reverse = true;
	else if (statement->count > 2)
		conf_error(parser->conf, &statement->words[2].place,
			"'%s' cannot stand here: weight N [reverse]", statement->words[2].text);
}

/* ---- files ---- */

void conf_take_track_file(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	struct conf_track_file *file = conf_arena_alloc(conf->arena, sizeof(*file));
	*file = (struct conf_track_file){
		.place = statement->words[0].place,
		.name = parser_copy(parser, statement->words[1].text),
		.weight = 1,
	};
	if (parser_good_name(parser, &statement->words[1]))
		TAILQ_INSERT_TAIL(&conf->track_files, file, entry);
	parser_block(parser, keyword->block, statement, file);
}

void conf_take_file_path(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_file *file = object;
	(void)keyword;
	file->file_place = statement->words[1].place;
	file->file = parser_copy(parser, statement->words[1].text);
}

void conf_take_file_weight(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_file *file = object;
	take_weight(parser, keyword, statement, &file->weight, &file->reverse);
}

void conf_take_init_file(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_file *file = object;
	(void)keyword;
	file->init = true;
	for (size_t i = 1; i < statement->count; i++) {
		const struct token *word = &statement->words[i];
		if (strcmp(word->text, "overwrite") == 0)
			file->init_overwrite = true;
		else
			parser_good(parser, word, value_number(word->text, &file->init_value));
	}
}

/* ---- processes ---- */

void conf_take_track_process(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf *conf = object;
	struct conf_track_process *process = conf_arena_alloc(conf->arena, sizeof(*process));
	*process = (struct conf_track_process){
		.place = statement->words[0].place,
		.name = parser_copy(parser, statement->words[1].text),
		.quorum = CONF_UNSET_U32,
		.quorum_max = CONF_UNSET_U32,
	};
	if (parser_good_name(parser, &statement->words[1]))
		TAILQ_INSERT_TAIL(&conf->track_processes, process, entry);
	parser_block(parser, keyword->block, statement, process);
}

void conf_take_process(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_process *process = object;
	size_t length = 0;
	(void)keyword;
	process->process_place = statement->words[1].place;
	process->process = parser_copy(parser, statement->words[1].text);
	for (size_t i = 2; i < statement->count; i++)
		length += strlen(statement->words[i].text) + 1;
	process->params = conf_arena_alloc(parser->conf->arena, length + 1);
	process->params_length = length;
	length = 0;
	for (size_t i = 2; i < statement->count; i++) {
		size_t size = strlen(statement->words[i].text) + 1;
		memcpy(process->params + length, statement->words[i].text, size);
		length += size;
	}
}

void conf_take_param_match(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_process *process = object;
	const struct token *word = &statement->words[1];
	(void)keyword;
	process->match_given = true;
	process->match = CONF_MATCH_EXACT;
	if (statement->count < 2)
		return;
	if (strcmp(word->text, "initial") == 0)
		process->match = CONF_MATCH_INITIAL;
	else if (strcmp(word->text, "partial") == 0)
		process->match = CONF_MATCH_PARTIAL;
	else
		conf_error(parser->conf, &word->place,
			"'%s' cannot stand here: param_match [initial|partial]", word->text);
}

void conf_take_process_weight(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_process *process = object;
	take_weight(parser, keyword, statement, &process->weight, &process->reverse);
}

void conf_take_process_delay(struct parser *parser, const struct conf_keyword *keyword,
	const struct statement *statement, void *object)
{
	struct conf_track_process *process = object;
	uint64_t delay_us;
	if (!parser_seconds(parser, keyword, &statement->words[1], &delay_us))
		return;
	process->terminate_delay_us = delay_us;
	process->fork_delay_us = delay_us;
}
