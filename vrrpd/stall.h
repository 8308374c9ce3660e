/* The process did not run for a while: the host was paused or suspended, or had no processor to
 * spare. Others may be MASTER by now, and what they said waits in the sockets. */
#ifndef HOLDFAST_VRRPD_STALL_H
#define HOLDFAST_VRRPD_STALL_H

#include <stdbool.h>
#include <stdint.h>

struct vrrpd;

/* Called first when the process wakes up. When timers are late by an advertisement interval, takes
 * in what waits in all sockets, runs the timers after that, logs what came of it, and returns true.
 * Otherwise does nothing. */
bool stall_handle(struct vrrpd *vrrpd, uint64_t now_ns);

#endif
