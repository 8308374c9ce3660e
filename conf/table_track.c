/* Keywords of track_file and vrrp_track_process. */
#include <stddef.h>

#include "conf/conf.h"
#include "conf/handler.h"
#include "conf/parser.h"

#define SECONDS INT64_C(1000000)

#define AT(field) offsetof(struct conf_track_process, field)

static const struct conf_keyword keywords_process[] = {
	{.name = "process",
		.words_min = 1,
		.words_max = STATEMENT_WORDS_MAX,
		.handle = conf_take_process,
		.arguments = "NAME [PARAMS…]",
		.range = "mandatory",
		.meaning = "Process (and optional arguments) to count"},
	{.name = "param_match",
		.words_min = 0,
		.words_max = 1,
		.handle = conf_take_param_match,
		.arguments = "[initial|partial]",
		.standard = "exact when absent",
		.meaning = "How given arguments are compared"},
	{.name = "weight",
		.words_min = 1,
		.words_max = 2,
		.min = -254,
		.max = 254,
		.handle = conf_take_process_weight,
		.arguments = "N [reverse]",
		.standard = "0",
		.range = "-254..254",
		.meaning = "Priority change; 0 means FAULT without quorum"},
	{.name = "quorum",
		.kind = CONF_KIND_U32,
		.min = 1,
		.max = 65535,
		.at = AT(quorum),
		.arguments = "N",
		.standard = "1",
		.range = "1..65535",
		.meaning = "Fewest processes counted as healthy"},
	{.name = "quorum_max",
		.kind = CONF_KIND_U32,
		.min = 0,
		.max = 65535,
		.at = AT(quorum_max),
		.place_at = AT(quorum_max_place),
		.arguments = "N",
		.standard = "unlimited",
		.range = "0..65535",
		.meaning = "Most processes counted as healthy"},
	{.name = "delay",
		.words_min = 1,
		.words_max = 1,
		.min = 1,
		.max = 3600 * SECONDS,
		.handle = conf_take_process_delay,
		.arguments = "SECS",
		.standard = "0",
		.range = "0.000001..3600",
		.meaning = "Sets both delays below"},
	{.name = "terminate_delay",
		.kind = CONF_KIND_SECONDS,
		.min = 1,
		.max = 3600 * SECONDS,
		.at = AT(terminate_delay_us),
		.arguments = "SECS",
		.standard = "0",
		.range = "0.000001..3600",
		.meaning = "Wait before losing quorum takes effect"},
	{.name = "fork_delay",
		.kind = CONF_KIND_SECONDS,
		.min = 1,
		.max = 3600 * SECONDS,
		.at = AT(fork_delay_us),
		.arguments = "SECS",
		.standard = "0",
		.range = "0.000001..3600",
		.meaning = "Wait before gaining quorum takes effect"},
	{.name = "full_command",
		.kind = CONF_KIND_FLAG,
		.at = AT(full_command),
		.arguments = "",
		.standard = "off",
		.range = "flag",
		.meaning = "Match full command line, not the short name"},
};

const struct conf_block conf_block_track_process = {"vrrp_track_process", keywords_process,
	sizeof(keywords_process) / sizeof(keywords_process[0]), NULL};

#undef AT
#define AT(field) offsetof(struct conf_track_file, field)

static const struct conf_keyword keywords_file[] = {
	{.name = "file",
		.words_min = 1,
		.words_max = 1,
		.handle = conf_take_file_path,
		.arguments = "PATH",
		.range = "mandatory",
		.meaning = "File whose first integer is the status"},
	{.name = "weight",
		.words_min = 1,
		.words_max = 2,
		.min = -254,
		.max = 254,
		.handle = conf_take_file_weight,
		.arguments = "N [reverse]",
		.standard = "1",
		.range = "-254..254",
		.meaning =
			"Multiplies the integer; 0 means non-zero content puts tracker in FAULT"},
	{.name = "init_file",
		.words_min = 0,
		.words_max = 2,
		.handle = conf_take_init_file,
		.arguments = "[VALUE] [overwrite]",
		.standard = "not created; VALUE 0",
		.meaning = "Create, or with overwrite rewrite, the file at start"},
};

const struct conf_block conf_block_track_file = {
	"track_file", keywords_file, sizeof(keywords_file) / sizeof(keywords_file[0]), NULL};
