/* Keywords of vrrp_script. */
#include <stddef.h>

#include "conf/conf.h"
#include "conf/handler.h"
#include "conf/parser.h"

#define AT(field) offsetof(struct conf_script, field)

static const struct conf_keyword keywords_script[] = {
	{.name = "script",
		.words_min = 1,
		.words_max = STATEMENT_WORDS_MAX,
		.handle = conf_take_script_line,
		.arguments = "CMD",
		.standard = "none",
		.range = "mandatory",
		.meaning = "Command; exit 0 is success; unquoted words after the path are silently "
			   "dropped"},
	{.name = "interval",
		.kind = CONF_KIND_SECONDS,
		.min = 0,
		.max = 4294000000,
		.at = AT(interval_us),
		.arguments = "SECS",
		.standard = "1",
		.range = "0.001..4294 (0 acts as 1)",
		.meaning = "Start-to-start period"},
	{.name = "timeout",
		.kind = CONF_KIND_SECONDS,
		.min = 0,
		.max = 4294000000,
		.at = AT(timeout_us),
		.arguments = "SECS",
		.standard = "interval",
		.range = "0..4294 (0 acts as 1)",
		.meaning = "Kill the command after this time; counts as failure"},
	{.name = "weight",
		.words_min = 1,
		.words_max = 2,
		.min = -253,
		.max = 253,
		.handle = conf_take_weight,
		.arguments = "N [reverse]",
		.standard = "0",
		.range = "-253..253",
		.meaning = "Priority change; 0 means failing puts tracker in FAULT"},
	{.name = "rise",
		.kind = CONF_KIND_UNSIGNED,
		.min = 1,
		.max = INT32_MAX,
		.at = AT(rise),
		.arguments = "N",
		.standard = "1",
		.range = "1..",
		.meaning = "Consecutive successes needed to recover"},
	{.name = "fall",
		.kind = CONF_KIND_UNSIGNED,
		.min = 1,
		.max = INT32_MAX,
		.at = AT(fall),
		.arguments = "N",
		.standard = "1",
		.range = "1..",
		.meaning = "Consecutive failures needed to fail"},
	{.name = "user",
		.words_min = 1,
		.words_max = 2,
		.handle = conf_take_user,
		.arguments = "USER [GROUP]",
		.standard = "script_user",
		.meaning = "Identity to run as"},
	{.name = "init_fail",
		.kind = CONF_KIND_FLAG,
		.at = AT(init_fail),
		.arguments = "",
		.standard = "off",
		.range = "flag",
		.meaning = "Assume failed until first success; has no effect for tracked scripts "
			   "in 2.4.3"},
};

const struct conf_block conf_block_script = {
	"vrrp_script", keywords_script, sizeof(keywords_script) / sizeof(keywords_script[0]), NULL};
