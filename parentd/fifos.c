#include "parentd/fifos.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "conf/command.h"
#include "parentd/notified.h"
#include "parentd/parent.h"
#include "parentd/script_user.h"
#include "parentd/scripts.h"
#include "runner/fifo_lines.h"

struct fifo {
	int index; /* enum conf_fifo_kind */
	bool used;
	char path[PROTO_PATH_LEN];
	struct runner_user user;
	/* the reader; count 0: none */
	struct conf_command_line reader;
	struct runner_user reader_user;
	uint64_t reader_mark;
	bool reader_ordered; /* its runner has it */
	bool reader_ended;
	/* lines that are not known to be in the pipe */
	struct fifo_lines lines;
	uint64_t numbered;
	uint64_t sent;
	uint64_t lost;        /* logged */
	uint64_t runner_lost; /* of these, as its runner said last */
	enum runner_fifo_problem problem;
	int error;
};

struct fifos {
	struct parent *parent;
	struct notified *notified;
	struct fifo list[CONF_FIFOS];
};

struct fifos *fifos_new(struct parent *parent, struct notified *notified)
{
	struct fifos *fifos = calloc(1, sizeof(*fifos));

	if (fifos == NULL)
		fatal("fifos");
	fifos->parent = parent;
	fifos->notified = notified;
	for (int i = 0; i < CONF_FIFOS; i++)
		fifos->list[i].index = i;
	return fifos;
}

static int slot_of(const struct fifos *fifos, const struct runner_user *user)
{
	return runners_slot(fifos->parent->runners, user->uid, user->gid);
}

/* ---- lines ---- */

static const char *kind_word(enum event_kind kind)
{
	return kind == EVENT_GROUP ? "GROUP" : "INSTANCE";
}

void fifos_text(const struct state_event *event, char text[PROTO_LINE_LEN])
{
	const char *state = event_state_name(event->state);

	switch (event->kind) {
	case EVENT_INSTANCE:
	case EVENT_GROUP:
		snprintf(text, PROTO_LINE_LEN, "%s \"%s\" %s %u\n", kind_word(event->kind),
			event->name, state, event->priority);
		return;
	case EVENT_VIRTUAL_SERVER:
		snprintf(text, PROTO_LINE_LEN, "VS %s %s\n", event->name, state);
		return;
	case EVENT_REAL_SERVER:
		snprintf(text, PROTO_LINE_LEN, "RS %s %s %s\n", event->name, event->virtual_server,
			state);
		return;
	}
}

static bool is_for(const struct fifo *fifo, const struct state_event *event)
{
	bool vrrp = event->kind == EVENT_INSTANCE || event->kind == EVENT_GROUP;

	return fifo->used &&
	       (fifo->index == CONF_FIFO_ALL || (fifo->index == CONF_FIFO_VRRP) == vrrp);
}

/* What is not sent now is sent when the runner is there. */
static void send_lines(struct fifos *fifos, struct fifo *fifo)
{
	int slot = slot_of(fifos, &fifo->user);

	for (unsigned i = 0; i < fifo->lines.count && slot != -1; i++) {
		const struct runner_fifo_line *line =
			&fifo->lines.list[(fifo->lines.first + i) % FIFO_LINES_MAX];
		if (line->number <= fifo->sent)
			continue;
		if (runners_fifo_line(fifos->parent->runners, slot, line) == -1)
			return;
		fifo->sent = line->number;
	}
}

static void count_lost(struct fifo *fifo, uint64_t lost)
{
	if (lost == 0)
		return;
	fifo->lost += lost;
	log_warnx("%s: nobody reads it: %" PRIu64 " line%s lost so far", fifo->path, fifo->lost,
		fifo->lost == 1 ? " is" : "s are");
}

