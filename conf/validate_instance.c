/* One instance by itself. */
#include <string.h>
#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

static bool given(const struct conf_place *place)
{
	return place->file != NULL;
}

static bool judge_identity(struct conf *conf, const struct conf_instance *instance)
{
	bool good = true;
	if (instance->vrid == 0) {
		if (!given(&instance->vrid_place))
			conf_error(conf, &instance->place,
				"vrrp_instance '%s' has no 'virtual_router_id': choose one of 1 to "
				"255, the same on all nodes",
				instance->name);
		good = false;
	}
	bool needs_interface = !instance->unicast || instance->source.family == 0;
	if (instance->ifname[0] == '\0' && needs_interface) {
		if (!given(&instance->interface_place))
			conf_error(conf, &instance->place, "vrrp_instance '%s' has no 'interface'",
				instance->name);
		good = false;
	} else if (strcmp(instance->ifname, "lo") == 0) {
		conf_error(conf, &instance->interface_place,
			"the loopback interface cannot carry advertisements: name the interface "
			"that the nodes share");
		good = false;
	}
	return good;
}

static bool judge_addresses(struct conf *conf, struct conf_instance *instance)
{
	struct conf_address *address = TAILQ_FIRST(&instance->addresses);
	unsigned advertised = 0;
	while (address != NULL) {
		struct conf_address *next = TAILQ_NEXT(address, entry);
		bool other = address->address.family != instance->family;
		advertised += !address->excluded;
		if (other && !address->excluded) {
			conf_error(conf, &address->place,
				"an instance advertises addresses of one family, and its first is "
				"%s: make an instance of its own for this one, or list it in "
				"'virtual_ipaddress_excluded'",
				instance->family == AF_INET ? "IPv4" : "IPv6");
			TAILQ_REMOVE(&instance->addresses, address, entry);
		} else if (other && !instance->not_implemented) {
			conf->ignored++;
			conf_warning(conf, &address->place,
				"IPv6 is not implemented yet: this address is not set");
		} else if (address->ifname[0] == '\0') {
			conf_error(conf, &address->place,
				"the instance has no interface: add 'dev INTERFACE' to say where "
				"this address goes");
			TAILQ_REMOVE(&instance->addresses, address, entry);
		}
		address = next;
	}
	if (advertised > 0 || instance->no_virtual_ipaddress)
		return true;
	/* What was wrong with the addresses that are written has been said. */
	if (given(&instance->addresses_place) && conf->errors > 0)
		return true;
	if (instance->version == 3 || instance->strict == CONF_ON) {
		conf_error(conf, &instance->place,
			"vrrp_instance '%s' has no 'virtual_ipaddress', which %s needs (or write "
			"'no_virtual_ipaddress')",
			instance->name, instance->version == 3 ? "version 3" : "strict mode");
		return false;
	}
	conf_warning(conf, &instance->place, "vrrp_instance '%s' has no 'virtual_ipaddress'",
		instance->name);
	return true;
}

/* Version 2 counts whole seconds, version 3 hundredths to 40.95 (RFC 9568 §5.2.7). */
static void judge_interval(struct conf *conf, struct conf_instance *instance)
{
	uint64_t interval = instance->advert_int_us;
	char text[VALUE_SECONDS_LEN];
	value_seconds_text(interval, text);
	if (instance->version == 2 && interval % 1000000 != 0) {
		conf_error(conf, &instance->advert_int_place,
			"'advert_int %s' is no whole number of seconds, and VRRP version 2 knows "
			"no "
			"others: add 'version 3' to this instance on all nodes, or write "
			"'advert_int %llu'",
			text, (unsigned long long)((interval + 999999) / 1000000));
		instance->advert_int_us = (interval + 999999) / 1000000 * 1000000;
	} else if (instance->version == 3 && interval > 40950000) {
		conf_error(conf, &instance->advert_int_place,
			"'advert_int %s' is more than 40.95 seconds, the most that VRRP version 3 "
			"can say",
			text);
		instance->advert_int_us = 40950000;
	} else if (interval % 10000 != 0) {
		conf_error(conf, &instance->advert_int_place,
			"'advert_int %s' is no multiple of 0.01 seconds, the smallest step of VRRP "
			"version 3",
			text);
		instance->advert_int_us = interval / 10000 * 10000;
	}
}

