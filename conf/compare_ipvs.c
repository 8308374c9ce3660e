/* Load balancing of two nodes side by side: what one serves the other must be able to take over,
 * with its connections. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

struct servers {
	const struct conf_virtual_server **list;
	size_t count;
};

static uint8_t mark_family(const struct conf_virtual_server *server)
{
	return server->fwmark == 0 ? 0 : conf_entry_family(server, TAILQ_FIRST(server->entries));
}

/* By what clients, or marks, find it. */
static int compare(const void *left, const void *right)
{
	const struct conf_virtual_server *a = *(const struct conf_virtual_server *const *)left;
	const struct conf_virtual_server *b = *(const struct conf_virtual_server *const *)right;
	int difference = strcmp(a->group != NULL ? a->group : "", b->group != NULL ? b->group : "");
	if (difference == 0)
		difference = memcmp(&a->address, &b->address, sizeof(a->address));
	if (difference == 0)
		difference = (a->fwmark > b->fwmark) - (a->fwmark < b->fwmark);
	if (difference == 0)
		difference = mark_family(a) - mark_family(b);
	if (difference == 0)
		difference = (a->port > b->port) - (a->port < b->port);
	if (difference == 0 && a->fwmark == 0)
		difference = (a->protocol > b->protocol) - (a->protocol < b->protocol);
	return difference;
}

static struct servers collect(const struct conf *conf)
{
	const struct conf_virtual_server *server;
	struct servers servers = {0};
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	servers.count++;
	servers.list = calloc(servers.count + 1, sizeof(struct conf_virtual_server *));
	if (servers.list == NULL)
		err(1, "configuration");
	servers.count = 0;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	servers.list[servers.count++] = server;
	qsort(servers.list, servers.count, sizeof(struct conf_virtual_server *), compare);
	return servers;
}

/* Nodes of which only one balances at all are meant to be so. */
static void judge_servers(
	const struct conf *here, const struct conf *there, struct conf_findings *findings)
{
	struct servers others = collect(there);
	const struct conf_virtual_server *server;
	char name[PROTO_NAME_LEN];
	TAILQ_FOREACH(server, &here->virtual_servers, entry)
	{
		if (others.count == 0 ||
			bsearch(&server, others.list, others.count,
				sizeof(struct conf_virtual_server *), compare) != NULL)
			continue;
		conf_finding_add(findings, CONF_WARNING, &server->place,
			"virtual server %s is not in %s: it is not served when that node is master",
			conf_service_name(server, name), there->name);
	}
	free(others.list);
}

static void judge_sync_daemons(
	const struct conf *a, const struct conf *b, struct conf_findings *findings)
{
	const struct conf_sync_daemon *one = &a->global.sync_daemon, *two = &b->global.sync_daemon;
	if (!one->given && !two->given)
		return;
	if (one->given != two->given) {
		conf_finding_add(findings, CONF_WARNING, one->given ? &one->place : &two->place,
			"'lvs_sync_daemon' is not in %s: connections end when the other node "
			"becomes "
			"master",
			one->given ? b->name : a->name);
		return;
	}
	if (one->id != two->id && one->id != 0 && two->id != 0)
		conf_finding_add(findings, CONF_WARNING, &two->place,
			"the sync daemon has id %u here and %u in %s: neither takes what the other "
			"tells",
			two->id, one->id, a->name);
	if (one->port != two->port || !value_address_equal(&one->group, &two->group))
		conf_finding_add(findings, CONF_WARNING, &two->place,
			"the sync daemon has another group or port than in %s: neither hears the "
			"other",
			a->name);
}

void conf_compare_ipvs(const struct conf *a, const struct conf *b, struct conf_findings *findings)
{
	judge_servers(a, b, findings);
	judge_servers(b, a, findings);
	judge_sync_daemons(a, b, findings);
}
