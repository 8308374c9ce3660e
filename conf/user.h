/* Users and groups of this host's own files, as no name service fits into the sandbox of parentd.
 * The latest answers are remembered for as long as the file is the same: thousands of commands have
 * the same user. */
#ifndef HOLDFAST_CONF_USER_H
#define HOLDFAST_CONF_USER_H

#include <stdbool.h>
#include <sys/types.h>

/* Of /etc/passwd: gid is that of the user's own group. False: there is none. */
bool conf_user_find(const char *name, uid_t *uid, gid_t *gid);

/* Of /etc/group. */
bool conf_group_find(const char *name, gid_t *gid);

#endif
