/* A generic netlink socket for requests. What the kernel has to say to them waits in the socket
 * when sending returns (of a dump, the first part), so nothing here ever blocks on an answer. */
#ifndef HOLDFAST_GENL_H
#define HOLDFAST_GENL_H

#include <stdint.h>

#include "ipvsd/netlink_answer.h"

struct nl_msg;
struct genl;

/* NULL with errno. */
struct genl *genl_new(void);
void genl_free(struct genl *genl);

/* Lays a request into the batch. Returns 0, or -1 with errno ENOSPC when the batch has to be sent
 * first, EMSGSIZE when it is too long for any. The first one after genl_send() begins a new batch;
 * answers to older ones are skipped from then on. */
int genl_put(struct genl *genl, struct nl_msg *message);

/* Sends the batch in one system call. Of its last request an acknowledgement is asked (a dump has
 * an end of its own), so that it shows that there is no further answer. Returns 0, or -1 with errno
 * when the kernel has seen none of it. */
int genl_send(struct genl *genl);

/* The next answer to the batch; *place: to which request of it, counted from 0. What answer points
 * to is valid until the next call. Returns 1; 0 when there is none; -1 with errno, ENOBUFS when the
 * kernel dropped some: it may be called further then. */
int genl_answer(struct genl *genl, struct netlink_answer *answer, uint32_t *place);

/* Reads and forgets all that waits: ends a dump that nobody reads any more. */
void genl_drain(struct genl *genl);

#endif
