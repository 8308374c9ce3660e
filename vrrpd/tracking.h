/* What is tracked besides the own interface, and what it does to an instance: priority and faults,
 * as vrrpd/weight.h says for each. */
#ifndef HOLDFAST_VRRPD_TRACKING_H
#define HOLDFAST_VRRPD_TRACKING_H

#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

struct instance;
struct vrrpd;

/* The priority with all weights, 1..254; that of the owner is always 255. */
uint8_t tracking_priority(const struct instance *instance);

/* How it comes about: "100 - 20 (chk_nginx down) - 6 (load is 3) = 74". */
void tracking_sum(const struct instance *instance, char *text, size_t size);

/* enum vrrp_fault. */
uint32_t tracking_faults(const struct instance *instance);

/* What is behind them: "chk_nginx, maintenance is 1"; empty when nothing is. */
void tracking_culprits(const struct instance *instance, char *text, size_t size);

/* The verdict of a script of the configuration in force has changed. One that there is not is
 * passed over. */
void tracking_script(struct vrrpd *vrrpd, uint32_t script, uint32_t verdict, uint64_t now_ns);

/* The same for a file or process. */
void tracking_value(struct vrrpd *vrrpd, const struct vrrp_tracked_value *told, uint64_t now_ns);

/* What parentd does not know of processes yet was known of those of the same name before. */
void tracking_inherit(struct conf_vrrp_tracked *now, size_t now_count,
	const struct conf_vrrp_tracked *before, size_t before_count);

#endif
