#include "parentd/launcher_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "parentd/launcher_handover.h"
#include "parentd/launcher_notify.h"
#include "parentd/launcher_spawn.h"
#include "parentd/notified.h"
#include "proto/state_page.h"
#include "runner/nursery_message.h"

#define PID_NAME     "holdfast.pid"
#define CONTROL_NAME "control.sock"
#define DUMP_NAME    "dump"
#define OWN_LOG_DIR  "/var/log/holdfast"

#define JOURNAL_DEV_LOG "/run/systemd/journal/dev-log"

/* -1: too long; launcher_setup_paths makes sure that none of ours is. */
static int runtime_path(const struct launcher *launcher, const char *name, char *path, size_t size)
{
	if (strlcpy(path, launcher->runtime_dir, size) >= size ||
		strlcat(path, "/", size) >= size || strlcat(path, name, size) >= size)
		return -1;
	return 0;
}

static bool absolute_path(const char *path, char *absolute, size_t size)
{
	char directory[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(directory, sizeof(directory)) == NULL)
		return false;
	int length = snprintf(absolute, size, "%s%s%s", directory, path[0] != '/' ? "/" : "", path);
	return length > 0 && (size_t)length < size;
}

static const char *config_path(const struct launcher_options *options)
{
	if (options->config != NULL)
		return options->config;
	/* what cannot be seen may be there */
	if (access(CONFIG_DEFAULT, F_OK) == -1 && errno == ENOENT &&
		access(CONFIG_FALLBACK, F_OK) == 0)
		return CONFIG_FALLBACK;
	return CONFIG_DEFAULT;
}

/* As given, else beside the program as in a build tree or in an installed one, wherever that is,
 * else where it was configured to be installed. */
static bool libexec_path(const struct launcher_options *options, char *path, size_t size)
{
	static const char *const places[] = {"libexec", "../libexec/holdfast"};
	char program[PATH_MAX];
	char parentd[PATH_MAX + 64];

	if (options->libexec_dir != NULL)
		return absolute_path(options->libexec_dir, path, size);
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	char *name = strrchr(program, '/');
	for (size_t i = 0; name != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
		*name = '\0';
		snprintf(parentd, sizeof(parentd), "%s/%s/parentd", program, places[i]);
		if (access(parentd, F_OK) != 0)
			continue;
		*strrchr(parentd, '/') = '\0';
		return strlcpy(path, parentd, size) < size;
	}
	return strlcpy(path, HOLDFAST_LIBEXECDIR, size) < size;
}

static bool log_paths(struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;

	if (strcmp(options->runtime_dir, RUNTIME_DIR_DEFAULT) == 0)
		strlcpy(launcher->own_log_dir, OWN_LOG_DIR, sizeof(launcher->own_log_dir));
	else if (runtime_path(launcher, "log", launcher->own_log_dir,
			 sizeof(launcher->own_log_dir)) == -1)
		return false;
	if (!options->log_file)
		return true;
	return absolute_path(options->log_path != NULL ? options->log_path : launcher->own_log_dir,
		launcher->asked_log_dir, sizeof(launcher->asked_log_dir));
}

int launcher_setup_paths(struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;
	struct sockaddr_un address;

	if (!absolute_path(
		    options->runtime_dir, launcher->runtime_dir, sizeof(launcher->runtime_dir)) ||
		!absolute_path(config_path(options), launcher->config, sizeof(launcher->config)) ||
		!libexec_path(options, launcher->libexec_dir, sizeof(launcher->libexec_dir)) ||
		!log_paths(launcher) ||
		(options->pid_file != NULL && !absolute_path(options->pid_file, launcher->pid_file,
						      sizeof(launcher->pid_file)))) {
		log_line(LOG_ERR, "a path on the command line is too long");
		return -1;
	}
	if (strlen(launcher->runtime_dir) + sizeof("/" CONTROL_NAME) > sizeof(address.sun_path)) {
		log_line(LOG_ERR, "--runtime-dir %s: too long for a socket's name",
			launcher->runtime_dir);
		return -1;
	}
	return 0;
}

/* Makes or adopts a directory that belongs to user holdfast. One of somebody else is refused: its
 * owner could swap what is in it. */
