/* Virtual routers of one interval send together. */
#ifndef HOLDFAST_VRRPD_GATHER_H
#define HOLDFAST_VRRPD_GATHER_H

#include <stdint.h>

/* When a master sends its next advertisement: timer_ns, or a little earlier (at most a fiftieth of
 * the interval and 5 ms), so that virtual routers of one interval drift towards a common beat and
 * are sent together. phase (0..15) picks one of sixteen beats, which keeps bursts short. Never
 * later than timer_ns. */
uint64_t gather_deadline(uint64_t timer_ns, uint64_t interval_ns, unsigned phase);

#endif
