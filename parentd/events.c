#include "parentd/events.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/fds.h"
#include "common/log.h"
#include "parentd/fifos.h"
#include "parentd/group_events.h"
#include "parentd/mail.h"
#include "parentd/notices.h"
#include "parentd/notified.h"
#include "parentd/parent.h"
#include "parentd/runners.h"
#include "parentd/services.h"
#include "parentd/vrrp_events.h"

/* At a stop: what ran before is ended after one second, everything after two. */
#define TICK_MS     10
#define HURRY_TICKS 100
#define LIMIT_TICKS 200

struct events {
	struct parent *parent;
	struct notified *notified;
	struct notices *notices;
	struct fifos *fifos;
	struct vrrp_events *vrrp;
	struct event *stop_timer;
	unsigned stop_ticks;
};

static void stop_due(int fd, short what, void *arg);

const char *event_state_name(enum event_state state)
{
	switch (state) {
	case EVENT_MASTER:
		return "MASTER";
	case EVENT_BACKUP:
		return "BACKUP";
	case EVENT_FAULT:
		return "FAULT";
	case EVENT_STOP:
		return "STOP";
	case EVENT_DELETED:
		return "DELETED";
	case EVENT_UP:
		return "UP";
	case EVENT_DOWN:
		return "DOWN";
	case EVENT_MASTER_RX_LOWER_PRI:
		return "MASTER_RX_LOWER_PRI";
	case EVENT_MASTER_PRIORITY:
		return "MASTER_PRIORITY";
	case EVENT_BACKUP_PRIORITY:
		return "BACKUP_PRIORITY";
	}
	return "unknown state";
}

const char *event_id(const struct state_event *event)
{
	return event->id != NULL ? event->id : event->name;
}

bool event_state_lasts(enum event_state state)
{
	return state <= EVENT_DOWN;
}

const struct conf_command *events_command(enum event_state state, const struct conf_command *master,
	const struct conf_command *backup, const struct conf_command *fault,
	const struct conf_command *stop)
{
	if (state == EVENT_MASTER)
		return master;
	if (state == EVENT_BACKUP)
		return backup;
	if (state == EVENT_FAULT)
		return fault;
	return state == EVENT_STOP ? stop : NULL;
}

/* ---- what was told ---- */

bool events_told(const struct parent *parent, enum event_kind kind, const char *id,
	const char *virtual_server, enum event_state *state, uint8_t *priority)
{
	const struct notified_entry *entry =
		notified_find(parent->events->notified, kind, id, virtual_server, false);

	return entry != NULL && notified_told(entry, state, priority) != 0;
}

static void tell(struct parent *parent, struct notified_entry *entry, uint64_t number,
	const struct state_event *event)
{
	fifos_event(parent->events->fifos, event);
	notices_event(parent->events->notices, entry, number, event);
	mailing_event(parent->mailing, event);
}

/* What does not last leaves no trace but the priority that was told. */
static void tell_passing(
	struct parent *parent, struct notified_entry *entry, const struct state_event *event)
{
	if (entry != NULL)
		notified_set_priority(entry, event->priority);
	tell(parent, entry, 0, event);
}

static void tell_state(
	struct parent *parent, struct notified_entry *entry, const struct state_event *event)
{
	struct notified *notified = parent->events->notified;
	enum event_state state;
	uint8_t priority;
	uint64_t before = notified_told(entry, &state, &priority);

	if (before != 0 && state == event->state) {
		notices_resume(parent->events->notices, entry, before, event);
		return;
	}
	uint64_t number = notified_tell(notified, entry, event->state, event->priority);
	if (before != 0 || !notified_is_lost(notified))
		tell(parent, entry, number, event);
}

void events_happened(struct parent *parent, const struct state_event *event)
{
	struct notified_entry *entry = notified_find(parent->events->notified, event->kind,
		event_id(event), event->virtual_server, event_state_lasts(event->state));

	if (!event_state_lasts(event->state)) {
		tell_passing(parent, entry, event);
	} else if (entry != NULL) {
		tell_state(parent, entry, event);
	} else {
		log_warnx("%s: there is no room to remember what was told of it", event->name);
		tell(parent, NULL, 0, event);
	}
}

