#include "parentd/events.h"

#include "common/log.h"
#include "parentd/mail.h"
#include "parentd/parent.h"

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

bool event_state_lasts(enum event_state state)
{
	return state <= EVENT_DOWN;
}

void events_happened(struct parent *parent, const struct state_event *event)
{
	mailing_event(parent->mailing, event);
	log_debug("%s is %s", event->name, event_state_name(event->state));
}

void events_forget(
	struct parent *parent, enum event_kind kind, const char *name, const char *virtual_server)
{
	(void)parent;
	(void)virtual_server;
	log_debug("%s of kind %d is gone", name, (int)kind);
}
