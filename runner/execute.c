#include "runner/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/log.h"
#include "common/script_path.h"
#include "common/signals.h"
#include "proto/proto.h"
#include "runner/words.h"

#define EXEC_FAILED 127 /* as a shell has it */
#define FD_ERROR    3

static char user_variable[PROTO_USER_LEN + 8];
static char logname_variable[PROTO_USER_LEN + 8];
static const char *const environment[] = {("PATH=" SCRIPT_PATH_SEARCHED), "HOME=/", "SHELL=/bin/sh",
	"LANG=C", user_variable, logname_variable, NULL};

void execute_init(void)
{
	const char *user = getenv("USER"); /* the nursery says whom we work for */

	if (user == NULL)
		user = "";
	snprintf(user_variable, sizeof(user_variable), "USER=%s", user);
	snprintf(logname_variable, sizeof(logname_variable), "LOGNAME=%s", user);
}

/* execve's type promises nothing; it does not write to the strings either. */
static void call_execve(const char *path, const char *const *argv)
{
	char *const *plain_argv;
	char *const *plain_environment;
	const char *const *source = environment;

	memcpy(&plain_argv, &argv, sizeof(plain_argv));
	memcpy(&plain_environment, &source, sizeof(plain_environment));
	execve(path, plain_argv, plain_environment);
}

static void call_shell(const char *const *argv)
{
	const char *words[WORDS_MAX + 2] = {"/bin/sh"};

	for (size_t i = 0; i <= WORDS_MAX; i++) {
		words[i + 1] = argv[i];
		if (argv[i] == NULL)
			break;
	}
	call_execve(words[0], words);
	errno = ENOEXEC;
}

/* Standard input is /dev/null, as ours. */
static int place_descriptors(int output_fd, int error_fd)
{
	if (dup2(output_fd, STDOUT_FILENO) == -1 || dup2(output_fd, STDERR_FILENO) == -1)
		return -1;
	if (error_fd != FD_ERROR && dup3(error_fd, FD_ERROR, O_CLOEXEC) == -1)
		return -1;
	return close_range(FD_ERROR + 1, ~0U, 0);
}

/* Root alone owns and may change every folder, link and file on the way: so what was found safe is
 * still what execve() finds when it walks the way again. */
static bool is_safe(const char *path)
{
	struct script_path found;
	char why[SCRIPT_PATH_LEN + 64];

	script_path_examine(path, geteuid(), getegid(), &found);
	if (found.found == SCRIPT_PATH_MISSING ||
		(found.found == SCRIPT_PATH_FOUND && !found.unsafe))
		return true; /* or execve() says what is wrong */
	if (found.unsafe)
		script_path_weakness(&found, why, sizeof(why));
	else
		snprintf(why, sizeof(why), "%s cannot be looked into", found.part);
	dprintf(STDERR_FILENO, "refused by enable_script_security: root does not run %s: %s\n",
		path, why);
	return false;
}

/* A name without a slash is given to env, which looks for it. */
static bool may_execute(const char *const *argv)
{
	char path[SCRIPT_PATH_LEN];

	if (geteuid() != 0 && getegid() != 0)
		return true;
	if (!is_safe(argv[0]))
		return false;
	return strcmp(argv[0], "/usr/bin/env") != 0 || argv[1] == NULL ||
	       !script_path_search(argv[1], path) || is_safe(path);
}

static _Noreturn void become_script(
	const char *const *argv, bool secure, pid_t runner, int output_fd, int error_fd)
{
	int where = error_fd;

	setpgid(0, 0);
	/* Nobody would end it, or hear how it ended, once its runner is gone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(EXEC_FAILED);
	signals_default();
	if (place_descriptors(output_fd, error_fd) == 0) {
		where = FD_ERROR;
		if (secure && !may_execute(argv))
			errno = EPERM;
		else
			call_execve(argv[0], argv);
		if (errno == ENOEXEC)
			call_shell(argv);
	}
	int reason = errno;
	if (write(where, &reason, sizeof(reason)) != (ssize_t)sizeof(reason))
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

static void close_both(const int ends[2])
{
	int saved = errno;

	close(ends[0]);
	close(ends[1]);
	errno = saved;
}

/* The script's process runs in our memory until it executes: copying that would cost as much as all
 * else that is done for a script. No signal comes in between, whose handler would be ours. */
static pid_t start(const char *const *argv, bool secure, int output_fd, int error_fd)
{
	pid_t runner = getpid();
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = vfork();
	if (pid == 0)
		become_script(argv, secure, runner, output_fd, error_fd);
	int saved = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

int execute(const char *const *argv, bool secure, struct execution *execution)
{
	int output[2], error[2];

	if (pipe2(output, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(error, O_CLOEXEC | O_NONBLOCK) == -1) {
		close_both(output);
		return -1;
	}
	pid_t pid = fcntl(output[0], F_SETFL, O_NONBLOCK) == -1
			    ? -1
			    : start(argv, secure, output[1], error[1]);
	if (pid == -1) {
		close_both(output);
		close_both(error);
		return -1;
	}
	setpgid(pid, pid); /* whoever comes first */
	close(output[1]);
	close(error[1]);
	*execution = (struct execution){pid, output[0], error[0]};
	return 0;
}

int execution_error(const struct execution *execution)
{
	int reason = 0;
	ssize_t length = read(execution->error_fd, &reason, sizeof(reason));

	return length == (ssize_t)sizeof(reason) ? reason : 0;
}
