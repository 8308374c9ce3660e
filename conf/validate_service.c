/* Virtual servers and their real servers. */
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

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

static void judge_server(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_real_server *real;
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
	TAILQ_FOREACH(real, &server->real_servers, entry)
	judge_real(conf, server, real);
	judge_real_duplicates(conf, server);
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

void conf_validate_services(struct conf *conf)
{
	struct conf_virtual_server *server;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	judge_server(conf, server);
	judge_duplicates(conf);
}
