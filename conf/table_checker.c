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
		.at = AT(retry),
		.arguments = "N",
		.standard = "real or virtual server's, else the checker's own",
		.range = "0..4294967295",
		.meaning =
			"Extra attempts before failing; skipped for the first verdict after start"},
	{.name = "delay_before_retry",
		.kind = CONF_KIND_SECONDS,
		.min = 0,
		.max = 4294967295000000,
		.at = AT(delay_before_retry_us),
		.arguments = "SECS",
		.standard = "real or virtual server's, else the checker's own",
		.range = "0..",
		.meaning = "Wait between those attempts"},
	CONF_LATER("warmup", "SECS", "real or virtual server's, else delay_loop", "0..",
		"Upper bound of random delay before first check"),
	CONF_LATER("delay_loop", "SECS", "RS/VS delay_loop (60)", "0.000001..",
		"Period of this check"),
	CONF_LATER("alpha", "[BOOL]", "real server's (off)", "BOOL",
		"Consider failed until first success"),
	CONF_LATER("log_all_failures", "[BOOL]", "checker_log_all_failures", "BOOL",
		"Log every failed attempt, not only state changes"),
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
	CONF_LATER("bindto", "IP", "kernel choice", "same family as connect_ip",
		"Source address of the check"),
	CONF_LATER("bind_port", "N", "0", "1..65535", "Source port of the check"),
	CONF_LATER("bind_if", "IF", "none", "15 characters", "Interface for link-local addresses"),
	{.name = "connect_timeout",
		.kind = CONF_KIND_SECONDS,
		.min = 1,
		.max = 4294000000,
		.at = AT(connect_timeout_us),
		.arguments = "SECS",
		.standard = "real server's (5)",
		.range = "0.000001..4294",
		.meaning = "Time limit for connect, and for each further read"},
	CONF_LATER("fwmark", "N", "0", "0..4294967295", "Mark put on the check packets"),
};

const struct conf_block conf_block_connection = {"checker", keywords_connection,
	sizeof(keywords_connection) / sizeof(keywords_connection[0]), &conf_block_schedule};

const struct conf_block conf_block_tcp_check = {"TCP_CHECK", NULL, 0, &conf_block_connection};

const struct conf_block conf_block_ping_check = {"PING_CHECK", NULL, 0, &conf_block_connection};

static const struct conf_keyword keywords_http_get[] = {
	{.name = "nb_get_retry",
		.kind = CONF_KIND_U32,
		.max = UINT32_MAX - 1,
		.at = AT(retry),
		.alias = "retry",
		.arguments = "N",
		.meaning = "alias of retry"},
	CONF_LATER("virtualhost", "STRING", "RS, then VS virtualhost, else ip:port", NULL,
		"Host header"),
	CONF_LATER("http_protocol", "1.0|1.0C|1.0c|1.1", "1.0", NULL,
		"HTTP version; C adds Connection: close to 1.0"),
	CONF_LATER("enable_sni", "[BOOL]", "off", "BOOL",
		"Send virtualhost as TLS server name; no effect without TLS"),
	CONF_LATER("fast_recovery", "[BOOL]", "off", "BOOL",
		"At start and on recovery test all URLs back-to-back instead of one per "
		"delay_loop"),
	{.name = "url",
		.status = CONF_NOT_YET,
		.block = &conf_block_url,
		.arguments = "{ … }",
		.range = "at least one",
		.meaning = "One request; blocks are tried in order"},
};

const struct conf_block conf_block_http_get = {"HTTP_GET", keywords_http_get,
	sizeof(keywords_http_get) / sizeof(keywords_http_get[0]), &conf_block_connection};

static const struct conf_keyword keywords_ssl_get[] = {
	{.name = "nb_get_retry",
		.kind = CONF_KIND_U32,
		.max = UINT32_MAX - 1,
		.at = AT(retry),
		.alias = "retry",
		.arguments = "N",
		.meaning = "alias of retry"},
	CONF_LATER("virtualhost", "STRING", "RS, then VS virtualhost, else ip:port", NULL,
		"Host header"),
	CONF_LATER("http_protocol", "1.0|1.0C|1.0c|1.1", "1.0", NULL,
		"HTTP version; C adds Connection: close to 1.0"),
	CONF_LATER("enable_sni", "[BOOL]", "off", "BOOL", "Send virtualhost as TLS server name"),
	CONF_LATER("fast_recovery", "[BOOL]", "off", "BOOL",
		"At start and on recovery test all URLs back-to-back instead of one per "
		"delay_loop"),
	CONF_LATER("tls_compliant", "[BOOL]", "off", "BOOL",
		"Send TLS close_notify when closing; default is quiet shutdown"),
	{.name = "url",
		.status = CONF_NOT_YET,
		.block = &conf_block_url,
		.arguments = "{ … }",
		.range = "at least one",
		.meaning = "One request; blocks are tried in order"},
};

const struct conf_block conf_block_ssl_get = {"SSL_GET", keywords_ssl_get,
	sizeof(keywords_ssl_get) / sizeof(keywords_ssl_get[0]), &conf_block_connection};

