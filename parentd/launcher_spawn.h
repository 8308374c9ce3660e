/* fork, the rights of the new process, exec. */
#ifndef HOLDFAST_LAUNCHER_SPAWN_H
#define HOLDFAST_LAUNCHER_SPAWN_H

#include "parentd/launcher.h"

#define LAUNCHER_ARGUMENTS_MAX 64
#define LAUNCHER_EXEC_FAILED                                                                       \
	127 /* exit status of what could not be executed, as a shell has it                        \
	     */

/* The arguments of an exec; what they point to lives in here or in the launcher. */
struct launcher_command {
	char *arguments[LAUNCHER_ARGUMENTS_MAX + 1];
	size_t count;
	char *environment[2];
	char facility[16];
	char generation[16];
	char group[16];
	char restarts[16];
	char handover[32];
	char patience[24];
	char zone[64];
};

/* What the launcher itself was executed with, and where it finds what is handed over. */
void launcher_command_again(
	struct launcher_command *command, const struct launcher *launcher, bool trying);

/* Executes the program of child->process with channel_fd as its end of the channel to the launcher.
 * Returns the pid, or -1 with errno. */
pid_t launcher_spawn(
	const struct launcher *launcher, const struct launcher_child *child, int channel_fd);

/* Executes the nursery, the rest likewise. */
pid_t launcher_spawn_nursery(const struct launcher *launcher, int channel_fd);

/* SIGKILL for a process that runs as this user (or is about to: right after its fork). The launcher
 * may become any of these users, so it needs no right to signal others. Returns 0, or -1 with
 * errno. */
int launcher_kill(pid_t pid, uid_t uid);

/* The user that a program of the suite is executed as. A runner is only tried here: as somebody who
 * may do nothing. */
const struct suite_user *launcher_user_of(
	const struct launcher *launcher, enum proto_process process);

/* Moves fd above the numbers that a new process finds its descriptors at. Returns the new number
 * (close-on-exec), or -1 with errno and fd closed. */
int launcher_fd_raise(int fd);

#endif
