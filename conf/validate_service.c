/* Virtual servers and their real servers. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "proto/state_page.h"

/* As the kernel tells real servers apart. */
struct place_of_real {
	struct conf_real_server *real;
	unsigned port;
};

static int compare_real(const void *left, const void *right)
{
	const struct place_of_real *a = left, *b = right;
	int difference = memcmp(&a->real->address, &b->real->address, sizeof(a->real->address));
	if (difference == 0)
		difference = (a->port > b->port) - (a->port < b->port);
	return difference;
}

static int compare_real_places(const void *left, const void *right)
{
	int difference = compare_real(left, right);
	const struct place_of_real *a = left, *b = right;
	if (difference != 0)
		return difference;
	return a->real->place.order < b->real->place.order ? -1 : 1;
}

static void judge_real_duplicates(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_real_server *real;
	size_t count = 0;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	count++;
	struct place_of_real *list = calloc(count + 1, sizeof(*list));
	if (list == NULL)
		err(1, "configuration");
	size_t i = 0;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		bool ported = server->group == NULL || real->method.forwarding == CONF_FORWARD_NAT;
		list[i++] = (struct place_of_real){real, ported ? real->port : 0};
	}
	qsort(list, count, sizeof(*list), compare_real_places);
	for (i = 1; i < count; i++) {
		if (compare_real(&list[i - 1], &list[i]) != 0)
			continue;
		conf_error(conf, &list[i].real->place,
			"this real server is listed on line %u already",
			list[i - 1].real->place.line);
		if (conf->lenient) {
			TAILQ_REMOVE(&server->real_servers, list[i].real, entry);
			list[i] = list[i - 1];
		}
	}
	free(list);
}

static void judge_checkers(struct conf *conf, struct conf_real_server *real)
{
	struct conf_checker *checker = TAILQ_FIRST(&real->checkers);
	while (checker != NULL) {
		struct conf_checker *next = TAILQ_NEXT(checker, entry);
		bool runnable = true;
		conf_validate_checker(conf, real, checker, &runnable);
		if (!runnable && conf->lenient)
			TAILQ_REMOVE(&real->checkers, checker, entry);
		checker = next;
	}
}

/* The weights of all its servers; at least 1, so that a quorum means something. */
static uint64_t total_weight(const struct conf_virtual_server *server)
{
	const struct conf_real_server *real;
	uint64_t total = 0;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	total += real->weight;
	return total == 0 ? 1 : total;
}

static void judge_quorum(struct conf *conf, struct conf_virtual_server *server)
{
	uint64_t total = total_weight(server);
	if (TAILQ_EMPTY(&server->real_servers))
		return;
	if (server->quorum > total) {
		conf_warning(conf, &server->quorum_place,
			"quorum %u is more than the weights of all real servers, %llu, which is "
			"used instead",
			server->quorum, (unsigned long long)total);
		server->quorum = (uint32_t)total;
	}
	if (server->hysteresis >= server->quorum) {
		if (server->hysteresis > 0)
			conf_warning(conf, &server->hysteresis_place,
				"hysteresis %u is not less than the quorum, %u: %u is used instead",
				server->hysteresis, server->quorum, server->quorum - 1);
		server->hysteresis = server->quorum - 1;
	}
	if ((uint64_t)server->quorum + server->hysteresis > total)
		conf_warning(conf, &server->hysteresis_place,
			"quorum %u and hysteresis %u are more than the weights of all real "
			"servers, %llu: once lost, the quorum never comes back",
			server->quorum, server->hysteresis, (unsigned long long)total);
}

/* What its checks hang on cannot be seen when it has no address of its own. */
static void judge_suspend(struct conf *conf, struct conf_virtual_server *server)
{
	if (!server->ha_suspend || server->address.family != 0)
		return;
	conf_warning(conf, &server->ha_suspend_place,
		"'ha_suspend' has no effect on a virtual server without an address");
	server->ha_suspend = false;
}

