#include "parentd/notices.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "conf/command.h"
#include "parentd/notice_queue.h"
#include "parentd/notified.h"
#include "parentd/parent.h"
#include "parentd/scripts.h"

/* That one runner has at once: it has vrrp_scripts to execute as well. */
#define UNDER_WAY_MAX 64
/* Executed again after its runner was lost with it; more may be the script's own fault. */
#define TRIES_MAX 2
#define AGAIN_S   1
#define BUCKETS   1024

/* What notices are of. */
struct thing {
	LIST_ENTRY(thing) by_key;
	TAILQ_ENTRY(thing) held; /* it waits for a runner */
	bool is_held;
	uint64_t key;
	enum event_kind kind;
	char name[PROTO_NAME_LEN];
	char virtual_server[PROTO_NAME_LEN];
	struct notified_entry *entry; /* NULL: there was no room */
	struct notice_queue queue;
	enum event_state state; /* of the last notice */
	char command[128];      /* that ended last; empty: none has */
	struct runner_done last;
};

struct notices {
	struct parent *parent;
	struct notified *notified;
	LIST_HEAD(, thing) buckets[BUCKETS];
	TAILQ_HEAD(, thing) held;
	struct event *again;
	unsigned under_way[PROTO_RUNNERS];
	unsigned busy; /* things that have a current notice */
	bool stopping;
};

static void run_held(struct notices *notices);

static void on_again(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	run_held(arg);
}

struct notices *notices_new(struct parent *parent, struct notified *notified)
{
	struct notices *notices = calloc(1, sizeof(*notices));

	if (notices == NULL)
		fatal("notices");
	notices->parent = parent;
	notices->notified = notified;
	for (size_t i = 0; i < BUCKETS; i++)
		LIST_INIT(&notices->buckets[i]);
	TAILQ_INIT(&notices->held);
	notices->again = event_new(parent->base, -1, 0, on_again, notices);
	if (notices->again == NULL)
		fatal("notices");
	return notices;
}

/* ---- things ---- */

static uint64_t key_of(const struct state_event *event)
{
	uint64_t key = notified_mark((uint64_t)event->kind << 56, event->name);

	return event->virtual_server == NULL ? key : notified_mark(key, event->virtual_server);
}

static struct thing *thing_find(const struct notices *notices, uint64_t key)
{
	struct thing *thing;

	LIST_FOREACH(thing, &notices->buckets[key % BUCKETS], by_key)
	{
		if (thing->key == key)
			return thing;
	}
	return NULL;
}

static struct thing *thing_get(
	struct notices *notices, struct notified_entry *entry, const struct state_event *event)
{
	uint64_t key = key_of(event);
	struct thing *thing = thing_find(notices, key);

	if (thing == NULL) {
		thing = calloc(1, sizeof(*thing));
		if (thing == NULL)
			fatal("notices");
		thing->key = key;
		thing->kind = event->kind;
		proto_string_set(thing->name, sizeof(thing->name), event->name);
		if (event->virtual_server != NULL)
			proto_string_set(thing->virtual_server, sizeof(thing->virtual_server),
				event->virtual_server);
		notice_queue_init(&thing->queue);
		LIST_INSERT_HEAD(&notices->buckets[key % BUCKETS], thing, by_key);
	}
	thing->entry = entry;
	return thing;
}

static void hold(struct notices *notices, struct thing *thing)
{
	if (thing->is_held)
		return;
	thing->is_held = true;
	TAILQ_INSERT_TAIL(&notices->held, thing, held);
}

/* ---- the commands of a notice ---- */

static const char *kind_word(enum event_kind kind)
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

static bool user_of(
	const struct notices *notices, const struct conf_command *command, struct runner_user *user)
{
	char why[160];
	const char *name = conf_command_user(
		notices->parent->conf, command, &user->uid, &user->gid, why, sizeof(why));

	if (name == NULL) {
		log_warnx("%s cannot be run: %s", command->line, why);
		return false;
	}
	proto_string_set(user->name, sizeof(user->name), name);
	return true;
}

static void add(
	const struct notices *notices, struct notice *notice, const struct conf_command *command)
{
	struct runner_user user;

	if (command == NULL || command->line == NULL || !user_of(notices, command, &user))
		return;
	if (notice_add(notice, command->line, &user) == -1)
		fatal("notices");
}

