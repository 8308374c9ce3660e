/* The first steps of a process that the launcher has just executed. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/child.h"
#include "common/fds.h"

#define LAUNCHER_FD_RAISED 1000

static const struct option long_options[] = {
	{"sandbox", required_argument, NULL, 's'},
	{"probe", no_argument, NULL, 'p'},
	{"release", no_argument, NULL, 'r'},
	{"patience", required_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

static int parse_facility(const char *text)
{
	char *end;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 0 || number > 7)
		fatalx("-S %s: the facility is a number from 0 to 7", text);
	return LOG_LOCAL0 + (int)number * (LOG_LOCAL1 - LOG_LOCAL0);
}

static unsigned parse_seconds(const char *text)
{
	char *end;
	errno = 0;
	long seconds = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || seconds < 1 || seconds > 3600)
		fatalx("--patience=%s: seconds are a number from 1 to 3600", text);
	return (unsigned)seconds;
}

static void parse_arguments(int argc, char **argv, struct child_options *options)
{
	int option;
	/* "+": the first word that is no option ends the options. */
	while ((option = getopt_long(argc, argv, "+lDS:", long_options, NULL)) != -1) {
		switch (option) {
		case 's':
			if (sandbox_mode_parse(optarg, &options->sandbox) == -1)
				fatalx("--sandbox=%s: not enforce, log or off", optarg);
			break;
		case 'p':
			options->probe = true;
			break;
		case 'r':
			options->release = true;
			break;
		case 'w':
			options->patience_s = parse_seconds(optarg);
			break;
		case 'l':
			options->log.console = true;
			break;
		case 'D':
			options->log.detail = true;
			break;
		case 'S':
			options->log.facility = parse_facility(optarg);
			break;
		default:
			fatalx("unexpected arguments");
		}
	}
}

static void check_started_by_launcher(enum proto_process self)
{
	int type = 0;
	socklen_t length = sizeof(type);
	if (getsockopt(FD_LAUNCHER, SOL_SOCKET, SO_TYPE, &type, &length) == -1 ||
		type != SOCK_SEQPACKET)
		fatalx("%s is a part of holdfast and is started by it, not by hand: run holdfast",
			proto_process_name(self));
}

static void set_descriptors(void)
{
	for (int fd = FD_LAUNCHER; fd < FD_INHERITED_END; fd++) {
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 && errno != EBADF)
			fatal("descriptor %d", fd);
	}
	if (close_range(FD_INHERITED_END, ~0U, 0) == -1)
		fatal("close_range");
}

static void set_signals(void)
{
	static const int ignored[] = {SIGINT, SIGHUP, SIGPIPE};
	sigset_t none;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			fatal("signal");
	}
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		fatal("sigprocmask");
}

int child_launcher_fd(void)
{
	int fd = fcntl(FD_LAUNCHER, F_DUPFD_CLOEXEC, LAUNCHER_FD_RAISED);

	if (fd == -1)
		return FD_LAUNCHER; /* few descriptors are allowed: it works as well */
	close(FD_LAUNCHER);
	return fd;
}

void child_init(enum proto_process self, int argc, char **argv, struct child_options *options)
{
	*options = (struct child_options){
		.sandbox = SANDBOX_ENFORCE,
		.log = LOG_NOWHERE,
	};
	parse_arguments(argc, argv, options);
	check_started_by_launcher(self);
	if (options->release && self != PROTO_VRRP)
		fatalx("--release: there is nothing to release");
	if (optind < argc && self != PROTO_PARENT)
		fatalx("unexpected argument %s", argv[optind]);
	options->log.syslog_path = LOG_SYSLOG_PATH;
	options->log.journal_path = LOG_JOURNAL_PATH;
	if (fcntl(FD_SYSLOG, F_GETFD) != -1)
		options->log.syslog_fd = FD_SYSLOG;
	if (fcntl(FD_JOURNAL, F_GETFD) != -1)
		options->log.journal_fd = FD_JOURNAL;
	log_init(proto_process_name(self), &options->log);
	prctl(PR_SET_NAME, proto_process_name(self)); /* it was executed without a path */
	set_descriptors();
	set_signals();
}
