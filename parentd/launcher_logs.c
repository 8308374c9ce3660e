#include "parentd/launcher_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_spawn.h"

static int log_open(const char *directory, enum proto_process process)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s.log", directory, proto_process_name(process));
	int fd = open(path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
		0640);
	return fd == -1 ? -1 : launcher_fd_raise(fd);
}

/* `log_file /var/log/keepalived.log` names a file, others a directory: the files stand in it or
 * beside it. */
static void log_directory(const char *path, char *directory, size_t size)
{
	struct stat status;

	strlcpy(directory, path, size);
	char *slash = strrchr(directory, '/');
	if (slash == NULL || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
		return;
	if (slash == directory)
		slash[1] = '\0';
	else
		*slash = '\0';
}

static void logs_close(struct launcher *launcher)
{
	launcher->log_dir[0] = '\0';
	log_set_file(-1);
	launcher->log.file_fd = -1;
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++)
		launcher_child_send(
			&launcher->children[process], LAUNCHER_LOG_FILE, NULL, launcher->null_fd);
}

/* Where the files can be written: the directory asked for, else the suite's own. */
static int logs_choose(struct launcher *launcher)
{
	char directory[PATH_MAX];

	log_directory(launcher->asked_log_dir, directory, sizeof(directory));
	int fd = log_open(directory, PROTO_LAUNCHER);
	if (fd == -1) {
		int reason = errno;
		fd = log_open(launcher->own_log_dir, PROTO_LAUNCHER);
		if (fd == -1) {
			log_warn("no log files: %s (%s), %s", directory, strerror(reason),
				launcher->own_log_dir);
			return -1;
		}
		if (strcmp(launcher->log_dir, launcher->own_log_dir) != 0)
			log_warnx("the log files are in %s: user holdfast cannot write to %s (%s)",
				launcher->own_log_dir, directory, strerror(reason));
		strlcpy(directory, launcher->own_log_dir, sizeof(directory));
	}
	strlcpy(launcher->log_dir, directory, sizeof(launcher->log_dir));
	return fd;
}

void launcher_logs_open(struct launcher *launcher)
{
	if (launcher->asked_log_dir[0] == '\0') {
		logs_close(launcher);
		return;
	}
	int fd = logs_choose(launcher);
	if (fd == -1) {
		logs_close(launcher);
		return;
	}
	log_set_file(fd);
	launcher->log.file_fd = fd;
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++)
		launcher_logs_send(launcher, &launcher->children[process]);
}

void launcher_logs_ask(struct launcher *launcher, const char *path)
{
	if (launcher->options->log_file)
		return;
	if (strcmp(path, launcher->asked_log_dir) == 0)
		return;
	strlcpy(launcher->asked_log_dir, path, sizeof(launcher->asked_log_dir));
	launcher_logs_open(launcher);
}

void launcher_logs_send(struct launcher *launcher, struct launcher_child *child)
{
	if (launcher->log_dir[0] == '\0' || child->pid == 0)
		return;
	int fd = log_open(launcher->log_dir, child->process);
	if (fd == -1) {
		log_warn("log file of %s in %s", proto_process_name(child->process),
			launcher->log_dir);
		return;
	}
	launcher_child_send(child, LAUNCHER_LOG_FILE, NULL, fd);
	close(fd);
}
