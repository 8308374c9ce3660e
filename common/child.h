/* What vrrpd, checkerd and ipvsd share: the arguments they are started with, their two channels (to
 * the launcher for life, to a parentd that may be replaced), the heartbeat, and the configuration
 * as a two-phase transaction. A child's own code sees only the handlers below. */
#ifndef HOLDFAST_CHILD_H
#define HOLDFAST_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "common/sandbox.h"
#include "proto/proto.h"

struct child_options {
	enum sandbox_mode sandbox;
	bool probe;          /* only to be tried, see child_probe() */
	unsigned patience_s; /* see child_set_patience(); 0: for ever */
	bool release;        /* vrrpd: only to give up what an earlier one held */
	struct log_settings log;
};

/* Reads the arguments that the launcher gives (`--sandbox=MODE -l -D -S N`), refuses to run from a
 * shell (the channel descriptor is missing: says which program to start instead), starts the log,
 * closes every descriptor that <common/fds.h> does not name, and sets the signals: INT, HUP and
 * PIPE ignored, everything else as at exec, nothing blocked. Fatal on anything unexpected. Also
 * used by parentd, which alone may have further arguments after them: they begin at getopt's
 * optind. */
void child_init(enum proto_process self, int argc, char **argv, struct child_options *options);

/* With --probe: enters the sandbox, says so to the launcher and exits with status 0. Otherwise
 * nothing. Directly after child_init(). */
void child_probe(const struct child_options *options, const struct sandbox_profile *profile);

/* Sends PROCESS_PROBED. Returns the exit status: 0, or 1 when it cannot be sent. */
int child_probe_answer(int fd);

/* Moves FD_LAUNCHER to a high number and returns that. The kernel lets go of a dead process's
 * descriptors from the highest down, and some take it many milliseconds (packet sockets wait for
 * every processor): so the launcher sees the end of this channel, and can replace the process,
 * before that. */
int child_launcher_fd(void);

/* Its state page (FD_STATE_PAGE) for writing. One that is damaged as a whole is emptied, which is
 * logged. Never NULL: what cannot be opened is fatal. */
struct state_page;
struct state_page *child_page_open(enum proto_process self, int fd);

struct child;
struct event_base;

struct child_handlers {
	/* A transaction begins; an unfinished one is forgotten first (abort was called). */
	void (*conf_begin)(uint32_t generation, uint32_t items, void *arg);
	/* One item, already checked against the table. Returns 0, or -1 with a sentence in reason.
	 */
	int (*conf_item)(
		enum proto_type type, const void *body, char *reason, size_t size, void *arg);
	/* All items are here and their checksum is right: judge them as a whole, change nothing
	 * yet. Returns 0, or -1 with a sentence in reason. */
	int (*conf_commit)(char *reason, size_t size, void *arg);
	/* Every process has accepted: make it so. */
	void (*conf_apply)(void *arg);
	/* Forget what was collected since conf_begin. */
	void (*conf_abort)(void *arg);
	/* Any other message of parentd about the configuration in force. NULL where the table has
	 * none for this process. */
	void (*message)(enum proto_type type, const void *body, void *arg);
	/* A stop was ordered, or the launcher is gone: give up what is held (addresses, entries).
	 * The process exits with status 0 after this returns. why is for the log. */
	void (*stop)(const char *why, void *arg);
};

/* Takes over FD_LAUNCHER. Returns NULL with errno. */
struct child *child_new(struct event_base *base, enum proto_process self,
	const struct child_handlers *handlers, void *arg);
void child_free(struct child *child);

/* A service manager may hold the launcher's end of the channel open when the launcher is dead,
 * until there is another one. This is how long that may take, in seconds (options.patience_s); then
 * the process stops, as if the channel had closed. */
void child_set_patience(struct child *child, unsigned seconds);

/* Number of state page records that this process resumed from, told to every new parentd. */
void child_set_resumed(struct child *child, uint32_t records);

/* Sends a message to parentd. While there is none the message is lost and -1 returned with errno
 * ENOTCONN: a new parentd asks, or reads the state page. */
int child_send(struct child *child, enum proto_type type, const void *body);
/* Around many of them, without going back to the main loop: see channel_cork(). */
void child_cork(struct child *child);
void child_uncork(struct child *child);
/* Tells the launcher, around work that takes long without going back to the main loop, that answers
 * may be late. Calls may be nested. */
void child_busy(struct child *child, bool busy);

/* Generation of the configuration in force; 0 before the first. */
uint32_t child_generation(const struct child *child);

#endif
