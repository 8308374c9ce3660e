#include "parentd/notice_queue.h"

#include <stdlib.h>
#include <string.h>

/* ---- notices ---- */

struct notice *notice_new(uint64_t number, enum event_state state)
{
	struct notice *notice = calloc(1, sizeof(*notice));

	if (notice == NULL)
		return NULL;
	notice->number = number;
	notice->state = state;
	return notice;
}

void notice_free(struct notice *notice)
{
	if (notice == NULL)
		return;
	for (unsigned i = 0; i < notice->count; i++)
		free(notice->commands[i].line);
	free(notice);
}

int notice_add(struct notice *notice, const char *line, const struct runner_user *user)
{
	struct notice_command *command = &notice->commands[notice->count];

	command->line = strdup(line);
	if (command->line == NULL)
		return -1;
	command->user = *user;
	notice->count++;
	return 0;
}

static size_t appended_length(const struct notice_command *command)
{
	size_t length = 0;

	for (unsigned i = 0; i < command->appended_count; i++)
		length += strlen(command->appended + length) + 1;
	return length;
}

void notice_append(struct notice *notice, const char *word)
{
	struct notice_command *command = &notice->commands[notice->count - 1];
	size_t at = appended_length(command);

	if (at + strlen(word) + 1 > sizeof(command->appended))
		return;
	memcpy(command->appended + at, word, strlen(word) + 1);
	command->appended_count++;
}

/* ---- the queue ---- */

void notice_queue_init(struct notice_queue *queue)
{
	*queue = (struct notice_queue){0};
	STAILQ_INIT(&queue->waiting);
}

static void drop(struct notice_queue *queue, struct notice *notice)
{
	STAILQ_REMOVE(&queue->waiting, notice, notice, entry);
	queue->count--;
	queue->dropped++;
	notice_free(notice);
}

static struct notice *passing(const struct notice_queue *queue)
{
	struct notice *notice;

	STAILQ_FOREACH(notice, &queue->waiting, entry)
	{
		if (!event_state_lasts(notice->state))
			return notice;
	}
	return NULL;
}

/* That a lower priority was heard is worth one notice, however often it was. */
static bool is_repetition(const struct notice_queue *queue, const struct notice *notice)
{
	const struct notice *one, *last = NULL;

	STAILQ_FOREACH(one, &queue->waiting, entry)
	last = one;
	return notice->state == EVENT_MASTER_RX_LOWER_PRI && last != NULL &&
	       last->state == notice->state;
}

/* When all that wait are states, the oldest of them is not the latest, unless the new one is no
 * state; then that is the one to go. */
static unsigned make_room(struct notice_queue *queue, const struct notice *notice)
{
	struct notice *victim = passing(queue);

	if (victim == NULL && event_state_lasts(notice->state))
		victim = STAILQ_FIRST(&queue->waiting);
	if (victim == NULL)
		return 0;
	drop(queue, victim);
	return 1;
}

unsigned notice_queue_push(struct notice_queue *queue, struct notice *notice)
{
	unsigned dropped = 0;

	if (is_repetition(queue, notice)) {
		notice_free(notice);
		return 0;
	}
	if (queue->count == NOTICES_WAITING) {
		dropped = make_room(queue, notice);
		if (dropped == 0) {
			queue->dropped++;
			notice_free(notice);
			return 1;
		}
	}
	STAILQ_INSERT_TAIL(&queue->waiting, notice, entry);
	queue->count++;
	return dropped;
}

struct notice *notice_queue_current(struct notice_queue *queue)
{
	if (queue->current == NULL && !STAILQ_EMPTY(&queue->waiting)) {
		queue->current = STAILQ_FIRST(&queue->waiting);
		STAILQ_REMOVE_HEAD(&queue->waiting, entry);
		queue->count--;
	}
	return queue->current;
}

void notice_queue_shift(struct notice_queue *queue)
{
	notice_free(queue->current);
	queue->current = NULL;
}

unsigned notice_queue_clear(struct notice_queue *queue)
{
	unsigned cleared = queue->count;

	while (!STAILQ_EMPTY(&queue->waiting))
		drop(queue, STAILQ_FIRST(&queue->waiting));
	return cleared;
}
