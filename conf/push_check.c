/* The items for checkerd: scripts, then virtual servers with all that belongs to them. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/push.h"
#include "conf/stage.h"

/* Where items go, and how many of each kind there are. */
struct place {
	struct conf_items *items;
	uint32_t virtual_servers, reals, checkers, commands;
};

static union conf_body *put(struct place *place, enum proto_type type)
{
	return conf_items_put(place->items, type);
}

static void put_scripts(const struct conf *conf, struct place *place)
{
	const struct conf_script *script;
	TAILQ_FOREACH(script, &conf->scripts, entry)
	{
		if (!script->tracked)
			continue;
		struct conf_check_script *item = &put(place, CONF_CHECK_SCRIPT)->check_script;
		item->interval_us = script->interval_us;
		item->timeout_us = script->timeout_us;
		item->rise = script->rise;
		item->fall = script->fall;
		item->init_fail = script->init_fail;
		proto_string_set(item->name, sizeof(item->name), script->name);
		place->commands++;
	}
}

/* ---- checkers ---- */

static void put_bytes(struct place *place, enum check_bytes what, const void *bytes, size_t length)
{
	struct conf_check_bytes *item = &put(place, CONF_CHECK_BYTES)->check_bytes;
	item->checker = place->checkers;
	item->what = what;
	item->length = (uint32_t)length;
	memcpy(item->bytes, bytes, length);
}

static void fill_regex(struct conf_check_url *item, const struct conf_url *url)
{
	item->flags |= URL_REGEX | (url->regex_no_match ? URL_REGEX_NO_MATCH : 0U);
	item->regex_options = url->regex_options;
	/* what a bound of matches cannot do without */
	if (url->regex_max != UINT32_MAX)
		item->regex_options |= PCRE2_USE_OFFSET_LIMIT;
	item->regex_min = url->regex_min;
	item->regex_max = url->regex_max;
	item->regex_stack_start = url->regex_stack_start;
	item->regex_stack_max = url->regex_stack_max;
}

static void put_url(struct place *place, const struct conf_url *url)
{
	struct conf_check_url *item = &put(place, CONF_CHECK_URL)->check_url;
	item->checker = place->checkers;
	item->regex_max = UINT32_MAX;
	item->flags = (url->digest_given ? URL_DIGEST : 0U) |
		      (url->tls_compliant == CONF_ON ? URL_TLS_COMPLIANT : 0U);
	if (url->digest_given)
		memcpy(item->digest, url->digest, sizeof(item->digest));
	memcpy(item->status, url->status, sizeof(item->status));
	proto_string_set(item->path, sizeof(item->path), url->path);
	if (url->virtualhost != NULL)
		proto_string_set(item->host, sizeof(item->host), url->virtualhost);
	if (url->regex != NULL) {
		fill_regex(item, url);
		put_bytes(place, BYTES_REGEX, url->regex, strlen(url->regex));
	}
}

static uint32_t flags_of(const struct conf_checker *checker)
{
	const struct {
		bool set;
		uint32_t flag;
	} flags[] = {
		{checker->alpha == CONF_ON, CHECKER_ALPHA},
		{checker->log_all_failures == CONF_ON, CHECKER_LOG_ALL_FAILURES},
		{checker->sni, CHECKER_SNI},
		{checker->fast_recovery, CHECKER_FAST_RECOVERY},
		{checker->tls_compliant, CHECKER_TLS_COMPLIANT},
		{checker->http_1_1, CHECKER_HTTP_1_1},
		{checker->http_close, CHECKER_HTTP_CLOSE},
		{checker->misc_dynamic, CHECKER_MISC_DYNAMIC},
		{checker->require_reply, CHECKER_REQUIRE_REPLY},
		{checker->verify, CHECKER_VERIFY},
	};
	uint32_t result = 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].set)
			result |= flags[i].flag;
	return result;
}

static void fill_connection(struct conf_check_checker *item, const struct conf_checker *checker)
{
	item->address = checker->connect_ip;
	item->bindto = checker->bindto;
	if (checker->type != CONF_PING_CHECK)
		item->port = (uint16_t)checker->connect_port;
	item->bind_port = (uint16_t)checker->bind_port;
	proto_string_set(item->ifname, sizeof(item->ifname), checker->bind_if);
	item->timeout_us = checker->schedule.connect_timeout_us;
}

