/* The event loop of a process. */
#ifndef HOLDFAST_LOOP_H
#define HOLDFAST_LOOP_H

struct event_base;

/* A libevent base without locks, whose choice of mechanism no environment variable changes. Fatal
 * on failure. */
struct event_base *loop_new(void);

/* Runs until the process exits; does not return. */
void loop_run(struct event_base *base) __attribute__((noreturn));

#endif