static const struct conf_keyword keywords_smtp_check[] = {
	CONF_LATER("helo_name", "STRING", "smtpchecker.keepalived.org", NULL, "Name given in HELO"),
	{.name = "host",
		.status = CONF_NOT_YET,
		.block = &conf_block_smtp_host,
		.arguments = "{ … }",
		.meaning = "Deprecated sub-block with the connection keywords, repeatable"},
};

const struct conf_block conf_block_smtp_check = {"SMTP_CHECK", keywords_smtp_check,
	sizeof(keywords_smtp_check) / sizeof(keywords_smtp_check[0]), &conf_block_connection};

static const struct conf_keyword keywords_udp_check[] = {
	CONF_LATER("payload", "HEX…", "32-byte filler text", NULL, "Bytes to send"),
	CONF_LATER("require_reply", "[HEX with x wildcards]", "off", NULL,
		"A reply is needed, optionally matching pattern"),
	CONF_LATER("min_reply_length", "N", "0", "0..65535", "Shortest accepted reply"),
	CONF_LATER("max_reply_length", "N", "255", "0..65535", "Longest accepted reply"),
};

const struct conf_block conf_block_udp_check = {"UDP_CHECK", keywords_udp_check,
	sizeof(keywords_udp_check) / sizeof(keywords_udp_check[0]), &conf_block_connection};

static const struct conf_keyword keywords_dns_check[] = {
	CONF_LATER(
		"type", "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY", "SOA", "any case", "Query type"),
	CONF_LATER("name", "DOMAIN", ". (root)", NULL, "Query name"),
};

const struct conf_block conf_block_dns_check = {"DNS_CHECK", keywords_dns_check,
	sizeof(keywords_dns_check) / sizeof(keywords_dns_check[0]), &conf_block_connection};

static const struct conf_keyword keywords_misc_check[] = {
	CONF_LATER("misc_path", "CMD", "none", "mandatory",
		"Command; exit 0 healthy, others failed unless misc_dynamic"),
	CONF_LATER(
		"misc_timeout", "SECS", "delay_loop", "0.000001..", "Kill command after this time"),
	CONF_LATER(
		"misc_dynamic", "", "off", "flag", "Exit 2..255 means healthy with weight exit-2"),
	CONF_LATER("user", "USER [GROUP]", "script_user", NULL, "Identity to run as"),
};

const struct conf_block conf_block_misc_check = {"MISC_CHECK", keywords_misc_check,
	sizeof(keywords_misc_check) / sizeof(keywords_misc_check[0]), &conf_block_schedule};

static const struct conf_keyword keywords_file_check[] = {
	CONF_LATER("track_file", "NAME", "none", "mandatory", "Existing track_file"),
	CONF_LATER("weight", "N [reverse|noreverse]", "track_file's weight",
		"-2147483647..2147483647",
		"Multiplies file value, which is added to server weight; word \"dynamic\" of "
		"manual not accepted"),
};

const struct conf_block conf_block_file_check = {"FILE_CHECK", keywords_file_check,
	sizeof(keywords_file_check) / sizeof(keywords_file_check[0]), NULL};

static const struct conf_keyword keywords_bfd_check[] = {
	CONF_LATER("name", "NAME", "none", "mandatory", "BFD session"),
	CONF_LATER("alpha", "[BOOL]", "real server's", "BOOL", "Start down until session is up"),
};

const struct conf_block conf_block_bfd_check = {"BFD_CHECK", keywords_bfd_check,
	sizeof(keywords_bfd_check) / sizeof(keywords_bfd_check[0]), NULL};

static const struct conf_keyword keywords_url[] = {
	CONF_LATER("path", "STRING", "none", "mandatory, else url ignored", "Request path"),
	CONF_LATER("digest", "HEX", "none", "32 hex digits (MD5)",
		"Required MD5 of the body, as genhash prints; one per url"),
	CONF_LATER("status_code", "N[-M] …", "200-299", "100..599",
		"Accepted status codes or ranges; always checked, also beside digest or regex"),
	CONF_LATER("virtualhost", "STRING", "checker virtualhost", NULL,
		"Host header for this request"),
	CONF_LATER("regex", "\"PCRE\"", "none", "PCRE2", "Body must match"),
	CONF_LATER("regex_no_match", "", "off", "flag", "Success is the pattern not matching"),
	CONF_LATER("regex_options", "WORD…", "none",
		"allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames "
		"extended firstline match_unset_backref multiline never_ucp never_utf "
		"no_auto_capture no_auto_possessify no_dotstar_anchor no_start_optimize ucp "
		"ungreedy utf never_backslash_c alt_circumflex alt_verbnames use_offset_limit",
		"PCRE2 compile options"),
	CONF_LATER("regex_min_offset", "N", "0", "0..", "Matching starts at this body offset"),
	CONF_LATER("regex_max_offset", "N", "none", "> regex_min_offset",
		"Matching may not start after this offset"),
	CONF_LATER("regex_stack", "START MAX", "PCRE2 default", "START <= MAX",
		"JIT stack size in bytes"),
	CONF_LATER("tls_compliant", "[BOOL]", "checker's", "BOOL", "Per-request tls_compliant"),
};

const struct conf_block conf_block_url = {
	"url", keywords_url, sizeof(keywords_url) / sizeof(keywords_url[0]), NULL};

const struct conf_block conf_block_smtp_host = {"host", NULL, 0, &conf_block_connection};