static void count_parts(struct conf_check_checker *item, const struct conf_checker *checker)
{
	const struct conf_url *url;
	TAILQ_FOREACH(url, &checker->urls, entry)
	{
		item->urls++;
		item->bytes += url->regex != NULL;
	}
	item->bytes =
		(uint16_t)(item->bytes + (checker->payload != NULL) + 2 * (checker->reply != NULL));
}

static uint32_t file_number(const struct conf *conf, const char *name)
{
	const struct conf_track_file *file;
	uint32_t number = 0;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	{
		if (strcmp(file->name, name) == 0)
			break;
		number++;
	}
	return number;
}

static uint32_t add_word(uint32_t checksum, const char *word)
{
	return word == NULL ? checksum + 1 : proto_checksum(checksum, word, strlen(word) + 1);
}

/* By which the command is known again when its number has changed. What it says is none of
 * checkerd's business. */
static void fill_command_name(struct conf_check_checker *item, const struct conf_command *command)
{
	uint32_t checksum = add_word(0, command->line);
	checksum = add_word(checksum, command->user);
	checksum = add_word(checksum, command->group);
	snprintf(item->text, sizeof(item->text), "%08x", checksum);
}

static void fill_checker(const struct conf *conf, struct place *place,
	struct conf_check_checker *item, const struct conf_checker *checker)
{
	static const uint32_t types[CONF_CHECKER_TYPES] = {[CONF_TCP_CHECK] = CHECK_TCP,
		[CONF_HTTP_GET] = CHECK_HTTP,
		[CONF_SSL_GET] = CHECK_SSL,
		[CONF_SMTP_CHECK] = CHECK_SMTP,
		[CONF_MISC_CHECK] = CHECK_MISC,
		[CONF_PING_CHECK] = CHECK_PING,
		[CONF_UDP_CHECK] = CHECK_UDP,
		[CONF_DNS_CHECK] = CHECK_DNS,
		[CONF_FILE_CHECK] = CHECK_FILE};
	item->real = place->reals;
	item->same_as = place->checkers;
	item->type = types[checker->type];
	item->flags = flags_of(checker);
	item->retry = checker->schedule.retry;
	item->delay_loop_us = checker->schedule.delay_loop_us;
	item->delay_before_retry_us = checker->schedule.delay_before_retry_us;
	item->warmup_us = checker->schedule.warmup_us;
	item->timeout_us = checker->misc_timeout_us;
	if (conf_checker_connects(checker->type))
		fill_connection(item, checker);
	if (checker->type == CONF_MISC_CHECK) {
		item->command = place->commands++;
		fill_command_name(item, &checker->command);
	}
	if (checker->type == CONF_FILE_CHECK) {
		item->command = file_number(conf, checker->track_file);
		item->weight = checker->reverse ? -checker->weight : checker->weight;
		proto_string_set(item->text, sizeof(item->text), checker->track_file);
	}
	if (checker->type == CONF_DNS_CHECK)
		item->dns_type = (uint16_t)checker->dns_type;
	item->min_reply = (uint16_t)checker->min_reply;
	item->max_reply = (uint16_t)checker->max_reply;
	if (checker->text != NULL)
		proto_string_set(item->text, sizeof(item->text), checker->text);
	count_parts(item, checker);
}

static void put_checker(
	const struct conf *conf, struct place *place, const struct conf_checker *checker)
{
	struct conf_check_checker *item = &put(place, CONF_CHECK_CHECKER)->check_checker;
	const struct conf_url *url;
	fill_checker(conf, place, item, checker);
	TAILQ_FOREACH(url, &checker->urls, entry)
	put_url(place, url);
	if (checker->payload != NULL)
		put_bytes(place, BYTES_PAYLOAD, checker->payload->bytes, checker->payload->length);
	if (checker->reply != NULL) {
		put_bytes(place, BYTES_REPLY, checker->reply->bytes, checker->reply->length);
		put_bytes(place, BYTES_REPLY_MASK, checker->reply->mask, checker->reply->length);
	}
	place->checkers++;
}

/* ---- servers ---- */

static void put_real(const struct conf *conf, struct place *place,
	const struct conf_virtual_server *server, const struct conf_real_server *real)
{
	struct conf_check_real *item = &put(place, CONF_CHECK_REAL)->check_real;
	const struct conf_checker *checker;
	conf_real_name(server, real, item->name);
	item->virtual_server = place->virtual_servers;
	item->weight = real->weight;
	item->flags = (real->alpha == CONF_ON ? CHECK_REAL_ALPHA : 0U) |
		      (real->inhibit == CONF_ON ? CHECK_REAL_INHIBIT : 0U);
	TAILQ_FOREACH(checker, &real->checkers, entry)
	item->checkers++;
	TAILQ_FOREACH(checker, &real->checkers, entry)
	put_checker(conf, place, checker);
	place->reals++;
}