void fifos_event(struct fifos *fifos, const struct state_event *event)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		struct fifo *fifo = &fifos->list[i];
		struct runner_fifo_line line = {.fifo = (uint32_t)i};
		char text[PROTO_LINE_LEN];
		if (!is_for(fifo, event))
			continue;
		fifos_text(event, text);
		proto_string_set(line.line, sizeof(line.line), text);
		line.number = ++fifo->numbered;
		count_lost(fifo, fifo_lines_push(&fifo->lines, &line));
		send_lines(fifos, fifo);
	}
}

bool fifos_written(const struct fifos *fifos)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		const struct fifo *fifo = &fifos->list[i];
		if (fifo->used && fifo->problem == FIFO_FINE && fifo->lines.count > 0)
			return false;
	}
	return true;
}

/* ---- readers ---- */

static bool is_reader_of(const struct fifos *fifos, const struct fifo *fifo)
{
	return fifo->reader.count > 0 &&
	       notified_fifo_run_mark(fifos->notified, fifo->index) == fifo->reader_mark;
}

/* One that a parentd before this one started is known to its runner by its number. */
static void start_reader(struct fifos *fifos, struct fifo *fifo)
{
	int slot = slot_of(fifos, &fifo->reader_user);

	if (fifo->reader.count == 0 || fifo->reader_ordered || fifo->reader_ended || slot == -1)
		return;
	if (!is_reader_of(fifos, fifo))
		notified_set_fifo_run(fifos->notified, fifo->index,
			notified_new_run(fifos->notified), fifo->reader_mark);
	uint64_t run = notified_fifo_run(fifos->notified, fifo->index);
	const struct runner_order order = {.run = run,
		.queue = run,
		.words_count = fifo->reader.count,
		.words = fifo->reader.words};
	fifo->reader_ordered = runners_run(fifos->parent->runners, slot, &order) == 0;
}

static void end_reader(struct fifos *fifos, const struct fifo *fifo)
{
	int slot = slot_of(fifos, &fifo->reader_user);

	if (fifo->reader.count > 0 && fifo->reader_ordered && slot != -1)
		runners_end(fifos->parent->runners, slot,
			notified_fifo_run(fifos->notified, fifo->index));
}

static struct fifo *fifo_of_run(struct fifos *fifos, int slot, uint64_t run)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		struct fifo *fifo = &fifos->list[i];
		if (fifo->used && fifo->reader_ordered && is_reader_of(fifos, fifo) &&
			notified_fifo_run(fifos->notified, i) == run &&
			slot_of(fifos, &fifo->reader_user) == slot)
			return fifo;
	}
	return NULL;
}

/* As keepalived: it is said, no more. The next reload starts it again. */
bool fifos_done(struct fifos *fifos, int slot, const struct runner_done *done)
{
	struct fifo *fifo = fifo_of_run(fifos, slot, done->run);
	char how[96], output[sizeof(done->output)];

	if (fifo == NULL)
		return false;
	scripts_describe(done, how, sizeof(how));
	scripts_one_line(done, output, sizeof(output));
	log_warnx("the reader of %s, %s, has ended: %s%s%s; a reload starts it again", fifo->path,
		fifo->reader.words[0], how, output[0] != '\0' ? ": " : "", output);
	fifo->reader_ended = true;
	return true;
}

/* ---- runners ---- */

static void use(struct fifos *fifos, struct fifo *fifo)
{
	struct runner_fifo order = {.fifo = (uint32_t)fifo->index, .order = FIFO_USE};
	int slot = slot_of(fifos, &fifo->user);

	if (slot == -1)
		return;
	order.made =
		notified_fifo_made(fifos->notified, fifo->index) == notified_mark(0, fifo->path);
	proto_string_set(order.path, sizeof(order.path), fifo->path);
	if (runners_fifo(fifos->parent->runners, slot, &order) == 0)
		send_lines(fifos, fifo);
}