static int make_directory(const struct launcher *launcher, const char *path, mode_t mode)
{
	const struct suite_user *user = &launcher->users[PROTO_LAUNCHER];
	struct stat status;

	if (mkdir(path, mode) == -1 && errno != EEXIST)
		return -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	int result = fstat(fd, &status);
	if (result == 0 && status.st_uid != 0 && status.st_uid != user->uid) {
		errno = EPERM;
		result = -1;
	}
	if (result == 0 && geteuid() == 0)
		result = fchown(fd, user->uid, user->gid);
	if (result == 0 && (status.st_uid == user->uid || geteuid() == 0))
		result = fchmod(fd, mode);
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

static pid_t pid_read(int fd)
{
	char text[16] = "";
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	return length > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* The lock is the daemon's life: it ends with the process, so a stale file stops nobody. Returns
 * the locked file, or -1 with errno (EWOULDBLOCK: another daemon runs). */
static int lock_take(const char *path, pid_t *holder)
{
	struct stat opened, named;

	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd == -1)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
			*holder = pid_read(fd);
			close(fd);
			errno = EWOULDBLOCK;
			return -1;
		}
		/* The daemon before may have removed the file between our open and our lock. */
		if (fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
			opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
			return launcher_fd_raise(fd);
		close(fd);
	}
}

static int give_to_holdfast(const struct launcher *launcher, int fd)
{
	const struct suite_user *user = &launcher->users[PROTO_LAUNCHER];
	return geteuid() == 0 ? fchown(fd, user->uid, user->gid) : 0;
}

