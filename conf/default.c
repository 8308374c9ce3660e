#include <string.h>
#include <sys/socket.h>

#include "conf/stage.h"

/* RFC 9568 §5.1.1.2 */
static const struct proto_addr vrrp_group4 = {.family = AF_INET, .bytes = {224, 0, 0, 18}};
/* RFC 9568 §5.1.2.2 */
static const struct proto_addr vrrp_group6 = {
	.family = AF_INET6, .bytes = {0xff, 0x02, [15] = 0x12}};

static uint32_t first_given(uint32_t own, uint32_t global, uint32_t standard)
{
	if (own != CONF_UNSET_U32)
		return own;
	return global != CONF_UNSET_U32 ? global : standard;
}

static void inherit(enum conf_tristate *own, bool global)
{
	if (*own == CONF_UNSET)
		*own = global ? CONF_ON : CONF_OFF;
}

static uint32_t at_least_one(uint32_t number)
{
	return number == 0 ? 1 : number;
}

static void default_garp(struct conf_instance *instance, const struct conf_global *global)
{
	struct conf_instance *i = instance;
	uint32_t repeat = global->min_garp ? 1 : 5;
	uint32_t delay = global->min_garp ? 0 : 5;
	i->garp_delay_s = first_given(i->garp_delay_s, global->garp_delay_s, delay);
	i->garp_repeat = at_least_one(first_given(i->garp_repeat, global->garp_repeat, repeat));
	i->garp_refresh_s = first_given(i->garp_refresh_s, global->garp_refresh_s, 0);
	i->garp_refresh_repeat =
		at_least_one(first_given(i->garp_refresh_repeat, global->garp_refresh_repeat, 1));
	i->garp_lower_prio_delay_s = first_given(
		i->garp_lower_prio_delay_s, global->garp_lower_prio_delay_s, i->garp_delay_s);
	/* In strict mode nothing is sent on hearing a lower priority. */
	i->garp_lower_prio_repeat = first_given(i->garp_lower_prio_repeat,
		global->garp_lower_prio_repeat, i->strict == CONF_ON ? 0 : i->garp_repeat);
}

/* The family is that of the first address, else of a peer, else of the source. */
static uint8_t family_of(const struct conf_instance *instance)
{
	const struct conf_address *address;
	TAILQ_FOREACH(address, &instance->addresses, entry)
	if (!address->excluded)
		return address->address.family;
	if (!TAILQ_EMPTY(&instance->peers))
		return TAILQ_FIRST(&instance->peers)->address.family;
	if (instance->source.family != 0)
		return instance->source.family;
	return instance->native_ipv6 ? AF_INET6 : AF_INET;
}

static void default_addresses(struct conf_instance *instance)
{
	struct conf_address *address;
	TAILQ_FOREACH(address, &instance->addresses, entry)
	if (address->ifname[0] == '\0')
		memcpy(address->ifname, instance->ifname, sizeof(address->ifname));
}

bool conf_instance_is_master(const struct conf_instance *instance)
{
	return instance->priority == 255 || (instance->state_master && instance->strict != CONF_ON);
}

/* What the state means: a default priority, and no nopreempt or preempt_delay for a master. */
static void default_role(struct conf_instance *instance)
{
	if (instance->priority == 0)
		instance->priority = instance->state_master ? 255 : 100;
	if (conf_instance_is_master(instance))
		instance->nopreempt = false;
	if (conf_instance_is_master(instance) || instance->nopreempt || instance->strict == CONF_ON)
		instance->preempt_delay_us = 0;
}

static void default_protocol(struct conf_instance *instance, const struct conf_global *global)
{
	if (instance->version == 0)
		instance->version = global->vrrp_version;
	if (instance->family == AF_INET6)
		instance->version = 3;
	if (instance->advert_int_us == 0)
		instance->advert_int_us = 1000000;
	if (instance->down_timer_adverts == 0)
		instance->down_timer_adverts = global->down_timer_adverts;
	if (instance->mcast_dst.family == 0)
		instance->mcast_dst =
			instance->family == AF_INET ? global->mcast_group4 : vrrp_group6;
	if (instance->unicast_ttl == CONF_UNSET_U32)
		instance->unicast_ttl = 255;
	bool authenticated = instance->auth_type != 0 && instance->auth_pass_given;
	if (!authenticated || instance->version == 3 || instance->strict == CONF_ON) {
		instance->auth_type = 0;
		memset(instance->auth_data, 0, sizeof(instance->auth_data));
	}
}

