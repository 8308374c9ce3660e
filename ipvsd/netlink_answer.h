/* What is in a record that came from a netlink socket. Free of I/O. */
#ifndef HOLDFAST_NETLINK_ANSWER_H
#define HOLDFAST_NETLINK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

enum netlink_kind {
	NETLINK_DATA,
	NETLINK_RESULT, /* of a request: error 0 acknowledges it */
	NETLINK_DONE,   /* the last part of a dump; with an error it is not complete */
};

struct netlink_answer {
	enum netlink_kind kind;
	uint32_t sequence;             /* of the request */
	int error;                     /* errno value; EBADMSG for one that cannot be read */
	bool interrupted;              /* the dump is of a table that changed meanwhile */
	const struct nlmsghdr *header; /* DATA: whole, inside the record */
	const char *text;              /* RESULT: what the kernel says of an error; or NULL */
};

struct netlink_cursor {
	const uint8_t *next;
	size_t left;
};

/* A cursor before the first message of a record, which is aligned as a header. */
struct netlink_cursor netlink_record(const void *record, size_t length);

/* The next message that means something. Returns false at the end of the record, and there is an
 * end wherever a length is not true. */
bool netlink_answer_next(struct netlink_cursor *cursor, struct netlink_answer *answer);

#endif
