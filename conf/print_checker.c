/* Checkers as a configuration that means the same. */
#include <inttypes.h>

#include "conf/stage.h"
#include "conf/value.h"

#define INDENT     "\t\t\t"
#define URL_INDENT "\t\t\t\t"

static void print_seconds(FILE *out, const char *keyword, uint64_t microseconds)
{
	char text[VALUE_SECONDS_LEN];
	fprintf(out, INDENT "%s %s\n", keyword, value_seconds_text(microseconds, text));
}

static void print_word(FILE *out, const char *indent, const char *keyword, const char *word)
{
	if (word != NULL)
		fprintf(out, "%s%s \"%s\"\n", indent, keyword, word);
}

static void print_flag(FILE *out, const char *indent, const char *keyword, bool set)
{
	if (set)
		fprintf(out, "%s%s\n", indent, keyword);
}

static void print_connection(const struct conf_checker *checker, FILE *out)
{
	char text[VALUE_ADDRESS_LEN];
	fprintf(out, INDENT "connect_ip %s\n", value_address_text(&checker->connect_ip, text));
	if (checker->connect_port != 0)
		fprintf(out, INDENT "connect_port %u\n", checker->connect_port);
	if (checker->bindto.family != 0)
		fprintf(out, INDENT "bindto %s\n", value_address_text(&checker->bindto, text));
	if (checker->bind_port != 0)
		fprintf(out, INDENT "bind_port %u\n", checker->bind_port);
	if (checker->bind_if[0] != '\0')
		print_word(out, INDENT, "bind_if", checker->bind_if);
	if (checker->fwmark != 0)
		fprintf(out, INDENT "fwmark %" PRIu32 "\n", checker->fwmark);
	print_seconds(out, "connect_timeout", checker->schedule.connect_timeout_us);
}

static bool accepts(const struct conf_url *url, unsigned code)
{
	unsigned bit = code - CHECK_STATUS_FIRST;
	return code <= CHECK_STATUS_LAST && (url->status[bit / 8] & 1U << bit % 8) != 0;
}

static void print_status(const struct conf_url *url, FILE *out)
{
	fputs(URL_INDENT "status_code", out);
	for (unsigned code = CHECK_STATUS_FIRST; code <= CHECK_STATUS_LAST; code++) {
		if (!accepts(url, code))
			continue;
		unsigned first = code;
		while (accepts(url, code + 1))
			code++;
		fprintf(out, " %u", first);
		if (code != first)
			fprintf(out, "-%u", code);
	}
	fputc('\n', out);
}

static void print_regex(const struct conf_url *url, FILE *out)
{
	const char *name;
	uint32_t option;
	if (url->regex == NULL)
		return;
	print_word(out, URL_INDENT, "regex", url->regex);
	print_flag(out, URL_INDENT, "regex_no_match", url->regex_no_match);
	if (url->regex_options != 0) {
		fputs(URL_INDENT "regex_options", out);
		for (size_t i = 0; (name = conf_regex_option(i, &option)) != NULL; i++)
			if ((url->regex_options & option) != 0)
				fprintf(out, " %s", name);
		fputc('\n', out);
	}
	fprintf(out, URL_INDENT "regex_min_offset %" PRIu32 "\n", url->regex_min);
	if (url->regex_max != UINT32_MAX)
		fprintf(out, URL_INDENT "regex_max_offset %" PRIu32 "\n", url->regex_max);
	if (url->regex_stack_max != 0)
		fprintf(out, URL_INDENT "regex_stack %" PRIu32 " %" PRIu32 "\n",
			url->regex_stack_start, url->regex_stack_max);
}

static void print_url(const struct conf_url *url, FILE *out)
{
	fputs(INDENT "url {\n", out);
	print_word(out, URL_INDENT, "path", url->path);
	print_word(out, URL_INDENT, "virtualhost", url->virtualhost);
	if (url->digest_given) {
		fputs(URL_INDENT "digest ", out);
		for (size_t i = 0; i < sizeof(url->digest); i++)
			fprintf(out, "%02x", url->digest[i]);
		fputc('\n', out);
	}
	print_status(url, out);
	print_regex(url, out);
	fprintf(out, URL_INDENT "tls_compliant %s\n", url->tls_compliant == CONF_ON ? "on" : "off");
	fputs(INDENT "}\n", out);
}

