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

#define BESIDE_LINE_SIZE 4096 /* of a command line; what is longer is cut */

struct beside_watch;
struct event_base;
struct parent;

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

/* The same, after reading its configuration. One that cannot be read for want of a permission is an
 * error, too; one that is not there at all, as of a container, is a warning. */
void beside_judge(struct conf *ours, const struct beside_command *command, pid_t pid);

/* Does it run a virtual router of a configuration that is in force? text then says so. */
bool beside_shares(const struct conf *ours, const struct beside_command *command, pid_t pid,
	char *text, size_t size);

/* Would a keepalived with this file, empty: its default, run a virtual router of ours? A file that
 * cannot be read has none. why then says it. */
bool beside_clash(const struct conf *ours, const char *file, char *why, size_t size);

/* beside_watch.c: judges by every keepalived of this network namespace, before ours comes into
 * force. */
void beside_look(struct conf *ours);

/* Looks every few seconds for one that was started beside the configuration in force, and logs it.
 * Fatal without memory. */
struct beside_watch *beside_watch_new(struct event_base *base, const struct parent *parent);

/* What it found last; "" nothing, as with NULL. */
const char *beside_watch_problem(const struct beside_watch *watch);

#endif