/* The protocol of a mark is any. */
static bool lacks_protocol(const struct conf_virtual_server *server)
{
	const struct conf_group_entry *entry;
	TAILQ_FOREACH(entry, server->entries, entry)
	if (entry->fwmark == 0)
		return !server->protocol_given;
	return false;
}

static void judge_defaults(struct conf *conf, const struct conf_virtual_server *server)
{
	if (!server->scheduler_given)
		conf_warning(conf, &server->place,
			"this virtual server has no 'lb_algo': wlc is used, as in keepalived");
	if (!server->method.given)
		conf_warning(conf, &server->place,
			"this virtual server has no 'lb_kind': NAT is used, as in keepalived");
	if (lacks_protocol(server))
		conf_warning(conf, &server->place,
			"this virtual server has no 'protocol': UDP is used, as in keepalived; "
			"'protocol TCP' is probably meant");
}

static void judge_server(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_real_server *real;
	judge_defaults(conf, server);
	conf_validate_ipvs(conf, server);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	judge_checkers(conf, real);
	conf_validate_forwarding(conf, server);
	judge_real_duplicates(conf, server);
	judge_quorum(conf, server);
	judge_suspend(conf, server);
}

/* Not even its sorry server would ever be used. */
static void judge_empty(struct conf *conf, struct conf_virtual_server *server)
{
	if (!TAILQ_EMPTY(&server->real_servers))
		return;
	conf_warning(conf, &server->place,
		"this virtual server has no 'real_server': it is left out, as in keepalived");
	TAILQ_REMOVE(&conf->virtual_servers, server, entry);
}

/* The state page has room for so many. */
static void judge_numbers(struct conf *conf)
{
	const struct conf_virtual_server *server;
	const struct conf_real_server *real;
	const struct conf_checker *checker;
	unsigned servers = 0, checkers = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	{
		if (++servers == STATE_SERVERS + 1)
			conf_error(conf, &server->place, "more than %d virtual and real servers",
				STATE_SERVERS);
		TAILQ_FOREACH(real, &server->real_servers, entry)
		{
			if (++servers == STATE_SERVERS + 1)
				conf_error(conf, &real->place,
					"more than %d virtual and real servers", STATE_SERVERS);
			TAILQ_FOREACH(checker, &real->checkers, entry)
			if (++checkers == STATE_CHECKERS + 1)
				conf_error(conf, &checker->place, "more than %d checkers",
					STATE_CHECKERS);
		}
	}
}

/* Every service has all the real servers, and the sorry server. */
static uint64_t entries_of(const struct conf_virtual_server *server)
{
	const struct conf_group_entry *entry;
	const struct conf_real_server *real;
	uint64_t servers = server->sorry.address.family != 0 ? 1 : 0, services = 0;
	TAILQ_FOREACH(entry, server->entries, entry)
	services += conf_entry_count(entry);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	servers++;
	return services * (1 + servers);
}

/* What ipvsd remembers of them. */
static void judge_entries(struct conf *conf)
{
	struct conf_virtual_server *server, *next;
	uint64_t entries = 0;
	bool said = false;
	for (server = TAILQ_FIRST(&conf->virtual_servers); server != NULL; server = next) {
		next = TAILQ_NEXT(server, entry);
		entries += entries_of(server);
		if (entries <= STATE_IPVS_ENTRIES)
			continue;
		if (!said)
			conf_error(conf, &server->place,
				"with this virtual server the kernel's table would have more than "
				"%d entries: each address has all the real servers",
				STATE_IPVS_ENTRIES);
		said = true;
		if (conf->lenient) {
			entries -= entries_of(server);
			TAILQ_REMOVE(&conf->virtual_servers, server, entry);
		}
	}
}

void conf_validate_services(struct conf *conf)
{
	struct conf_virtual_server *server, *next;
	conf_validate_server_groups(conf);
	conf_validate_sync_daemon(conf);
	for (server = TAILQ_FIRST(&conf->virtual_servers); server != NULL; server = next) {
		next = TAILQ_NEXT(server, entry);
		judge_server(conf, server);
		judge_empty(conf, server);
	}
	conf_validate_overlap(conf);
	judge_numbers(conf);
	judge_entries(conf);
}
