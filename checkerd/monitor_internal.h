/* What the files of the monitor share. */
#ifndef HOLDFAST_CHECKERD_MONITOR_INTERNAL_H
#define HOLDFAST_CHECKERD_MONITOR_INTERNAL_H

#include <sys/queue.h>

#include "checkerd/checker.h"
#include "checkerd/key_table.h"
#include "checkerd/monitor.h"
#include "checkerd/service.h"
#include "common/timers.h"
#include "proto/state_page.h"

#define NO_SLOT UINT32_MAX

/* What parentd was told last of a server, which a successor finds in the state page. */
struct told {
	uint64_t key;
	uint32_t slot; /* of the state page */
	bool known;    /* it was told anything */
	bool up;
	int64_t weight;
};

struct monitor_virtual {
	char name[PROTO_NAME_LEN];
	uint32_t flags;
	bool suspended;
	uint32_t first_real;
	uint32_t reals;
	struct service service;
	struct told told;
};

struct monitor_real {
	char name[PROTO_NAME_LEN];
	uint32_t virtual_number;
	uint32_t first_check;
	uint32_t checks;
	struct service_server server;
	struct told told;
};

/* A checker. Those that are the same as another one follow it: they have neither attempts nor a
 * record of their own. */
struct monitor_check {
	struct monitor *monitor;
	uint64_t key;
	uint32_t number;
	uint32_t real;
	uint32_t slot;
	uint32_t type;
	uint32_t flags;
	uint32_t command;
	int32_t weight; /* FILE */
	const struct check_kind *kind;
	void *prepared;
	struct checker_params params;
	struct checker checker;
	struct timer timer;
	struct probe *probe; /* under way */
	struct probe_target target;
	uint32_t run;    /* MISC: what was asked of parentd last */
	int64_t added;   /* to the weight of the real server */
	int64_t applied; /* of that, and whether it fails: what the real server knows */
	bool fails;
	char *result; /* NULL: none yet */
	uint64_t latency_us;
	uint64_t attempts; /* with a result, and of them those that were bad */
	uint64_t failures;
	uint64_t began_ns;
	uint64_t changed_ns;
	int64_t changed_wall_s;
	struct monitor_check *leader;       /* itself when it follows nobody */
	struct monitor_check *next_same;    /* those that follow it, one behind the other */
	struct monitor_check *next_command; /* of the same command or file */
};

/* Checkers by the number that parentd calls their command or file by. */
struct command_index {
	struct monitor_check **list;
	uint32_t first; /* number of the first in the list */
	uint32_t count;
};

/* Records of the state page that nobody uses. */
struct free_slots {
	uint32_t *list;
	size_t count;
};

struct monitor {
	struct kind_tools tools;
	struct state_page *page;
	struct timers *timers;
	struct child *child;
	uint32_t phase;    /* where the spread of new checkers begins */
	uint32_t next_run; /* of MISC_CHECKs */
	struct monitor_virtual *virtuals;
	size_t virtuals_count;
	struct monitor_real *reals;
	size_t reals_count;
	struct monitor_check **checks;
	size_t checks_count;
	struct key_table *servers_by_key; /* virtual ones, and behind their number real ones */
	struct key_table *checks_by_key;
	struct command_index commands; /* MISC */
	struct command_index files;    /* FILE */
	struct free_slots free_checkers;
	struct free_slots free_servers;
	/* what a predecessor left, until the first configuration */
	struct state_checker *left_checkers;
	uint32_t *left_checker_slots;
	size_t left_checkers_count;
	struct key_table *left_checkers_by_key;
	struct told *left_servers;
	size_t left_servers_count;
	struct key_table *left_servers_by_key;
};

/* ---- monitor_page.c: records ---- */

void monitor_page_read(struct monitor *monitor);
/* A record of the predecessor, which is no longer left then; false when there is none. */
bool monitor_page_take_checker(
	struct monitor *monitor, uint64_t key, struct state_checker *record, uint32_t *slot);
bool monitor_page_take_server(struct monitor *monitor, uint64_t key, struct told *told);
/* Gives up all that was not taken. */
void monitor_page_forget_left(struct monitor *monitor);
uint32_t monitor_page_slot(struct free_slots *slots);
void monitor_page_store_check(const struct monitor_check *check);
void monitor_page_store_told(struct monitor *monitor, const struct told *told);
void monitor_page_drop_check(struct monitor *monitor, uint32_t slot);
void monitor_page_drop_server(struct monitor *monitor, uint32_t slot);

/* ---- monitor_attempt.c: attempts ---- */

/* The first checker of that number, with the others behind it; NULL when there is none. */
struct monitor_check *monitor_by_command(const struct command_index *index, uint32_t command);

void monitor_attempt_init(struct monitor_check *check);
/* Sets the timer to the checker's deadline; or, while nobody wants its attempts, ends the one that
 * is under way and begins no other. */
void monitor_attempt_plan(struct monitor_check *check);
/* Ends the attempt under way, without a result. */
void monitor_attempt_cancel(struct monitor_check *check);
/* ha_suspend came or went for one of those who want it. */
void monitor_attempt_suspend(struct monitor_check *check);
/* How the attempt ended. reason may hold bytes of a server. */
void monitor_attempt_ended(
	struct monitor_check *check, enum checker_result result, const char *reason);

/* ---- monitor_tell.c: what follows from a result ---- */

/* The verdict or weight of the checker, and of those that follow it, may have changed; news: the
 * verdict or the text of its result did. */
void monitor_tell_check(struct monitor_check *check, bool news);
/* Has the server take the checker into account, without telling. */
void monitor_tell_count(struct monitor_check *check);

#endif
