#include "vrrpd/params.h"

#include <string.h>

#include "common/clock.h"

void params_fill(const struct config_instance *conf, uint32_t source, uint8_t priority,
	bool grouped, struct vrrp_params *params)
{
	const struct conf_vrrp_instance *c = &conf->c;

	*params = (struct vrrp_params){
		.version = c->version,
		.base_priority = c->priority,
		.priority = priority,
		.preempt = (c->flags & CONF_VRRP_NOPREEMPT) == 0,
		.grouped = grouped,
		.lower_prio_no_advert = (c->flags & CONF_VRRP_LOWER_PRIO_NO_ADVERT) != 0,
		.higher_prio_send_advert = (c->flags & CONF_VRRP_HIGHER_PRIO_SEND_ADVERT) != 0,
		.advert_interval_cs = c->advert_int_cs,
		.down_timer_adverts = c->down_timer_adverts,
		.preempt_delay_ns = c->preempt_delay_ms * NSEC_PER_MSEC,
		.source = source,
		.garp_delay_ns = c->garp_delay_ms * NSEC_PER_MSEC,
		.garp_repeat = c->garp_repeat,
		.garp_refresh_ns = c->garp_refresh_ms * NSEC_PER_MSEC,
		.garp_refresh_repeat = c->garp_refresh_repeat,
		.garp_lower_prio_delay_ns = c->garp_lower_prio_delay_ms * NSEC_PER_MSEC,
		.garp_lower_prio_repeat = c->garp_lower_prio_repeat,
	};
}

bool params_equal(const struct vrrp_params *a, const struct vrrp_params *b)
{
	return a->version == b->version && a->base_priority == b->base_priority &&
	       a->priority == b->priority && a->preempt == b->preempt && a->grouped == b->grouped &&
	       a->lower_prio_no_advert == b->lower_prio_no_advert &&
	       a->higher_prio_send_advert == b->higher_prio_send_advert &&
	       a->advert_interval_cs == b->advert_interval_cs &&
	       a->down_timer_adverts == b->down_timer_adverts &&
	       a->preempt_delay_ns == b->preempt_delay_ns && a->source == b->source &&
	       a->garp_delay_ns == b->garp_delay_ns && a->garp_repeat == b->garp_repeat &&
	       a->garp_refresh_ns == b->garp_refresh_ns &&
	       a->garp_refresh_repeat == b->garp_refresh_repeat &&
	       a->garp_lower_prio_delay_ns == b->garp_lower_prio_delay_ns &&
	       a->garp_lower_prio_repeat == b->garp_lower_prio_repeat;
}

/* Returns whether one of them may only be so far away. */
static bool fill_peers(const struct config_instance *conf, struct vrrp_expect_peer *peers)
{
	bool limited = false;

	for (size_t i = 0; i < conf->peers_count; i++) {
		const struct conf_vrrp_peer *peer = &conf->peers[i];

		peers[i] = (struct vrrp_expect_peer){.address = config_ipv4(&peer->address),
			.min_ttl = peer->min_ttl,
			.max_ttl = peer->max_ttl};
		limited |= peer->min_ttl > 0 || (peer->max_ttl > 0 && peer->max_ttl < 255);
	}
	return limited;
}

void params_expect(const struct config_instance *conf, uint32_t source,
	struct vrrp_expect_peer *peers, struct vrrp_expect *expect)
{
	const struct conf_vrrp_instance *c = &conf->c;
	bool limited = fill_peers(conf, peers);

	*expect = (struct vrrp_expect){
		.version = c->version,
		.auth_type = c->auth_type,
		.interval_cs = c->advert_int_cs,
		.unicast = (c->flags & CONF_VRRP_UNICAST) != 0,
		.checksum_as_v2 = (c->flags & CONF_VRRP_CHECKSUM_AS_V2) != 0,
		.group = config_ipv4(&c->group),
		.own_address = source,
		.check_source = limited || (c->flags & CONF_VRRP_CHECK_UNICAST_SRC) != 0,
		.peers_count = conf->peers_count,
		.peers = peers,
	};
	memcpy(expect->auth_data, c->auth_data, sizeof c->auth_data);
}

void params_advert(const struct config_instance *conf, const struct vrrp_params *params,
	const uint32_t *addresses, size_t count, struct vrrp_advert_template *advert)
{
	const struct conf_vrrp_instance *c = &conf->c;
	bool unicast = (c->flags & CONF_VRRP_UNICAST) != 0;

	*advert = (struct vrrp_advert_template){
		.source = params->source,
		.destination = config_ipv4(&c->group),
		.ttl = unicast && c->unicast_ttl != 0 ? c->unicast_ttl : VRRP_TTL,
		.version = c->version,
		.vrid = c->vrid,
		.priority = params->priority,
		.auth_type = c->auth_type,
		.interval_cs = params->advert_interval_cs,
		.checksum_as_v2 = (c->flags & CONF_VRRP_CHECKSUM_AS_V2) != 0,
		.addresses_count = (uint8_t)count,
		.addresses = addresses,
	};
	memcpy(advert->auth_data, c->auth_data, sizeof advert->auth_data);
}

uint64_t params_patience_ns(const struct vrrp_params *params, enum vrrp_state state)
{
	if (state != VRRP_MASTER || params->down_timer_adverts < 2)
		return 0;
	return params->advert_interval_cs * NSEC_PER_CSEC;
}
