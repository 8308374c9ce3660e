/* The commands that run when a state changes: each thing (instance, group, server) has a queue of
 * its own, whose notices run one after the other, as the users of their commands. */
#ifndef HOLDFAST_NOTICES_H
#define HOLDFAST_NOTICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parentd/events.h"
#include "parentd/runners.h"

/* A command that has not ended by then is ended, so that the latest state is told at last. */
#define NOTICE_LIMIT_MS 120000

struct notices;
struct notified;
struct notified_entry;
struct parent;

/* Fatal without memory. */
struct notices *notices_new(struct parent *parent, struct notified *notified);

/* A notice of what happened, behind the earlier ones of the same thing. number is
 * notified_tell()'s, 0 for what is no lasting state; entry may be NULL: nothing of it is kept for
 * the next parentd. */
void notices_event(struct notices *notices, struct notified_entry *entry, uint64_t number,
	const struct state_event *event);

/* The state was told already, perhaps by a parentd before this one: what that one left undone is
 * done. Nothing when this one has told something of the thing itself. */
void notices_resume(struct notices *notices, struct notified_entry *entry, uint64_t number,
	const struct state_event *event);

/* The thing of this notified_key() is no longer in the configuration: what waits goes on, without
 * the entry, and then it is forgotten. */
void notices_forget(struct notices *notices, uint64_t key);

/* From runners. notices_done() returns false when the run is none of a notice. */
bool notices_done(struct notices *notices, int slot, const struct runner_done *done);
void notices_up(struct notices *notices);
void notices_lost(struct notices *notices, int slot);

/* Calls take for the user of every command that is still to be run. */
void notices_users(const struct notices *notices,
	void (*take)(const struct runner_user *user, void *arg), void *arg);

/* The suite stops: what waits is forgotten, so that the last notices come soon. */
void notices_stopping(struct notices *notices);
/* Ends what runs and is no notice of the stop. */
void notices_hurry(struct notices *notices);
/* Nothing runs or waits. */
bool notices_idle(const struct notices *notices);

/* For the operator: [{"kind", "name", "state", "command", "result", …}]. */
json_t *notices_json(const struct notices *notices);

#endif
