/* The notices of one instance, group or server whose commands are still to be run: in order, one at
 * a time, and not more than a few. Pure. */
#ifndef HOLDFAST_NOTICE_QUEUE_H
#define HOLDFAST_NOTICE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "parentd/events.h"
#include "parentd/runners.h"

#define NOTICES_WAITING  16 /* behind the one that is under way */
#define NOTICE_COMMANDS  2  /* the one of the state, and `notify` */
#define NOTICE_APPENDED  4  /* words behind the latter */
#define NOTICE_ARGUMENTS 256

struct notice_command {
	char *line; /* as in the configuration; owned */
	struct runner_user user;
	/* What is put behind its words, one string behind the other. */
	unsigned appended_count;
	char appended[NOTICE_ARGUMENTS];
};

struct notice {
	STAILQ_ENTRY(notice) entry;
	uint64_t number; /* notified_tell(); 0: of no lasting state */
	enum event_state state;
	unsigned count;
	struct notice_command commands[NOTICE_COMMANDS];
	/* how far it got */
	unsigned next;  /* the command under way, or to be run next */
	bool under_way; /* a runner has it */
	int slot;       /* that runner */
	uint64_t run;   /* that it has, or had when it was lost; 0: it had none */
	unsigned tries; /* how often a runner was lost with it */
};

struct notice_queue {
	struct notice *current;
	STAILQ_HEAD(notice_list, notice) waiting;
	unsigned count;   /* waiting */
	unsigned dropped; /* since the queue was made */
};

/* Without commands yet. NULL with errno. */
struct notice *notice_new(uint64_t number, enum event_state state);
void notice_free(struct notice *notice);
/* A command behind those that it has. Returns 0, or -1 with errno. */
int notice_add(struct notice *notice, const char *line, const struct runner_user *user);
/* A word behind those of the last command; what does not fit is left out. */
void notice_append(struct notice *notice, const char *word);

void notice_queue_init(struct notice_queue *queue);

/* Takes a notice over. When too many wait, one is dropped: of what is no lasting state the oldest,
 * else the oldest; never the latest state. Returns how many were dropped. */
unsigned notice_queue_push(struct notice_queue *queue, struct notice *notice);

/* The notice that is under way or is next: its turn has come. NULL: there is none. */
struct notice *notice_queue_current(struct notice_queue *queue);

/* All commands of the current one have ended. */
void notice_queue_shift(struct notice_queue *queue);

/* Forgets all that wait. Returns how many. */
unsigned notice_queue_clear(struct notice_queue *queue);

#endif
