/* Checkers of real servers. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

#define PRIVILEGED_PORTS 1024 /* net.ipv4.ip_unprivileged_port_start, usually */
#define DNS_NAME_MAX     253  /* RFC 1035 §2.3.4, without the dot of the root */
#define DNS_LABEL_MAX    63
#define URLS_MAX         256 /* of a checker */

/* Can it be sent as one word of a line? */
static bool is_one_word(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
		if (*c <= 0x20 || *c == 0x7f)
			return false;
	return true;
}

/* A word that is sent; false, with a finding, when it cannot be. */
static bool judge_word(struct conf *conf, const struct conf_place *place, const char *keyword,
	const char *text, size_t size)
{
	if (strlen(text) >= size)
		conf_error(conf, place, "'%s' is longer than %zu bytes", keyword, size - 1);
	else if (text[0] == '\0' || !is_one_word(text))
		conf_error(conf, place, "'%s' is empty, or has blanks or control characters in it",
			keyword);
	else
		return true;
	return false;
}

/* ---- HTTP_GET, SSL_GET ---- */

static bool judge_regex(struct conf *conf, const struct conf_url *url)
{
	PCRE2_SIZE offset = 0;
	PCRE2_UCHAR why[160];
	int error = 0;
	if (strlen(url->regex) > CONF_BYTES_MAX) {
		conf_error(
			conf, &url->regex_place, "'regex' is longer than %d bytes", CONF_BYTES_MAX);
		return false;
	}
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)url->regex, strlen(url->regex),
		url->regex_options, &error, &offset, NULL);
	if (code != NULL) {
		pcre2_code_free(code);
		return true;
	}
	if (pcre2_get_error_message(error, why, sizeof(why)) < 0)
		snprintf((char *)why, sizeof(why), "error %d of PCRE2", error);
	conf_error(conf, &url->regex_place, "this is no regular expression: %s, at character %zu",
		(const char *)why, (size_t)offset);
	return false;
}

static bool judge_offsets(struct conf *conf, const struct conf_url *url)
{
	bool options = url->regex_no_match || url->regex_options != 0 || url->regex_min != 0 ||
		       url->regex_max != UINT32_MAX || url->regex_stack_max != 0;
	if (url->regex == NULL && options)
		conf_warning(conf, &url->place,
			"what is said of a regular expression has no effect: this url has no "
			"'regex'");
	if (url->regex == NULL || url->regex_max > url->regex_min)
		return true;
	conf_error(conf, &url->regex_max_place,
		"'regex_max_offset' %u is not more than 'regex_min_offset' %u", url->regex_max,
		url->regex_min);
	return false;
}

static bool judge_url(
	struct conf *conf, const struct conf_checker *checker, const struct conf_url *url)
{
	const struct conf_check_url *item = NULL;
	if (url->path == NULL) {
		conf_error(conf, &url->place, "this url has no 'path'");
		return false;
	}
	if (!judge_word(conf, &url->path_place, "path", url->path, sizeof(item->path)))
		return false;
	if (url->path[0] != '/')
		conf_warning(conf, &url->path_place, "the path does not begin with a '/'");
	if (url->virtualhost != NULL &&
		!judge_word(conf, &url->place, "virtualhost", url->virtualhost, sizeof(item->host)))
		return false;
	if (checker->sni && url->virtualhost == NULL && checker->type == CONF_SSL_GET)
		conf_warning(conf, &checker->sni_place,
			"'enable_sni' has no effect without a 'virtualhost' to name");
	return judge_offsets(conf, url) && (url->regex == NULL || judge_regex(conf, url));
}

static void judge_http(struct conf *conf, struct conf_checker *checker, bool *runnable)
{
	struct conf_url *url = TAILQ_FIRST(&checker->urls);
	unsigned count = 0;
	if (url == NULL)
		conf_error(conf, &checker->place, "%s has no 'url' block",
			conf_checker_name(checker->type));
	while (url != NULL) {
		struct conf_url *next = TAILQ_NEXT(url, entry);
		if (++count == URLS_MAX + 1)
			conf_error(conf, &url->place, "more than %d urls", URLS_MAX);
		if (count > URLS_MAX || !judge_url(conf, checker, url))
			TAILQ_REMOVE(&checker->urls, url, entry);
		url = next;
	}
	if (checker->sni && checker->type == CONF_HTTP_GET)
		conf_warning(conf, &checker->sni_place,
			"'enable_sni' has no effect on HTTP_GET, which uses no TLS");
	if (TAILQ_EMPTY(&checker->urls))
		*runnable = false;
}

/* ---- the others ---- */