void events_forget(
	struct parent *parent, enum event_kind kind, const char *id, const char *virtual_server)
{
	struct notified_entry *entry =
		notified_find(parent->events->notified, kind, id, virtual_server, false);

	notices_forget(parent->events->notices, notified_key(kind, id, virtual_server));
	if (entry != NULL)
		notified_forget(entry);
}

/* ---- configurations ---- */

struct events *events_new(struct parent *parent)
{
	struct events *events = calloc(1, sizeof(*events));

	if (events == NULL)
		fatal("events");
	events->parent = parent;
	events->notified = notified_open(FD_STATE_PAGE, parent->options.replacement);
	events->notices = notices_new(parent, events->notified);
	events->fifos = fifos_new(parent, events->notified);
	events->vrrp = vrrp_events_new(parent, events->notified);
	events->stop_timer = event_new(parent->base, -1, EV_PERSIST, stop_due, events);
	if (events->stop_timer == NULL)
		fatal("events");
	return events;
}

void events_leave(struct events *events, const struct conf *next)
{
	vrrp_events_leave(events->vrrp, next);
	group_events_leave(events->parent, next);
}

void events_adopt(struct events *events)
{
	fifos_leave(events->fifos);
	vrrp_events_adopt(events->vrrp);
}

void events_begin(struct events *events)
{
	fifos_adopt(events->fifos);
	vrrp_events_look(events->vrrp);
}

void events_reloaded(struct events *events)
{
	if (!events->parent->conf->global.fifo_states_on_reload)
		return;
	vrrp_events_repeat(events->vrrp, events->fifos);
	group_events_repeat(events->parent, events->fifos);
}

void events_users(const struct events *events,
	void (*take)(const struct runner_user *user, void *arg), void *arg)
{
	fifos_users(events->fifos, take, arg);
	notices_users(events->notices, take, arg);
}

/* ---- vrrpd ---- */

void events_vrrp_look(struct events *events)
{
	vrrp_events_look(events->vrrp);
}

void events_vrrp_ended(struct events *events)
{
	vrrp_events_ended(events->vrrp);
	group_events_ended(events->parent);
}

void events_vrrp_changed(struct events *events, const struct vrrp_changed *changed)
{
	vrrp_events_changed(events->vrrp, changed);
}

void events_vrrp_heard_lower(struct events *events, const struct vrrp_heard_lower *heard)
{
	vrrp_events_heard_lower(events->vrrp, heard);
}

/* ---- runners ---- */

void events_runner_up(struct events *events, int slot)
{
	fifos_up(events->fifos, slot);
	notices_up(events->notices);
}

void events_runner_lost(struct events *events, int slot)
{
	fifos_lost(events->fifos, slot);
	notices_lost(events->notices, slot);
}

bool events_done(struct events *events, int slot, const struct runner_done *done)
{
	return fifos_done(events->fifos, slot, done) || notices_done(events->notices, slot, done);
}

void events_fifo(struct events *events, int slot, const struct runner_fifo_state *state)
{
	fifos_state(events->fifos, slot, state);
}

json_t *events_json(const struct events *events)
{
	return notices_json(events->notices);
}

/* ---- stop ---- */

/* The launcher ends the runners that are not wanted; it would do so by itself in a moment. */
static void stopped(struct events *events)
{
	event_del(events->stop_timer);
	fifos_drop(events->fifos);
	runners_want(events->parent->runners, NULL, 0);
}

static void stop_due(int fd, short what, void *arg)
{
	struct events *events = arg;

	(void)fd;
	(void)what;
	events->stop_ticks++;
	if (events->stop_ticks == HURRY_TICKS)
		notices_hurry(events->notices);
	if (events->stop_ticks < LIMIT_TICKS &&
		!(notices_idle(events->notices) && fifos_written(events->fifos)))
		return;
	if (!notices_idle(events->notices))
		log_warnx("a notify script has not ended in time: stopping all the same");
	stopped(events);
}

void events_stop(struct events *events)
{
	static const struct timeval interval = {.tv_usec = TICK_MS * 1000L};

	notices_stopping(events->notices);
	vrrp_events_stop(events->vrrp);
	group_events_stop(events->parent);
	services_stop(events->parent->services);
	if (notices_idle(events->notices) && fifos_written(events->fifos))
		stopped(events);
	else
		event_add(events->stop_timer, &interval);
}
