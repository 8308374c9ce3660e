#include "parentd/notices.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "conf/command.h"
#include "parentd/notice_queue.h"
#include "parentd/notice_thing.h"
#include "parentd/notified.h"
#include "parentd/parent.h"
#include "parentd/script_user.h"
#include "parentd/scripts.h"

/* That one runner has at once: it has vrrp_scripts to execute as well. */
#define UNDER_WAY_MAX 64
/* Executed again after its runner was lost with it; more may be the script's own fault. */
#define TRIES_MAX 2
#define AGAIN_S   1

/* What concerns the runner in one slot. */
struct lane {
	TAILQ_HEAD(held_list, notice_thing) held; /* in their order */
	bool held_again;
	TAILQ_HEAD(executed_list, notice_thing) executed;
	unsigned under_way; /* of the latter */
};

struct notices {
	struct parent *parent;
	struct notified *notified;
	struct notice_things *things;
	struct lane lanes[PROTO_RUNNERS];
	struct event *again;
	unsigned busy;    /* things that have a current notice */
	unsigned waiting; /* notices behind these */
	bool stopping;
};

static void run_all_held(struct notices *notices);

static void on_again(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	run_all_held(arg);
}

/* Only the latest state of a thing is known beyond the process that told it. */
static void say_lost(struct notified *notified)
{
	uint64_t waited = notified_waiting(notified);

	if (waited > 0)
		log_warnx("%" PRIu64 " notice%s waited for slower scripts when the parentd before "
			  "this one ended: of each instance, group and server only the latest "
			  "state is still told",
			waited, waited == 1 ? "" : "s");
	notified_set_waiting(notified, 0);
}

struct notices *notices_new(struct parent *parent, struct notified *notified)
{
	struct notices *notices = calloc(1, sizeof(*notices));

	if (notices == NULL)
		fatal("notices");
	notices->parent = parent;
	notices->notified = notified;
	notices->things = notice_things_new();
	for (int i = 0; i < PROTO_RUNNERS; i++) {
		TAILQ_INIT(&notices->lanes[i].held);
		TAILQ_INIT(&notices->lanes[i].executed);
	}
	notices->again = event_new(parent->base, -1, 0, on_again, notices);
	if (notices->things == NULL || notices->again == NULL)
		fatal("notices");
	say_lost(notified);
	return notices;
}

/* ---- waiting for a runner ---- */

static void hold(struct notices *notices, struct notice_thing *thing, int slot)
{
	if (thing->held_for != NOT_HELD)
		return;
	thing->held_for = slot;
	notices->lanes[slot].held_again = true;
	TAILQ_INSERT_TAIL(&notices->lanes[slot].held, thing, held);
}

static void let_go(struct notices *notices, struct notice_thing *thing)
{
	TAILQ_REMOVE(&notices->lanes[thing->held_for].held, thing, held);
	thing->held_for = NOT_HELD;
}

/* Its current command has left the runner. */
static void taken_back(struct notices *notices, struct notice_thing *thing)
{
	struct notice *notice = thing->queue.current;

	TAILQ_REMOVE(&notices->lanes[notice->slot].executed, thing, executed);
	notices->lanes[notice->slot].under_way--;
	notice->under_way = false;
}

/* ---- the commands of a notice ---- */

static void add(
	const struct notices *notices, struct notice *notice, const struct conf_command *command)
{
	struct runner_user user;
	char why[160];

	if (command == NULL || command->line == NULL)
		return;
	if (!script_user(notices->parent->conf, command, &user, why, sizeof(why)))
		log_warnx("%s cannot be run: %s", command->line, why);
	else if (notice_add(notice, command->line, &user) == -1)
		fatal("notices");
}

