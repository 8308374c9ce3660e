/* The items for ipvsd: the load balancer as a whole, then virtual servers with all that belongs to
 * them. */
#include <linux/ip_vs.h>
#include <string.h>

#include "conf/push.h"
#include "conf/stage.h"

/* Where items go, and the number of the virtual server that they belong to. */
struct place {
	struct conf_items *items;
	uint32_t virtual_servers;
};

static union conf_body *put(struct place *place, enum proto_type type)
{
	return conf_items_put(place->items, type);
}

static void put_sync_daemon(const struct conf_sync_daemon *daemon, struct conf_ipvs_global *item)
{
	item->flags |= IPVS_SYNC_DAEMON;
	item->sync_id = daemon->id;
	item->sync_maxlen = (uint16_t)daemon->maxlen;
	item->sync_port = (uint16_t)daemon->port;
	item->sync_ttl = (uint8_t)daemon->ttl;
	item->sync_group = daemon->group;
	proto_string_set(item->sync_ifname, sizeof(item->sync_ifname), daemon->ifname);
	if (daemon->instance != NULL)
		proto_string_set(
			item->sync_instance, sizeof(item->sync_instance), daemon->instance);
}

static void put_global(const struct conf_global *global, struct place *place)
{
	struct conf_ipvs_global *item = &put(place, CONF_IPVS_GLOBAL)->ipvs_global;
	if (global->lvs_flush)
		item->flags |= IPVS_FLUSH;
	if (global->lvs_flush_on_stop == CONF_FLUSH_ALL)
		item->flags |= IPVS_FLUSH_ON_STOP;
	if (global->lvs_flush_on_stop == CONF_FLUSH_SERVICES)
		item->flags |= IPVS_FLUSH_ON_STOP_VS;
	item->timeout_tcp_s = global->timeout_tcp_s;
	item->timeout_tcpfin_s = global->timeout_tcpfin_s;
	item->timeout_udp_s = global->timeout_udp_s;
	if (global->sync_daemon.given)
		put_sync_daemon(&global->sync_daemon, item);
}

static void put_entry(const struct conf_virtual_server *server,
	const struct conf_group_entry *entry, struct place *place)
{
	struct conf_ipvs_entry *item = &put(place, CONF_IPVS_ENTRY)->ipvs_entry;
	item->virtual_server = place->virtual_servers;
	item->first = entry->first;
	item->first.family = conf_entry_family(server, entry);
	item->count = (uint32_t)conf_entry_count(entry);
	item->fwmark = entry->fwmark;
	item->port = (uint16_t)entry->port;
}

static void fill_method(struct conf_ipvs_real *item, const struct conf_method *method)
{
	static const uint32_t forwarding[] = {[CONF_FORWARD_NAT] = IP_VS_CONN_F_MASQ,
		[CONF_FORWARD_DR] = IP_VS_CONN_F_DROUTE,
		[CONF_FORWARD_TUN] = IP_VS_CONN_F_TUNNEL};
	static const uint16_t types[] = {[CONF_TUNNEL_IPIP] = IP_VS_CONN_F_TUNNEL_TYPE_IPIP,
		[CONF_TUNNEL_GUE] = IP_VS_CONN_F_TUNNEL_TYPE_GUE,
		[CONF_TUNNEL_GRE] = IP_VS_CONN_F_TUNNEL_TYPE_GRE};
	static const uint16_t flags[] = {[CONF_TUNNEL_NOCSUM] = IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM,
		[CONF_TUNNEL_CSUM] = IP_VS_TUNNEL_ENCAP_FLAG_CSUM,
		[CONF_TUNNEL_REMCSUM] = IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM};
	item->forwarding = forwarding[method->forwarding];
	item->tunnel_type = types[method->tunnel];
	item->tunnel_flags = flags[method->checksum];
	item->tunnel_port = (uint16_t)method->port;
}

static void put_sorry(const struct conf_virtual_server *server, struct place *place)
{
	const struct conf_sorry_server *sorry = &server->sorry;
	struct conf_ipvs_real *item = &put(place, CONF_IPVS_SORRY)->ipvs_real;
	const struct conf_real_server named = {.address = sorry->address, .port = sorry->port};
	conf_real_name(server, &named, item->name);
	item->virtual_server = place->virtual_servers;
	item->address = sorry->address;
	item->port = (uint16_t)sorry->port;
	item->weight = 1;
	item->flags = sorry->inhibit ? IPVS_REAL_INHIBIT : 0U;
	fill_method(item, &sorry->method);
}

