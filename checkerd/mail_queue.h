/* What waits to be mailed, and when it is tried: free of I/O. Times are nanoseconds of
 * clock_now_ns().
 *
 * One mail is under way at a time, in the order in which they came. One that is not taken waits for
 * 1 s, 2 s, 4 s … 5 min and is given up after four hours; when it is the server that cannot be
 * used, all wait together. The oldest gives way when there are too many. */
#ifndef HOLDFAST_CHECKERD_MAIL_QUEUE_H
#define HOLDFAST_CHECKERD_MAIL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checkerd/mail_client.h"
#include "proto/proto.h"

#define MAIL_QUEUE_MAX 64

struct mail {
	struct check_mail what;
	uint64_t wanted; /* bits of the recipients that have not got it */
	uint64_t due_ns;
	uint64_t give_up_ns;
	unsigned failures; /* in a row */
};

struct mail_queue {
	struct mail *list[MAIL_QUEUE_MAX]; /* oldest first */
	size_t count;
	struct mail *under_way; /* NULL: none */
	uint64_t open_ns;       /* nothing is tried before */
	unsigned failures;      /* of the server, in a row */
	uint64_t dropped;       /* for want of room, ever */
};

/* Puts a copy behind the others, for the recipients in wanted. When there is no room the oldest
 * that is not under way is taken out and returned: the caller says so and frees it. NULL otherwise.
 */
struct mail *mail_queue_add(
	struct mail_queue *queue, const struct check_mail *what, uint64_t wanted, uint64_t now_ns);

/* The mail to be sent now, which is under way from then on; NULL: none. */
struct mail *mail_queue_start(struct mail_queue *queue, uint64_t now_ns);

/* When mail_queue_start() is to be called next; UINT64_MAX: not before something happens. */
uint64_t mail_queue_deadline(const struct mail_queue *queue);

enum mail_fate {
	MAIL_DONE,     /* out of the queue */
	MAIL_WAITS,    /* tried again later */
	MAIL_GIVEN_UP, /* out of the queue, undelivered to those that are wanted still */
};

/* The one under way has ended like this; client says who has got it. Unless it waits it is the
 * caller's now, who frees it. */
enum mail_fate mail_queue_ended(struct mail_queue *queue, enum mail_outcome outcome,
	const struct mail_client *client, uint64_t now_ns);

/* Another server: the one under way waits again and everything is tried at once. */
void mail_queue_restart(struct mail_queue *queue, uint64_t wanted, uint64_t now_ns);

/* Empties it. Returns how many were lost. */
size_t mail_queue_clear(struct mail_queue *queue);

#endif
