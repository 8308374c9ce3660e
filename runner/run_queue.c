#include "runner/run_queue.h"

#include <stdbool.h>

int run_queue_add(struct run_queue *queue, uint64_t run, uint64_t number)
{
	if (number == 0 ? queue->running >= RUNS_AT_ONCE : queue->waiting >= RUNS_WAITING)
		return -1;
	for (int i = 0; i < RUNS_MAX; i++) {
		struct run_entry *entry = &queue->entries[i];
		if (entry->state != RUN_FREE)
			continue;
		*entry = (struct run_entry){RUN_WAITING, run, number, queue->arrivals++};
		queue->waiting++;
		return i;
	}
	return -1;
}

/* Another one of its queue runs, or came before it. */
static bool is_blocked(const struct run_queue *queue, const struct run_entry *entry)
{
	if (entry->queue == 0)
		return false;
	for (int i = 0; i < RUNS_MAX; i++) {
		const struct run_entry *other = &queue->entries[i];
		if (other->state != RUN_FREE && other->queue == entry->queue &&
			(other->state == RUN_RUNNING || other->arrival < entry->arrival))
			return true;
	}
	return false;
}

int run_queue_next(struct run_queue *queue)
{
	int first = -1;

	if (queue->waiting == 0 || queue->running >= RUNS_AT_ONCE)
		return -1;
	for (int i = 0; i < RUNS_MAX; i++) {
		const struct run_entry *entry = &queue->entries[i];
		if (entry->state == RUN_WAITING &&
			(first == -1 || entry->arrival < queue->entries[first].arrival) &&
			!is_blocked(queue, entry))
			first = i;
	}
	if (first == -1)
		return -1;
	queue->entries[first].state = RUN_RUNNING;
	queue->waiting--;
	queue->running++;
	return first;
}

int run_queue_find(const struct run_queue *queue, uint64_t run)
{
	for (int i = 0; i < RUNS_MAX; i++) {
		if (queue->entries[i].state != RUN_FREE && queue->entries[i].run == run)
			return i;
	}
	return -1;
}

void run_queue_remove(struct run_queue *queue, int place)
{
	struct run_entry *entry = &queue->entries[place];

	if (entry->state == RUN_WAITING)
		queue->waiting--;
	else if (entry->state == RUN_RUNNING)
		queue->running--;
	entry->state = RUN_FREE;
}
