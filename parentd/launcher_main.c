#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/child.h"
#include "common/fds.h"
#include "common/log.h"
#include "parentd/launcher.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_handover.h"
#include "parentd/launcher_logs.h"
#include "parentd/launcher_nursery.h"
#include "parentd/launcher_sandbox.h"
#include "parentd/launcher_schedule.h"
#include "parentd/launcher_setup.h"
#include "parentd/launcher_spawn.h"
#include "parentd/launcher_test.h"
#include "parentd/launcher_upgrade.h"

static void launcher_init(
	struct launcher *launcher, const struct launcher_options *options, char **argv)
{
	launcher->options = options;
	launcher->arguments = argv;
	launcher->log = (struct log_settings){.console = options->console,
		.detail = options->detail,
		.facility = options->facility,
		.syslog_fd = -1,
		.syslog_path = LOG_SYSLOG_PATH,
		.journal_fd = -1,
		.journal_path = LOG_JOURNAL_PATH,
		.file_fd = -1};
	launcher->lock_fd = -1;
	launcher->pid_fd = -1;
	launcher->null_fd = -1;
	launcher->control_fd = -1;
	launcher->conf_fd = -1;
	launcher->notify_fd = -1;
	launcher->signal_fd = -1;
	launcher->program_fd = -1;
	launcher->handover_fd = -1;
	launcher->ready_fd = -1;
	launcher_store_init(&launcher->store);
	for (int i = 0; i < LAUNCHER_NURSERIES; i++)
		launcher->nurseries[i].fd = -1;
	for (int process = 0; process < PROTO_PROCESS_END; process++)
		launcher->upgrade.program_fd[process] = -1;
	launcher_children_init(launcher);
}

/* Descriptors of the shell are closed, those of the service manager taken; 0, 1 and 2 are there, so
 * that nothing else takes their place. */
static int clean_descriptors(struct launcher *launcher)
{
	unsigned passed = launcher_store_passed();
	int fd;

	if (close_range(3 + passed, ~0U, 0) == -1)
		return -1;
	launcher_store_collect(launcher, passed);
	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd == -1)
			return -1;
	} while (fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) != -1);
	launcher->null_fd = launcher_fd_raise(fd);
	return launcher->null_fd == -1 ? -1 : 0;
}

static int find_users(struct launcher *launcher)
{
	char missing[256];

	if (suite_users_find(launcher->users, missing, sizeof(missing)) == 0)
		return 0;
	log_line(LOG_ERR,
		"users or groups are missing: %s; run packaging/create-users (or systemd-sysusers "
		"where the package is installed) once as root",
		missing);
	return -1;
}

/* The command returns when the daemon is ready, with its exit status when it never is. Returns in
 * the daemon. */
static int daemonize(struct launcher *launcher)
{
	unsigned char status = 1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	pid_t pid = fork();
	if (pid == -1)
		return -1;
	if (pid > 0) {
		close(ends[1]);
		ssize_t length;
		do
			length = read(ends[0], &status, 1);
		while (length == -1 && errno == EINTR);
		_exit(length == 1 ? status : 1);
	}
	close(ends[0]);
	launcher->ready_fd = launcher_fd_raise(ends[1]);
	setsid();
	return launcher->ready_fd == -1 || chdir("/") == -1 ? -1 : 0;
}

