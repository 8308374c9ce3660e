/* The states of sync groups. vrrpd says nothing of groups: their states follow from what its state
 * page says of their members. */
#ifndef HOLDFAST_GROUP_EVENTS_H
#define HOLDFAST_GROUP_EVENTS_H

#include <stddef.h>

#include "conf/conf.h"
#include "parentd/vrrp_records.h"
#include "vrrpd/vrrp_fsm.h"

struct fifos;
struct parent;

/* The state of a group, and why, as one of its members has it: "VI_1: interface down". INIT, and an
 * empty reason, while no member has a state but that of waiting for the first result of a script.
 */
enum vrrp_state group_events_state(const struct vrrp_records *records,
	const struct conf_group *group, char *reason, size_t size);

/* Tells events_happened() the states of all groups, when vrrpd has the configuration in force: to
 * be called whenever they may have changed. */
void group_events_tell(struct parent *parent);

/* vrrpd has ended: it may have given its addresses up before. */
void group_events_ended(struct parent *parent);

/* next will be in force: forgets the groups that are not in it. */
void group_events_leave(struct parent *parent, const struct conf *next);

/* The state of every group once more, to fifos alone. */
void group_events_repeat(struct parent *parent, struct fifos *fifos);

/* Every group of which something was told stops. */
void group_events_stop(struct parent *parent);

#endif