static void put_virtual(
	const struct conf *conf, struct place *place, const struct conf_virtual_server *server)
{
	struct conf_check_virtual *item = &put(place, CONF_CHECK_VIRTUAL)->check_virtual;
	const struct conf_real_server *real;
	conf_service_name(server, item->name);
	item->quorum = server->quorum;
	item->hysteresis = server->hysteresis;
	item->flags = (server->alpha ? CHECK_VIRTUAL_ALPHA : 0U) |
		      (server->omega ? CHECK_VIRTUAL_OMEGA : 0U) |
		      (server->sorry.address.family != 0 ? CHECK_VIRTUAL_SORRY : 0U) |
		      (server->ha_suspend ? CHECK_VIRTUAL_HA_SUSPEND : 0U);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	item->servers++;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	put_real(conf, place, server, real);
	place->virtual_servers++;
}

/* ---- identical checkers ---- */

/* A checker with the items behind it, to be compared. */
struct sameness {
	uint32_t number;
	uint32_t checksum;
	struct conf_item *item;
};

static bool may_share(const struct conf_check_checker *checker)
{
	return checker->type != CHECK_MISC && checker->type != CHECK_FILE;
}

static size_t parts_of(const struct conf_check_checker *checker)
{
	return (size_t)checker->urls + checker->bytes;
}

/* What it says without what differs between two that are otherwise the same. */
static union conf_body bare(const struct conf_item *item)
{
	union conf_body copy;
	memcpy(&copy, item->body, item->size);
	if (item->type == CONF_CHECK_CHECKER)
		copy.check_checker.real = copy.check_checker.same_as = 0;
	else if (item->type == CONF_CHECK_URL)
		copy.check_url.checker = 0;
	else
		copy.check_bytes.checker = 0;
	return copy;
}

static uint32_t checksum_of(const struct conf_item *item)
{
	size_t parts = parts_of(&item->body->check_checker);
	uint32_t checksum = 0;
	for (size_t i = 0; i <= parts; i++) {
		const union conf_body copy = bare(&item[i]);
		checksum = proto_checksum(checksum, &copy, item[i].size);
	}
	return checksum;
}

static bool equal(const struct conf_item *a, const struct conf_item *b)
{
	size_t parts = parts_of(&a->body->check_checker);
	if (parts != parts_of(&b->body->check_checker))
		return false;
	for (size_t i = 0; i <= parts; i++) {
		if (a[i].type != b[i].type)
			return false;
		const union conf_body x = bare(&a[i]), y = bare(&b[i]);
		if (memcmp(&x, &y, a[i].size) != 0)
			return false;
	}
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct sameness *a = left, *b = right;
	if (a->checksum != b->checksum)
		return a->checksum < b->checksum ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

/* Points every checker to the first that is the same. Among equal checksums only the first is
 * looked at: two that differ and collide are run twice, which harms nobody. */
static void share(const struct place *place)
{
	const struct conf_items *items = place->items;
	struct sameness *list = calloc(place->checkers + 1U, sizeof(*list));
	size_t count = 0;
	uint32_t number = 0;
	if (list == NULL)
		return; /* run them all */
	for (size_t i = 0; i < items->count; i++) {
		struct conf_item *item = &items->list[i];
		if (item->type != CONF_CHECK_CHECKER)
			continue;
		if (may_share(&item->body->check_checker))
			list[count++] = (struct sameness){
				.number = number, .checksum = checksum_of(item), .item = item};
		number++;
	}
	qsort(list, count, sizeof(*list), compare);
	const struct sameness *first = list;
	for (size_t i = 1; i < count; i++) {
		if (list[i].checksum != first->checksum)
			first = &list[i];
		else if (equal(first->item, list[i].item))
			list[i].item->body->check_checker.same_as = first->number;
	}
	free(list);
}

void conf_push_check(const struct conf *conf, struct conf_items *items)
{
	struct place place = {.items = items};
	const struct conf_virtual_server *server;
	put_scripts(conf, &place);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	put_virtual(conf, &place, server);
	conf_push_mail(conf, items);
	if (conf->global.share_identical)
		share(&place);
}
