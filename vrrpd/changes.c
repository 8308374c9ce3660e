#include "vrrpd/changes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/log.h"
#include "proto/state_tally.h"
#include "vrrpd/daemon.h"
#include "vrrpd/group.h"
#include "vrrpd/instance.h"
#include "vrrpd/page.h"
#include "vrrpd/tracking.h"

struct change {
	struct instance *instance;
	struct vrrp_action action;
	uint32_t faults;
	uint32_t master;
	uint64_t at_ns;
};

struct changes {
	struct vrrpd *vrrpd;
	struct change *list;
	size_t count;
	size_t room;
	bool untold;  /* parentd is to look at the history */
	bool records; /* and at the records */
};

struct changes *changes_new(struct vrrpd *vrrpd)
{
	struct changes *changes = calloc(1, sizeof *changes);

	if (changes != NULL)
		changes->vrrpd = vrrpd;
	return changes;
}

void changes_free(struct changes *changes)
{
	if (changes == NULL)
		return;
	free(changes->list);
	free(changes);
}

void changes_push(
	struct changes *changes, struct instance *instance, const struct vrrp_action *action)
{
	if (changes->count == changes->room) {
		size_t room = changes->room == 0 ? 16 : changes->room * 2;

		changes->list = reallocarray(changes->list, room, sizeof(struct change));
		if (changes->list == NULL)
			fatal("state changes");
		changes->room = room;
	}
	if (action->to == VRRP_MASTER)
		instance->counters[VRRP_COUNT_BECAME_MASTER]++;
	changes->list[changes->count++] = (struct change){.instance = instance,
		.action = *action,
		.faults = instance->fsm.fault_reasons,
		.master = instance->fsm.master,
		.at_ns = clock_now_ns()};
	state_tally_add(page_map(changes->vrrpd->page), TALLY_CAUSES + instance->slot,
		(uint32_t)action->cause, 1);
	/* at once: adding addresses may take long when the kernel is busy with interfaces */
	page_store(changes->vrrpd->page, instance);
}

static void remember(struct vrrpd *vrrpd, const struct change *change)
{
	const struct instance *instance = change->instance;
	struct state_change entry = {.from = (uint8_t)change->action.from,
		.to = (uint8_t)change->action.to,
		.vrid = instance->conf->c.vrid,
		.priority = instance->params.priority,
		.fault_reasons = change->faults,
		.at_ns = change->at_ns,
		.wall_s = instance->changed_wall_s};

	proto_string_set(entry.instance, sizeof entry.instance, instance->conf->c.name);
	proto_string_set(entry.reason, sizeof entry.reason, instance->reason);
	if (change->master != 0) {
		entry.master.family = AF_INET;
		memcpy(entry.master.bytes, &change->master, sizeof change->master);
	}
	page_change(vrrpd->page, &entry);
}

static void name_culprits(struct instance *instance, const struct vrrp_action *action)
{
	char names[96];

	tracking_culprits(instance, names, sizeof names);
	if (action->cause != VRRP_CAUSE_FAULT || names[0] == '\0')
		return;
	strlcat(instance->reason, " (", sizeof instance->reason);
	strlcat(instance->reason, names, sizeof instance->reason);
	strlcat(instance->reason, ")", sizeof instance->reason);
}

static void tell(struct vrrpd *vrrpd, const struct change *change)
{
	struct instance *instance = change->instance;
	const struct vrrp_action *action = &change->action;

	vrrp_cause_text(action, change->faults, instance->reason, sizeof instance->reason);
	name_culprits(instance, action);
	group_reason(instance, action, instance->reason, sizeof instance->reason);
	instance->last_from = (uint8_t)action->from;
	instance->changed_ns = change->at_ns;
	instance->changed_wall_s = (int64_t)time(NULL);
	page_store(vrrpd->page, instance);
	remember(vrrpd, change);
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_VRRP_STATE,
			.instance = instance->conf->c.name,
			.old_state = vrrp_state_name(action->from),
			.state = vrrp_state_name(action->to),
			.reason = instance->reason},
		"%s: %s -> %s: %s", instance->conf->c.name, vrrp_state_name(action->from),
		vrrp_state_name(action->to), instance->reason);
}

size_t changes_waiting(const struct changes *changes)
{
	return changes->count;
}

void changes_announce(struct changes *changes, struct instance *instance)
{
	page_store(changes->vrrpd->page, instance);
	changes->untold = true;
	changes->records = true;
}

/* What cannot be sent now is tried again every second; a parentd that is new looks by itself. */
static void tell_parentd(struct changes *changes)
{
	struct vrrpd *vrrpd = changes->vrrpd;
	const struct vrrp_changed body = {
		.number = page_newest_change(vrrpd->page), .records = changes->records};

	if (!changes->untold || vrrpd->child == NULL ||
		child_send(vrrpd->child, VRRP_CHANGED, &body) == -1)
		return;
	changes->untold = false;
	changes->records = false;
}

void changes_flush(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		tell(changes->vrrpd, &changes->list[i]);
	changes->untold = changes->untold || changes->count > 0;
	changes->count = 0;
	tell_parentd(changes);
}