static void append_arguments(struct notice *notice, const struct state_event *event)
{
	char priority[8];

	snprintf(priority, sizeof(priority), "%u", event->priority);
	notice_append(notice, kind_word(event->kind));
	notice_append(notice, event->name);
	notice_append(notice, event_state_name(event->state));
	notice_append(notice, priority);
}

static struct notice *notice_make(
	const struct notices *notices, uint64_t number, const struct state_event *event)
{
	struct notice *notice = notice_new(number, event->state);

	if (notice == NULL)
		fatal("notices");
	add(notices, notice, event->specific);
	unsigned specific = notice->count;
	add(notices, notice, event->general);
	if (notice->count > specific)
		append_arguments(notice, event);
	return notice;
}

/* ---- running ---- */

static void set_progress(const struct thing *thing, const struct notice *notice)
{
	const struct notified_progress progress = {
		.handed = notice->next + (notice->run != 0 ? 1 : 0),
		.under_way = notice->under_way,
		.run = notice->run};

	if (thing->entry != NULL && notice->number != 0)
		notified_set_progress(thing->entry, notice->number, &progress);
}

/* Returns what is wrong with the command, or NULL. */
static const char *words_of(const struct notice_command *command, struct conf_command_line *line)
{
	const char *wrong = conf_command_parse(command->line, line);
	const char *word = command->appended;

	for (unsigned i = 0; i < command->appended_count && wrong == NULL; i++) {
		if (line->count == CONF_COMMAND_WORDS)
			return "the command has too many words";
		line->words[line->count++] = word;
		word += strlen(word) + 1;
	}
	return wrong;
}

enum verdict { STARTED, LATER, NEVER };

static enum verdict order(struct notices *notices, const struct thing *thing, struct notice *notice)
{
	const struct notice_command *command = &notice->commands[notice->next];
	struct conf_command_line line;
	int slot = runners_slot(notices->parent->runners, command->user.uid, command->user.gid);

	if (slot != -1 && notices->under_way[slot] >= UNDER_WAY_MAX)
		return LATER;
	const char *wrong = words_of(command, &line);
	if (slot == -1)
		wrong = "its user has no runner";
	if (wrong != NULL) {
		log_warnx("%s %s: %s cannot be run: %s", thing->name,
			event_state_name(notice->state), command->line, wrong);
		return NEVER;
	}
	uint64_t run = notice->run != 0 ? notice->run : notified_new_run(notices->notified);
	const struct runner_order what = {.run = run,
		.queue = thing->key,
		.timeout_ms = NOTICE_LIMIT_MS,
		.words_count = line.count,
		.words = line.words};
	if (runners_run(notices->parent->runners, slot, &what) == -1) {
		if (errno != E2BIG)
			return LATER;
		log_warnx("%s %s: %s cannot be run: the command is too long", thing->name,
			event_state_name(notice->state), command->line);
		return NEVER;
	}
	notice->run = run;
	notice->under_way = true;
	notice->slot = slot;
	notices->under_way[slot]++;
	return STARTED;
}

/* The next command; true when the notice has one that is to be waited for. */
static bool run_notice(struct notices *notices, struct thing *thing, struct notice *notice)
{
	while (notice->next < notice->count) {
		if (notice->under_way)
			return true;
		switch (order(notices, thing, notice)) {
		case STARTED:
			set_progress(thing, notice);
			return true;
		case LATER:
			hold(notices, thing);
			return true;
		case NEVER:
			notice->next++;
			notice->run = 0;
			break;
		}
	}
	set_progress(thing, notice);
	return false;
}

static void run(struct notices *notices, struct thing *thing)
{
	struct notice *notice;

	for (;;) {
		bool was_busy = thing->queue.current != NULL;
		notice = notice_queue_current(&thing->queue);
		notices->busy += notice != NULL && !was_busy;
		if (notice == NULL || run_notice(notices, thing, notice))
			return;
		notice_queue_shift(&thing->queue);
		notices->busy--;
	}
}