void fifos_up(struct fifos *fifos, int slot)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		struct fifo *fifo = &fifos->list[i];
		if (!fifo->used)
			continue;
		if (slot_of(fifos, &fifo->user) == slot)
			use(fifos, fifo);
		if (slot_of(fifos, &fifo->reader_user) == slot)
			start_reader(fifos, fifo);
	}
}

/* What had not been written by then is written by the next one. */
void fifos_lost(struct fifos *fifos, int slot)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		struct fifo *fifo = &fifos->list[i];
		if (fifo->used && slot_of(fifos, &fifo->user) == slot)
			fifo->sent = fifo->runner_lost = 0;
		if (fifo->used && slot_of(fifos, &fifo->reader_user) == slot) {
			fifo->reader_ordered = false;
			fifo->reader_ended = false;
		}
	}
}

static void log_problem(const struct fifo *fifo)
{
	const char *user = fifo->user.name;

	switch (fifo->problem) {
	case FIFO_FINE:
		log_info("%s is open", fifo->path);
		return;
	case FIFO_NOT_MADE:
		log_line(LOG_ERR,
			"%s cannot be made: %s; make it yourself (mkfifo, chown %s), or name a "
			"directory in which user %s may",
			fifo->path, strerror(fifo->error), user, user);
		return;
	case FIFO_NOT_OPENED:
		log_line(LOG_ERR, "%s cannot be opened by user %s: %s", fifo->path, user,
			strerror(fifo->error));
		return;
	case FIFO_IS_NONE:
		log_line(LOG_ERR, "%s is no fifo and is not written to: remove it", fifo->path);
		return;
	case FIFO_NOT_OURS:
		log_line(LOG_ERR,
			"%s does not belong to user %s and is not written to: chown it, or name "
			"its "
			"owner behind its path in the configuration",
			fifo->path, user);
		return;
	}
}

void fifos_state(struct fifos *fifos, int slot, const struct runner_fifo_state *state)
{
	struct fifo *fifo = &fifos->list[state->fifo];
	const struct runner_fifo_line *line;

	if (!fifo->used || slot_of(fifos, &fifo->user) != slot)
		return;
	while ((line = fifo_lines_first(&fifo->lines)) != NULL && line->number <= state->written &&
		line->number <= fifo->sent)
		fifo_lines_pop(&fifo->lines);
	if (state->lost > fifo->runner_lost)
		count_lost(fifo, state->lost - fifo->runner_lost);
	fifo->runner_lost = state->lost;
	notified_set_fifo_made(
		fifos->notified, fifo->index, state->made != 0 ? notified_mark(0, fifo->path) : 0);
	if (fifo->problem == state->problem && fifo->error == state->error)
		return;
	fifo->problem = (enum runner_fifo_problem)state->problem;
	fifo->error = state->error;
	log_problem(fifo);
}

/* ---- configurations ---- */

static void drop(struct fifos *fifos, const struct fifo *fifo)
{
	struct runner_fifo order = {.fifo = (uint32_t)fifo->index, .order = FIFO_DROP};
	int slot = slot_of(fifos, &fifo->user);

	if (slot == -1)
		return;
	proto_string_set(order.path, sizeof(order.path), fifo->path);
	runners_fifo(fifos->parent->runners, slot, &order);
	notified_set_fifo_made(fifos->notified, fifo->index, 0);
}

void fifos_drop(struct fifos *fifos)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		if (fifos->list[i].used)
			drop(fifos, &fifos->list[i]);
	}
}

static bool user_of(
	const struct fifos *fifos, const struct conf_command *command, struct runner_user *user)
{
	char why[160];

	if (script_user(fifos->parent->conf, command, user, why, sizeof(why)))
		return true;
	log_warnx("%s cannot be used: %s", command->line, why);
	return false;
}

