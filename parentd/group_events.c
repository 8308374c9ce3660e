#include "parentd/group_events.h"

#include <stdio.h>
#include <string.h>

#include "parentd/events.h"
#include "parentd/parent.h"
#include "vrrpd/sync_group.h"

/* A member that followed another one does not say why. */
static bool is_follower(const struct state_vrrp_instance *record)
{
	static const char prefix[] = "sync group ";

	return strncmp(record->reason, prefix, sizeof(prefix) - 1) == 0;
}

static void explain(const struct vrrp_records *records, const struct conf_group *group,
	enum vrrp_state state, char *reason, size_t size)
{
	const struct conf_member *member;

	TAILQ_FOREACH(member, &group->members, entry)
	{
		const struct state_vrrp_instance *record = vrrp_records_find(records, member->name);
		if (record == NULL || record->state != state || is_follower(record))
			continue;
		snprintf(reason, size, "%s: %s", member->name, record->reason);
		return;
	}
}

enum vrrp_state group_events_state(const struct vrrp_records *records,
	const struct conf_group *group, char *reason, size_t size)
{
	const struct conf_member *member;
	struct sync_group sync = {0};

	TAILQ_FOREACH(member, &group->members, entry)
	{
		const struct state_vrrp_instance *record = vrrp_records_find(records, member->name);
		if (record == NULL || record->state >= VRRP_STATES)
			continue;
		const struct sync_member seen = {.state = (enum vrrp_state)record->state};
		sync_group_add(&sync, &seen);
	}
	enum vrrp_state state = sync_group_state(&sync);
	reason[0] = '\0';
	if (state != VRRP_INIT)
		explain(records, group, state, reason, size);
	return state;
}

static void tell(struct parent *parent, const struct conf_group *group, enum vrrp_state state,
	const char *reason)
{
	struct state_event event = {.kind = EVENT_GROUP,
		.name = group->name,
		.reason = reason,
		.general = &group->notify,
		.group = group};

	switch (state) {
	case VRRP_MASTER:
		event.state = EVENT_MASTER;
		event.specific = &group->notify_master;
		break;
	case VRRP_BACKUP:
		event.state = EVENT_BACKUP;
		event.specific = &group->notify_backup;
		break;
	case VRRP_FAULT:
		event.state = EVENT_FAULT;
		event.specific = &group->notify_fault;
		break;
	case VRRP_INIT:
	case VRRP_STATES:
		return;
	}
	events_happened(parent, &event);
}

void group_events_tell(struct parent *parent)
{
	const struct conf_group *group;

	if (parent->conf == NULL || TAILQ_EMPTY(&parent->conf->groups))
		return;
	struct vrrp_records records = vrrp_records_read(parent);
	TAILQ_FOREACH(group, &parent->conf->groups, entry)
	{
		char reason[PROTO_NAME_LEN + PROTO_REASON_LEN];
		enum vrrp_state state = group_events_state(&records, group, reason, sizeof(reason));
		tell(parent, group, state, reason);
	}
	vrrp_records_free(&records);
}

void group_events_stop(struct parent *parent)
{
	const struct conf_group *group;

	if (parent->conf == NULL)
		return;
	TAILQ_FOREACH(group, &parent->conf->groups, entry)
	{
		const struct state_event event = {.kind = EVENT_GROUP,
			.state = EVENT_STOP,
			.name = group->name,
			.specific = &group->notify_stop,
			.general = &group->notify,
			.group = group};
		events_happened(parent, &event);
	}
}