/* As checkerd begins with it: a checker with alpha holds it down until it was found up. */
static uint32_t flags_of(const struct conf_real_server *real)
{
	const struct conf_checker *checker;
	uint32_t flags = IPVS_REAL_BEGINS_UP;
	if (real->inhibit == CONF_ON)
		flags |= IPVS_REAL_INHIBIT;
	if (TAILQ_EMPTY(&real->checkers))
		flags |= IPVS_REAL_UNCHECKED;
	TAILQ_FOREACH(checker, &real->checkers, entry)
	if (checker->alpha == CONF_ON)
		flags &= ~(uint32_t)IPVS_REAL_BEGINS_UP;
	return flags;
}

static void put_real(const struct conf_virtual_server *server, const struct conf_real_server *real,
	struct place *place)
{
	struct conf_ipvs_real *item = &put(place, CONF_IPVS_REAL)->ipvs_real;
	conf_real_name(server, real, item->name);
	item->virtual_server = place->virtual_servers;
	item->address = real->address;
	item->port = (uint16_t)real->port;
	item->weight = real->weight;
	item->upper = real->uthreshold;
	item->lower = real->lthreshold;
	item->flags = flags_of(real);
	fill_method(item, &real->method);
}

/* sh and mh call the first two of the scheduler's flags by names of their own. */
static uint32_t virtual_flags(const struct conf_virtual_server *server)
{
	const bool *options = server->options;
	uint32_t flags = 0;
	if (server->persistence.timeout_s != 0)
		flags |= IPVS_VIRTUAL_PERSISTENT;
	if (server->ops)
		flags |= IPVS_VIRTUAL_ONE_PACKET;
	if (options[CONF_FLAG_1] || options[CONF_SH_FALLBACK] || options[CONF_MH_FALLBACK])
		flags |= IPVS_VIRTUAL_SCHED_1;
	if (options[CONF_FLAG_2] || options[CONF_SH_PORT] || options[CONF_MH_PORT])
		flags |= IPVS_VIRTUAL_SCHED_2;
	if (options[CONF_FLAG_3])
		flags |= IPVS_VIRTUAL_SCHED_3;
	if (!server->alpha)
		flags |= IPVS_VIRTUAL_BEGINS_UP;
	if (server->sorry.address.family != 0)
		flags |= IPVS_VIRTUAL_SORRY;
	return flags;
}

static void fill_virtual(const struct conf_virtual_server *server, struct conf_ipvs_virtual *item)
{
	const struct conf_persistence *persistence = &server->persistence;
	const struct conf_group_entry *entry;
	const struct conf_real_server *real;
	conf_service_name(server, item->name);
	proto_string_set(item->scheduler, sizeof(item->scheduler), server->scheduler);
	if (persistence->engine != NULL && persistence->timeout_s != 0)
		proto_string_set(item->engine, sizeof(item->engine), persistence->engine);
	item->flags = virtual_flags(server);
	item->persistence_s = persistence->timeout_s;
	item->netmask = persistence->netmask;
	item->prefix = persistence->prefix;
	item->protocol = (uint16_t)server->protocol;
	TAILQ_FOREACH(entry, server->entries, entry)
	item->entries++;
	TAILQ_FOREACH(real, &server->real_servers, entry)
	item->reals++;
}

static void put_virtual(const struct conf_virtual_server *server, struct place *place)
{
	const struct conf_group_entry *entry;
	const struct conf_real_server *real;
	fill_virtual(server, &put(place, CONF_IPVS_VIRTUAL)->ipvs_virtual);
	TAILQ_FOREACH(entry, server->entries, entry)
	put_entry(server, entry, place);
	if (server->sorry.address.family != 0)
		put_sorry(server, place);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	put_real(server, real, place);
	place->virtual_servers++;
}

void conf_push_ipvs(const struct conf *conf, struct conf_items *items)
{
	struct place place = {.items = items};
	const struct conf_virtual_server *server;
	put_global(&conf->global, &place);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	put_virtual(server, &place);
}
