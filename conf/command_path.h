/* The file that a command line names, looked at on this host: what is wrong with it, and for root's
 * commands who else could change it. */
#ifndef HOLDFAST_CONF_COMMAND_PATH_H
#define HOLDFAST_CONF_COMMAND_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/command.h"
#include "conf/conf.h"

struct conf_runs_as {
	const char *user;
	uid_t uid;
	gid_t gid;
};

/* Adds the findings; what is "vrrp_script 'chk'". That it cannot be executed is an error when
 * strict, else a warning. who NULL: nobody can run it, only whether it is there is looked at.
 * Returns false when it is not to be run: root would, with enable_script_security, and others could
 * change it. */
bool conf_judge_path(struct conf *conf, const char *what, const struct conf_place *place,
	const struct conf_command_line *line, const struct conf_runs_as *who, bool strict);

/* The name of a user or group in this host's files; false: it has none. */
bool conf_user_name(uid_t uid, char *name, size_t size);
bool conf_group_name(gid_t gid, char *name, size_t size);

#endif
