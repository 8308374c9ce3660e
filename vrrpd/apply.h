/* A new configuration takes the place of the one in force: what did not change is not touched. */
#ifndef HOLDFAST_VRRPD_APPLY_H
#define HOLDFAST_VRRPD_APPLY_H

#include "vrrpd/config.h"

struct vrrpd;

/* Consumes config, which passed config_check(). */
void apply_config(struct vrrpd *vrrpd, struct config *config);

/* Draws conclusions from what the kernel told about interfaces and addresses. */
void apply_interfaces(struct vrrpd *vrrpd);

/* Gives up everything: priority 0, addresses, records. */
void apply_stop(struct vrrpd *vrrpd);

#endif
