/* The sync groups of the configuration in force: what the core decides (sync_group.h), carried out
 * on instances. */
#ifndef HOLDFAST_VRRPD_GROUP_H
#define HOLDFAST_VRRPD_GROUP_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct instance;
struct vrrp_action;
struct vrrp_actions;
struct vrrpd;

/* While a configuration is applied instances come and go, and no group says anything. */
void groups_detach(struct vrrpd *vrrpd);
/* Afterwards: instances in the order of the configuration, NULL for one that could not be started.
 * What is new to a group follows from the reviews and starts that come then. */
void groups_attach(
	struct vrrpd *vrrpd, const struct config *config, struct instance *const *instances);

/* What other members are the reason of: enum vrrp_fault or 0. */
uint32_t group_faults(const struct instance *instance);

/* To be called after everything that may have changed an instance. actions: what its machine did;
 * may be NULL. Nothing is done to other members before groups_run(). */
void group_changed(struct instance *instance, const struct vrrp_actions *actions);

/* Has all members do what follows from what has changed. */
void groups_run(struct vrrpd *vrrpd, uint64_t now_ns);

/* Logs the changes of state of whole groups. */
void groups_flush(struct vrrpd *vrrpd);

/* When the group is the reason of a change: "sync group G1: VI_2 (eth1): interface down" in place
 * of what text says. */
void group_reason(
	const struct instance *instance, const struct vrrp_action *action, char *text, size_t size);

#endif
