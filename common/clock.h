/* Monotonic time. Everything in the suite that waits, waits by this clock, so that a step of the
 * wall clock changes nothing. It runs on while the host is suspended, as the other routers' clocks
 * do. Nanoseconds since an arbitrary start, never 0. */
#ifndef HOLDFAST_CLOCK_H
#define HOLDFAST_CLOCK_H

#include <stdint.h>

#define NSEC_PER_SEC  UINT64_C(1000000000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_CSEC UINT64_C(10000000)

/* The current time of CLOCK_BOOTTIME in nanoseconds. */
uint64_t clock_now_ns(void);

#endif
