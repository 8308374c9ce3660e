/* What the state machine needs of vrrp_timer.c beyond vrrp_fsm.h. */
#ifndef HOLDFAST_VRRP_TIMER_H
#define HOLDFAST_VRRP_TIMER_H

#include <stdint.h>

/* An interval as on the wire (centiseconds) in nanoseconds. */
uint64_t vrrp_adver_interval_ns(uint16_t interval_cs);

#endif
