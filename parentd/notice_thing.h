/* What notices are of: instances, groups and servers, each with the queue of its notices. They are
 * kept for as long as they are in the configuration or have something to run. */
#ifndef HOLDFAST_NOTICE_THING_H
#define HOLDFAST_NOTICE_THING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "parentd/notice_queue.h"

struct notified_entry;
struct notice_things;

#define NOT_HELD (-1)

struct notice_thing {
	LIST_ENTRY(notice_thing) by_key;
	TAILQ_ENTRY(notice_thing) held;     /* it waits for the runner in a slot */
	TAILQ_ENTRY(notice_thing) executed; /* a runner has the command of its current notice */
	int held_for;                       /* that slot, or NOT_HELD */
	bool removed;                       /* from the configuration */
	uint64_t key;
	enum event_kind kind;
	char name[PROTO_NAME_LEN];
	char virtual_server[PROTO_NAME_LEN];
	struct notified_entry *entry; /* NULL: there was no room, or it is removed */
	struct notice_queue queue;
	unsigned counted;       /* of the queue: what the page says waits */
	enum event_state state; /* of the last notice */
	char command[128];      /* that ended last; empty: none has */
	struct runner_done last;
};

/* NULL with errno. */
struct notice_things *notice_things_new(void);

/* By notified_key(); NULL: there is none. */
struct notice_thing *notice_things_find(const struct notice_things *things, uint64_t key);

/* The thing of an event, made when there is none; NULL with errno. */
struct notice_thing *notice_things_get(
	struct notice_things *things, const struct state_event *event);

/* Frees it once it is removed and has nothing more to run; it is not to be used after that. */
void notice_things_release(struct notice_thing *thing);

/* Calls visit for each, which may release it. */
void notice_things_each(struct notice_things *things,
	void (*visit)(struct notice_thing *thing, void *arg), void *arg);

/* "INSTANCE", "GROUP", "VS", "RS". */
const char *notice_kind_word(enum event_kind kind);

/* For the operator: those of which a command has ended or is under way. */
json_t *notice_things_json(const struct notice_things *things);

#endif
