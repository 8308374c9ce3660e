/* Who runs a command of the configuration, as runners know him. */
#ifndef HOLDFAST_SCRIPT_USER_H
#define HOLDFAST_SCRIPT_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"
#include "parentd/runners.h"

/* By conf_command_user(). False with what is wrong in why; that was said when the configuration was
 * read, and users may have changed since. */
bool script_user(const struct conf *conf, const struct conf_command *command,
	struct runner_user *user, char *why, size_t size);

#endif