static void print_http(const struct conf_checker *checker, FILE *out)
{
	const struct conf_url *url;
	fprintf(out, INDENT "http_protocol %s\n",
		checker->http_1_1     ? "1.1"
		: checker->http_close ? "1.0C"
				      : "1.0");
	print_flag(out, INDENT, "enable_sni", checker->sni);
	print_flag(out, INDENT, "fast_recovery", checker->fast_recovery);
	print_flag(out, INDENT, "tls_compliant", checker->tls_compliant);
	print_flag(out, INDENT, "verify_certificate", checker->verify);
	TAILQ_FOREACH(url, &checker->urls, entry)
	print_url(url, out);
}

static void print_bytes(FILE *out, const char *keyword, const struct conf_bytes *bytes)
{
	static const char digits[] = "0123456789abcdef";
	fprintf(out, INDENT "%s", keyword);
	for (size_t i = 0; bytes != NULL && i < bytes->length; i++) {
		uint8_t byte = bytes->bytes[i];
		fprintf(out, "%s%c%c", i == 0 ? " " : "",
			(bytes->mask[i] & 0xf0) != 0 ? digits[byte >> 4] : 'x',
			(bytes->mask[i] & 0x0f) != 0 ? digits[byte & 0x0f] : 'x');
	}
	fputc('\n', out);
}

static void print_udp(const struct conf_checker *checker, FILE *out)
{
	if (checker->payload != NULL)
		print_bytes(out, "payload", checker->payload);
	if (checker->require_reply)
		print_bytes(out, "require_reply", checker->reply);
	fprintf(out, INDENT "min_reply_length %u\n" INDENT "max_reply_length %u\n",
		checker->min_reply, checker->max_reply);
}

static void print_misc(const struct conf_checker *checker, FILE *out)
{
	const struct conf_command command = {.line = checker->command.line};
	conf_print_indented(out, INDENT, "misc_path", &command);
	print_seconds(out, "misc_timeout", checker->misc_timeout_us);
	print_flag(out, INDENT, "misc_dynamic", checker->misc_dynamic);
	if (checker->command.user != NULL && checker->command.group != NULL)
		fprintf(out, INDENT "user \"%s\" \"%s\"\n", checker->command.user,
			checker->command.group);
	else
		print_word(out, INDENT, "user", checker->command.user);
}

static void print_file(const struct conf_checker *checker, FILE *out)
{
	print_word(out, INDENT, "track_file", checker->track_file);
	if (checker->weight_given)
		fprintf(out, INDENT "weight %d%s\n", checker->weight,
			checker->reverse ? " reverse" : "");
}

static void print_schedule(const struct conf_checker *checker, FILE *out)
{
	print_seconds(out, "delay_loop", checker->schedule.delay_loop_us);
	fprintf(out, INDENT "retry %" PRIu32 "\n", checker->schedule.retry);
	print_seconds(out, "delay_before_retry", checker->schedule.delay_before_retry_us);
	print_seconds(out, "warmup", checker->schedule.warmup_us);
	fprintf(out, INDENT "alpha %s\n", checker->alpha == CONF_ON ? "on" : "off");
	fprintf(out, INDENT "log_all_failures %s\n",
		checker->log_all_failures == CONF_ON ? "on" : "off");
}

void conf_print_checker(const struct conf_checker *checker, FILE *out)
{
	fprintf(out, "\t\t%s {\n", conf_checker_name(checker->type));
	if (conf_checker_connects(checker->type))
		print_connection(checker, out);
	if (checker->type != CONF_FILE_CHECK)
		print_schedule(checker, out);
	switch (checker->type) {
	case CONF_HTTP_GET:
	case CONF_SSL_GET:
		print_http(checker, out);
		break;
	case CONF_SMTP_CHECK:
		print_word(out, INDENT, "helo_name", checker->text);
		break;
	case CONF_UDP_CHECK:
		print_udp(checker, out);
		break;
	case CONF_DNS_CHECK:
		fprintf(out, INDENT "type %s\n", conf_dns_type_name(checker->dns_type));
		print_word(out, INDENT, "name", checker->text);
		break;
	case CONF_MISC_CHECK:
		print_misc(checker, out);
		break;
	case CONF_FILE_CHECK:
		print_file(checker, out);
		break;
	case CONF_TCP_CHECK:
	case CONF_PING_CHECK:
	case CONF_CHECKER_TYPES:
		break;
	}
	fputs("\t\t}\n", out);
}
