#include "vrrpd/group.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/config.h"
#include "vrrpd/daemon.h"
#include "vrrpd/instance.h"
#include "vrrpd/receive.h"
#include "vrrpd/sync_group.h"
#include "vrrpd/tracking.h"

/* Longer than what is kept of it: names, faults and what is behind them. */
#define WHY_LEN ((size_t)2 * PROTO_REASON_LEN)

struct group {
	char name[PROTO_NAME_LEN];
	struct sync_group sync;
	struct instance **members;
	size_t count;
	unsigned todo; /* enum sync_action */
	enum vrrp_state logged;
	char why[WHY_LEN]; /* the latest BACKUP of all */
};

struct groups {
	struct group *list;
	size_t count;
	bool pending; /* one of them has something to do */
	bool moved;   /* a member has another state: so may have its group */
};

/* ---- made from a configuration ---- */

static void groups_free(struct groups *groups)
{
	if (groups == NULL)
		return;
	for (size_t i = 0; i < groups->count; i++)
		free(groups->list[i].members);
	free(groups->list);
	free(groups);
}

void groups_detach(struct vrrpd *vrrpd)
{
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL)
			vrrpd->instances[slot]->group = NULL;
	for (size_t i = 0; vrrpd->groups != NULL && i < vrrpd->groups->count; i++)
		vrrpd->groups->list[i].count = 0; /* some may be gone soon */
}

static struct sync_member see(const struct instance *instance)
{
	bool waits = instance->own_faults == VRRP_FAULT_SCRIPT_PENDING;

	return (struct sync_member){.state = instance->fsm.state,
		.will = instance->fsm.will,
		.faulty = instance->own_faults != 0 && !waits,
		.initialising = waits};
}

static void add_member(struct group *group, struct instance *instance)
{
	if (instance == NULL)
		return;
	instance->group = group;
	instance->member = see(instance);
	sync_group_add(&group->sync, &instance->member);
	group->members[group->count++] = instance;
}

/* One that is new is, in the log, as its members were resumed. */
static enum vrrp_state logged_before(const struct groups *before, const struct group *group)
{
	for (size_t i = 0; before != NULL && i < before->count; i++)
		if (strcmp(before->list[i].name, group->name) == 0)
			return before->list[i].logged;
	return sync_group_state(&group->sync);
}

void groups_attach(
	struct vrrpd *vrrpd, const struct config *config, struct instance *const *instances)
{
	struct groups *groups = calloc(1, sizeof *groups);

	if (groups != NULL)
		groups->list = calloc(config->groups_count + 1, sizeof *groups->list);
	if (groups == NULL || groups->list == NULL)
		fatal("sync groups");
	groups->count = config->groups_count;
	groups->moved = true;
	for (size_t i = 0; i < groups->count; i++) {
		const struct config_group *from = &config->groups[i];
		struct group *group = &groups->list[i];

		memcpy(group->name, from->c.name, sizeof group->name);
		group->members = calloc(from->members_count + 1, sizeof(struct instance *));
		if (group->members == NULL)
			fatal("sync groups");
		for (uint32_t m = 0; m < from->members_count; m++)
			add_member(group, instances[from->members[m]]);
		group->logged = logged_before(vrrpd->groups, group);
	}
	groups_free(vrrpd->groups);
	vrrpd->groups = groups;
}

/* ---- what changes ---- */

uint32_t group_faults(const struct instance *instance)
{
	if (instance->group == NULL)
		return 0;
	return sync_group_faults(&instance->group->sync, &instance->member);
}

/* The change that an event brought, or NULL. */
static const struct vrrp_action *find_change(const struct vrrp_actions *actions)
{
	for (size_t i = 0; actions != NULL && i < actions->count; i++)
		if (actions->list[i].type == VRRP_ACTION_STATE_CHANGED)
			return &actions->list[i];
	return NULL;
}

/* Why an instance in BACKUP is the reason that all are; one that followed is none. */
static void explain_backup(
	const struct instance *instance, const struct vrrp_actions *actions, char text[WHY_LEN])
{
	const struct vrrp_action *change = find_change(actions);
	char master[INET_ADDRSTRLEN], cause[PROTO_REASON_LEN];

	if (change != NULL && change->cause == VRRP_CAUSE_SYNC_GROUP)
		return;
	inet_ntop(AF_INET, &instance->fsm.master, master, sizeof master);
	if (change != NULL)
		vrrp_cause_text(change, 0, cause, sizeof cause);
	else
		snprintf(cause, sizeof cause, "hears %s with priority %u", master,
			instance->fsm.master_priority);
	snprintf(text, WHY_LEN, "%s: %s", instance->conf->c.name, cause);
}

void group_changed(struct instance *instance, const struct vrrp_actions *actions)
{
	struct group *group = instance->group;
	struct sync_member before = instance->member;
	unsigned todo;

	if (group == NULL)
		return;
	instance->member = see(instance);
	todo = sync_group_change(&group->sync, &before, &instance->member);
	if (todo & ~group->todo & SYNC_BACKUP)
		explain_backup(instance, actions, group->why);
	group->todo |= todo;
	instance->vrrpd->groups->pending |= todo != 0;
	instance->vrrpd->groups->moved |= before.state != instance->member.state;
}

