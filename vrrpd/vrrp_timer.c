/* The intervals that VRRP derives from priority and Advertisement_Interval. */
#include "vrrpd/vrrp_timer.h"

#include <stdint.h>

#include "vrrpd/vrrp_fsm.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_CS UINT64_C(10000000)

uint64_t vrrp_adver_interval_ns(uint16_t interval_cs)
{
	return interval_cs * NS_PER_CS;
}

uint64_t vrrp_skew_time_ns(const struct vrrp_params *params, uint16_t master_adver_interval_cs)
{
	uint64_t unit =
		params->version == 2 ? NS_PER_S : vrrp_adver_interval_ns(master_adver_interval_cs);

	return (256U - params->priority) * unit / 256;
}

uint64_t vrrp_master_down_interval_ns(
	const struct vrrp_params *params, uint16_t master_adver_interval_cs)
{
	return params->down_timer_adverts * vrrp_adver_interval_ns(master_adver_interval_cs) +
	       vrrp_skew_time_ns(params, master_adver_interval_cs);
}
