/* Command line, and sockets as systemd passes them (sd_listen_fds(3)). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "exporter/exporter.h"

#define LISTEN_FDS_START 3
#define IDLE_S           300

static const char usage_text[] =
	"usage: holdfast-exporter [--runtime-dir=DIR] [--idle=SECONDS]\n"
	"\n"
	"Serves the metrics of the running suite over HTTP: GET /metrics. Started by systemd,\n"
	"which listens for it: systemctl enable --now holdfast-exporter.socket\n"
	"\n"
	"      --runtime-dir=DIR  where the suite runs (default /run/holdfast)\n"
	"      --idle=SECONDS     exit when nobody has asked for so long (default 300)\n"
	"  -v, --version          print the version\n"
	"  -h, --help             print this\n";

/* A number from 1 to most; -1: it is none. */
static long number(const char *text, long most)
{
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	long value = strtol(text, &end, 10);
	return errno != 0 || *end != '\0' || value < 1 || value > most ? -1 : value;
}

static bool listens(int fd)
{
	int value = 0;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0;
}

/* Number of sockets that were passed to this process, 0: none. */
static int passed_sockets(void)
{
	long count = number(getenv("LISTEN_FDS"), 8);

	if (number(getenv("LISTEN_PID"), 0x7fffffff) != (long)getpid() || count == -1)
		return 0;
	for (int i = 0; i < (int)count; i++) {
		if (!listens(LISTEN_FDS_START + i))
			return 0;
	}
	return (int)count;
}

static int run(struct exporter_options *options)
{
	const struct log_settings settings = {.console = true,
		.facility = LOG_DAEMON,
		.syslog_fd = -1,
		.journal_fd = -1,
		.file_fd = -1};

	options->first_fd = LISTEN_FDS_START;
	options->fds = passed_sockets();
	if (options->fds == 0) {
		fprintf(stderr,
			"holdfast-exporter: no socket that listens was passed; systemd does "
			"that, or systemd-socket-activate(1)\n");
		return 2;
	}
	log_init("exporter", &settings);
	signal(SIGPIPE, SIG_IGN);
	return exporter_run(options);
}

int exporter_main(int argc, char **argv)
{
	static const struct option names[] = {
		{"runtime-dir", required_argument, NULL, 'r'},
		{"idle", required_argument, NULL, 'i'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct exporter_options options = {.runtime_dir = "/run/holdfast", .idle_s = IDLE_S};
	int code;

	while ((code = getopt_long(argc, argv, "vh", names, NULL)) != -1) {
		switch (code) {
		case 'r':
			options.runtime_dir = optarg;
			break;
		case 'i':
			if (number(optarg, 86400) == -1) {
				fprintf(stderr,
					"holdfast-exporter: --idle is 1 to 86400 seconds\n");
				return 2;
			}
			options.idle_s = (unsigned)number(optarg, 86400);
			break;
		case 'v':
			printf("holdfast-exporter %s\n", HOLDFAST_VERSION);
			return 0;
		case 'h':
			printf("%s", usage_text);
			return 0;
		default:
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s", usage_text);
		return 2;
	}
	return run(&options);
}