static void review(struct group *group, uint64_t now_ns)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i]->started)
			instance_review(group->members[i], now_ns);
}

static void tell(
	struct group *group, enum vrrp_state state, enum vrrp_event_type type, uint64_t now_ns)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->members[i]->started && group->members[i]->fsm.state == state)
			instance_sync(group->members[i], type, now_ns);
}

/* What waits in the sockets may be the very advertisements that say otherwise. */
static void take_over(struct vrrpd *vrrpd, struct group *group, uint64_t now_ns)
{
	for (size_t i = 0; i < group->count; i++)
		receive_drain(vrrpd, group->members[i]->interface, now_ns);
	if (sync_group_may_master(&group->sync))
		tell(group, VRRP_BACKUP, VRRP_EVENT_SYNC_MASTER, now_ns);
}

/* Faults go first: they are the reason of what follows. */
static void run(struct vrrpd *vrrpd, struct group *group, uint64_t now_ns)
{
	while (group->todo != 0) {
		unsigned todo = group->todo;

		group->todo = 0;
		if (todo & SYNC_REVIEW)
			review(group, now_ns);
		if (todo & SYNC_BACKUP)
			tell(group, VRRP_MASTER, VRRP_EVENT_SYNC_BACKUP, now_ns);
		if (todo & SYNC_MASTER)
			take_over(vrrpd, group, now_ns);
	}
}

void groups_run(struct vrrpd *vrrpd, uint64_t now_ns)
{
	struct groups *groups = vrrpd->groups;

	if (groups == NULL)
		return;
	while (groups->pending) {
		groups->pending = false;
		for (size_t i = 0; i < groups->count; i++)
			run(vrrpd, &groups->list[i], now_ns);
	}
}

/* ---- what is said about it ---- */

/* The member that is the reason of the FAULT of another one: a fault counts more than waiting. */
static const struct instance *culprit(const struct group *group)
{
	const struct instance *found = NULL;

	for (size_t i = 0; i < group->count; i++) {
		if (group->members[i]->member.faulty)
			return group->members[i];
		if (group->members[i]->member.initialising)
			found = group->members[i];
	}
	return found;
}

static void explain_fault(const struct group *group, char text[WHY_LEN])
{
	const struct instance *instance = culprit(group);
	char faults[128], names[96];

	strlcpy(text, "a member was in FAULT", WHY_LEN);
	if (instance == NULL)
		return;
	vrrp_fault_text(instance->own_faults, faults, sizeof faults);
	tracking_culprits(instance, names, sizeof names);
	snprintf(text, WHY_LEN, "%s (%s): %s", instance->conf->c.name, instance->interface->name,
		faults);
	if (names[0] == '\0')
		return;
	strlcat(text, " (", WHY_LEN);
	strlcat(text, names, WHY_LEN);
	strlcat(text, ")", WHY_LEN);
}

void group_reason(
	const struct instance *instance, const struct vrrp_action *action, char *text, size_t size)
{
	const struct group *group = instance->group;
	char why[WHY_LEN];

	if (group == NULL)
		return;
	if (action->cause == VRRP_CAUSE_SYNC_GROUP)
		strlcpy(why, group->why, sizeof why);
	else if (action->cause == VRRP_CAUSE_FAULT && instance->own_faults == 0)
		explain_fault(group, why);
	else
		return;
	snprintf(text, size, "sync group %s: ", group->name);
	strlcat(text, why, size);
}

static void explain(const struct group *group, enum vrrp_state state, char text[WHY_LEN])
{
	if (state == VRRP_FAULT)
		explain_fault(group, text);
	else if (state == VRRP_MASTER)
		strlcpy(text, "no member defers to another router", WHY_LEN);
	else if (group->logged == VRRP_MASTER)
		strlcpy(text, group->why, WHY_LEN);
	else if (group->logged == VRRP_FAULT)
		strlcpy(text, "no member is in FAULT any more", WHY_LEN);
	else
		strlcpy(text, "started", WHY_LEN);
}

static void say_change(struct group *group)
{
	enum vrrp_state state = sync_group_state(&group->sync);
	char why[WHY_LEN];

	if (state == group->logged)
		return;
	explain(group, state, why);
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_GROUP_STATE,
			.group = group->name,
			.old_state = vrrp_state_name(group->logged),
			.state = vrrp_state_name(state),
			.reason = why},
		"sync group %s: %s -> %s: %s", group->name, vrrp_state_name(group->logged),
		vrrp_state_name(state), why);
	group->logged = state;
}

void groups_flush(struct vrrpd *vrrpd)
{
	struct groups *groups = vrrpd->groups;

	if (groups == NULL || !groups->moved)
		return;
	groups->moved = false;
	for (size_t i = 0; i < groups->count; i++)
		say_change(&groups->list[i]);
}
