/* What the launcher and the nursery say to each other: one record of fixed size, with up to three
 * descriptors. A nursery may be older than the launcher that an upgrade has put in its parent's
 * place, hence the version. */
#ifndef HOLDFAST_RUNNER_NURSERY_MESSAGE_H
#define HOLDFAST_RUNNER_NURSERY_MESSAGE_H

#include <stdint.h>

#include "proto/proto.h"

#define NURSERY_MAGIC   UINT16_C(0x4e46)
#define NURSERY_VERSION UINT16_C(1)
#define NURSERY_FDS     3

/* A memfd of this size, sealed against another one, is the page of a slot: runner/groups.h. */
#define RUNNER_PAGE_SIZE 4096

enum nursery_type {
	NURSERY_READY = 1, /* nursery -> launcher: its pid */
	NURSERY_SPARE = 2, /* launcher -> nursery: fork a twin; with the twin's end of a channel */
	NURSERY_START = 3, /* launcher -> nursery: with channel, page and program of a runner */
	NURSERY_STARTED = 4, /* nursery -> launcher: slot, serial, pid; 0 and status: errno */
	NURSERY_ENDED = 5,   /* nursery -> launcher: pid and wait status of a child */
	NURSERY_QUIT = 6,    /* launcher -> nursery */
};

struct nursery_message {
	uint16_t magic;
	uint16_t version;
	uint32_t type;
	uint32_t slot;   /* enum proto_process */
	uint32_t serial; /* which start of the slot it is */
	uint32_t uid;
	uint32_t gid;
	int32_t pid;
	int32_t status;
	char user[PROTO_USER_LEN];
};

enum nursery_verdict {
	NURSERY_MESSAGE,
	NURSERY_NOTHING, /* nothing waits */
	NURSERY_GONE,    /* the other end is closed, or what came is no message */
};

/* Fills magic and version and sends. flags: MSG_DONTWAIT or 0. The descriptors stay the caller's.
 * Returns 0, or -1 with errno. */
int nursery_send(
	int channel, struct nursery_message *message, const int *fds, unsigned count, int flags);

/* Receives without waiting. *count descriptors in fds are the caller's; a message of another size,
 * version or with more descriptors is none. */
enum nursery_verdict nursery_receive(
	int channel, struct nursery_message *message, int fds[NURSERY_FDS], unsigned *count);

#endif
