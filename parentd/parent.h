/* parentd: reads the configuration, has vrrpd, checkerd and ipvsd carry it out, watches over them,
 * and answers the operator. Holds no capability. */
#ifndef HOLDFAST_PARENT_H
#define HOLDFAST_PARENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "common/channel.h"
#include "conf/conf.h"
#include "parentd/budget.h"
#include "parentd/parent_options.h"
#include "parentd/transaction.h"
#include "proto/state_page.h"

struct balancing;
struct beside_watch;
struct control;
struct events;
struct ipvs_shows;
struct ipvs_shows_ops;
struct mailing;
struct runners;
struct runners_ops;
struct scripts;
struct services;
struct suspends;
struct tracks;
struct event;
struct event_base;

/* One of vrrpd, checkerd and ipvsd, as parentd sees it. */
struct parent_child {
	struct parent *parent;
	enum proto_process process;
	pid_t pid; /* 0: not running */
	uint32_t restarts;
	struct channel *channel;  /* NULL: none */
	struct budget budget;     /* what it may say on it */
	int page_fd;              /* of its state page, -1 none; kept until the page is mapped */
	struct state_page *page;  /* read-only; NULL: none yet */
	struct event *lost_timer; /* its channel closed, though it was not said to have ended */
};

struct parent {
	struct parent_options options;
	struct event_base *base;
	struct channel *launcher;
	struct event *transaction_timer;
	struct transaction transaction;
	struct conf *conf;               /* in force; NULL: none */
	struct conf *candidate;          /* under way; NULL: none */
	time_t conf_time;                /* when conf came into force */
	char problem[PROTO_PROBLEM_LEN]; /* why the last reload changed nothing; empty: it did not
					    fail */
	bool started;                    /* the launcher was told how the start went */
	bool reload_again;               /* asked for while one was under way */
	bool taking_over; /* conf is what a parentd before put into force; the file is unread */
	bool stopping;
	struct parent_child children[PROTO_DAEMON_END];
	struct runners *runners;
	struct scripts *scripts;
	struct services *services;
	struct balancing *balancing;
	struct beside_watch *beside;
	struct ipvs_shows *shows;
	struct suspends *suspends;
	struct events *events;
	struct tracks *tracks;
	struct mailing *mailing;
	struct control *control;
	struct launcher_upgrade_report upgrade;          /* as the launcher told last */
	struct launcher_log_state logs;                  /* the same */
	uint32_t ended[PROTO_PROCESS_END][ENDED_CAUSES]; /* the same */
};

/* The whole process; ends with exit(3). */
void parentd_run(int argc, char **argv) __attribute__((noreturn));

/* Reads the configuration and, when it is good, begins a transaction with it. */
void parent_load(struct parent *parent);

/* Reads and judges it without a word in the log; the caller frees it. */
struct conf *parent_read(struct parent *parent);

/* Tells the launcher. Fatal when it does not listen. */
void parent_tell_launcher(
	struct parent *parent, enum proto_type type, uint32_t generation, const void *body);

/* parent_launcher.c */
extern const struct channel_handlers parent_launcher_handlers;

/* parent_runners.c */
extern const struct runners_ops parent_runners_ops;

/* parent_children.c: parent->conf is another one: all parts of parentd go by it from now on. */
void parent_adopt(struct parent *parent);

/* Takes over fd. */
void parent_child_connect(
	struct parent *parent, const struct launcher_child_started *started, int fd);
void parent_child_page(struct parent *parent, enum proto_process process, int fd);
void parent_child_exited(struct parent *parent, const struct launcher_child_exited *exited);
void parent_child_kill(struct parent_child *child, const char *reason);
/* Returns 0, or -1 when the child is not there, or does not read and is killed for it. */
int parent_child_send(
	struct parent_child *child, enum proto_type type, uint32_t generation, const void *body);
/* Around many of them, without going back to the main loop: see channel_cork(). */
void parent_child_cork(struct parent_child *child);
void parent_child_uncork(struct parent_child *child);
/* Has checkerd tell the states of all servers when it works with the configuration in force, which
 * it will not be pushed again. */
void parent_ask_services(struct parent *parent);
/* The child's state page, or NULL while it has written none. */
const struct state_page *parent_child_state(struct parent_child *child);
extern const struct transaction_ops parent_transaction_ops;

/* parent_ipvs.c: a message of ipvsd. Returns NULL, or what is wrong with it. */
const char *parent_ipvs_message(
	struct parent *parent, const struct proto_header *header, const void *body);
/* Is the message part of an answer that parentd asked for? */
bool parent_ipvs_asked_for(
	const struct parent *parent, const struct proto_header *header, const void *body);
extern const struct ipvs_shows_ops parent_shows_ops;

#endif
