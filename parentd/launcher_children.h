/* Starting, replacing and stopping the processes of the suite. */
#ifndef HOLDFAST_LAUNCHER_CHILDREN_H
#define HOLDFAST_LAUNCHER_CHILDREN_H

#include "parentd/launcher.h"

/* Time for an ordered stop before the process is killed, and for a process whose channel is closed
 * before it is helped along. */
#define CHILD_STOP_MS 5000
#define CHILD_GONE_MS 1000

/* None has been started. */
void launcher_children_init(struct launcher *launcher);

struct launcher_child *launcher_parent(struct launcher *launcher);
bool launcher_is_daemon(const struct launcher_child *child); /* anything but parentd */
bool launcher_is_runner(const struct launcher_child *child);

/* Starts the process, connects it with parentd (or, when it is parentd, with all that run). */
void launcher_child_start(struct launcher *launcher, struct launcher_child *child);

/* It runs: fd is our end of its channel. */
void launcher_child_begin(
	struct launcher *launcher, struct launcher_child *child, pid_t pid, int fd);

/* It could not be started (errno): another time. */
void launcher_child_start_failed(struct launcher_child *child, const char *what);

/* Tells it to give up what it holds and to exit. When it is dead, or dies before it has done that,
 * it is started once more for nothing else. */
void launcher_child_stop(struct launcher *launcher, struct launcher_child *child);

/* SIGKILL, with the reason in the log. */
void launcher_child_kill(struct launcher_child *child, const char *reason);

/* Kills it (stops it, when it is a runner) as an operator wants, or starts it now when it waits for
 * its next try: a new one goes on where it was. */
void launcher_child_replace(struct launcher_child *child, const char *reason);

/* It has much to do from now on, or no longer: then what is owed is waited for anew. */
void launcher_child_busy(struct launcher_child *child, bool busy);

/* It runs, and is not on its way out. */
bool launcher_child_watched(const struct launcher_child *child);

/* Asks the process whether it is there, and kills it when it has not been for too long. */
void launcher_child_beat(
	const struct launcher *launcher, struct launcher_child *child, uint64_t now_ns);

/* It answered, or said by itself that a configuration (generation, not 0) is in force. */
void launcher_child_answered(
	struct launcher *launcher, struct launcher_child *child, uint32_t generation);

/* The heartbeats' pace follows the shortest advertisement interval. */
void launcher_children_pace(struct launcher *launcher);

/* Sends; a process that does not read is killed. */
void launcher_child_send(
	struct launcher_child *child, enum proto_type type, const void *body, int send_fd);

/* Its channel closed or it broke the protocol: it is dead, dying or of no use. When a new one is to
 * take its place, that does not wait until the kernel has let go of everything the old one held. */
void launcher_child_lost(struct launcher *launcher, struct launcher_child *child);

/* The process with this pid has ended. */
void launcher_child_reaped(struct launcher *launcher, pid_t pid, int wait_status);

#endif
