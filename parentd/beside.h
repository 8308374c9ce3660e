/* A keepalived that runs beside the suite on the same virtual routers: both would hold the
 * addresses at once. It is found by its name among the processes of this network namespace, and its
 * configuration is read as it reads it. */
#ifndef HOLDFAST_BESIDE_H
#define HOLDFAST_BESIDE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "conf/conf.h"

/* What keepalived was started with. */
struct beside_command {
	bool vrrp; /* it does VRRP at all */
	char file[PATH_MAX];
	char config_id[HOST_NAME_MAX + 1]; /* empty: not given */
};

/* From its command line as /proc has it, words with their NULs. Pure. */
void beside_command_read(const char *line, size_t length, struct beside_command *command);

/* Adds an error to ours for each instance that theirs, which process pid has from file, has as
 * well. An error stays one with --lenient. Pure. */
void beside_compare(struct conf *ours, const struct conf *theirs, const char *file, pid_t pid);

/* Looks for such a keepalived, and adds errors to a configuration that is to come into force. One
 * whose configuration cannot be read for want of a permission is an error, too; one whose
 * configuration is not there at all, as of a container, is a warning. */
void beside_look(struct conf *ours);

/* Would a keepalived with this file, empty: its default, run a virtual router of ours? A file that
 * cannot be read has none. why then says it. */
bool beside_clash(const struct conf *ours, const char *file, char *why, size_t size);

#endif
