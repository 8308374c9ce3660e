/* Command lines of the configuration: the words that they consist of, and who they are run as. */
#ifndef HOLDFAST_CONF_COMMAND_H
#define HOLDFAST_CONF_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "conf/conf.h"

#define CONF_COMMAND_WORDS 64

/* A line in words as a shell would part it: quotes and backslashes, nothing else. One that begins
 * with '<' is a shell's redirection, "can this file be opened", and is run by one. */
struct conf_command_line {
	bool by_shell; /* a redirection */
	bool by_name;  /* of the program, which words[1] is: it is looked for in PATH */
	size_t count;
	const char *words[CONF_COMMAND_WORDS + 1]; /* NULL behind the last */
	char text[PROTO_PATH_LEN + 8];             /* what words point to */
};

/* Returns NULL, or what is wrong with the line. */
const char *conf_command_parse(const char *line, struct conf_command_line *command);

/* Who runs it: the user of the script, script_user, or the first that there is of keepalived_script
 * and holdfast-script. Asks the files of this host alone, as no name service fits into the sandbox
 * of parentd. Returns the name, with uid and gid; or NULL, with what is wrong in why. */
const char *conf_command_user(const struct conf *conf, const struct conf_command *command,
	uid_t *uid, gid_t *gid, char *why, size_t size);

/* Every tracked script and all that is executed for a notice can be run: its line and its user are
 * good, it is not root's, unless allow_root, nor one of the suite's own, and there are no more
 * users than there can be runners; so can fifos be written. Findings are errors of the
 * configuration; that a file is not there or cannot be executed only when strict, since it may come
 * later. In lenient mode scripts that are not to be run are taken out. */
void conf_validate_commands(struct conf *conf, bool allow_root, bool strict);

#endif
