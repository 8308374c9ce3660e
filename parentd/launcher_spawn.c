#include "parentd/launcher_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/fds.h"
#include "common/signals.h"
#include "parentd/launcher_sandbox.h"
#include "parentd/launcher_schedule.h"
#include "runner/nursery.h"

#define FD_RAISED 16 /* lowest descriptor that the launcher uses itself */

int launcher_fd_raise(int fd)
{
	int raised = fcntl(fd, F_DUPFD_CLOEXEC, FD_RAISED);
	int saved = errno;

	close(fd);
	errno = saved;
	return raised;
}

const struct suite_user *launcher_user_of(
	const struct launcher *launcher, enum proto_process process)
{
	return &launcher->users[process == PROTO_RUNNER ? PROTO_CHECK : process];
}

int launcher_kill(pid_t pid, uid_t uid)
{
	const uint64_t capabilities = launcher_sandbox_capabilities(PROTO_LAUNCHER);
	const uid_t self = getuid();

	if (setresuid((uid_t)-1, uid, (uid_t)-1) == -1)
		return -1;
	int result = kill(pid, SIGKILL);
	int reason = errno;
	/* The kernel takes the effective capabilities of whoever ceases to be root. */
	if (setresuid((uid_t)-1, self, (uid_t)-1) == -1 ||
		(uid == 0 && caps_set(capabilities, capabilities, 0) == -1))
		fatal("back from user %u", (unsigned)uid);
	errno = reason;
	return result;
}

static void command_add(struct launcher_command *command, const char *argument)
{
	/* execve's type promises nothing; it does not write to the strings either. */
	if (argument != NULL && command->count < LAUNCHER_ARGUMENTS_MAX)
		memcpy(&command->arguments[command->count++], &argument, sizeof(argument));
}

static void command_add_pair(
	struct launcher_command *command, const char *option, const char *value)
{
	if (value == NULL)
		return;
	command_add(command, option);
	command_add(command, value);
}

static const char *sandbox_argument(enum sandbox_mode mode)
{
	switch (mode) {
	case SANDBOX_ENFORCE:
		return "--sandbox=enforce";
	case SANDBOX_LOG:
		return "--sandbox=log";
	case SANDBOX_OFF:
		return "--sandbox=off";
	}
	return NULL;
}

/* What only parentd is told; "--" ends what every process of the suite is told. */
static void command_add_parent(struct launcher_command *command, const struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;

	snprintf(command->generation, sizeof(command->generation), "%u", launcher->generation);
	snprintf(command->restarts, sizeof(command->restarts), "%u",
		launcher->children[PROTO_PARENT].restarts);
	snprintf(command->group, sizeof(command->group), "%u",
		(unsigned)launcher->users[PROTO_LAUNCHER].gid);
	command_add(command, "--");
	command_add_pair(command, "--use-file", launcher->config);
	command_add_pair(command, "--runtime-dir", launcher->runtime_dir);
	command_add_pair(command, "--operator-group", command->group);
	command_add_pair(command, "--config-id", options->config_id);
	command_add_pair(command, "--generation", command->generation);
	command_add_pair(command, "--restarts", command->restarts);
	if (launcher->was_ready)
		command_add(command, "--replacement");
	if (options->lenient)
		command_add(command, "--lenient");
	if (options->allow_root_scripts)
		command_add(command, "--allow-root-scripts");
	if (options->only_vrrp)
		command_add(command, "--vrrp");
	if (options->only_check)
		command_add(command, "--check");
	if (options->keep_ipvs)
		command_add(command, "--dont-release-ipvs");
	if (launcher->stderr_is_log)
		command_add(command, "--stderr-is-log");
}

void launcher_command_again(
	struct launcher_command *command, const struct launcher *launcher, bool trying)
{
	*command = (struct launcher_command){0};
	snprintf(command->handover, sizeof(command->handover), "--handover=%d",
		launcher->handover_fd);
	command_add(command, launcher->arguments[0]);
	command_add(command, command->handover);
	if (trying)
		command_add(command, "--probe");
	/* Options come first; what an earlier launcher was told about its handover is left out. */
	for (char **argument = launcher->arguments + 1; *argument != NULL; argument++) {
		if (strncmp(*argument, "--handover=", strlen("--handover=")) != 0)
			command_add(command, *argument);
	}
}

static void command_make(struct launcher_command *command, const struct launcher *launcher,
	const struct launcher_child *child)
{
	const char *zone = getenv("TZ");

	if (child->process == PROTO_LAUNCHER) {
		launcher_command_again(command, launcher, child->trying);
		return;
	}
	*command = (struct launcher_command){0};
	command_add(command, proto_process_name(child->process));
	if (child->trying)
		command_add(command, "--probe");
	command_add(command, sandbox_argument(launcher->options->sandbox));
	if (launcher->log.console)
		command_add(command, "-l");
	if (launcher->options->detail)
		command_add(command, "-D");
	if (launcher->options->facility >= LOG_LOCAL0) {
		snprintf(command->facility, sizeof(command->facility), "%d",
			LOG_FAC(launcher->options->facility) - LOG_FAC(LOG_LOCAL0));
		command_add_pair(command, "-S", command->facility);
	}
	if (child->releasing) {
		command_add(command, "--release");
	} else if (child->process >= PROTO_VRRP && child->process < PROTO_DAEMON_END &&
		   launcher_store_works(launcher)) {
		snprintf(command->patience, sizeof(command->patience), "--patience=%d",
			STORE_PATIENCE_S);
		command_add(command, command->patience);
	}
	if (child->process == PROTO_PARENT)
		command_add_parent(command, launcher);
	if (zone != NULL && strlen(zone) < sizeof(command->zone) - sizeof("TZ=")) {
		snprintf(command->zone, sizeof(command->zone), "TZ=%s", zone);
		command->environment[0] = command->zone;
	}
}

