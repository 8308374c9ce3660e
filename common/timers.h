/* All timers of the process in one heap, so that the kernel holds a single one: what is due at the
 * same time is handled in one wake-up. Times are nanoseconds of CLOCK_BOOTTIME. */
#ifndef HOLDFAST_TIMERS_H
#define HOLDFAST_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in its owner. position is the heap's; 0 means not running. */
struct timer {
	uint64_t due_ns;
	size_t position;
	void (*expired)(void *arg, uint64_t now_ns);
	void *arg;
};

struct timers;

/* arm() is told the earliest due time whenever it became earlier, and after every timers_run();
 * UINT64_MAX when no timer runs. Returns NULL with errno. */
struct timers *timers_new(void (*arm)(uint64_t due_ns, void *arg), void *arg);
void timers_free(struct timers *timers);

void timer_init(struct timer *timer, void (*expired)(void *arg, uint64_t now_ns), void *arg);
bool timer_running(const struct timer *timer);

/* Starts the timer or moves it. */
void timers_set(struct timers *timers, struct timer *timer, uint64_t due_ns);

/* For timers that are nearly always put off before they expire (Master_Down_Timer): a running timer
 * that would be earlier is left where it is, and its owner compares when it expires. */
void timers_set_lazily(struct timers *timers, struct timer *timer, uint64_t due_ns);
void timers_cancel(struct timers *timers, struct timer *timer);

/* Calls expired() for everything due at now_ns, earliest first. Timers may be set and cancelled
 * inside. */
void timers_run(struct timers *timers, uint64_t now_ns);

/* Due time of the earliest timer, UINT64_MAX when none runs. */
uint64_t timers_next(const struct timers *timers);

#endif