static void default_instance(struct conf_instance *instance, const struct conf_global *global)
{
	const struct conf_peer *peer;
	inherit(&instance->strict, global->strict);
	inherit(&instance->skip_check_adv_addr, global->skip_check_adv_addr);
	inherit(&instance->checksum_as_v2, global->checksum_as_v2);
	inherit(&instance->notify_priority_changes, global->notify_priority_changes);
	inherit(&instance->lower_prio_no_advert,
		global->lower_prio_no_advert || instance->strict == CONF_ON);
	inherit(&instance->higher_prio_send_advert, global->higher_prio_send_advert);
	if (instance->accept == CONF_UNSET)
		instance->accept = instance->strict == CONF_ON ? CONF_OFF : CONF_ON;
	instance->check_unicast_src = instance->check_unicast_src || global->check_unicast_src;
	TAILQ_FOREACH(peer, &instance->peers, entry)
	instance->check_unicast_src = instance->check_unicast_src || peer->ttl_given;
	instance->family = family_of(instance);
	default_role(instance);
	default_protocol(instance, global);
	default_garp(instance, global);
	default_addresses(instance);
	/* AH was dropped above where it has no meaning. */
	instance->not_implemented = instance->family == AF_INET6 || instance->auth_type == 2;
}

static void default_global(struct conf_global *global)
{
	if (global->vrrp_version == 0)
		global->vrrp_version = 2;
	if (global->mcast_group4.family == 0)
		global->mcast_group4 = vrrp_group4;
	if (global->down_timer_adverts == 0)
		global->down_timer_adverts = 3;
	if (global->smtp_connect_timeout_s == 0)
		global->smtp_connect_timeout_s = 1;
}

static void default_script(struct conf_script *script)
{
	if (script->interval_us < 1000)
		script->interval_us = 1000000;
	if (script->timeout_us == UINT64_MAX)
		script->timeout_us = script->interval_us;
	else if (script->timeout_us == 0)
		script->timeout_us = 1000000;
}

/* quorum_max 0 is for what must not run: then none at all is the quorum. */
static void default_process(struct conf_track_process *process)
{
	if (process->quorum == CONF_UNSET_U32)
		process->quorum = process->quorum_max == 0 ? 0 : 1;
	if (process->params_length > 0 && !process->match_given) {
		process->match = CONF_MATCH_EXACT;
		process->match_given = true;
	}
}

const struct conf_instance *conf_sync_instance(const struct conf *conf)
{
	const struct conf_sync_daemon *daemon = &conf->global.sync_daemon;
	const struct conf_instance *instance;
	if (!daemon->given || daemon->instance == NULL)
		return NULL;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	if (strcmp(instance->name, daemon->instance) == 0)
		return instance;
	return NULL;
}

static void default_sync_daemon(struct conf *conf)
{
	struct conf_sync_daemon *daemon = &conf->global.sync_daemon;
	const struct conf_instance *instance = conf_sync_instance(conf);
	if (daemon->given && daemon->id == CONF_UNSET_U32)
		daemon->id = instance == NULL ? 0 : instance->vrid;
}

void conf_default(struct conf *conf)
{
	struct conf_instance *instance;
	struct conf_script *script;
	struct conf_track_process *process;
	struct conf_virtual_server *server;
	default_global(&conf->global);
	TAILQ_FOREACH(instance, &conf->instances, entry)
	default_instance(instance, &conf->global);
	TAILQ_FOREACH(script, &conf->scripts, entry)
	default_script(script);
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	default_process(process);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	conf_default_service(conf, server);
	default_sync_daemon(conf);
}
