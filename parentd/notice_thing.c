#include "parentd/notice_thing.h"

#include <stdlib.h>

#include "parentd/notified.h"
#include "parentd/scripts.h"

#define BUCKETS 1024

struct notice_things {
	LIST_HEAD(, notice_thing) buckets[BUCKETS];
};

struct notice_things *notice_things_new(void)
{
	struct notice_things *things = calloc(1, sizeof(*things));

	for (size_t i = 0; things != NULL && i < BUCKETS; i++)
		LIST_INIT(&things->buckets[i]);
	return things;
}

struct notice_thing *notice_things_find(const struct notice_things *things, uint64_t key)
{
	struct notice_thing *thing;

	LIST_FOREACH(thing, &things->buckets[key % BUCKETS], by_key)
	{
		if (thing->key == key)
			return thing;
	}
	return NULL;
}

struct notice_thing *notice_things_get(
	struct notice_things *things, const struct state_event *event)
{
	uint64_t key = notified_key(event->kind, event_id(event), event->virtual_server);
	struct notice_thing *thing = notice_things_find(things, key);

	if (thing == NULL) {
		thing = calloc(1, sizeof(*thing));
		if (thing == NULL)
			return NULL;
		thing->key = key;
		thing->kind = event->kind;
		thing->held_for = NOT_HELD;
		proto_string_set(thing->name, sizeof(thing->name), event->name);
		if (event->virtual_server != NULL)
			proto_string_set(thing->virtual_server, sizeof(thing->virtual_server),
				event->virtual_server);
		notice_queue_init(&thing->queue);
		LIST_INSERT_HEAD(&things->buckets[key % BUCKETS], thing, by_key);
	}
	thing->removed = false;
	return thing;
}

void notice_things_release(struct notice_thing *thing)
{
	if (!thing->removed || thing->held_for != NOT_HELD || thing->queue.current != NULL ||
		thing->queue.count > 0)
		return;
	LIST_REMOVE(thing, by_key);
	free(thing);
}

void notice_things_each(struct notice_things *things,
	void (*visit)(struct notice_thing *thing, void *arg), void *arg)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct notice_thing *next;
		for (struct notice_thing *thing = LIST_FIRST(&things->buckets[i]); thing != NULL;
			thing = next) {
			next = LIST_NEXT(thing, by_key);
			visit(thing, arg);
		}
	}
}

/* ---- status ---- */

const char *notice_kind_word(enum event_kind kind)
{
	switch (kind) {
	case EVENT_INSTANCE:
		return "INSTANCE";
	case EVENT_GROUP:
		return "GROUP";
	case EVENT_VIRTUAL_SERVER:
		return "VS";
	case EVENT_REAL_SERVER:
		return "RS";
	}
	return "unknown";
}

static json_t *thing_json(const struct notice_thing *thing)
{
	const struct notice *notice = thing->queue.current;
	const char *running = notice != NULL && notice->next < notice->count
				      ? notice->commands[notice->next].line
				      : "";
	char how[96] = "none has ended yet";

	if (thing->command[0] != '\0')
		scripts_describe(&thing->last, how, sizeof(how));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:i}", "kind",
		notice_kind_word(thing->kind), "name", thing->name, "state",
		event_state_name(thing->state), "running", running, "last_command", thing->command,
		"last_result", how, "last_output",
		thing->command[0] != '\0' ? thing->last.output : "", "last_duration_s",
		(double)thing->last.duration_us / 1e6, "waiting", (int)thing->queue.count,
		"left_out", (int)thing->queue.dropped);
}

json_t *notice_things_json(const struct notice_things *things)
{
	json_t *array = json_array();
	const struct notice_thing *thing;

	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &things->buckets[i], by_key)
		{
			json_t *one = thing->command[0] != '\0' || thing->queue.current != NULL
					      ? thing_json(thing)
					      : NULL;
			if (one != NULL)
				json_array_append_new(array, one);
		}
	}
	return array;
}
