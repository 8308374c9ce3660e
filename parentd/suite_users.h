/* The users that the processes of the suite run as. */
#ifndef HOLDFAST_SUITE_USERS_H
#define HOLDFAST_SUITE_USERS_H

#include <stddef.h>
#include <sys/types.h>

#include "proto/proto.h"

struct suite_user {
	uid_t uid;
	gid_t gid;
};

/* "holdfast", "holdfast-parent" …: the user, and the group of the same name; NULL for a runner. */
const char *suite_user_name(enum proto_process process);

/* Looks all of them up; users has PROTO_PROCESS_END entries, indexed by process. Returns 0, or -1
 * with the missing users' names in missing. */
int suite_users_find(struct suite_user *users, char *missing, size_t size);

#endif