static bool is_domain(const char *name)
{
	size_t label = 0, length = strlen(name);
	if (strcmp(name, ".") == 0)
		return true;
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length == 0 || length > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i <= length; i++) {
		if (i < length && name[i] != '.') {
			label++;
			continue;
		}
		if (label == 0 || label > DNS_LABEL_MAX)
			return false;
		label = 0;
	}
	return is_one_word(name);
}

static void judge_dns(struct conf *conf, const struct conf_checker *checker, bool *runnable)
{
	if (is_domain(checker->text))
		return;
	conf_error(conf, &checker->text_place,
		"'%s' is no domain name: labels of 1 to %d characters with dots between, %d "
		"characters at most",
		checker->text, DNS_LABEL_MAX, DNS_NAME_MAX);
	*runnable = false;
}

static void judge_udp(struct conf *conf, struct conf_checker *checker, bool *runnable)
{
	if (checker->min_reply > checker->max_reply) {
		conf_error(conf, &checker->place,
			"'min_reply_length' %u is more than 'max_reply_length' %u",
			checker->min_reply, checker->max_reply);
		*runnable = false;
	}
	if (checker->reply != NULL && checker->reply->length > checker->max_reply) {
		conf_error(conf, &checker->place,
			"'require_reply' has %zu bytes, more than 'max_reply_length' %u",
			checker->reply->length, checker->max_reply);
		*runnable = false;
	}
}

static void judge_misc(struct conf *conf, const struct conf_checker *checker, bool *runnable)
{
	if (checker->command.line != NULL)
		return;
	conf_error(conf, &checker->place, "MISC_CHECK has no 'misc_path'");
	*runnable = false;
}

static void judge_file(struct conf *conf, const struct conf_checker *checker, bool *runnable)
{
	struct conf_track_file *file = NULL;
	if (checker->track_file == NULL) {
		conf_error(conf, &checker->place, "FILE_CHECK has no 'track_file'");
		*runnable = false;
		return;
	}
	TAILQ_FOREACH(file, &conf->track_files, entry)
	if (strcmp(file->name, checker->track_file) == 0) {
		file->tracked = true;
		return;
	}
	conf_error(conf, &checker->track_file_place,
		"there is no track_file '%s': write one at the top level", checker->track_file);
	*runnable = false;
}

static void judge_connection(struct conf *conf, struct conf_checker *checker, bool *runnable)
{
	if (checker->bindto.family != 0 && checker->bindto.family != checker->connect_ip.family) {
		conf_error(conf, &checker->bindto_place,
			"'bindto' is an address of IPv%d, what is connected to is one of IPv%d",
			checker->bindto.family == AF_INET ? 4 : 6,
			checker->connect_ip.family == AF_INET ? 4 : 6);
		*runnable = false;
	}
	if (checker->connect_port == 0 && checker->type != CONF_PING_CHECK) {
		conf_error(conf, &checker->place,
			"neither the checker nor the real server has a port to connect to: give a "
			"'connect_port'");
		*runnable = false;
	}
	if (checker->bind_port != 0 && checker->bind_port < PRIVILEGED_PORTS)
		conf_warning(conf, &checker->bind_port_place,
			"checkerd holds no capability: port %u can be bound only when "
			"net.ipv4.ip_unprivileged_port_start allows it",
			checker->bind_port);
	if (checker->fwmark != 0)
		conf_warning(conf, &checker->fwmark_place,
			"'fwmark' is not implemented yet: checkerd, which holds no capability, may "
			"not mark packets; the check is sent without it");
}

void conf_validate_checker(struct conf *conf, const struct conf_real_server *real,
	struct conf_checker *checker, bool *runnable)
{
	(void)real;
	if (conf_checker_connects(checker->type))
		judge_connection(conf, checker, runnable);
	switch (checker->type) {
	case CONF_HTTP_GET:
	case CONF_SSL_GET:
		judge_http(conf, checker, runnable);
		break;
	case CONF_SMTP_CHECK:
		if (!judge_word(
			    conf, &checker->text_place, "helo_name", checker->text, PROTO_HOST_LEN))
			*runnable = false;
		break;
	case CONF_DNS_CHECK:
		judge_dns(conf, checker, runnable);
		break;
	case CONF_UDP_CHECK:
		judge_udp(conf, checker, runnable);
		break;
	case CONF_MISC_CHECK:
		judge_misc(conf, checker, runnable);
		break;
	case CONF_FILE_CHECK:
		judge_file(conf, checker, runnable);
		break;
	case CONF_TCP_CHECK:
	case CONF_PING_CHECK:
	case CONF_CHECKER_TYPES:
		break;
	}
}
