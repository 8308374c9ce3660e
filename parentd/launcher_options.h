/* The command line of `holdfast`: every option that keepalived knows is either done or refused with
 * a sentence. */
#ifndef HOLDFAST_LAUNCHER_OPTIONS_H
#define HOLDFAST_LAUNCHER_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/sandbox.h"

struct launcher_options {
	const char *config; /* -f; NULL: the first default that exists */
	bool config_test;   /* -t */
	int test_files;     /* number of files after -t; they are argv[test_first] and on */
	int test_first;
	const char *test_file; /* -tFILE, --config-test=FILE */
	bool foreground;
	bool console;
	bool detail;
	int facility; /* LOG_DAEMON … */
	bool no_syslog;
	bool log_file;        /* -g given */
	const char *log_path; /* its FILE; NULL: the suite's own log directory */
	bool only_vrrp;
	bool only_check;
	bool keep_ipvs; /* a stop leaves virtual servers in the kernel */
	const char *pid_file;
	const char *vrrp_pid_file;
	const char *check_pid_file;
	const char *config_id;
	bool umask_given;
	mode_t umask;
	bool ignore_sigint;
	const char *runtime_dir;
	const char *libexec_dir; /* NULL: looked for */
	bool allow_root_scripts;
	bool lenient;
	enum sandbox_mode sandbox;
	/* Between launchers only, not in --help: the descriptor of what is handed over ("" none),
	 * and whether that is only tried. */
	const char *handover;
	bool probe;
};

enum options_verdict {
	OPTIONS_RUN,     /* go on */
	OPTIONS_DONE,    /* help or version was printed: exit with 0 */
	OPTIONS_REFUSED, /* a sentence was printed: exit with 1 */
};

#define RUNTIME_DIR_DEFAULT "/run/holdfast"
#define CONFIG_DEFAULT      "/etc/holdfast/holdfast.conf"
#define CONFIG_FALLBACK     "/etc/keepalived/keepalived.conf"

/* Reads the command line. Texts go to out (what was asked for) and err (what is wrong). The strings
 * in *options are those of argv. */
enum options_verdict launcher_options_parse(
	int argc, char **argv, struct launcher_options *options, FILE *out, FILE *err);

#endif
