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

/* ---- topics ---- */

/* All runners have the same. */
static int topics_place(enum proto_process process)
{
	return process < PROTO_RUNNER_FIRST ? (int)process : PROTO_RUNNER;
}

static void send_topics(const struct launcher *launcher, struct launcher_child *child)
{
	const struct launcher_topics body = {
		.topics = launcher->topics[topics_place(child->process)]};

	launcher_child_send(child, LAUNCHER_TOPICS, &body, -1);
}

void launcher_logs_topics(struct launcher *launcher, const struct parent_topics *message)
{
	launcher->topics[message->process] = message->topics;
	if (message->process == PROTO_LAUNCHER)
		log_set_topics(message->topics);
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		if (topics_place((enum proto_process)process) == (int)message->process)
			send_topics(launcher, &launcher->children[process]);
	}
	launcher_logs_report(launcher);
}

/* ---- for processes and parentd ---- */

void launcher_logs_report(struct launcher *launcher)
{
	const struct log_settings *log = &launcher->log;
	struct launcher_log_state body = {0};

	body.sinks = (log->console ? LOG_TO_CONSOLE : 0U) |
		     (log->syslog_fd != -1 ? LOG_TO_SYSLOG : 0U) |
		     (log->journal_fd != -1 ? LOG_TO_JOURNAL : 0U);
	for (int process = PROTO_LAUNCHER; process <= PROTO_RUNNER; process++)
		body.topics[process - PROTO_LAUNCHER] = (uint16_t)launcher->topics[process];
	if (launcher->log_dir[0] != '\0') {
		body.sinks |= LOG_TO_FILES;
		proto_string_set(body.path, sizeof(body.path), launcher->log_dir);
	}
	launcher_child_send(launcher_parent(launcher), LAUNCHER_LOG_STATE, &body, -1);
}

static void send_file(struct launcher *launcher, struct launcher_child *child)
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

static void open_files(struct launcher *launcher)
{
	int fd = launcher->asked_log_dir[0] == '\0' ? -1 : logs_choose(launcher);

	if (fd == -1) {
		logs_close(launcher);
		return;
	}
	log_set_file(fd);
	launcher->log.file_fd = fd;
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++)
		send_file(launcher, &launcher->children[process]);
}

void launcher_logs_open(struct launcher *launcher)
{
	open_files(launcher);
	launcher_logs_report(launcher);
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

void launcher_logs_begin(struct launcher *launcher, struct launcher_child *child)
{
	send_file(launcher, child);
	if (launcher->topics[topics_place(child->process)] != 0)
		send_topics(launcher, child);
}
