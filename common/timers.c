#include "common/timers.h"

#include <stdlib.h>

#include "common/log.h"

/* A binary heap; heap[1] is the earliest. */
struct timers {
	struct timer **heap;
	size_t count;
	size_t room;
	uint64_t armed_ns;
	bool running;
	void (*arm)(uint64_t due_ns, void *arg);
	void *arg;
};

struct timers *timers_new(void (*arm)(uint64_t due_ns, void *arg), void *arg)
{
	struct timers *timers = calloc(1, sizeof *timers);
	if (timers == NULL)
		return NULL;
	timers->arm = arm;
	timers->arg = arg;
	timers->armed_ns = UINT64_MAX;
	return timers;
}

void timers_free(struct timers *timers)
{
	if (timers == NULL)
		return;
	free(timers->heap);
	free(timers);
}

void timer_init(struct timer *timer, void (*expired)(void *arg, uint64_t now_ns), void *arg)
{
	*timer = (struct timer){.expired = expired, .arg = arg};
}

bool timer_running(const struct timer *timer)
{
	return timer->position != 0;
}

static void place(struct timers *timers, size_t position, struct timer *timer)
{
	timers->heap[position] = timer;
	timer->position = position;
}

static void sift_up(struct timers *timers, size_t position, struct timer *timer)
{
	while (position > 1 && timers->heap[position / 2]->due_ns > timer->due_ns) {
		place(timers, position, timers->heap[position / 2]);
		position /= 2;
	}
	place(timers, position, timer);
}

static void sift_down(struct timers *timers, size_t position, struct timer *timer)
{
	for (;;) {
		size_t child = position * 2;

		if (child > timers->count)
			break;
		if (child < timers->count &&
			timers->heap[child + 1]->due_ns < timers->heap[child]->due_ns)
			child++;
		if (timers->heap[child]->due_ns >= timer->due_ns)
			break;
		place(timers, position, timers->heap[child]);
		position = child;
	}
	place(timers, position, timer);
}

static void append(struct timers *timers, struct timer *timer)
{
	if (timers->count + 2 > timers->room) {
		size_t room = timers->room == 0 ? 64 : timers->room * 2;
		struct timer **heap = reallocarray(timers->heap, room, sizeof(struct timer *));

		if (heap == NULL)
			fatal("timers");
		timers->heap = heap;
		timers->room = room;
	}
	timers->count++;
	sift_up(timers, timers->count, timer);
}

static void arm(struct timers *timers)
{
	timers->armed_ns = timers_next(timers);
	timers->arm(timers->armed_ns, timers->arg);
}

void timers_set(struct timers *timers, struct timer *timer, uint64_t due_ns)
{
	uint64_t before_ns = timer->due_ns;

	timer->due_ns = due_ns;
	if (timer->position == 0)
		append(timers, timer);
	else if (due_ns < before_ns)
		sift_up(timers, timer->position, timer);
	else
		sift_down(timers, timer->position, timer);
	if (!timers->running && timers_next(timers) < timers->armed_ns)
		arm(timers);
}

void timers_set_lazily(struct timers *timers, struct timer *timer, uint64_t due_ns)
{
	if (timer->position == 0 || due_ns < timer->due_ns)
		timers_set(timers, timer, due_ns);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
	size_t position = timer->position;
	struct timer *last;

	if (position == 0)
		return;
	timer->position = 0;
	last = timers->heap[timers->count--];
	if (last == timer)
		return;
	if (position > 1 && timers->heap[position / 2]->due_ns > last->due_ns)
		sift_up(timers, position, last);
	else
		sift_down(timers, position, last);
}

void timers_run(struct timers *timers, uint64_t now_ns)
{
	timers->running = true;
	while (timers_next(timers) <= now_ns) {
		struct timer *timer = timers->heap[1];

		timers_cancel(timers, timer);
		timer->expired(timer->arg, now_ns);
	}
	timers->running = false;
	arm(timers);
}

uint64_t timers_next(const struct timers *timers)
{
	return timers->count == 0 ? UINT64_MAX : timers->heap[1]->due_ns;
}
