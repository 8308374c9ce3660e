#include "checkerd/check_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkerd/check_key.h"
#include "checkerd/key_table.h"
#include "proto/state_page.h"

bool check_conf_takes(enum proto_type type)
{
	return type == CONF_CHECK_VIRTUAL || type == CONF_CHECK_REAL ||
	       type == CONF_CHECK_CHECKER || type == CONF_CHECK_URL || type == CONF_CHECK_BYTES;
}

const struct conf_check_virtual *check_conf_virtual(const struct check_conf *conf, size_t number)
{
	return (const struct conf_check_virtual *)conf->virtuals.items + number;
}

const struct conf_check_real *check_conf_real(const struct check_conf *conf, size_t number)
{
	return (const struct conf_check_real *)conf->reals.items + number;
}

const struct conf_check_checker *check_conf_checker(const struct check_conf *conf, size_t number)
{
	return (const struct conf_check_checker *)conf->checkers.items + number;
}

static const struct conf_check_url *url(const struct check_conf *conf, size_t number)
{
	return (const struct conf_check_url *)conf->urls.items + number;
}

static const struct conf_check_bytes *bytes(const struct check_conf *conf, size_t number)
{
	return (const struct conf_check_bytes *)conf->bytes.items + number;
}

static int refuse(char *reason, size_t size, const char *what, size_t number)
{
	snprintf(reason, size, "%s %zu", what, number);
	return -1;
}

/* ---- collecting ---- */

static int append(
	struct check_items *items, const void *body, size_t length, char *reason, size_t size)
{
	if (items->count == items->room) {
		size_t room = items->room == 0 ? 16 : items->room * 2;
		void *grown = reallocarray(items->items, room, length);
		if (grown == NULL) {
			snprintf(reason, size, "out of memory");
			return -1;
		}
		items->items = grown;
		items->room = room;
	}
	memcpy((char *)items->items + items->count * length, body, length);
	items->count++;
	return 0;
}

/* What a message belongs to is the latest of its kind. */
static int add_real(
	struct check_conf *conf, const struct conf_check_real *real, char *reason, size_t size)
{
	if (real->virtual_server + UINT64_C(1) != conf->virtuals.count)
		return refuse(reason, size, "no virtual server of real server", conf->reals.count);
	if (conf->reals.count + conf->virtuals.count >= STATE_SERVERS)
		return refuse(reason, size, "more servers than", STATE_SERVERS);
	return append(&conf->reals, real, sizeof(*real), reason, size);
}

static int add_checker(struct check_conf *conf, const struct conf_check_checker *checker,
	char *reason, size_t size)
{
	if (checker->real + UINT64_C(1) != conf->reals.count)
		return refuse(reason, size, "no real server of checker", conf->checkers.count);
	if (conf->checkers.count >= STATE_CHECKERS)
		return refuse(reason, size, "more checkers than", STATE_CHECKERS);
	return append(&conf->checkers, checker, sizeof(*checker), reason, size);
}

int check_conf_add(
	struct check_conf *conf, enum proto_type type, const void *body, char *reason, size_t size)
{
	const struct conf_check_url *as_url = body;
	const struct conf_check_bytes *as_bytes = body;

	if (type == CONF_CHECK_VIRTUAL) {
		if (conf->reals.count + conf->virtuals.count >= STATE_SERVERS)
			return refuse(reason, size, "more servers than", STATE_SERVERS);
		return append(
			&conf->virtuals, body, sizeof(struct conf_check_virtual), reason, size);
	}
	if (type == CONF_CHECK_REAL)
		return add_real(conf, body, reason, size);
	if (type == CONF_CHECK_CHECKER)
		return add_checker(conf, body, reason, size);
	if (type == CONF_CHECK_URL) {
		if (as_url->checker + UINT64_C(1) != conf->checkers.count)
			return refuse(reason, size, "no checker of url", conf->urls.count);
		return append(&conf->urls, body, sizeof(*as_url), reason, size);
	}
	if (as_bytes->checker + UINT64_C(1) != conf->checkers.count)
		return refuse(reason, size, "no checker of bytes", conf->bytes.count);
	return append(&conf->bytes, body, sizeof(*as_bytes), reason, size);
}