int launcher_setup_runtime_dir(struct launcher *launcher)
{
	char path[PATH_MAX];
	pid_t holder = 0;

	if (make_directory(launcher, launcher->runtime_dir, 0755) == -1) {
		log_line(LOG_ERR, "runtime directory %s: %s", launcher->runtime_dir,
			errno == EPERM ? "it belongs to another user" : strerror(errno));
		return -1;
	}
	runtime_path(launcher, PID_NAME, path, sizeof(path));
	launcher->lock_fd = lock_take(path, &holder);
	if (launcher->lock_fd == -1 && errno == EWOULDBLOCK) {
		log_line(LOG_ERR, "already running (pid %d) in %s", (int)holder,
			launcher->runtime_dir);
		return -1;
	}
	if (launcher->lock_fd == -1 || give_to_holdfast(launcher, launcher->lock_fd) == -1) {
		log_line(LOG_ERR, "%s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* parentd writes the dumps: the directory's group is its own. Whoever is in a group may give what
 * it owns to that group, so this needs no root. */
static int make_dump_dir(const struct launcher *launcher)
{
	char path[PATH_MAX];
	gid_t group = getegid();

	runtime_path(launcher, DUMP_NAME, path, sizeof(path));
	if (make_directory(launcher, path, 0770) == -1)
		return -1;
	if (setegid(launcher->users[PROTO_PARENT].gid) == -1)
		return -1;
	int result = chown(path, (uid_t)-1, launcher->users[PROTO_PARENT].gid);
	return setegid(group) == -1 ? -1 : result;
}

static int open_control(const struct launcher *launcher)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct suite_user *user = &launcher->users[PROTO_LAUNCHER];

	runtime_path(launcher, CONTROL_NAME, address.sun_path, sizeof(address.sun_path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	unlink(address.sun_path);
	mode_t mask = umask(0117); /* never, not for a moment, open to everybody */
	int result = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (result == 0 && geteuid() == 0)
		result = chown(address.sun_path, user->uid, user->gid);
	if (result == -1 || listen(fd, 16) == -1) {
		close(fd);
		return -1;
	}
	return launcher_fd_raise(fd);
}

/* Takes part in no handshake: whoever listens may come and go. */
static int open_log_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strlcpy(address.sun_path, path, sizeof(address.sun_path));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1) {
		log_debug("%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return launcher_fd_raise(fd);
}

/* The journal hands on to syslog daemons what it gets: where /dev/log is the journal's as well, a
 * line sent to both would be there twice. */
static void open_system_log(struct launcher *launcher)
{
	struct stat system_log, journals;

	if (launcher->options->no_syslog)
		return;
	launcher->log.journal_fd = open_log_socket(LOG_JOURNAL_PATH);
	if (launcher->log.journal_fd != -1 && stat(LOG_SYSLOG_PATH, &system_log) == 0 &&
		stat(JOURNAL_DEV_LOG, &journals) == 0 && system_log.st_dev == journals.st_dev &&
		system_log.st_ino == journals.st_ino)
		return;
	launcher->log.syslog_fd = open_log_socket(LOG_SYSLOG_PATH);
}

/* A runner's is between it and its successor alone, as is parentd's own. */
static int page_create(enum proto_process process)
{
	off_t size = process == PROTO_PARENT ? (off_t)NOTIFIED_PAGE_SIZE : RUNNER_PAGE_SIZE;

	if (process != PROTO_PARENT && process < PROTO_RUNNER_FIRST)
		return state_page_create(process);
	int fd = memfd_create(proto_process_name(process), MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1 || ftruncate(fd, size) == -1 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == -1 ||
		fchmod(fd, 0) == -1)
		return -1;
	return fd;
}

/* A state page, of before or a new one, that its child writes and parentd can only read: mode 0
 * keeps parentd from opening its descriptor again for writing. */
static int make_page(struct launcher_child *child)
{
	char path[64];

	int fd;

	if (child->page_fd == -1 && ((fd = page_create(child->process)) == -1 ||
					    (child->page_fd = launcher_fd_raise(fd)) == -1))
		return -1;
	if (child->process == PROTO_PARENT || child->process >= PROTO_RUNNER_FIRST)
		return 0;
	if (fchmod(child->page_fd, 0400) == -1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", child->page_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fchmod(child->page_fd, 0) == -1)
		return -1;
	child->page_read_fd = launcher_fd_raise(fd);
	return child->page_read_fd == -1 ? -1 : 0;
}

static int open_pid_file(const struct launcher *launcher, const char *path)
{
	if (path == NULL || path[0] == '\0')
		return -1;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd == -1 || give_to_holdfast(launcher, fd) == -1) {
		log_warn("pid file %s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return launcher_fd_raise(fd);
}

static int open_programs(struct launcher *launcher)
{
	char path[PATH_MAX + 16];

	for (int process = PROTO_PARENT; process <= PROTO_RUNNER_FIRST; process++) {
		snprintf(path, sizeof(path), "%s/%s", launcher->libexec_dir,
			proto_process_name((enum proto_process)process));
		int fd = open(path, O_PATH | O_CLOEXEC);
		if (fd == -1) {
			log_line(LOG_ERR,
				"%s: %s; --libexec-dir says where the suite's programs are", path,
				strerror(errno));
			return -1;
		}
		launcher->children[process].program_fd = launcher_fd_raise(fd);
	}
	return 0;
}

/* The program that runs, and the name it has now: an upgrade finds another one there. */
static int open_own_program(struct launcher *launcher)
{
	ssize_t length =
		readlink("/proc/self/exe", launcher->program, sizeof(launcher->program) - 1);
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	launcher->program[length > 0 ? length : 0] = '\0';
	launcher->program_fd = fd == -1 ? -1 : launcher_fd_raise(fd);
	return launcher->program_fd == -1 || launcher_handover_make(launcher) == -1 ? -1 : 0;
}

int launcher_setup_descriptors(struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;

	if (open_programs(launcher) == -1)
		return -1;
	if (open_own_program(launcher) == -1) {
		log_line(LOG_ERR, "/proc/self/exe: %s", strerror(errno));
		return -1;
	}
	if (make_directory(launcher, launcher->own_log_dir, 0750) == -1)
		log_debug("%s: %s", launcher->own_log_dir, strerror(errno));
	if (make_dump_dir(launcher) == -1)
		log_warn("directory for dumps below %s", launcher->runtime_dir);
	launcher->control_fd = open_control(launcher);
	if (launcher->control_fd == -1) {
		log_line(LOG_ERR, "control socket in %s: %s", launcher->runtime_dir,
			strerror(errno));
		return -1;
	}
	for (int process = PROTO_PARENT; process < PROTO_PROCESS_END; process++) {
		if (make_page(&launcher->children[process]) == -1) {
			log_line(LOG_ERR, "state page: %s", strerror(errno));
			return -1;
		}
	}
	launcher->pid_fd = open_pid_file(launcher, launcher->pid_file);
	launcher->children[PROTO_VRRP].pid_file_fd =
		open_pid_file(launcher, options->vrrp_pid_file);
	launcher->children[PROTO_CHECK].pid_file_fd =
		open_pid_file(launcher, options->check_pid_file);
	open_system_log(launcher);
	int fd = notify_open();
	launcher->notify_fd = fd == -1 ? -1 : launcher_fd_raise(fd);
	if (launcher_store_begin(launcher) == -1)
		log_warn("what the service manager is to keep");
	return 0;
}

static int pid_write(int fd)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	return ftruncate(fd, 0) == -1 || pwrite(fd, text, (size_t)length, 0) != length ? -1 : 0;
}

int launcher_setup_write_pid(struct launcher *launcher)
{
	if (pid_write(launcher->lock_fd) == -1 ||
		(launcher->pid_fd != -1 && pid_write(launcher->pid_fd) == -1)) {
		log_line(LOG_ERR, "pid file: %s", strerror(errno));
		return -1;
	}
	return 0;
}

void launcher_setup_remove(struct launcher *launcher)
{
	char path[PATH_MAX];

	runtime_path(launcher, CONTROL_NAME, path, sizeof(path));
	unlink(path);
	/* Where user holdfast may not remove a file it still may empty it. */
	if (launcher->pid_file[0] != '\0' && unlink(launcher->pid_file) == -1 &&
		launcher->pid_fd != -1 && ftruncate(launcher->pid_fd, 0) == -1)
		log_warn("pid file %s", launcher->pid_file);
	runtime_path(launcher, PID_NAME, path, sizeof(path));
	unlink(path);
}
