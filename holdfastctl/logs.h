/* The sources that `holdfastctl logs` shows lines from. */
#ifndef HOLDFAST_CTL_LOGS_H
#define HOLDFAST_CTL_LOGS_H

#include <jansson.h>
#include <stdbool.h>

struct logs_options {
	const char *process; /* NULL: all */
	long lines;          /* the last so many; -1: all */
	bool follow;
	bool json;
};

/* By journalctl, which this process becomes, or whose lines it puts into our JSON. Returns the exit
 * status. */
int logs_from_journal(const struct logs_options *options);
bool logs_journalctl_is_there(void);

/* files: NULL where a process has none. Returns the exit status; does not return while it follows.
 */
int logs_from_files(const struct logs_options *options, const char *const *files, size_t count);

/* One entry of the journal, as journalctl writes it, as our JSON; NULL: it is none. To be released.
 */
json_t *logs_entry_json(const json_t *entry);

#endif
