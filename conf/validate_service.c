/* Virtual servers and their real servers. */
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"
#include "proto/state_page.h"

static int compare_real(const void *left, const void *right)
{
	const struct conf_real_server *a = *(struct conf_real_server *const *)left;
	const struct conf_real_server *b = *(struct conf_real_server *const *)right;
	int difference = memcmp(&a->address, &b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->port > b->port) - (a->port < b->port);
	return difference;
}

static int compare_real_places(const void *left, const void *right)
{
	int difference = compare_real(left, right);
	const struct conf_real_server *a = *(struct conf_real_server *const *)left;
	const struct conf_real_server *b = *(struct conf_real_server *const *)right;
	return difference != 0 ? difference : a->place.order < b->place.order ? -1 : 1;
}

static void judge_real_duplicates(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_real_server *real;
	size_t count = 0;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	count++;
	struct conf_real_server **list = calloc(count + 1, sizeof(struct conf_real_server *));
	if (list == NULL)
		err(1, "configuration");
	size_t i = 0;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	list[i++] = real;
	qsort(list, count, sizeof(struct conf_real_server *), compare_real_places);
	for (i = 1; i < count; i++) {
		if (compare_real(&list[i - 1], &list[i]) != 0)
			continue;
		conf_error(conf, &list[i]->place, "this real server is listed on line %u already",
			list[i - 1]->place.line);
		if (conf->lenient) {
			TAILQ_REMOVE(&server->real_servers, list[i], entry);
			list[i] = list[i - 1];
		}
	}
	free(list);
}

static void judge_real(
	struct conf *conf, const struct conf_virtual_server *server, struct conf_real_server *real)
{
	bool fixed = server->forwarding != CONF_FORWARD_NAT;
	if (server->address.family != 0 && real->address.family != server->address.family &&
		server->forwarding != CONF_FORWARD_TUN)
		conf_error(conf, &real->place,
			"the real server and the virtual server are of different address families, "
			"which only 'lb_kind TUN' can join");
	if (fixed && server->port != 0 && real->port != server->port) {
		conf_warning(conf, &real->place,
			"'lb_kind %s' cannot change the port: %u is used, the virtual server's, "
			"instead of %u",
			server->forwarding == CONF_FORWARD_DR ? "DR" : "TUN", server->port,
			real->port);
		real->port = server->port;
	}
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

static void judge_sorry(struct conf *conf, const struct conf_virtual_server *server)
{
	if (server->sorry.address.family != 0 && server->address.family != 0 &&
		server->sorry.address.family != server->address.family &&
		server->forwarding != CONF_FORWARD_TUN)
		conf_error(conf, &server->sorry_place,
			"the sorry server and the virtual server are of different address "
			"families, which only 'lb_kind TUN' can join");
}

static void judge_defaults(struct conf *conf, const struct conf_virtual_server *server)
{
	if (!server->scheduler_given)
		conf_warning(conf, &server->place,
			"this virtual server has no 'lb_algo': wlc is used, as in keepalived");
	if (!server->forwarding_given)
		conf_warning(conf, &server->place,
			"this virtual server has no 'lb_kind': NAT is used, as in keepalived");
	if (!server->protocol_given && server->fwmark == 0)
		conf_warning(conf, &server->place,
			"this virtual server has no 'protocol': UDP is used, as in keepalived; "
			"'protocol TCP' is probably meant");
	if (TAILQ_EMPTY(&server->real_servers))
		conf_warning(conf, &server->place, "this virtual server has no 'real_server'");
}

static void judge_server(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_real_server *real;
	judge_defaults(conf, server);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		judge_real(conf, server, real);
		judge_checkers(conf, real);
	}
	judge_real_duplicates(conf, server);
	judge_quorum(conf, server);
	judge_suspend(conf, server);
	judge_sorry(conf, server);
}

static int compare_servers(const void *left, const void *right)
{
	const struct conf_virtual_server *a = *(struct conf_virtual_server *const *)left;
	const struct conf_virtual_server *b = *(struct conf_virtual_server *const *)right;
	int difference = memcmp(&a->address, &b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->port > b->port) - (a->port < b->port);
	if (difference == 0)
		difference = (int)a->protocol - (int)b->protocol;
	if (difference == 0)
		difference = (a->fwmark > b->fwmark) - (a->fwmark < b->fwmark);
	if (difference == 0)
		difference =
			strcmp(a->group != NULL ? a->group : "", b->group != NULL ? b->group : "");
	return difference;
}

static int compare_servers_places(const void *left, const void *right)
{
	int difference = compare_servers(left, right);
	const struct conf_virtual_server *a = *(struct conf_virtual_server *const *)left;
	const struct conf_virtual_server *b = *(struct conf_virtual_server *const *)right;
	return difference != 0 ? difference : a->place.order < b->place.order ? -1 : 1;
}

static void judge_duplicates(struct conf *conf)
{
	struct conf_virtual_server *server;
	size_t count = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	count++;
	struct conf_virtual_server **list = calloc(count + 1, sizeof(struct conf_virtual_server *));
	if (list == NULL)
		err(1, "configuration");
	size_t i = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	list[i++] = server;
	qsort(list, count, sizeof(struct conf_virtual_server *), compare_servers_places);
	for (i = 1; i < count; i++) {
		if (compare_servers(&list[i - 1], &list[i]) != 0)
			continue;
		conf_error(conf, &list[i]->place,
			"this virtual server is there already, on line %u",
			list[i - 1]->place.line);
		if (conf->lenient) {
			TAILQ_REMOVE(&conf->virtual_servers, list[i], entry);
			list[i] = list[i - 1];
		}
	}
	free(list);
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

void conf_validate_services(struct conf *conf)
{
	struct conf_virtual_server *server;
	conf_validate_server_groups(conf);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	judge_server(conf, server);
	judge_duplicates(conf);
	judge_numbers(conf);
}