static int catch_signals(struct launcher *launcher)
{
	static const int caught[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaddset(&set, caught[i]);
	signal(SIGPIPE, SIG_IGN);
	/* keepalived's other signals are real-time ones: a script that sends one stops nothing. */
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		signal(number, SIG_IGN);
	if (launcher->options->ignore_sigint) {
		signal(SIGINT, SIG_IGN);
		sigdelset(&set, SIGINT);
	}
	if (sigprocmask(SIG_SETMASK, &set, NULL) == -1)
		return -1;
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	launcher->signal_fd = fd == -1 ? -1 : launcher_fd_raise(fd);
	return launcher->signal_fd == -1 ? -1 : 0;
}

static int drop_root(const struct launcher *launcher)
{
	const struct suite_user *user = &launcher->users[PROTO_LAUNCHER];
	uint64_t missing;
	char text[512];

	if (caps_drop_root(user->uid, user->gid, launcher_sandbox_capabilities(PROTO_LAUNCHER),
		    &missing) == 0)
		return 0;
	int reason = errno;
	if (missing != 0) {
		caps_describe(missing, text, sizeof(text));
		log_line(LOG_ERR,
			"must be started as root, or as user holdfast with ambient capabilities: "
			"%s missing",
			text);
	} else {
		log_line(LOG_ERR, "cannot become user holdfast: %s", strerror(reason));
	}
	return -1;
}

/* systemd says which device and inode the stream has that it catches (systemd.exec(5)). */
static bool stderr_is_journals(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char here[64];

	if (stream == NULL || fstat(STDERR_FILENO, &status) == -1)
		return false;
	snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(stream, here) == 0;
}

/* No line comes to the same place twice; but with no system log to write to, a daemon in the
 * foreground would say nothing at all. */
static void choose_log(struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;
	struct log_settings *log = &launcher->log;

	launcher->stderr_is_log = log->journal_fd != -1 && stderr_is_journals();
	if (launcher->stderr_is_log)
		log->console = false;
	else if (options->foreground && log->syslog_fd == -1 && log->journal_fd == -1 &&
		 !options->log_file)
		log->console = true;
}

static void log_on_terminal_too(const struct launcher *launcher)
{
	struct log_settings until_ready = launcher->log;

	until_ready.console = !launcher->stderr_is_log;
	log_init(proto_process_name(PROTO_LAUNCHER), &until_ready);
}

static int start_up(struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;

	umask(options->umask_given ? options->umask : 022);
	if (find_users(launcher) == -1 || launcher_setup_runtime_dir(launcher) == -1 ||
		launcher_setup_descriptors(launcher) == -1)
		return -1;
	if (!options->foreground && daemonize(launcher) == -1) {
		log_line(LOG_ERR, "cannot go to the background: %s", strerror(errno));
		return -1;
	}
	choose_log(launcher);
	log_on_terminal_too(launcher);
	if (options->sandbox == SANDBOX_OFF)
		log_warnx("--sandbox=off: no seccomp filter and no Landlock for any process");
	/* Before our own rights and filter, which would be those of all scripts. */
	if (launcher_nursery_begin(launcher) == -1) {
		log_line(LOG_ERR, "nursery: %s", strerror(errno));
		return -1;
	}
	launcher_schedule_self();
	if (launcher_setup_write_pid(launcher) == -1 || drop_root(launcher) == -1)
		return -1;
	if (catch_signals(launcher) == -1) {
		log_line(LOG_ERR, "signals: %s", strerror(errno));
		return -1;
	}
	launcher->filter = launcher_sandbox_enter(options->sandbox, 0);
	return 0;
}

static int run_daemon(struct launcher *launcher)
{
	int status = 1;

	if (start_up(launcher) == 0) {
		launcher_logs_open(launcher);
		log_info("Holdfast %s starts with %s", HOLDFAST_VERSION, launcher->config);
		status = launcher_run(launcher);
	}
	if (launcher->lock_fd != -1)
		launcher_setup_remove(launcher);
	launcher_report_failed(launcher, status);
	return status;
}

/* An upgrade: a launcher has executed this program in its place, or tries whether it could. */
static int take_over(struct launcher *launcher)
{
	const struct launcher_options *options = launcher->options;
	int fd = (int)strtol(options->handover, NULL, 10);
	const char *why = options->probe ? launcher_handover_check(launcher, fd)
					 : launcher_handover_take(launcher, fd);

	if (why != NULL) {
		log_line(LOG_ERR, "cannot take over: %s", why);
		return 1;
	}
	if (options->probe) {
		launcher_sandbox_enter(options->sandbox, launcher->filter);
		return child_probe_answer(FD_LAUNCHER);
	}
	choose_log(launcher);
	log_init(proto_process_name(PROTO_LAUNCHER), &launcher->log);
	prctl(PR_SET_NAME, proto_process_name(PROTO_LAUNCHER));
	launcher_schedule_self();
	launcher->filter = launcher_sandbox_enter(options->sandbox, launcher->filter);
	launcher_logs_open(launcher);
	log_set_topics(launcher->topics[PROTO_LAUNCHER]);
	launcher_upgrade_done(launcher);
	int status = launcher_go_on(launcher);
	launcher_setup_remove(launcher);
	return status;
}

int launcher_main(int argc, char **argv)
{
	static struct launcher launcher;
	static struct launcher_options options;

	switch (launcher_options_parse(argc, argv, &options, stdout, stderr)) {
	case OPTIONS_DONE:
		return 0;
	case OPTIONS_REFUSED:
		return 1;
	case OPTIONS_RUN:
		break;
	}
	launcher_init(&launcher, &options, argv);
	struct log_settings console = launcher.log;
	console.console = true;
	log_init(proto_process_name(PROTO_LAUNCHER), &console);
	if (options.handover != NULL)
		return take_over(&launcher);
	if (clean_descriptors(&launcher) == -1 || launcher_setup_paths(&launcher) == -1)
		return 1;
	return options.config_test ? launcher_test_exec(&launcher, argv) : run_daemon(&launcher);
}
