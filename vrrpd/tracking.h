/* What is tracked besides the own interface, and what it does to an instance: priority and faults.
 * A weight above 0 is added while the tracked thing is up, one below 0 while it is down, reverse
 * negates what is added. Weight 0: FAULT while it is down (reverse: up). */
#ifndef HOLDFAST_VRRPD_TRACKING_H
#define HOLDFAST_VRRPD_TRACKING_H

#include <stddef.h>
#include <stdint.h>

struct instance;
struct vrrpd;

/* The priority with all weights, 1..254; that of the owner is always 255. */
uint8_t tracking_priority(const struct instance *instance);

/* How it comes about: "100 - 20 (chk_nginx down) = 80". */
void tracking_sum(const struct instance *instance, char *text, size_t size);

/* enum vrrp_fault. */
uint32_t tracking_faults(const struct instance *instance);

/* What is behind them: "chk_nginx, eth1"; empty when nothing is. */
void tracking_culprits(const struct instance *instance, char *text, size_t size);

/* The verdict of a script of the configuration in force has changed. One that there is not is
 * passed over. */
void tracking_script(struct vrrpd *vrrpd, uint32_t script, uint32_t verdict, uint64_t now_ns);

#endif
