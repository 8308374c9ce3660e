#include "parentd/vrrp_events.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "parentd/events.h"
#include "parentd/fifos.h"
#include "parentd/notified.h"
#include "parentd/parent.h"
#include "proto/state_page.h"
#include "vrrpd/vrrp_fsm.h"

struct vrrp_events {
	struct parent *parent;
	struct notified *notified;
	/* of parent->conf, by their names */
	const struct conf_instance **instances;
	size_t count;
	bool looked;                 /* at everything, once at least */
	struct parent_status status; /* as the launcher was told last; nothing at first */
};

struct vrrp_events *vrrp_events_new(struct parent *parent, struct notified *notified)
{
	struct vrrp_events *events = calloc(1, sizeof(*events));

	if (events == NULL)
		fatal("events");
	events->parent = parent;
	events->notified = notified;
	return events;
}

/* ---- instances ---- */

static int by_name(const void *a, const void *b)
{
	const struct conf_instance *const *left = a;
	const struct conf_instance *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static int compare_with_name(const void *key, const void *element)
{
	const struct conf_instance *const *instance = element;

	return strcmp(key, (*instance)->name);
}

static const struct conf_instance *find(const struct vrrp_events *events, const char *name)
{
	const struct conf_instance **found = bsearch(name, events->instances, events->count,
		sizeof(struct conf_instance *), compare_with_name);

	return found == NULL ? NULL : *found;
}

void vrrp_events_adopt(struct vrrp_events *events)
{
	const struct conf_instance *instance;
	size_t count = 0;

	TAILQ_FOREACH(instance, &events->parent->conf->instances, entry)
	count++;
	free(events->instances);
	events->instances = calloc(count + 1, sizeof(struct conf_instance *));
	if (events->instances == NULL)
		fatal("events");
	events->count = 0;
	TAILQ_FOREACH(instance, &events->parent->conf->instances, entry)
	{
		if (!instance->not_implemented)
			events->instances[events->count++] = instance;
	}
	qsort(events->instances, events->count, sizeof(struct conf_instance *), by_name);
}

/* ---- telling ---- */

static const struct conf_command *specific_of(
	const struct conf_instance *instance, enum event_state state)
{
	if (state == EVENT_DELETED)
		return &instance->notify_deleted;
	if (state == EVENT_MASTER_RX_LOWER_PRI)
		return &instance->notify_master_rx_lower_pri;
	return events_command(state, &instance->notify_master, &instance->notify_backup,
		&instance->notify_fault, &instance->notify_stop);
}

static struct state_event event_of(const struct conf_instance *instance, enum event_state state,
	uint8_t priority, const char *reason)
{
	return (struct state_event){.kind = EVENT_INSTANCE,
		.state = state,
		.name = instance->name,
		.priority = priority,
		.reason = reason,
		.specific = specific_of(instance, state),
		/* as keepalived: what is no state goes to fifos, not to `notify` */
		.general = event_state_lasts(state) ? &instance->notify : NULL,
		.instance = instance};
}

static void tell(const struct vrrp_events *events, const struct conf_instance *instance,
	enum event_state state, uint8_t priority, const char *reason)
{
	const struct state_event event = event_of(instance, state, priority, reason);

	events_happened(events->parent, &event);
}

static bool told(const struct vrrp_events *events, const struct conf_instance *instance,
	enum event_state *state, uint8_t *priority)
{
	return events_told(events->parent, EVENT_INSTANCE, instance->name, NULL, state, priority);
}

/* Waiting for the first result of a script is how an instance starts, and no fault that anybody is
 * to be told of; so is INIT. Returns false for these. */
static bool state_of(uint8_t state, uint32_t fault_reasons, enum event_state *told)
{
	switch (state) {
	case VRRP_MASTER:
		*told = EVENT_MASTER;
		return true;
	case VRRP_BACKUP:
		*told = EVENT_BACKUP;
		return true;
	case VRRP_FAULT:
		*told = EVENT_FAULT;
		return (fault_reasons & ~(uint32_t)VRRP_FAULT_SCRIPT_PENDING) != 0;
	default:
		return false;
	}
}

/* ---- looking at the page ---- */

static void tell_change(const struct vrrp_events *events, struct state_change *change)
{
	enum event_state state;

	/* vrrpd wrote them: they are not to be trusted */
	change->instance[sizeof(change->instance) - 1] = '\0';
	change->reason[sizeof(change->reason) - 1] = '\0';
	const struct conf_instance *instance = find(events, change->instance);
	if (instance != NULL && state_of(change->to, change->fault_reasons, &state))
		tell(events, instance, state, change->priority, change->reason);
}

/* Everything up to number. Returns false when some of it is not there any more. */
static bool read_history(struct vrrp_events *events, const struct state_page *page, uint64_t number)
{
	uint64_t cursor = notified_cursor(events->notified);
	bool complete = cursor <= number;
	struct state_change change;

	if (cursor > number) /* the page was made anew */
		cursor = number;
	if (number - cursor > STATE_CHANGES) {
		cursor = number - STATE_CHANGES;
		complete = false;
	}
	while (cursor < number) {
		cursor++;
		if (state_change_load(page, cursor, &change) == 1)
			tell_change(events, &change);
		else
			complete = false;
		notified_set_cursor(events->notified, cursor);
	}
	notified_set_cursor(events->notified, number);
	return complete;
}

static void tell_priority(const struct vrrp_events *events, const struct conf_instance *instance,
	const struct state_vrrp_instance *record)
{
	struct notified_entry *entry =
		notified_find(events->notified, EVENT_INSTANCE, instance->name, NULL, false);
	enum event_state state;
	uint8_t priority;

	if (entry == NULL || notified_told(entry, &state, &priority) == 0 ||
		priority == record->effective_priority)
		return;
	if (instance->notify_priority_changes != CONF_ON)
		notified_set_priority(entry, record->effective_priority);
	else if (state == EVENT_MASTER)
		tell(events, instance, EVENT_MASTER_PRIORITY, record->effective_priority, NULL);
	else if (state == EVENT_BACKUP)
		tell(events, instance, EVENT_BACKUP_PRIORITY, record->effective_priority, NULL);
}

static void tell_record(const struct vrrp_events *events, struct state_vrrp_instance *record)
{
	enum event_state state;

	record->name[sizeof(record->name) - 1] = '\0';
	record->reason[sizeof(record->reason) - 1] = '\0';
	const struct conf_instance *instance = find(events, record->name);
	if (instance == NULL)
		return;
	if (state_of(record->state, record->fault_reasons, &state))
		tell(events, instance, state, record->effective_priority, record->reason);
	tell_priority(events, instance, record);
}

static void read_records(const struct vrrp_events *events, const struct state_page *page)
{
	struct state_vrrp_instance record;

	for (uint32_t i = 0; i < STATE_VRRP_INSTANCES; i++) {
		if (state_vrrp_load(page, i, &record) == 1)
			tell_record(events, &record);
	}
}

/* What was told and not carried out before the parentd before this one died: told once more, it is
 * resumed. */
static void resume(struct vrrp_events *events, const struct state_page *page)
{
	enum event_state state;
	uint8_t priority;

	for (size_t i = 0; i < events->count; i++) {
		if (told(events, events->instances[i], &state, &priority))
			tell(events, events->instances[i], state, priority, NULL);
	}
	if (notified_is_lost(events->notified))
		notified_set_cursor(events->notified, state_change_newest(page));
	events->looked = true;
}

static void tell_launcher(struct vrrp_events *events)
{
	struct parent_status status = {0};
	enum event_state state;
	uint8_t priority;

	for (size_t i = 0; i < events->count; i++) {
		if (!told(events, events->instances[i], &state, &priority))
			status.starting++;
		else if (state == EVENT_MASTER)
			status.master++;
		else if (state == EVENT_BACKUP)
			status.backup++;
		else
			status.fault++;
	}
	if (memcmp(&status, &events->status, sizeof(status)) == 0)
		return;
	events->status = status;
	parent_tell_launcher(events->parent, PARENT_STATUS, 0, &status);
}

static const struct state_page *page_of(struct vrrp_events *events)
{
	struct parent *parent = events->parent;

	if (parent->stopping || parent->conf == NULL || events->instances == NULL)
		return NULL;
	return parent_child_state(&parent->children[PROTO_VRRP]);
}

/* Only then do its instances have the names and the meaning that parent->conf gives them. */
static bool is_in_force(const struct parent *parent)
{
	const struct transaction_peer *peer = &parent->transaction.peers[PROTO_VRRP];

	return peer->up && peer->in_force == parent->transaction.current;
}

static void look(struct vrrp_events *events, const struct state_page *page)
{
	if (!events->looked)
		resume(events, page);
	read_history(events, page, state_change_newest(page));
	read_records(events, page);
	notified_found_again(events->notified);
	tell_launcher(events);
}

void vrrp_events_look(struct vrrp_events *events)
{
	const struct state_page *page = page_of(events);

	if (page != NULL && is_in_force(events->parent))
		look(events, page);
}

void vrrp_events_ended(struct vrrp_events *events)
{
	const struct state_page *page = page_of(events);

	if (page != NULL && events->looked)
		look(events, page);
}

/* ---- from vrrpd ---- */

void vrrp_events_changed(struct vrrp_events *events, const struct vrrp_changed *changed)
{
	const struct state_page *page = page_of(events);

	if (page == NULL || !events->looked)
		return; /* the first look sees it */
	if (changed->number < notified_cursor(events->notified) && changed->records == 0)
		return; /* seen already */
	bool complete = changed->number < notified_cursor(events->notified) ||
			read_history(events, page, changed->number);
	if (!complete || changed->records != 0)
		read_records(events, page);
	tell_launcher(events);
}

void vrrp_events_heard_lower(struct vrrp_events *events, const struct vrrp_heard_lower *heard)
{
	char source[INET6_ADDRSTRLEN] = "?", reason[PROTO_REASON_LEN];

	if (page_of(events) == NULL)
		return;
	const struct conf_instance *instance = find(events, heard->instance);
	if (instance == NULL)
		return;
	inet_ntop(heard->source.family, heard->source.bytes, source, sizeof(source));
	snprintf(reason, sizeof(reason), "%s has priority %u, ours is %u", source, heard->heard,
		heard->priority);
	tell(events, instance, EVENT_MASTER_RX_LOWER_PRI, (uint8_t)heard->priority, reason);
}

/* ---- configurations, and the end ---- */

static bool has(const struct conf *conf, const char *name)
{
	const struct conf_instance *instance;

	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (!instance->not_implemented && strcmp(instance->name, name) == 0)
			return true;
	}
	return false;
}

