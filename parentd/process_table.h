/* The processes of this host, as /proc shows them. */
#ifndef HOLDFAST_PROCESS_TABLE_H
#define HOLDFAST_PROCESS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "parentd/process_match.h"

struct process_found {
	const struct process_rule *rule;
	pid_t *list; /* ascending or not, as /proc has them; the caller's to free */
	size_t count;
	size_t room;
};

/* Fills in, for each of them, the processes that match its rule. Those that have ended and wait to
 * be reaped may be among them. Returns 0, or -1 with errno when /proc cannot be read. */
int process_table_find(struct process_found *found, size_t count);

/* Does this one, which may be another by now? */
bool process_table_matches(pid_t pid, const struct process_rule *rule);

/* Its command line, words with their NULs, cut at size. Returns the length; 0 for one that has
 * ended. */
size_t process_table_line(pid_t pid, char *line, size_t size);

#endif