/* Everything that waited tries; what has to wait on is put at the end. */
static void run_held(struct notices *notices)
{
	TAILQ_HEAD(, thing) list = TAILQ_HEAD_INITIALIZER(list);
	struct thing *thing;

	TAILQ_CONCAT(&list, &notices->held, held);
	while ((thing = TAILQ_FIRST(&list)) != NULL) {
		TAILQ_REMOVE(&list, thing, held);
		thing->is_held = false;
		run(notices, thing);
	}
}

/* ---- events ---- */

static void say_dropped(const struct thing *thing, unsigned dropped)
{
	if (dropped > 0)
		log_warnx("%s: its scripts are slower than its changes: %u notice%s left out so "
			  "far",
			thing->name, thing->queue.dropped,
			thing->queue.dropped == 1 ? " was" : "s were");
}

/* Is it worth being told at the stop? Servers of omega go down then. */
static bool is_of_stop(const struct notice *notice)
{
	return notice->state == EVENT_STOP || notice->state == EVENT_DOWN;
}

static void push(struct notices *notices, struct thing *thing, struct notice *notice)
{
	if (notices->stopping && !is_of_stop(notice)) {
		notice_free(notice);
		return;
	}
	if (notices->stopping) {
		unsigned forgotten = notice_queue_clear(&thing->queue);
		if (forgotten > 0)
			log_info("%s: %u notices left out: stopping", thing->name, forgotten);
	}
	thing->state = notice->state;
	say_dropped(thing, notice_queue_push(&thing->queue, notice));
	run(notices, thing);
}

void notices_event(struct notices *notices, struct notified_entry *entry, uint64_t number,
	const struct state_event *event)
{
	struct thing *thing = thing_get(notices, entry, event);
	struct notice *notice = notice_make(notices, number, event);

	push(notices, thing, notice);
}

void notices_resume(struct notices *notices, struct notified_entry *entry, uint64_t number,
	const struct state_event *event)
{
	struct notified_progress progress = notified_progress(entry, number);

	if (thing_find(notices, key_of(event)) != NULL)
		return;
	struct thing *thing = thing_get(notices, entry, event);
	struct notice *notice = notice_make(notices, number, event);
	thing->state = event->state;
	notice->next = progress.handed;
	if (progress.under_way && progress.handed > 0) {
		notice->next = progress.handed - 1;
		notice->run = progress.run;
	}
	if (notice->next < notice->count)
		push(notices, thing, notice);
	else
		notice_free(notice);
}

void notices_forget(struct notices *notices, const struct notified_entry *entry)
{
	struct thing *thing;

	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &notices->buckets[i], by_key)
		{
			if (thing->entry == entry)
				thing->entry = NULL;
		}
	}
}

/* ---- runners ---- */

/* A runner is believed only what it was asked. */
static struct thing *thing_of_run(struct notices *notices, int slot, uint64_t number)
{
	struct thing *thing;

	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &notices->buckets[i], by_key)
		{
			const struct notice *notice = thing->queue.current;
			if (notice != NULL && notice->under_way && notice->run == number &&
				notice->slot == slot)
				return thing;
		}
	}
	return NULL;
}

static void log_result(
	const struct thing *thing, const struct notice *notice, const struct runner_done *done)
{
	const char *line = notice->commands[notice->next].line;
	char how[96], output[sizeof(done->output)];

	scripts_describe(done, how, sizeof(how));
	scripts_one_line(done, output, sizeof(output));
	if (done->outcome == RAN_EXITED && done->status == 0)
		log_debug("%s %s: %s: done after %.3f s", thing->name,
			event_state_name(notice->state), line, (double)done->duration_us / 1e6);
	else
		log_warnx("%s %s: %s: %s after %.3f s%s%s", thing->name,
			event_state_name(notice->state), line, how, (double)done->duration_us / 1e6,
			output[0] != '\0' ? ": " : "", output);
}

static void ended(struct thing *thing, struct notice *notice, const struct runner_done *done)
{
	log_result(thing, notice, done);
	proto_string_set(
		thing->command, sizeof(thing->command), notice->commands[notice->next].line);
	thing->last = *done;
	set_progress(thing, notice);
	notice->next++;
	notice->run = 0;
	notice->tries = 0;
}

static void try_again_soon(struct notices *notices, struct thing *thing)
{
	static const struct timeval soon = {.tv_sec = AGAIN_S};

	hold(notices, thing);
	event_add(notices->again, &soon);
}