static void append_arguments(struct notice *notice, const struct state_event *event)
{
	char priority[8];

	snprintf(priority, sizeof(priority), "%u", event->priority);
	notice_append(notice, notice_kind_word(event->kind));
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

static void set_progress(const struct notice_thing *thing, const struct notice *notice)
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

static void say_never(
	const struct notice_thing *thing, const struct notice *notice, const char *why)
{
	log_warnx("%s %s: %s cannot be run: %s", thing->name, event_state_name(notice->state),
		notice->commands[notice->next].line, why);
}

/* LATER: the thing is held until its runner can take it. */
static enum verdict order(
	struct notices *notices, struct notice_thing *thing, struct notice *notice)
{
	const struct notice_command *command = &notice->commands[notice->next];
	struct conf_command_line line;
	int slot = runners_slot(notices->parent->runners, command->user.uid, command->user.gid);

	if (slot != -1 && notices->lanes[slot].under_way >= UNDER_WAY_MAX) {
		hold(notices, thing, slot);
		return LATER;
	}
	const char *wrong = words_of(command, &line);
	if (slot == -1)
		wrong = "its user has no runner";
	if (wrong != NULL) {
		say_never(thing, notice, wrong);
		return NEVER;
	}
	uint64_t run = notice->run != 0 ? notice->run : notified_new_run(notices->notified);
	const struct runner_order what = {.run = run,
		.queue = thing->key,
		.timeout_ms = NOTICE_LIMIT_MS,
		.words_count = line.count,
		.words = line.words};
	if (runners_run(notices->parent->runners, slot, &what) == -1) {
		if (errno == ENOTCONN || errno == ENOBUFS) {
			hold(notices, thing, slot);
			return LATER;
		}
		say_never(thing, notice,
			errno == E2BIG ? "the command is too long" : strerror(errno));
		return NEVER;
	}
	notice->run = run;
	notice->under_way = true;
	notice->slot = slot;
	notices->lanes[slot].under_way++;
	TAILQ_INSERT_TAIL(&notices->lanes[slot].executed, thing, executed);
	return STARTED;
}

/* The next command; true when the notice has one that is to be waited for. */
static bool run_notice(struct notices *notices, struct notice_thing *thing, struct notice *notice)
{
	while (notice->next < notice->count) {
		if (notice->under_way)
			return true;
		switch (order(notices, thing, notice)) {
		case STARTED:
			set_progress(thing, notice);
			return true;
		case LATER:
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

/* What waits is counted where the parentd after this one finds it. */
static void count_waiting(struct notices *notices, struct notice_thing *thing)
{
	if (thing->counted == thing->queue.count)
		return;
	notices->waiting += thing->queue.count - thing->counted;
	thing->counted = thing->queue.count;
	notified_set_waiting(notices->notified, notices->waiting);
}

/* The thing may be gone when this returns. */
static void run(struct notices *notices, struct notice_thing *thing)
{
	struct notice *notice;

	for (;;) {
		bool was_busy = thing->queue.current != NULL;
		notice = notice_queue_current(&thing->queue);
		notices->busy += notice != NULL && !was_busy;
		if (notice == NULL || run_notice(notices, thing, notice))
			break;
		notice_queue_shift(&thing->queue);
		notices->busy--;
	}
	count_waiting(notices, thing);
	notice_things_release(thing);
}

/* A runner has room again: until one has to wait once more, and so would all behind it. */
static void run_held(struct notices *notices, int slot)
{
	struct lane *lane = &notices->lanes[slot];
	struct notice_thing *thing;

	lane->held_again = false;
	while (!lane->held_again && (thing = TAILQ_FIRST(&lane->held)) != NULL) {
		let_go(notices, thing);
		run(notices, thing);
	}
}

/* Everything that waited tries, as users may have other slots than they had. */
static void run_all_held(struct notices *notices)
{
	struct held_list list = TAILQ_HEAD_INITIALIZER(list);
	struct notice_thing *thing;

	for (int i = 0; i < PROTO_RUNNERS; i++)
		TAILQ_CONCAT(&list, &notices->lanes[i].held, held);
	while ((thing = TAILQ_FIRST(&list)) != NULL) {
		TAILQ_REMOVE(&list, thing, held);
		thing->held_for = NOT_HELD;
		run(notices, thing);
	}
}

/* ---- events ---- */

static struct notice_thing *thing_get(
	struct notices *notices, struct notified_entry *entry, const struct state_event *event)
{
	struct notice_thing *thing = notice_things_get(notices->things, event);

	if (thing == NULL)
		fatal("notices");
	thing->entry = entry;
	return thing;
}

static void say_dropped(const struct notice_thing *thing, unsigned dropped)
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

static void push(struct notices *notices, struct notice_thing *thing, struct notice *notice)
{
	if (notices->stopping && !is_of_stop(notice)) {
		notice_free(notice);
		return;
	}
	thing->state = notice->state;
	say_dropped(thing, notice_queue_push(&thing->queue, notice));
	run(notices, thing);
}

void notices_event(struct notices *notices, struct notified_entry *entry, uint64_t number,
	const struct state_event *event)
{
	struct notice_thing *thing = thing_get(notices, entry, event);

	push(notices, thing, notice_make(notices, number, event));
}

void notices_resume(struct notices *notices, struct notified_entry *entry, uint64_t number,
	const struct state_event *event)
{
	struct notified_progress progress = notified_progress(entry, number);

	if (notice_things_find(notices->things,
		    notified_key(event->kind, event_id(event), event->virtual_server)) != NULL)
		return;
	struct notice_thing *thing = thing_get(notices, entry, event);
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

void notices_forget(struct notices *notices, uint64_t key)
{
	struct notice_thing *thing = notice_things_find(notices->things, key);

	if (thing == NULL)
		return;
	thing->entry = NULL;
	thing->removed = true;
	notice_things_release(thing);
}

/* ---- runners ---- */

/* A runner is believed only what it was asked. */
static struct notice_thing *thing_of_run(const struct notices *notices, int slot, uint64_t number)
{
	struct notice_thing *thing;

	TAILQ_FOREACH(thing, &notices->lanes[slot].executed, executed)
	{
		if (thing->queue.current->run == number)
			return thing;
	}
	return NULL;
}

static void log_result(const struct notice_thing *thing, const struct notice *notice,
	const struct runner_done *done)
{
	const char *line = notice->commands[notice->next].line;
	char how[96], output[sizeof(done->output)];

	scripts_describe(done, how, sizeof(how));
	scripts_one_line(done, output, sizeof(output));
	if (done->outcome == RAN_EXITED && done->status == 0)
		log_debug("%s %s: %s: done after %.3f s", thing->name,
			event_state_name(notice->state), line, (double)done->duration_us / 1e6);
	else
		log_change(LOG_WARNING,
			&(struct log_change){.kind = LOG_NOTIFY_FAILED,
				.script = line,
				.state = how,
				.reason = output},
			"%s %s: %s: %s after %.3f s%s%s", thing->name,
			event_state_name(notice->state), line, how, (double)done->duration_us / 1e6,
			output[0] != '\0' ? ": " : "", output);
}

static void ended(struct notice_thing *thing, struct notice *notice, const struct runner_done *done)
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

static void try_again_soon(struct notices *notices, struct notice_thing *thing, int slot)
{
	static const struct timeval soon = {.tv_sec = AGAIN_S};

	hold(notices, thing, slot);
	event_add(notices->again, &soon);
}

bool notices_done(struct notices *notices, int slot, const struct runner_done *done)
{
	if ((done->run & NOTIFIED_RUN) == 0)
		return false;
	struct notice_thing *thing = thing_of_run(notices, slot, done->run);
	if (thing == NULL)
		return true; /* of a parentd before this one, which is asked for later */
	taken_back(notices, thing);
	if (done->outcome == RAN_NOT_RUN && !notices->stopping) {
		try_again_soon(notices, thing, slot);
		return true;
	}
	ended(thing, thing->queue.current, done);
	run(notices, thing);
	run_held(notices, slot);
	return true;
}

void notices_up(struct notices *notices)
{
	run_all_held(notices);
}

/* Nobody knows how far it came, and the state that it tells may be the latest. */
static void lost(struct notices *notices, struct notice_thing *thing, int slot)
{
	struct notice *notice = thing->queue.current;
	const char *line = notice->commands[notice->next].line;

	taken_back(notices, thing);
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
	hold(notices, thing, slot);
}

void notices_lost(struct notices *notices, int slot)
{
	static const struct timeval at_once = {0};
	struct notice_thing *thing;

	while ((thing = TAILQ_FIRST(&notices->lanes[slot].executed)) != NULL)
		lost(notices, thing, slot);
	/* Not from here: who calls is about to change who has which runner. */
	event_add(notices->again, &at_once);
}

struct users {
	void (*take)(const struct runner_user *user, void *arg);
	void *arg;
};

static void users_of(const struct notice *notice, const struct users *users)
{
	for (unsigned i = notice->next; i < notice->count; i++)
		users->take(&notice->commands[i].user, users->arg);
}

static void take_users(struct notice_thing *thing, void *arg)
{
	const struct notice *notice;

	if (thing->queue.current != NULL)
		users_of(thing->queue.current, arg);
	STAILQ_FOREACH(notice, &thing->queue.waiting, entry)
	users_of(notice, arg);
}

void notices_users(const struct notices *notices,
	void (*take)(const struct runner_user *user, void *arg), void *arg)
{
	struct users users = {take, arg};

	notice_things_each(notices->things, take_users, &users);
}

/* ---- stop ---- */

static void forget_waiting(struct notice_thing *thing, void *arg)
{
	struct notices *notices = arg;
	unsigned forgotten = notice_queue_clear(&thing->queue);

	if (forgotten > 0)
		log_info("%s: %u notice%s left out, as the service stops", thing->name, forgotten,
			forgotten == 1 ? " is" : "s are");
	count_waiting(notices, thing);
}

void notices_stopping(struct notices *notices)
{
	notices->stopping = true;
	notice_things_each(notices->things, forget_waiting, notices);
}

void notices_hurry(struct notices *notices)
{
	const struct notice_thing *thing;

	for (int slot = 0; slot < PROTO_RUNNERS; slot++) {
		TAILQ_FOREACH(thing, &notices->lanes[slot].executed, executed)
		{
			const struct notice *notice = thing->queue.current;
			if (!is_of_stop(notice))
				runners_end(notices->parent->runners, slot, notice->run);
		}
	}
}

bool notices_idle(const struct notices *notices)
{
	return notices->busy == 0;
}

json_t *notices_json(const struct notices *notices)
{
	return notice_things_json(notices->things);
}
