#include "parentd/group_events.h"

#include <stdio.h>
#include <string.h>

#include "parentd/events.h"
#include "parentd/fifos.h"
#include "parentd/parent.h"
#include "vrrpd/sync_group.h"

/* A member that followed another one does not say why. */
static bool is_follower(const struct state_vrrp_instance *record)
{
	static const char prefix[] = "sync group ";

	return strncmp(record->reason, prefix, sizeof(prefix) - 1) == 0;
}

/* Waiting for the first result of a script is no fault that anybody is to be told of. */
static enum vrrp_state state_of(const struct state_vrrp_instance *record)
{
	if (record->state >= VRRP_STATES ||
		(record->state == VRRP_FAULT &&
			(record->fault_reasons & ~(uint32_t)VRRP_FAULT_SCRIPT_PENDING) == 0))
		return VRRP_INIT;
	return (enum vrrp_state)record->state;
}

static void explain(const struct vrrp_records *records, const struct conf_group *group,
	enum vrrp_state state, char *reason, size_t size)
{
	const struct conf_member *member;

	TAILQ_FOREACH(member, &group->members, entry)
	{
		const struct state_vrrp_instance *record = vrrp_records_find(records, member->name);
		if (record == NULL || state_of(record) != state || is_follower(record))
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
		if (record == NULL)
			continue;
		const struct sync_member seen = {.state = state_of(record)};
		sync_group_add(&sync, &seen);
	}
	enum vrrp_state state = sync_group_state(&sync);
	reason[0] = '\0';
	if (state != VRRP_INIT)
		explain(records, group, state, reason, size);
	return state;
}

/* ---- telling ---- */

static struct state_event event_of(
	const struct conf_group *group, enum event_state state, const char *reason)
{
	return (struct state_event){.kind = EVENT_GROUP,
		.state = state,
		.name = group->name,
		.reason = reason,
		.specific = events_command(state, &group->notify_master, &group->notify_backup,
			&group->notify_fault, &group->notify_stop),
		.general = &group->notify,
		.group = group};
}

static void tell(struct parent *parent, const struct conf_group *group, enum vrrp_state state,
	const char *reason)
{
	static const enum event_state states[VRRP_STATES] = {[VRRP_MASTER] = EVENT_MASTER,
		[VRRP_BACKUP] = EVENT_BACKUP,
		[VRRP_FAULT] = EVENT_FAULT};

	if (state >= VRRP_STATES || states[state] == 0)
		return;
	const struct state_event event = event_of(group, states[state], reason);
	events_happened(parent, &event);
}

void group_events_ended(struct parent *parent)
{
	const struct conf_group *group;

	if (parent->stopping || parent->conf == NULL || TAILQ_EMPTY(&parent->conf->groups))
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

void group_events_tell(struct parent *parent)
{
	const struct transaction_peer *peer = &parent->transaction.peers[PROTO_VRRP];

	/* only then do the records have the names and the meaning that parent->conf gives them */
	if (peer->up && peer->in_force == parent->transaction.current)
		group_events_ended(parent);
}

/* ---- configurations, and the end ---- */

static bool has(const struct conf *conf, const char *name)
{
	const struct conf_group *group;

	TAILQ_FOREACH(group, &conf->groups, entry)
	{
		if (strcmp(group->name, name) == 0)
			return true;
	}
	return false;
}

void group_events_leave(struct parent *parent, const struct conf *next)
{
	const struct conf_group *group;

	if (parent->conf == NULL)
		return;
	TAILQ_FOREACH(group, &parent->conf->groups, entry)
	{
		if (!has(next, group->name))
			events_forget(parent, EVENT_GROUP, group->name, NULL);
	}
}

void group_events_repeat(struct parent *parent, struct fifos *fifos)
{
	const struct conf_group *group;
	enum event_state state;
	uint8_t priority;

	TAILQ_FOREACH(group, &parent->conf->groups, entry)
	{
		if (!events_told(parent, EVENT_GROUP, group->name, NULL, &state, &priority))
			continue;
		const struct state_event event = event_of(group, state, NULL);
		fifos_event(fifos, &event);
	}
}

void group_events_stop(struct parent *parent)
{
	const struct conf_group *group;
	enum event_state state;
	uint8_t priority;

	if (parent->conf == NULL)
		return;
	TAILQ_FOREACH(group, &parent->conf->groups, entry)
	{
		if (!events_told(parent, EVENT_GROUP, group->name, NULL, &state, &priority))
			continue;
		const struct state_event event = event_of(group, EVENT_STOP, "the service stops");
		events_happened(parent, &event);
	}
}
