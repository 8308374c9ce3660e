/* What outlives the launcher: descriptors that the service manager keeps for it
 * (FileDescriptorStoreMax= in the unit) and passes to the next one.
 *
 * Among them are the launcher's ends of the channels to vrrpd, checkerd and ipvsd. As long as the
 * service manager has those, these three do not see that the launcher died, and go on. The next
 * launcher ends each when it starts its successor, which finds the state page, as after any death
 * of that process. When the service manager lets go instead (it has given up, or the service is
 * stopped), the channels close, and they give up what they hold. They do so, too, when they have
 * not heard of a launcher for STORE_PATIENCE_S. */
#ifndef HOLDFAST_LAUNCHER_STORE_H
#define HOLDFAST_LAUNCHER_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/proto.h"

#define STORE_PATIENCE_S 20

struct launcher;
struct launcher_child;

/* A process that an earlier launcher left behind, running. */
struct launcher_orphan {
	int fd;    /* the earlier launcher's end of its channel; -1: there is none */
	pid_t pid; /* 0: it was told to end */
	uid_t uid;
};

struct launcher_store {
	int record_fd;     /* what the next launcher has to know; -1: none */
	uint32_t sequence; /* of what was written there last */
	uint32_t owed;     /* what the service manager did not take yet, by bits */
	uint32_t refused;  /* what of it was of no use at the start, likewise */
	uint64_t again_ns; /* when to offer that again; 0: nothing is owed */
	struct launcher_orphan orphans[PROTO_DAEMON_END];
};

void launcher_store_init(struct launcher_store *store);

/* How many descriptors, from 3 on, the service manager passed to this process. */
unsigned launcher_store_passed(void);

/* Takes them: what is good goes to where the launcher has it, the rest is closed, with the reason
 * in the log. Once, before anything else is opened. */
void launcher_store_collect(struct launcher *launcher, unsigned count);

/* Makes the record unless it was taken over, and gives it to the service manager, with the pages.
 * Returns 0, or -1 with errno. */
int launcher_store_begin(struct launcher *launcher);

/* Is there somebody to keep anything? */
bool launcher_store_works(const struct launcher *launcher);

/* A process was started; a configuration came into force, with its text or with what it had. */
void launcher_store_child(struct launcher *launcher, const struct launcher_child *child);
void launcher_store_configuration(struct launcher *launcher);
void launcher_store_save(struct launcher *launcher);

/* Ends the orphan whose place child is about to take. Returns when it can do nothing any more. */
void launcher_store_succeed(struct launcher *launcher, const struct launcher_child *child);

/* Orphans that have no successor and are to have none give up what they hold. */
void launcher_store_release(struct launcher *launcher);

/* Nothing is to be kept any more: the service stops. */
void launcher_store_forget(struct launcher *launcher);

/* Offers again what the service manager did not take. */
void launcher_store_run(struct launcher *launcher, uint64_t now_ns);

#endif