/* ---- judging ---- */

static bool has_address(const struct conf_check_checker *checker)
{
	return checker->type != CHECK_MISC && checker->type != CHECK_FILE;
}

/* Every one has as many parts as it says, and they are its own. */
static int judge_numbers(struct check_conf *conf, char *reason, size_t size)
{
	size_t reals = 0, checkers = 0, urls = 0, strings = 0;

	for (size_t i = 0; i < conf->virtuals.count; i++) {
		for (uint32_t n = check_conf_virtual(conf, i)->servers; n > 0; n--, reals++) {
			if (reals == conf->reals.count ||
				check_conf_real(conf, reals)->virtual_server != i)
				return refuse(
					reason, size, "missing real server of virtual server", i);
		}
	}
	for (size_t i = 0; i < reals; i++) {
		for (uint32_t n = check_conf_real(conf, i)->checkers; n > 0; n--, checkers++) {
			if (checkers == conf->checkers.count ||
				check_conf_checker(conf, checkers)->real != i)
				return refuse(reason, size, "missing checker of real server", i);
		}
	}
	for (size_t i = 0; i < checkers; i++) {
		conf->first_url[i] = (uint32_t)urls;
		conf->first_bytes[i] = (uint32_t)strings;
		for (uint32_t n = check_conf_checker(conf, i)->urls; n > 0; n--, urls++) {
			if (urls == conf->urls.count || url(conf, urls)->checker != i)
				return refuse(reason, size, "missing url of checker", i);
		}
		for (uint32_t n = check_conf_checker(conf, i)->bytes; n > 0; n--, strings++) {
			if (strings == conf->bytes.count || bytes(conf, strings)->checker != i)
				return refuse(reason, size, "missing bytes of checker", i);
		}
	}
	if (reals != conf->reals.count || checkers != conf->checkers.count ||
		urls != conf->urls.count || strings != conf->bytes.count)
		return refuse(reason, size, "more parts than announced after checker", checkers);
	return 0;
}

static int judge_checker(
	const struct check_conf *conf, size_t number, size_t commands, char *reason, size_t size)
{
	const struct conf_check_checker *checker = check_conf_checker(conf, number);

	if (checker->delay_loop_us < CHECK_DELAY_MIN_US ||
		checker->delay_loop_us > CHECK_TIME_MAX_US ||
		checker->delay_before_retry_us > CHECK_TIME_MAX_US ||
		checker->warmup_us > CHECK_TIME_MAX_US ||
		(has_address(checker) && checker->timeout_us == 0) ||
		checker->timeout_us > CHECK_TIME_MAX_US)
		return refuse(reason, size, "times out of bounds: checker", number);
	if (has_address(checker) && checker->address.family == 0)
		return refuse(reason, size, "no address of checker", number);
	if (checker->bindto.family != 0 && checker->bindto.family != checker->address.family)
		return refuse(reason, size, "bindto of another family: checker", number);
	if (checker->fwmark != 0) /* that takes a capability */
		return refuse(reason, size, "packets cannot be marked: checker", number);
	if (checker->type == CHECK_MISC &&
		(checker->command < commands || checker->command - commands >= STATE_CHECKERS))
		return refuse(reason, size, "no command of checker", number);
	if (checker->type == CHECK_FILE && checker->command >= STATE_CHECKERS)
		return refuse(reason, size, "no file of checker", number);
	if (checker->same_as > number ||
		check_conf_checker(conf, checker->same_as)->same_as != checker->same_as)
		return refuse(reason, size, "same_as of checker", number);
	if ((checker->type == CHECK_HTTP || checker->type == CHECK_SSL) != (checker->urls != 0))
		return refuse(reason, size, "urls of checker", number);
	return 0;
}

/* ---- keys ---- */

/* Two that are the same in every respect are told apart by their order. */
static uint64_t add_key(struct key_table *table, uint64_t key, size_t number)
{
	while (!key_table_add(table, key, (uint32_t)number))
		key = check_key_next(key);
	return key;
}

