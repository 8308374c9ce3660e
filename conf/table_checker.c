/* Keywords of the checkers, the common ones first. */
#include <stddef.h>

#include "conf/conf.h"
#include "conf/handler.h"
#include "conf/parser.h"

#define AT(field) offsetof(struct conf_checker, field)

static const struct conf_keyword keywords_schedule[] = {
	{.name = "retry",
		.kind = CONF_KIND_U32,
		.min = 0,
		.max = UINT32_MAX - 1,
		.at = AT(schedule.retry),
		.arguments = "N",
		.standard = "real or virtual server's, else the checker's own",
		.range = "0..4294967295",
		.meaning =
			"Extra attempts before failing; skipped for the first verdict after start"},
	{.name = "delay_before_retry",
		.kind = CONF_KIND_SECONDS,
		.min = 0,
		.max = 4294967295000000,
		.at = AT(schedule.delay_before_retry_us),
		.arguments = "SECS",
		.standard = "real or virtual server's, else the checker's own",
		.range = "0..",
		.meaning = "Wait between those attempts"},
	{.name = "warmup",
		.kind = CONF_KIND_SECONDS,
		.min = 0,
		.max = 4294967295000000,
		.at = AT(schedule.warmup_us),
		.arguments = "SECS",
		.standard = "real or virtual server's, else delay_loop",
		.range = "0..",
		.meaning = "Upper bound of random delay before first check"},
	{.name = "delay_loop",
		.kind = CONF_KIND_SECONDS,
		.min = 1,
		.max = 4294967295000000,
		.at = AT(schedule.delay_loop_us),
		.arguments = "SECS",
		.standard = "RS/VS delay_loop (60)",
		.range = "0.000001..",
		.meaning = "Period of this check"},
	{.name = "alpha",
		.kind = CONF_KIND_TRISTATE,
		.at = AT(alpha),
		.arguments = "[BOOL]",
		.standard = "real server's (off)",
		.range = "BOOL",
		.meaning = "Consider failed until first success"},
	{.name = "log_all_failures",
		.kind = CONF_KIND_TRISTATE,
		.at = AT(log_all_failures),
		.arguments = "[BOOL]",
		.standard = "checker_log_all_failures",
		.range = "BOOL",
		.meaning = "Log every failed attempt, not only state changes"},
};

const struct conf_block conf_block_schedule = {"checker", keywords_schedule,
	sizeof(keywords_schedule) / sizeof(keywords_schedule[0]), NULL};

static const struct conf_keyword keywords_connection[] = {
	{.name = "connect_ip",
		.kind = CONF_KIND_ADDRESS,
		.at = AT(connect_ip),
		.arguments = "IP",
		.standard = "real server address",
		.meaning = "Address to check instead of the real server"},
	{.name = "connect_port",
		.kind = CONF_KIND_UNSIGNED,
		.min = 1,
		.max = 65535,
		.at = AT(connect_port),
		.arguments = "N",
		.standard = "real server port",
		.range = "1..65535",
		.meaning = "Port to check"},
	{.name = "bindto",
		.kind = CONF_KIND_ADDRESS,
		.at = AT(bindto),
		.place_at = AT(bindto_place),
		.arguments = "IP",
		.standard = "kernel choice",
		.range = "same family as connect_ip",
		.meaning = "Source address of the check"},
	{.name = "bind_port",
		.kind = CONF_KIND_UNSIGNED,
		.min = 1,
		.max = 65535,
		.at = AT(bind_port),
		.place_at = AT(bind_port_place),
		.arguments = "N",
		.standard = "0",
		.range = "1..65535",
		.meaning = "Source port of the check"},
	{.name = "bind_if",
		.kind = CONF_KIND_IFNAME,
		.at = AT(bind_if),
		.arguments = "IF",
		.standard = "none",
		.range = "15 characters",
		.meaning = "Interface for link-local addresses"},
	{.name = "connect_timeout",
		.kind = CONF_KIND_SECONDS,
		.min = 1,
		.max = 4294000000,
		.at = AT(schedule.connect_timeout_us),
		.arguments = "SECS",
		.standard = "real server's (5)",
		.range = "0.000001..4294",
		.meaning = "Time limit for connect, and for each further read"},
	{.name = "fwmark",
		.kind = CONF_KIND_U32,
		.min = 0,
		.max = UINT32_MAX,
		.at = AT(fwmark),
		.place_at = AT(fwmark_place),
		.arguments = "N",
		.standard = "0",
		.range = "0..4294967295",
		.meaning = "Mark put on the check packets"},
};

const struct conf_block conf_block_connection = {"checker", keywords_connection,
	sizeof(keywords_connection) / sizeof(keywords_connection[0]), &conf_block_schedule};

const struct conf_block conf_block_tcp_check = {"TCP_CHECK", NULL, 0, &conf_block_connection};

const struct conf_block conf_block_ping_check = {"PING_CHECK", NULL, 0, &conf_block_connection};

static const struct conf_keyword keywords_smtp_check[] = {
	{.name = "helo_name",
		.kind = CONF_KIND_WORD,
		.at = AT(text),
		.place_at = AT(text_place),
		.arguments = "STRING",
		.standard = "smtpchecker.keepalived.org",
		.meaning = "Name given in HELO"},
	{.name = "host",
		.kind = CONF_KIND_BLOCK,
		.handle = conf_take_smtp_host,
		.block = &conf_block_smtp_host,
		.arguments = "{ … }",
		.meaning = "Deprecated sub-block with the connection keywords, repeatable"},
};

