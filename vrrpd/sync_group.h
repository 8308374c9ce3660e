/* Sync groups, free of I/O: instances that are MASTER, BACKUP and FAULT together. (group, what has
 * changed of a member) in, what the members must do out. Nothing here is remembered that does not
 * follow from the members, so a group needs no state of its own to be resumed. */
#ifndef HOLDFAST_SYNC_GROUP_H
#define HOLDFAST_SYNC_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "vrrpd/vrrp_fsm.h"

/* What a group sees of a member. */
struct sync_member {
	enum vrrp_state state;
	enum vrrp_will will; /* in BACKUP */
	bool faulty;         /* has a fault of its own */
	bool initialising;   /* has none, but waits for the first result of what could be one */
};

struct sync_group {
	size_t members;
	size_t states[VRRP_STATES]; /* members in each */
	size_t wanting;             /* BACKUP, and would be MASTER if they were alone */
	size_t faulty;
	size_t initialising;
};

/* What the members must do; several at once. */
enum sync_action {
	SYNC_REVIEW = 1 << 0, /* what sync_group_faults() says has changed for some */
	SYNC_BACKUP = 1 << 1, /* whoever is MASTER gives up: VRRP_EVENT_SYNC_BACKUP */
	SYNC_MASTER = 1 << 2, /* whoever wants it becomes MASTER: VRRP_EVENT_SYNC_MASTER */
};

void sync_group_add(struct sync_group *group, const struct sync_member *member);

/* Something happened to a member, even if it is the same as before. Returns enum sync_action.
 *
 * - The first fault of a member, and the end of the last, concern all others.
 * - A MASTER that goes to BACKUP takes all with it; so does one in BACKUP that hears a Master whom
 *   it does not displace (it joined a group that is MASTER, or was resumed).
 * - One that wants to be MASTER may when all others want it too or the group is MASTER already. */
unsigned sync_group_change(struct sync_group *group, const struct sync_member *before,
	const struct sync_member *after);

/* May those that want it become MASTER? */
bool sync_group_may_master(const struct sync_group *group);

/* VRRP_FAULT_SYNC_GROUP while others have faults of their own. Others that are initialising hold
 * back whoever has not started or is in FAULT (VRRP_FAULT_SCRIPT_PENDING, so nobody is told of a
 * fault), but take nobody out of MASTER or BACKUP. */
uint32_t sync_group_faults(const struct sync_group *group, const struct sync_member *member);

/* FAULT when one is, else MASTER when one is, else BACKUP when one is, else INIT. */
enum vrrp_state sync_group_state(const struct sync_group *group);

#endif