void vrrp_events_leave(struct vrrp_events *events, const struct conf *next)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct conf_instance *instance = events->instances[i];
		enum event_state state;
		uint8_t priority = 0;
		if (has(next, instance->name))
			continue;
		if (told(events, instance, &state, &priority))
			tell(events, instance,
				instance->notify_deleted_given ? EVENT_DELETED : EVENT_FAULT,
				priority, "removed by a reload");
		events_forget(events->parent, EVENT_INSTANCE, instance->name, NULL);
	}
	free(events->instances);
	events->instances = NULL;
	events->count = 0;
}

void vrrp_events_repeat(struct vrrp_events *events, struct fifos *fifos)
{
	enum event_state state;
	uint8_t priority;

	for (size_t i = 0; i < events->count; i++) {
		const struct conf_instance *instance = events->instances[i];
		if (!told(events, instance, &state, &priority))
			continue;
		const struct state_event event = event_of(instance, state, priority, NULL);
		fifos_event(fifos, &event);
	}
}

void vrrp_events_stop(struct vrrp_events *events)
{
	enum event_state state;
	uint8_t priority;

	for (size_t i = 0; i < events->count; i++) {
		if (told(events, events->instances[i], &state, &priority))
			tell(events, events->instances[i], EVENT_STOP, priority,
				"the service stops");
	}
}