static void take_reader(
	const struct fifos *fifos, struct fifo *fifo, const struct conf_command *command)
{
	if (command->line == NULL || !user_of(fifos, command, &fifo->reader_user))
		return;
	const char *wrong = conf_command_parse(command->line, &fifo->reader);
	if (wrong == NULL && fifo->reader.count == CONF_COMMAND_WORDS)
		wrong = "the command has too many words";
	if (wrong != NULL) {
		log_warnx("%s cannot be run: %s", command->line, wrong);
		fifo->reader.count = 0;
		return;
	}
	fifo->reader.words[fifo->reader.count++] = fifo->path;
	fifo->reader_mark = notified_mark(notified_mark(0, fifo->path), command->line);
}

/* As the configuration says it, without anything that came of it. */
static void wanted(const struct fifos *fifos, int index, struct fifo *fifo)
{
	const struct conf_fifo *conf = &fifos->parent->conf->global.fifos[index];

	*fifo = (struct fifo){.index = index};
	if (conf->path.line == NULL || !user_of(fifos, &conf->path, &fifo->user))
		return;
	fifo->used = true;
	proto_string_set(fifo->path, sizeof(fifo->path), conf->path.line);
	take_reader(fifos, fifo, &conf->reader);
}

static bool same_user(const struct runner_user *a, const struct runner_user *b)
{
	return a->uid == b->uid && a->gid == b->gid;
}

static bool same_fifo(const struct fifo *a, const struct fifo *b)
{
	return a->used && b->used && strcmp(a->path, b->path) == 0 && same_user(&a->user, &b->user);
}

static bool same_reader(const struct fifo *a, const struct fifo *b)
{
	return same_fifo(a, b) && a->reader_mark == b->reader_mark &&
	       same_user(&a->reader_user, &b->reader_user);
}

/* words point into the struct that they stand in. */
static void copy_reader(struct fifo *to, const struct fifo *from)
{
	to->reader.count = from->reader.count;
	memcpy(to->reader.text, from->reader.text, sizeof(to->reader.text));
	for (size_t i = 0; i < from->reader.count; i++) {
		const char *word = from->reader.words[i];
		bool inside = word >= from->reader.text &&
			      word < from->reader.text + sizeof(from->reader.text);
		to->reader.words[i] = inside ? to->reader.text + (word - from->reader.text) : word;
	}
	if (from->reader.count > 0)
		to->reader.words[from->reader.count - 1] = to->path;
	to->reader_user = from->reader_user;
	to->reader_mark = from->reader_mark;
	to->reader_ordered = false;
}

static void replace(struct fifo *fifo, const struct fifo *new)
{
	*fifo = *new;
	copy_reader(fifo, new);
}

void fifos_leave(struct fifos *fifos)
{
	struct fifo *new = calloc(1, sizeof(*new));

	if (new == NULL)
		fatal("fifos");
	for (int i = 0; i < CONF_FIFOS; i++) {
		struct fifo *fifo = &fifos->list[i];
		wanted(fifos, i, new);
		if (!same_reader(fifo, new) || fifo->reader_ended) {
			end_reader(fifos, fifo);
			if (fifo->used)
				notified_set_fifo_run(fifos->notified, i, 0, 0);
			copy_reader(fifo, new);
			fifo->reader_ended = false;
		}
		if (same_fifo(fifo, new))
			continue;
		if (fifo->used)
			drop(fifos, fifo);
		replace(fifo, new);
	}
	free(new);
}

void fifos_adopt(struct fifos *fifos)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		struct fifo *fifo = &fifos->list[i];
		if (!fifo->used)
			continue;
		use(fifos, fifo);
		start_reader(fifos, fifo);
	}
}

void fifos_users(const struct fifos *fifos, void (*take)(const struct runner_user *user, void *arg),
	void *arg)
{
	for (int i = 0; i < CONF_FIFOS; i++) {
		if (fifos->list[i].used)
			take(&fifos->list[i].user, arg);
		if (fifos->list[i].used && fifos->list[i].reader.count > 0)
			take(&fifos->list[i].reader_user, arg);
	}
}
