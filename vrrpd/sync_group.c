#include "vrrpd/sync_group.h"

static bool is_wanting(const struct sync_member *member)
{
	return member->state == VRRP_BACKUP && member->will == VRRP_WANTS;
}

void sync_group_add(struct sync_group *group, const struct sync_member *member)
{
	group->members++;
	group->states[member->state]++;
	group->wanting += is_wanting(member);
	group->faulty += member->faulty;
	group->initialising += member->initialising;
}

static void count(
	struct sync_group *group, const struct sync_member *before, const struct sync_member *after)
{
	group->states[before->state]--;
	group->wanting -= is_wanting(before);
	group->faulty -= before->faulty;
	group->initialising -= before->initialising;
	group->members--;
	sync_group_add(group, after);
}

/* It went to BACKUP, or cannot leave it. */
static bool drags_down(const struct sync_member *before, const struct sync_member *after)
{
	return after->state == VRRP_BACKUP &&
	       (before->state == VRRP_MASTER || after->will == VRRP_DEFERS);
}

unsigned sync_group_change(
	struct sync_group *group, const struct sync_member *before, const struct sync_member *after)
{
	bool was_faulty = group->faulty > 0;
	bool was_initialising = group->initialising > 0;
	unsigned actions = 0;

	count(group, before, after);
	if (was_faulty != (group->faulty > 0) || (was_initialising && group->initialising == 0))
		actions |= SYNC_REVIEW;
	if (drags_down(before, after) && group->states[VRRP_MASTER] > 0)
		actions |= SYNC_BACKUP;
	if (is_wanting(after) && sync_group_may_master(group))
		actions |= SYNC_MASTER;
	return actions;
}

bool sync_group_may_master(const struct sync_group *group)
{
	return group->faulty == 0 && group->wanting > 0 &&
	       (group->states[VRRP_MASTER] > 0 || group->wanting == group->members);
}

uint32_t sync_group_faults(const struct sync_group *group, const struct sync_member *member)
{
	bool held_back = member->state == VRRP_INIT || member->state == VRRP_FAULT;

	if (group->faulty > member->faulty)
		return VRRP_FAULT_SYNC_GROUP;
	if (held_back && group->initialising > member->initialising)
		return VRRP_FAULT_SCRIPT_PENDING;
	return 0;
}

enum vrrp_state sync_group_state(const struct sync_group *group)
{
	static const enum vrrp_state order[] = {VRRP_FAULT, VRRP_MASTER, VRRP_BACKUP};

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (group->states[order[i]] > 0)
			return order[i];
	return VRRP_INIT;
}