bool notices_done(struct notices *notices, int slot, const struct runner_done *done)
{
	if ((done->run & NOTIFIED_RUN) == 0)
		return false;
	struct thing *thing = thing_of_run(notices, slot, done->run);
	if (thing == NULL)
		return true; /* of a parentd before this one, which is asked for later */
	struct notice *notice = thing->queue.current;
	notices->under_way[notice->slot]--;
	notice->under_way = false;
	if (done->outcome == RAN_NOT_RUN && !notices->stopping) {
		try_again_soon(notices, thing);
	} else {
		ended(thing, notice, done);
		run(notices, thing);
	}
	run_held(notices);
	return true;
}

void notices_up(struct notices *notices)
{
	run_held(notices);
}

static bool is_at(const struct thing *thing, int slot)
{
	const struct notice *notice = thing->queue.current;

	return notice != NULL && notice->under_way && notice->slot == slot;
}

/* Nobody knows how far it came, and the state that it tells may be the latest. */
static void lost(struct notices *notices, struct thing *thing)
{
	struct notice *notice = thing->queue.current;
	const char *line = notice->commands[notice->next].line;

	notice->under_way = false;
	if (++notice->tries < TRIES_MAX) {
		log_warnx("%s %s: %s was ended with its runner and is run again", thing->name,
			event_state_name(notice->state), line);
	} else {
		log_line(LOG_ERR, "%s %s: %s was ended with its runner %u times: given up",
			thing->name, event_state_name(notice->state), line, notice->tries);
		set_progress(thing, notice);
		notice->next++;
		notice->run = 0;
		notice->tries = 0;
	}
	hold(notices, thing);
}

void notices_lost(struct notices *notices, int slot)
{
	static const struct timeval at_once = {0};
	struct thing *thing;

	notices->under_way[slot] = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &notices->buckets[i], by_key)
		{
			if (is_at(thing, slot))
				lost(notices, thing);
		}
	}
	/* Not from here: who calls is about to change who has which runner. */
	event_add(notices->again, &at_once);
}

static void users_of(const struct notice *notice,
	void (*take)(const struct runner_user *user, void *arg), void *arg)
{
	for (unsigned i = notice->next; i < notice->count; i++)
		take(&notice->commands[i].user, arg);
}

void notices_users(const struct notices *notices,
	void (*take)(const struct runner_user *user, void *arg), void *arg)
{
	const struct thing *thing;
	const struct notice *notice;

	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &notices->buckets[i], by_key)
		{
			if (thing->queue.current != NULL)
				users_of(thing->queue.current, take, arg);
			STAILQ_FOREACH(notice, &thing->queue.waiting, entry)
			users_of(notice, take, arg);
		}
	}
}

/* ---- stop ---- */

void notices_stopping(struct notices *notices)
{
	notices->stopping = true;
}

void notices_hurry(struct notices *notices)
{
	const struct thing *thing;

	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &notices->buckets[i], by_key)
		{
			const struct notice *notice = thing->queue.current;
			if (notice != NULL && notice->under_way && !is_of_stop(notice))
				runners_end(notices->parent->runners, notice->slot, notice->run);
		}
	}
}

bool notices_idle(const struct notices *notices)
{
	return notices->busy == 0;
}

/* ---- status ---- */

static json_t *thing_json(const struct thing *thing)
{
	const struct notice *notice = thing->queue.current;
	const char *running = notice != NULL && notice->next < notice->count
				      ? notice->commands[notice->next].line
				      : "";
	char how[96] = "none has ended yet";

	if (thing->command[0] != '\0')
		scripts_describe(&thing->last, how, sizeof(how));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:i}", "kind",
		kind_word(thing->kind), "name", thing->name, "state",
		event_state_name(thing->state), "running", running, "last_command", thing->command,
		"last_result", how, "last_output",
		thing->command[0] != '\0' ? thing->last.output : "", "last_duration_s",
		(double)thing->last.duration_us / 1e6, "waiting", (int)thing->queue.count,
		"left_out", (int)thing->queue.dropped);
}

json_t *notices_json(const struct notices *notices)
{
	json_t *array = json_array();
	const struct thing *thing;

	for (size_t i = 0; i < BUCKETS; i++) {
		LIST_FOREACH(thing, &notices->buckets[i], by_key)
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
