/* What the state machine needs of vrrp_timer.c beyond vrrp_fsm.h. */
#ifndef HOLDFAST_VRRP_TIMER_H
#define HOLDFAST_VRRP_TIMER_H

#include <stdint.h>

/* An interval as on the wire (centiseconds) in nanoseconds. */
uint64_t vrrp_adver_interval_ns(uint16_t interval_cs);

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
