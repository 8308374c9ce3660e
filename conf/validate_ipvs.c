/* What a virtual server says to the kernel's load balancer, beside where its packets go. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "conf/finding.h"
#include "conf/keyword.h"
#include "conf/stage.h"

static const char *const schedulers[] = {"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh",
	"mh", "sed", "nq", "fo", "ovf", "twos"};
#define SCHEDULERS (sizeof(schedulers) / sizeof(schedulers[0]))

static bool has_family(const struct conf_virtual_server *server, uint8_t family)
{
	const struct conf_group_entry *entry;
	TAILQ_FOREACH(entry, server->entries, entry)
	if (conf_entry_family(server, entry) == family)
		return true;
	return false;
}

/* Does it have an entry whose protocol is the virtual server's? That of a mark is any. */
static bool has_address(const struct conf_virtual_server *server)
{
	const struct conf_group_entry *entry;
	TAILQ_FOREACH(entry, server->entries, entry)
	if (entry->fwmark == 0)
		return true;
	return false;
}

/* The one that is probably meant by a word that is none; or NULL. */
static const char *near_scheduler(const char *word)
{
	for (size_t i = 0; i < SCHEDULERS; i++)
		if (strcasecmp(word, schedulers[i]) == 0 ||
			(strlen(word) > 2 && conf_edit_distance(word, schedulers[i]) == 1))
			return schedulers[i];
	return NULL;
}

static void judge_scheduler(struct conf *conf, const struct conf_virtual_server *server)
{
	const char *near;
	if (!server->scheduler_given)
		return;
	for (size_t i = 0; i < SCHEDULERS; i++)
		if (strcmp(server->scheduler, schedulers[i]) == 0)
			return;
	near = near_scheduler(server->scheduler);
	conf_warning(conf, &server->scheduler_place,
		"'%s' is no scheduler that is known here%s%s%s: the kernel must have one in its "
		"module ip_vs_%s",
		server->scheduler, near == NULL ? "" : ", '", near == NULL ? "" : near,
		near == NULL ? "" : "' is", server->scheduler);
}

/* What the kernel takes for flag 1 of sh would be something else for another scheduler. */
static void judge_options(struct conf *conf, struct conf_virtual_server *server)
{
	static const struct {
		enum conf_scheduler_option option;
		const char *name, *scheduler, *other;
	} rules[] = {
		{CONF_SH_FALLBACK, "sh-fallback", "sh", NULL},
		{CONF_SH_PORT, "sh-port", "sh", NULL},
		{CONF_MH_FALLBACK, "mh-fallback", "mh", NULL},
		{CONF_MH_PORT, "mh-port", "mh", NULL},
		{CONF_HASHED, "hashed", "sh", "mh"},
	};
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!server->options[rules[i].option] ||
			strcmp(server->scheduler, rules[i].scheduler) == 0 ||
			(rules[i].other != NULL && strcmp(server->scheduler, rules[i].other) == 0))
			continue;
		conf_error(conf, &server->options_place[rules[i].option],
			"'%s' is for 'lb_algo %s'%s, and this virtual server has 'lb_algo %s'",
			rules[i].name, rules[i].scheduler,
			rules[i].other != NULL ? " and 'mh'" : "", server->scheduler);
		server->options[rules[i].option] = false;
	}
}

static void judge_ops(struct conf *conf, struct conf_virtual_server *server)
{
	if (!server->ops || server->protocol == IPPROTO_UDP || !has_address(server))
		return;
	conf_error(conf, &server->ops_place,
		"'ops' schedules each packet by itself, which only UDP bears: write 'protocol "
		"UDP'");
	server->ops = false;
}

static void judge_granularity(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_persistence *persistence = &server->persistence;
	char mask[INET_ADDRSTRLEN];
	if (persistence->netmask_given && !has_family(server, AF_INET))
		conf_error(conf, &persistence->netmask_place,
			"a mask is for IPv4, and this virtual server is IPv6: write the length of "
			"a prefix, 64 for example");
	if (persistence->prefix_given && !has_family(server, AF_INET6)) {
		struct in_addr address = {
			.s_addr = persistence->prefix > 32
					  ? UINT32_MAX
					  : htonl(UINT32_MAX << (32 - persistence->prefix))};
		inet_ntop(AF_INET, &address, mask, sizeof(mask));
		conf_error(conf, &persistence->prefix_place,
			"the length of a prefix is for IPv6, and this virtual server is IPv4: "
			"write a mask, %s",
			mask);
	}
}

static void judge_engine(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_persistence *persistence = &server->persistence;
	if (persistence->engine == NULL)
		return;
	if (persistence->timeout_s == 0)
		conf_warning(conf, &persistence->engine_place,
			"'persistence_engine' has no effect without 'persistence_timeout'");
	else if (strcmp(persistence->engine, "sip") != 0)
		conf_warning(conf, &persistence->engine_place,
			"'%s' is no persistence engine that is known here: the kernel must have "
			"one in its module ip_vs_pe_%s",
			persistence->engine, persistence->engine);
	else if (server->protocol != IPPROTO_UDP && has_address(server))
		conf_warning(conf, &persistence->engine_place,
			"the engine sip reads UDP alone: other connections are not served");
}

/* The kernel refuses a service for all ports that is not persistent. */
static void judge_port(struct conf *conf, struct conf_virtual_server *server)
{
	const struct conf_group_entry *entry;
	if (server->persistence.timeout_s != 0)
		return;
	TAILQ_FOREACH(entry, server->entries, entry)
	{
		if (entry->fwmark != 0 || entry->port != 0)
			continue;
		server->persistence.timeout_s = CONF_PERSISTENCE_S;
		conf_warning(conf, &entry->place,
			"without a port all ports are served, which the kernel does for persistent "
			"services only: 'persistence_timeout %d' is used, as in keepalived",
			CONF_PERSISTENCE_S);
		return;
	}
}

static void judge_family(struct conf *conf, struct conf_virtual_server *server)
{
	const struct conf_group_entry *entry;
	if (server->family == 0)
		return;
	TAILQ_FOREACH(entry, server->entries, entry)
	{
		if (entry->first.family == 0 || entry->first.family == server->family)
			continue;
		conf_error(conf, &server->family_place,
			"'ip_family %s' is not that of its address, which says it already",
			server->family == AF_INET ? "inet" : "inet6");
		server->family = 0;
		return;
	}
}

void conf_validate_ipvs(struct conf *conf, struct conf_virtual_server *server)
{
	judge_scheduler(conf, server);
	judge_family(conf, server);
	judge_options(conf, server);
	judge_ops(conf, server);
	judge_granularity(conf, server);
	judge_port(conf, server);
	judge_engine(conf, server);
}

void conf_validate_sync_daemon(struct conf *conf)
{
	struct conf_sync_daemon *daemon = &conf->global.sync_daemon;
	const struct conf_instance *instance = conf_sync_instance(conf);
	if (!daemon->given)
		return;
	if (instance != NULL && instance->not_implemented)
		conf_warning(conf, &daemon->instance_place,
			"vrrp_instance '%s' is not run: the sync daemon stays backup",
			daemon->instance);
	if (instance != NULL || daemon->instance == NULL)
		return;
	conf_error(conf, &daemon->instance_place,
		"there is no vrrp_instance '%s': its state says which node tells its connections",
		daemon->instance);
	daemon->given = false;
}
