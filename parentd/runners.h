/* The runners as parentd sees them: who is to have one, what they are to execute, how that went.
 * What is run when is decided elsewhere. */
#ifndef HOLDFAST_RUNNERS_H
#define HOLDFAST_RUNNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/proto.h"

struct event_base;
struct runners;

/* A user that scripts run as. */
struct runner_user {
	uid_t uid;
	gid_t gid;
	char name[PROTO_USER_LEN];
};

/* A slot is 0 to PROTO_RUNNERS - 1. */
struct runners_ops {
	/* To the launcher. */
	void (*tell)(enum proto_type type, const void *body, void *arg);
	/* The runner can be given orders from now on. What done() says before any order of ours
	 * was given to it by a parentd before us. */
	void (*up)(int slot, void *arg);
	/* A run has ended, or was not tried (RAN_NOT_RUN): there were too many, or the runner is on
	 * its way out. */
	void (*done)(int slot, const struct runner_done *done, void *arg);
	/* How it stands with a fifo; may be NULL. */
	void (*fifo)(int slot, const struct runner_fifo_state *state, void *arg);
	/* The runner has died, or was ended: how its runs went will never be known, whatever their
	 * processes may still do. */
	void (*lost)(int slot, void *arg);
};

/* What one of them is. */
struct runner_info {
	bool wanted;
	bool connected;
	bool up;   /* it has said hello */
	pid_t pid; /* 0: not running */
	uint32_t restarts;
	struct runner_user user;
};

/* Fatal without memory. ops lives as long as this does. */
struct runners *runners_new(struct event_base *base, const struct runners_ops *ops, void *arg);

/* Exactly these users are to have a runner from now on. Who has one keeps his slot, and what runs
 * there goes on. Returns 0, or -1 (nothing changes) when they are more than PROTO_RUNNERS. */
int runners_want(struct runners *runners, const struct runner_user *users, size_t count);

/* enable_script_security, for all orders from now on: runners of root's refuse what others could
 * change, whatever was seen when the configuration was read. */
void runners_secure(struct runners *runners, bool secure);

/* The slot of a user's runner; -1: he is to have none. */
int runners_slot(const struct runners *runners, uid_t uid, gid_t gid);

const struct runner_info *runners_info(const struct runners *runners, int slot);

/* One script to be executed. */
struct runner_order {
	uint64_t run;        /* comes back with done(); no number is to be used by two parentds */
	uint64_t queue;      /* those of one queue run one after the other; 0: at once */
	uint32_t timeout_ms; /* 0: none */
	size_t words_count;
	const char *const *words; /* the first is an absolute path */
};

/* Orders it. Returns 0: done() or lost() will follow, from the event loop. Or -1 with errno, and
 * nothing follows: E2BIG (the words do not fit into a message), EINVAL (no words, or the first is
 * empty), ENOTCONN (there is no runner at the moment), ENOBUFS (it does not read). */
int runners_run(struct runners *runners, int slot, const struct runner_order *order);

/* Ends a run before its time; done() follows. */
void runners_end(struct runners *runners, int slot, uint64_t run);

/* Orders about fifos. Return 0, or -1 with errno: ENOTCONN or ENOBUFS, as above. */
int runners_fifo(struct runners *runners, int slot, const struct runner_fifo *order);
int runners_fifo_line(struct runners *runners, int slot, const struct runner_fifo_line *line);

/* ---- from the channel to the launcher ---- */

/* The processes that the messages name are runners; fd becomes ours. */
void runners_started(struct runners *runners, const struct launcher_child_started *started, int fd);
void runners_exited(struct runners *runners, const struct launcher_child_exited *exited);

#endif
