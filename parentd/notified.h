/* What was told last of every instance, group and server, and how far its commands got: in a page
 * that the launcher keeps, so that the parentd after this one neither repeats a notice nor forgets
 * one. Every value is one word that is written at once; a process that is killed leaves the old or
 * the new one. Private to parentd, whatever version: docs/ARCHITECTURE.md says why. */
#ifndef HOLDFAST_NOTIFIED_H
#define HOLDFAST_NOTIFIED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "parentd/events.h"

#define NOTIFIED_ENTRIES   32768
#define NOTIFIED_PAGE_SIZE (4096 + NOTIFIED_ENTRIES * sizeof(struct notified_entry))

/* Of one thing. Use the functions below. */
struct notified_entry {
	_Atomic uint64_t key;  /* 0 never used, 1 forgotten */
	_Atomic uint64_t told; /* number of the notice << 16 | state << 8 | priority; 0: nothing */
	_Atomic uint64_t
		handed;       /* number of the notice << 8 | commands handed out << 1 | under way */
	_Atomic uint64_t run; /* number of the latest command's run */
};

struct notified;

/* Uses the page behind fd. One that cannot be used is replaced by memory of this process's own,
 * with a log line. replacement: others run already, so nothing of what is missing in the page is
 * news. Fatal without memory. */
struct notified *notified_open(int fd, bool replacement);
void notified_close(struct notified *notified);

/* By which a thing of this id is known; virtual_server is NULL for all but real servers. */
uint64_t notified_key(enum event_kind kind, const char *name, const char *virtual_server);

/* The entry of a thing; NULL when there is none, or with add, no room. */
struct notified_entry *notified_find(struct notified *notified, enum event_kind kind,
	const char *name, const char *virtual_server, bool add);
void notified_forget(struct notified_entry *entry);

/* Nothing was kept, though others run already: the first state of everything is no news. */
bool notified_is_lost(const struct notified *notified);
void notified_found_again(struct notified *notified);

/* Number of what was told last, with its state and priority; 0: nothing was. */
uint64_t notified_told(
	const struct notified_entry *entry, enum event_state *state, uint8_t *priority);
/* A new state is being told; returns its number. */
uint64_t notified_tell(struct notified *notified, struct notified_entry *entry,
	enum event_state state, uint8_t priority);
/* It is told with another priority. */
void notified_set_priority(struct notified_entry *entry, uint8_t priority);

/* How far a notice got. */
struct notified_progress {
	unsigned handed; /* commands that a runner was given */
	bool under_way;  /* it may still have the last of them */
	uint64_t run;    /* number of its run */
};
/* Of the notice of this number; that of another one counts for nothing. */
struct notified_progress notified_progress(const struct notified_entry *entry, uint64_t number);
void notified_set_progress(
	struct notified_entry *entry, uint64_t number, const struct notified_progress *progress);

/* A number for a run that was never used before, by whatever parentd. Bit 47 tells it from those of
 * scripts (parentd/scripts.c). */
#define NOTIFIED_RUN (UINT64_C(1) << 47)
uint64_t notified_new_run(struct notified *notified);

/* Number of the last change in vrrpd's history that was told. */
uint64_t notified_cursor(const struct notified *notified);
void notified_set_cursor(struct notified *notified, uint64_t number);

/* How many notices wait behind others, of which the next parentd knows no more than that. */
uint64_t notified_waiting(const struct notified *notified);
void notified_set_waiting(struct notified *notified, uint64_t waiting);

/* Of each fifo: a mark of the path that a runner of ours made, 0 none; and the run of its reader.
 */
uint64_t notified_fifo_made(const struct notified *notified, int fifo);
void notified_set_fifo_made(struct notified *notified, int fifo, uint64_t mark);
uint64_t notified_fifo_run(const struct notified *notified, int fifo);
void notified_set_fifo_run(struct notified *notified, int fifo, uint64_t run, uint64_t mark);
uint64_t notified_fifo_run_mark(const struct notified *notified, int fifo);

/* A mark of a text: equal for equal texts, never 0 or 1. */
uint64_t notified_mark(uint64_t seed, const char *text);

#endif