/* The launcher's own descriptors all stand at FD_RAISED and above, so nothing is overwritten. */
static int place_fd(int fd, int place)
{
	if (fd == -1) {
		close(place);
		return 0;
	}
	return dup2(fd, place) == -1 ? -1 : 0;
}

static int place_fds(
	const struct launcher *launcher, const struct launcher_child *child, int channel_fd)
{
	bool parent = child->process == PROTO_PARENT;
	/* A daemon lets go of the terminal; its first parentd still says there what is wrong. */
	bool quiet = !launcher->options->foreground && !launcher->log.console &&
		     (launcher->was_ready || !parent);

	if (place_fd(launcher->null_fd, STDIN_FILENO) == -1 ||
		(quiet && place_fd(launcher->null_fd, STDOUT_FILENO) == -1) ||
		(quiet && place_fd(launcher->null_fd, STDERR_FILENO) == -1) ||
		place_fd(channel_fd, FD_LAUNCHER) == -1 ||
		place_fd(child->page_fd, FD_STATE_PAGE) == -1 ||
		place_fd(launcher->log.syslog_fd, FD_SYSLOG) == -1 ||
		place_fd(launcher->log.journal_fd, FD_JOURNAL) == -1 ||
		place_fd(parent ? launcher->control_fd : -1, FD_CONTROL) == -1 ||
		place_fd(parent ? launcher->conf_fd : -1, FD_CONFIGURATION) == -1)
		return -1;
	return child->process == PROTO_LAUNCHER ? fcntl(launcher->handover_fd, F_SETFD, 0) : 0;
}

static void execute(const struct launcher *launcher, const struct launcher_child *child,
	struct launcher_command *command)
{
	const struct suite_user *user = launcher_user_of(launcher, child->process);

	caps_prepare_exec(user->uid, user->gid, launcher_sandbox_capabilities(child->process));
	/* The program that was opened, whatever became of its name; its user need not be able to
	 * enter the directories above it, as in a build tree below somebody's home. */
	execveat(child->program_fd, "", command->arguments, command->environment, AT_EMPTY_PATH);
	log_warn("cannot execute %s as user %u", proto_process_name(child->process),
		(unsigned)user->uid);
}

/* What root's scripts are to have must be there from the start; others come to nothing. */
static uint64_t nursery_capabilities(const struct launcher *launcher)
{
	struct caps_sets sets;

	if (launcher->options->allow_root_scripts && caps_get(&sets) == 0)
		return sets.permitted;
	return CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_SETPCAP);
}

static void execute_nursery(const struct launcher *launcher, const struct launcher_child *runner,
	struct launcher_command *command)
{
	static char ordinary[] = NURSERY_OPTION, for_root[] = NURSERY_OPTION_ROOT;
	const struct suite_user *user = &launcher->users[PROTO_LAUNCHER];

	memmove(command->arguments + 2, command->arguments + 1,
		command->count * sizeof(command->arguments[0]));
	command->arguments[1] = launcher->options->allow_root_scripts ? for_root : ordinary;
	if (caps_prepare_exec(user->uid, user->gid, nursery_capabilities(launcher)) == 0)
		execveat(runner->program_fd, "", command->arguments, command->environment,
			AT_EMPTY_PATH);
	log_warn("cannot execute the nursery");
}

pid_t launcher_spawn_nursery(const struct launcher *launcher, int channel_fd)
{
	const struct launcher_child *runner = &launcher->children[PROTO_RUNNER_FIRST];
	struct launcher_child nursery = {
		.process = PROTO_RUNNER, .page_fd = -1, .program_fd = runner->program_fd};
	struct launcher_command command;

	command_make(&command, launcher, &nursery);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	signals_default();
	setsid();
	launcher_schedule_scripts();
	if (place_fds(launcher, &nursery, channel_fd) == -1)
		log_warn("descriptors of the nursery");
	else
		execute_nursery(launcher, &nursery, &command);
	_exit(LAUNCHER_EXEC_FAILED);
}

pid_t launcher_spawn(
	const struct launcher *launcher, const struct launcher_child *child, int channel_fd)
{
	struct launcher_command command;

	command_make(&command, launcher, child);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	signals_default();
	setsid();
	launcher_schedule_child(child);
	if (place_fds(launcher, child, channel_fd) == -1)
		log_warn("descriptors of %s", proto_process_name(child->process));
	else
		execute(launcher, child, &command);
	_exit(LAUNCHER_EXEC_FAILED);
}
