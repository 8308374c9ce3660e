/* From a command line to a process of its own. */
#ifndef HOLDFAST_RUNNER_EXECUTE_H
#define HOLDFAST_RUNNER_EXECUTE_H

#include <stdbool.h>
#include <sys/types.h>

struct execution {
	pid_t pid;     /* also its process group */
	int output_fd; /* reading end of its standard output and error, non-blocking; the caller's
			*/
	int error_fd;  /* for execution_error(); the caller's */
};

/* The environment of every script: PATH, HOME, SHELL, LANG, USER, LOGNAME, and nothing that the
 * suite was started with. Once, before execute(). */
void execute_init(void);

/* Forks and executes argv, an interpreter being /bin/sh for a file that names none. secure: as user
 * or group 0 it executes nothing that others than root could change (EPERM, and the script's output
 * says what). Returns 0, or -1 with errno when there is no process. */
int execute(const char *const *argv, bool secure, struct execution *execution);

/* Why the process that has ended could not execute the script: an errno; 0 when it could. */
int execution_error(const struct execution *execution);

#endif