/* What 'state MASTER' and strict mode take away. */
static void judge_role(struct conf *conf, const struct conf_instance *instance)
{
	bool owner = instance->priority == 255;
	bool master = conf_instance_is_master(instance);
	const char *because = owner ? "priority 255" : "'state MASTER'";
	const char *advice = owner ? ""
				   : ": write 'state BACKUP' on all nodes; the highest "
				     "priority still becomes master first";
	if (given(&instance->nopreempt_place) && master)
		conf_warning(conf, &instance->nopreempt_place,
			"'nopreempt' has no effect beside %s, as in keepalived%s", because, advice);
	if (instance->strict == CONF_ON && instance->state_master && !owner)
		conf_warning(conf, &instance->state_place,
			"strict mode allows 'state MASTER' only with priority 255: it is taken as "
			"'state BACKUP', and the highest priority becomes master");
	if (!given(&instance->preempt_delay_place))
		return;
	if (instance->strict == CONF_ON)
		conf_warning(conf, &instance->preempt_delay_place,
			"'preempt_delay' has no effect in strict mode, as in keepalived");
	else if (master)
		conf_warning(conf, &instance->preempt_delay_place,
			"'preempt_delay' has no effect beside %s, as in keepalived%s", because,
			advice);
	else if (instance->nopreempt)
		conf_warning(conf, &instance->preempt_delay_place,
			"'preempt_delay' has no effect beside 'nopreempt': nothing is preempted");
}

static void judge_authentication(struct conf *conf, const struct conf_instance *instance)
{
	bool type = given(&instance->auth_place);
	bool password = instance->auth_pass_given;
	const char *why =
		instance->version == 3 ? "VRRP version 3 has none" : "strict mode allows none";
	if (type && !given(&instance->auth_pass_place))
		conf_error(conf, &instance->auth_place,
			"'auth_type' without 'auth_pass': nothing would be authenticated");
	else if (password && !type)
		conf_error(conf, &instance->auth_pass_place,
			"'auth_pass' without 'auth_type': write 'auth_type PASS'");
	else if (type && password && (instance->version == 3 || instance->strict == CONF_ON))
		conf_warning(
			conf, &instance->auth_place, "the authentication has no effect: %s", why);
}

static void judge_family(struct conf *conf, const struct conf_instance *instance,
	const struct proto_addr *address, const struct conf_place *place)
{
	char text[VALUE_ADDRESS_LEN];
	if (address->family != 0 && address->family != instance->family)
		conf_error(conf, place, "%s is not %s, as the addresses of the instance are",
			value_address_text(address, text),
			instance->family == AF_INET ? "IPv4" : "IPv6");
}

static bool judge_unicast(struct conf *conf, const struct conf_instance *instance)
{
	const struct conf_peer *peer;
	if (instance->unicast && instance->strict == CONF_ON) {
		conf_error(conf, &instance->peers_place,
			"strict mode allows no unicast: take 'vrrp_strict' or 'unicast_peer' out");
		return false;
	}
	if (given(&instance->peers_place) && !instance->unicast)
		conf_warning(conf, &instance->peers_place,
			"'unicast_peer' is empty: advertisements are multicast");
	else if (given(&instance->unicast_src_place) && !instance->unicast)
		conf_warning(conf, &instance->unicast_src_place,
			"'unicast_src_ip' without 'unicast_peer': advertisements are multicast, "
			"with this source");
	TAILQ_FOREACH(peer, &instance->peers, entry)
	{
		judge_family(conf, instance, &peer->address, &peer->place);
		if (peer->min_ttl > peer->max_ttl)
			conf_error(conf, &peer->place, "min_ttl is larger than max_ttl");
		if (value_address_equal(&peer->address, &instance->source))
			conf_error(conf, &peer->place,
				"this peer is the node's own address: list the other nodes only");
	}
	return true;
}

void conf_validate_instance(struct conf *conf, struct conf_instance *instance, bool *runnable)
{
	const struct conf_place *source = given(&instance->unicast_src_place)
						  ? &instance->unicast_src_place
						  : &instance->source_place;
	*runnable = judge_identity(conf, instance);
	*runnable = judge_addresses(conf, instance) && *runnable;
	*runnable = judge_unicast(conf, instance) && *runnable;
	judge_interval(conf, instance);
	judge_role(conf, instance);
	judge_authentication(conf, instance);
	judge_family(conf, instance, &instance->source, source);
	judge_family(conf, instance, &instance->mcast_dst, &instance->mcast_dst_place);
}
