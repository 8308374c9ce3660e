/* Is a process one of those that a vrrp_track_process counts? Pure. */
#ifndef HOLDFAST_PROCESS_MATCH_H
#define HOLDFAST_PROCESS_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#define PROCESS_NAME_LEN 16 /* of the kernel's name for it, with the NUL */

struct process_rule {
	const char *process;
	const char *params; /* each with its NUL, one behind the other */
	size_t params_length;
	enum conf_match match;
	bool full_command;
};

/* Does its command line matter, or the kernel's name for it alone? */
bool process_rule_wants_line(const struct process_rule *rule);

/* By the kernel's name for it, which is cut at 15 characters. */
bool process_rule_matches_name(const struct process_rule *rule, const char *name);

/* By its command line as /proc has it: words with their NULs. length may be that of a line that was
 * cut. */
bool process_rule_matches_line(const struct process_rule *rule, const char *line, size_t length);

#endif