static void find_server_keys(struct check_conf *conf)
{
	for (size_t i = 0; i < conf->virtuals.count; i++) {
		uint64_t key = check_key_virtual(check_conf_virtual(conf, i));
		conf->virtual_keys[i] = add_key(conf->servers_by_key, key, i);
	}
	for (size_t i = 0; i < conf->reals.count; i++) {
		const struct conf_check_real *real = check_conf_real(conf, i);
		uint64_t key = check_key_real(conf->virtual_keys[real->virtual_server], real);
		conf->real_keys[i] = add_key(conf->servers_by_key, key, conf->virtuals.count + i);
	}
}

static struct check_spec spec_of(const struct check_conf *conf, size_t number)
{
	return (struct check_spec){.checker = check_conf_checker(conf, number),
		.urls = url(conf, conf->first_url[number]),
		.bytes = bytes(conf, conf->first_bytes[number])};
}

static void find_checker_keys(struct check_conf *conf)
{
	for (size_t i = 0; i < conf->checkers.count; i++) {
		struct check_spec spec = spec_of(conf, i);
		uint64_t key = check_key_checker(conf->real_keys[spec.checker->real], &spec);
		conf->checker_keys[i] = add_key(conf->checkers_by_key, key, i);
	}
}

int check_conf_commit(struct check_conf *conf, size_t commands, char *reason, size_t size)
{
	size_t servers = conf->virtuals.count + conf->reals.count;

	conf->virtual_keys = calloc(conf->virtuals.count + 1, sizeof(uint64_t));
	conf->real_keys = calloc(conf->reals.count + 1, sizeof(uint64_t));
	conf->checker_keys = calloc(conf->checkers.count + 1, sizeof(uint64_t));
	conf->first_url = calloc(conf->checkers.count + 1, sizeof(uint32_t));
	conf->first_bytes = calloc(conf->checkers.count + 1, sizeof(uint32_t));
	conf->prepared = calloc(conf->checkers.count + 1, sizeof(void *));
	conf->servers_by_key = key_table_new(servers);
	conf->checkers_by_key = key_table_new(conf->checkers.count);
	if (conf->virtual_keys == NULL || conf->real_keys == NULL || conf->checker_keys == NULL ||
		conf->first_url == NULL || conf->first_bytes == NULL || conf->prepared == NULL ||
		conf->servers_by_key == NULL || conf->checkers_by_key == NULL) {
		snprintf(reason, size, "out of memory");
		return -1;
	}
	if (judge_numbers(conf, reason, size) == -1)
		return -1;
	for (size_t i = 0; i < conf->checkers.count; i++) {
		if (judge_checker(conf, i, commands, reason, size) == -1)
			return -1;
	}
	find_server_keys(conf);
	find_checker_keys(conf);
	return 0;
}

int check_conf_prepare(struct check_conf *conf, const struct kind_tools *tools,
	bool (*has)(uint64_t key, const void *arg), const void *arg, char *reason, size_t size)
{
	for (size_t i = 0; i < conf->checkers.count; i++) {
		struct check_spec spec = spec_of(conf, i);
		const struct check_kind *kind = check_kind(spec.checker->type);
		if (kind->prepare == NULL || spec.checker->same_as != i ||
			has(conf->checker_keys[i], arg))
			continue;
		if (kind->prepare(tools, &spec, &conf->prepared[i], reason, size) == -1)
			return -1;
	}
	return 0;
}

void check_conf_clear(struct check_conf *conf)
{
	for (size_t i = 0; conf->prepared != NULL && i < conf->checkers.count; i++) {
		const struct check_kind *kind = check_kind(check_conf_checker(conf, i)->type);
		if (conf->prepared[i] != NULL)
			kind->release(conf->prepared[i]);
	}
	free(conf->virtuals.items);
	free(conf->reals.items);
	free(conf->checkers.items);
	free(conf->urls.items);
	free(conf->bytes.items);
	free(conf->virtual_keys);
	free(conf->real_keys);
	free(conf->checker_keys);
	free(conf->first_url);
	free(conf->first_bytes);
	free(conf->prepared);
	key_table_free(conf->servers_by_key);
	key_table_free(conf->checkers_by_key);
	memset(conf, 0, sizeof(*conf));
}