const struct conf_block conf_block_smtp_check = {"SMTP_CHECK", keywords_smtp_check,
	sizeof(keywords_smtp_check) / sizeof(keywords_smtp_check[0]), &conf_block_connection};

const struct conf_block conf_block_smtp_host = {"host", NULL, 0, &conf_block_connection};

static const struct conf_keyword keywords_udp_check[] = {
	{.name = "payload",
		.words_min = 1,
		.words_max = STATEMENT_WORDS_MAX,
		.handle = conf_take_payload,
		.arguments = "HEX…",
		.standard = "32-byte filler text",
		.meaning = "Bytes to send"},
	{.name = "require_reply",
		.words_max = STATEMENT_WORDS_MAX,
		.handle = conf_take_require_reply,
		.arguments = "[HEX with x wildcards]",
		.standard = "off",
		.meaning = "A reply is needed, optionally matching pattern"},
	{.name = "min_reply_length",
		.kind = CONF_KIND_UNSIGNED,
		.min = 0,
		.max = 65535,
		.at = AT(min_reply),
		.arguments = "N",
		.standard = "0",
		.range = "0..65535",
		.meaning = "Shortest accepted reply"},
	{.name = "max_reply_length",
		.kind = CONF_KIND_UNSIGNED,
		.min = 0,
		.max = 65535,
		.at = AT(max_reply),
		.arguments = "N",
		.standard = "255",
		.range = "0..65535",
		.meaning = "Longest accepted reply"},
};

const struct conf_block conf_block_udp_check = {"UDP_CHECK", keywords_udp_check,
	sizeof(keywords_udp_check) / sizeof(keywords_udp_check[0]), &conf_block_connection};

static const struct conf_keyword keywords_dns_check[] = {
	{.name = "type",
		.words_min = 1,
		.words_max = 1,
		.handle = conf_take_dns_type,
		.arguments = "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY",
		.standard = "SOA",
		.range = "any case",
		.meaning = "Query type"},
	{.name = "name",
		.kind = CONF_KIND_WORD,
		.at = AT(text),
		.place_at = AT(text_place),
		.arguments = "DOMAIN",
		.standard = ". (root)",
		.meaning = "Query name"},
};

const struct conf_block conf_block_dns_check = {"DNS_CHECK", keywords_dns_check,
	sizeof(keywords_dns_check) / sizeof(keywords_dns_check[0]), &conf_block_connection};

static const struct conf_keyword keywords_misc_check[] = {
	{.name = "misc_path",
		.words_min = 1,
		.words_max = STATEMENT_WORDS_MAX,
		.handle = conf_take_misc_path,
		.arguments = "CMD",
		.standard = "none",
		.range = "mandatory",
		.meaning = "Command; exit 0 healthy, others failed unless misc_dynamic"},
	{.name = "misc_timeout",
		.kind = CONF_KIND_SECONDS,
		.min = 1,
		.max = 4294967295000000,
		.at = AT(misc_timeout_us),
		.arguments = "SECS",
		.standard = "delay_loop",
		.range = "0.000001..",
		.meaning = "Kill command after this time"},
	{.name = "misc_dynamic",
		.kind = CONF_KIND_FLAG,
		.at = AT(misc_dynamic),
		.arguments = "",
		.standard = "off",
		.range = "flag",
		.meaning = "Exit 2..255 means healthy with weight exit-2"},
	{.name = "user",
		.words_min = 1,
		.words_max = 2,
		.handle = conf_take_misc_user,
		.arguments = "USER [GROUP]",
		.standard = "script_user",
		.meaning = "Identity to run as"},
};

const struct conf_block conf_block_misc_check = {"MISC_CHECK", keywords_misc_check,
	sizeof(keywords_misc_check) / sizeof(keywords_misc_check[0]), &conf_block_schedule};

static const struct conf_keyword keywords_file_check[] = {
	{.name = "track_file",
		.kind = CONF_KIND_WORD,
		.at = AT(track_file),
		.place_at = AT(track_file_place),
		.arguments = "NAME",
		.standard = "none",
		.range = "mandatory",
		.meaning = "Existing track_file"},
	{.name = "weight",
		.words_min = 1,
		.words_max = 2,
		.min = -2147483647,
		.max = 2147483647,
		.handle = conf_take_file_check_weight,
		.arguments = "N [reverse|noreverse]",
		.standard = "track_file's weight",
		.range = "-2147483647..2147483647",
		.meaning = "Multiplies file value, which is added to server weight; word "
			   "\"dynamic\" of manual not accepted"},
};

const struct conf_block conf_block_file_check = {"FILE_CHECK", keywords_file_check,
	sizeof(keywords_file_check) / sizeof(keywords_file_check[0]), NULL};

static const struct conf_keyword keywords_bfd_check[] = {
	CONF_LATER("name", "NAME", "none", "mandatory", "BFD session"),
	CONF_LATER("alpha", "[BOOL]", "real server's", "BOOL", "Start down until session is up"),
};

const struct conf_block conf_block_bfd_check = {"BFD_CHECK", keywords_bfd_check,
	sizeof(keywords_bfd_check) / sizeof(keywords_bfd_check[0]), NULL};
