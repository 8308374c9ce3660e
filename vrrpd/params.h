/* What follows from the configuration of an instance alone, for whoever runs its state machine: the
 * daemon, or one who wants to know what it would do. Pure. */
#ifndef HOLDFAST_VRRPD_PARAMS_H
#define HOLDFAST_VRRPD_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrpd/config.h"
#include "vrrpd/vrrp_fsm.h"
#include "vrrpd/vrrp_packet.h"

/* source: the address that it sends from, network order. priority: with all weights. */
void params_fill(const struct config_instance *conf, uint32_t source, uint8_t priority,
	bool grouped, struct vrrp_params *params);
bool params_equal(const struct vrrp_params *a, const struct vrrp_params *b);

/* What it demands of an advertisement. peers: room for peers_count, which expect goes on using. */
void params_expect(const struct config_instance *conf, uint32_t source,
	struct vrrp_expect_peer *peers, struct vrrp_expect *expect);

/* What it advertises; the destination is the multicast group, which a unicast sender replaces.
 * addresses: those that are not excluded, which advert goes on using. */
void params_advert(const struct config_instance *conf, const struct vrrp_params *params,
	const uint32_t *addresses, size_t count, struct vrrp_advert_template *advert);

/* How long an instance bears with its interface being down. A MASTER whose interface is down for
 * less than one interval stays what it is: nobody can hear it release the addresses, and nobody
 * takes over before down_timer_adverts intervals are over. */
uint64_t params_patience_ns(const struct vrrp_params *params, enum vrrp_state state);

#endif
