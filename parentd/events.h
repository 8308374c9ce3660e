/* Where changes of state arrive, whatever they are of, and from where they go to all that reacts to
 * them: notify scripts, fifos, mail.
 *
 * What was told last of an instance, a group or a server is remembered where the parentd after this
 * one finds it. So whoever knows a state may say it whenever that may be news: when it changes,
 * when the process that decides about it was replaced, when parentd was. What was told already is
 * not told again, and what changed while nobody listened is told late: the latest state, once. */
#ifndef HOLDFAST_EVENTS_H
#define HOLDFAST_EVENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_command;
struct conf_group;
struct conf_instance;
struct conf_real_server;
struct conf_virtual_server;
struct parent;

/* Kept beyond this process: values are never reused. */
enum event_kind {
	EVENT_INSTANCE = 1,
	EVENT_GROUP = 2,
	EVENT_VIRTUAL_SERVER = 3,
	EVENT_REAL_SERVER = 4,
};

/* Kept beyond this process: values are never reused. */
enum event_state {
	EVENT_MASTER = 1,
	EVENT_BACKUP = 2,
	EVENT_FAULT = 3,
	EVENT_STOP = 4,    /* the suite stops */
	EVENT_DELETED = 5, /* a reload removed it, which notify_deleted wants to know */
	EVENT_UP = 6,      /* of servers: healthy, or the quorum is reached */
	EVENT_DOWN = 7,
	/* no states, so told every time */
	EVENT_MASTER_RX_LOWER_PRI = 8,
	EVENT_MASTER_PRIORITY = 9, /* another effective priority */
	EVENT_BACKUP_PRIORITY = 10,
};

/* Everything in it lives as long as the call. (libevent has struct event.) */
struct state_event {
	enum event_kind kind;
	enum event_state state;
	const char *name; /* a server's as keepalived writes it: "[10.0.0.1]:tcp:80" */
	const char
		*id; /* what it is known by; NULL: name, which virtual servers may have in common */
	const char *virtual_server; /* real servers: the name of theirs; NULL for all others */
	uint8_t priority;           /* instances: effective; 0 for all others */
	const char *reason;         /* a sentence without a full stop; NULL: none */
	/* The commands of the configuration, NULL or without a line: none. They run in this order,
	 * behind those of earlier events of the same thing. */
	const struct conf_command *specific; /* notify_master, quorum_down …: as written */
	const struct conf_command
		*general; /* notify: with "INSTANCE NAME STATE PRIORITY" behind it */
	/* What it is of, for whom needs more of it; NULL: none of these, or removed by a reload. */
	const struct conf_instance *instance;
	const struct conf_group *group;
	const struct conf_virtual_server *virtual_conf;
	const struct conf_real_server *real_conf;
};

/* "MASTER", "BACKUP", "MASTER_RX_LOWER_PRI" … */
const char *event_state_name(enum event_state state);

/* What is remembered of it is found by this. */
const char *event_id(const struct state_event *event);

/* Does it name a state that lasts? */
bool event_state_lasts(enum event_state state);

/* Tells all that react to it, unless it is what was told of the same thing before. */
void events_happened(struct parent *parent, const struct state_event *event);

/* What was told last that lasts of the thing of that id; false: nothing was. */
bool events_told(const struct parent *parent, enum event_kind kind, const char *id,
	const char *virtual_server, enum event_state *state, uint8_t *priority);

/* Of notify_master, notify_backup, notify_fault and notify_stop the one for a state; NULL: none. */
const struct conf_command *events_command(enum event_state state, const struct conf_command *master,
	const struct conf_command *backup, const struct conf_command *fault,
	const struct conf_command *stop);

/* It is no longer in the configuration: when it comes back, its first state is news. */
void events_forget(
	struct parent *parent, enum event_kind kind, const char *id, const char *virtual_server);

/* ---- for parentd's own ---- */

struct conf;
struct events;
struct runner_done;
struct runner_fifo_state;
struct runner_user;

/* Fatal without memory. */
struct events *events_new(struct parent *parent);

/* Another configuration comes into force: events_leave() before parent->conf is changed to next,
 * tells what is no longer in it; events_adopt() after that and before the runners are told who is
 * wanted; events_begin() when they were told. */
void events_leave(struct events *events, const struct conf *next);
void events_adopt(struct events *events);
void events_begin(struct events *events);
/* It is in force everywhere, after a reload. */
void events_reloaded(struct events *events);

/* Calls take for every user whose runner is needed. */
void events_users(const struct events *events,
	void (*take)(const struct runner_user *user, void *arg), void *arg);

/* From vrrpd, and about it: it has (said that it has) a configuration in force, it has ended. */
struct vrrp_changed;
struct vrrp_heard_lower;
void events_vrrp_look(struct events *events);
void events_vrrp_ended(struct events *events);
void events_vrrp_changed(struct events *events, const struct vrrp_changed *changed);
void events_vrrp_heard_lower(struct events *events, const struct vrrp_heard_lower *heard);

/* From runners. events_done() returns false when nobody here waits for it. */
void events_runner_up(struct events *events, int slot);
void events_runner_lost(struct events *events, int slot);
bool events_done(struct events *events, int slot, const struct runner_done *done);
void events_fifo(struct events *events, int slot, const struct runner_fifo_state *state);

/* For the operator: how notify commands ended. */
json_t *events_json(const struct events *events);

/* The suite stops: tells it, and when that is done, or has taken too long, lets all runners go. */
void events_stop(struct events *events);

#endif
