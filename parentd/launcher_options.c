#include "parentd/launcher_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "parentd/launcher_help.h"

enum option_kind {
	OPTION_FLAG,     /* sets a bool */
	OPTION_TEXT,     /* sets a string */
	OPTION_NOTHING,  /* asks for what is always so */
	OPTION_REFUSED,  /* .sentence says why, and what to do instead */
	OPTION_FUNCTION, /* .apply */
};

struct option_context {
	struct launcher_options *options;
	FILE *out;
	FILE *err;
	enum options_verdict verdict;
};

struct option_row {
	const char *name;
	char letter;  /* 0: none */
	int argument; /* no_argument … of <getopt.h> */
	enum option_kind kind;
	size_t offset; /* of the bool or string in struct launcher_options */
	void (*apply)(struct option_context *context, const char *value);
	const char *sentence;
};

static void apply_config_test(struct option_context *context, const char *value);
static void apply_facility(struct option_context *context, const char *value);
static void apply_help(struct option_context *context, const char *value);
static void apply_log_file(struct option_context *context, const char *value);
static void apply_runtime_dir(struct option_context *context, const char *value);
static void apply_sandbox(struct option_context *context, const char *value);
static void apply_signum(struct option_context *context, const char *value);
static void apply_umask(struct option_context *context, const char *value);
static void apply_version(struct option_context *context, const char *value);

#define FLAG(name_, letter_, field_)                                                               \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .argument = no_argument,                     \
		.kind = OPTION_FLAG, .offset = offsetof(struct launcher_options, field_)           \
	}
#define TEXT(name_, letter_, field_)                                                               \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .argument = required_argument,               \
		.kind = OPTION_TEXT, .offset = offsetof(struct launcher_options, field_)           \
	}
#define CALL(name_, letter_, argument_, apply_)                                                    \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .argument = (argument_),                     \
		.kind = OPTION_FUNCTION, .apply = (apply_)                                         \
	}
#define NOTHING(name_, letter_, sentence_)                                                         \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .argument = no_argument,                     \
		.kind = OPTION_NOTHING, .sentence = (sentence_)                                    \
	}
#define REFUSED(name_, letter_, argument_, sentence_)                                              \
	{                                                                                          \
		.name = (name_), .letter = (letter_), .argument = (argument_),                     \
		.kind = OPTION_REFUSED, .sentence = (sentence_)                                    \
	}

static const struct option_row option_rows[] = {
	TEXT("use-file", 'f', config),
	FLAG("dont-fork", 'n', foreground),
	FLAG("log-console", 'l', console),
	FLAG("log-detail", 'D', detail),
	CALL("log-facility", 'S', required_argument, apply_facility),
	CALL("log-file", 'g', optional_argument, apply_log_file),
	FLAG("no-syslog", 'G', no_syslog),
	CALL("config-test", 't', optional_argument, apply_config_test),
	FLAG("vrrp", 'P', only_vrrp),
	FLAG("check", 'C', only_check),
	FLAG("dont-release-ipvs", 'I', keep_ipvs),
	TEXT("pid", 'p', pid_file),
	TEXT("vrrp_pid", 'r', vrrp_pid_file),
	TEXT("checkers_pid", 'c', check_pid_file),
	TEXT("config-id", 'i', config_id),
	CALL("umask", 'u', required_argument, apply_umask),
	FLAG("ignore-sigint", 0, ignore_sigint),
	CALL("signum", 0, required_argument, apply_signum),
	CALL("version", 'v', no_argument, apply_version),
	CALL("help", 'h', no_argument, apply_help),
	CALL("runtime-dir", 0, required_argument, apply_runtime_dir),
	TEXT("libexec-dir", 0, libexec_dir),
	FLAG("allow-root-scripts", 0, allow_root_scripts),
	FLAG("lenient", 0, lenient),
	CALL("sandbox", 0, required_argument, apply_sandbox),
	TEXT("handover", 0, handover),
	FLAG("probe", 0, probe),
	NOTHING("flush-log-file", 0, "every line is written to the log file at once anyway"),
	NOTHING("no_bfd", 'B', "there is no BFD process in this version"),
	NOTHING("all-config", 'e', "a file that cannot be included is always an error"),
	REFUSED("all", 0, no_argument,
		"processes that the configuration does not need are never started"),
	REFUSED("release-vips", 'X', no_argument,
		"addresses are removed whenever an instance leaves MASTER; leave the option out"),
	REFUSED("dont-release-vrrp", 'V', no_argument,
		"a stop always removes the addresses, so that no two nodes hold one"),
	REFUSED("dont-respawn", 'R', no_argument,
		"a process that dies is always replaced, without an address moving"),
	REFUSED("dump-conf", 'd', no_argument,
		"send SIGUSR1 to the running daemon instead: it writes what it runs with below the "
		"runtime directory"),
	REFUSED("bfd_pid", 'b', required_argument, "there is no BFD process in this version"),
	REFUSED("address-monitoring", 'a', no_argument,
		"`ip monitor address` shows every change of an address"),
	REFUSED("namespace", 's', required_argument,
		"start it as `ip netns exec NAME holdfast …` with a --runtime-dir of its own"),
	REFUSED("core-dump", 'm', no_argument,
		"no process of the suite leaves a core file, as it would hold passwords"),
	REFUSED("core-dump-pattern", 'M', optional_argument,
		"no process of the suite leaves a core file, as it would hold passwords"),
	REFUSED("no-mem-check", 0, no_argument, "there is no allocation check to turn off"),
	REFUSED("mem-check", 0, no_argument, "use a build with the asan preset"),
	REFUSED("mem-check-log", 0, no_argument, "use a build with the asan preset"),
	REFUSED("snmp", 'x', no_argument,
		"there is no SNMP; `holdfastctl status --json` shows all"),
	REFUSED("snmp-agent-socket", 'A', required_argument,
		"there is no SNMP; `holdfastctl status --json` shows all"),
	REFUSED("genhash", 'T', no_argument, "there is no genhash in this version"),
	REFUSED("debug", 0, optional_argument, "-D logs in detail"),
	REFUSED("perf", 0, optional_argument, "run perf(1) on the process instead"),
	REFUSED("config-fd", 0, required_argument, "-f names the configuration file"),
};

#define OPTION_ROWS  (sizeof(option_rows) / sizeof(option_rows[0]))
#define OPTION_FIRST 256 /* getopt's value for row 0: clear of every letter */

static void refuse(
	struct option_context *context, const char *option, const char *value, const char *sentence)
{
	fprintf(context->err, "holdfast: %s%s%s: %s\n", option, value != NULL ? " " : "",
		value != NULL ? value : "", sentence);
	context->verdict = OPTIONS_REFUSED;
}

static void apply_config_test(struct option_context *context, const char *value)
{
	context->options->config_test = true;
	context->options->test_file = value;
}

/* 0 to 7 and localN are LOG_LOCAL0 to LOG_LOCAL7, as with keepalived. */
static void apply_facility(struct option_context *context, const char *value)
{
	static const int local[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4,
		LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
	const char *digit = strncmp(value, "local", 5) == 0 ? value + 5 : value;

	if (strcmp(value, "user") == 0)
		context->options->facility = LOG_USER;
	else if (strcmp(value, "daemon") == 0)
		context->options->facility = LOG_DAEMON;
	else if (digit[0] >= '0' && digit[0] <= '7' && digit[1] == '\0')
		context->options->facility = local[digit[0] - '0'];
	else
		refuse(context, "--log-facility", value,
			"not a facility: 0 to 7, local0 to local7, user or daemon");
}

static void apply_help(struct option_context *context, const char *value)
{
	(void)value;
	launcher_help_print(context->out);
	context->verdict = OPTIONS_DONE;
}

static void apply_log_file(struct option_context *context, const char *value)
{
	context->options->log_file = true;
	context->options->log_path = value;
}

static void apply_runtime_dir(struct option_context *context, const char *value)
{
	if (value[0] == '\0')
		refuse(context, "--runtime-dir", NULL, "the name of a directory is missing");
	else
		context->options->runtime_dir = value;
}

static void apply_sandbox(struct option_context *context, const char *value)
{
	if (sandbox_mode_parse(value, &context->options->sandbox) == -1)
		refuse(context, "--sandbox", value, "not one of enforce, log, off");
}

/* Scripts ask keepalived for its signal numbers this way. */
static void apply_signum(struct option_context *context, const char *value)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {
		{"STOP", SIGTERM}, {"RELOAD", SIGHUP}, {"DATA", SIGUSR1}, {"STATS", SIGUSR2}};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcmp(value, signals[i].name) == 0) {
			fprintf(context->out, "%d\n", signals[i].number);
			context->verdict = OPTIONS_DONE;
			return;
		}
	}
	refuse(context, "--signum", value, "no such signal here: STOP, RELOAD, DATA or STATS");
}

static void apply_umask(struct option_context *context, const char *value)
{
	char *end;

	errno = 0;
	unsigned long mask = strtoul(value, &end, 0);
	if (errno != 0 || !isdigit((unsigned char)value[0]) || *end != '\0' || mask > 0777) {
		refuse(context, "--umask", value, "not a mask of file permissions, such as 022");
		return;
	}
	context->options->umask_given = true;
	context->options->umask = (mode_t)mask;
}

static void apply_version(struct option_context *context, const char *value)
{
	(void)value;
	fprintf(context->out, "Holdfast %s\n", HOLDFAST_VERSION);
	context->verdict = OPTIONS_DONE;
}

static void apply_row(
	struct option_context *context, const struct option_row *row, const char *value)
{
	char option[64];
	void *field = (char *)context->options + row->offset;

	snprintf(option, sizeof(option), "--%s", row->name);
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return;
	case OPTION_TEXT:
		if (value == NULL || value[0] == '\0')
			refuse(context, option, NULL, "its value is empty");
		else
			*(const char **)field = value;
		return;
	case OPTION_NOTHING:
		fprintf(context->err, "holdfast: %s: has no effect: %s\n", option, row->sentence);
		return;
	case OPTION_REFUSED:
		refuse(context, option, NULL, row->sentence);
		return;
	case OPTION_FUNCTION:
		row->apply(context, value);
		return;
	}
}

static const struct option_row *row_find(int code)
{
	if (code >= OPTION_FIRST && code < OPTION_FIRST + (int)OPTION_ROWS)
		return &option_rows[code - OPTION_FIRST];
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		if (option_rows[i].letter != 0 && option_rows[i].letter == code)
			return &option_rows[i];
	}
	return NULL;
}

/* getopt's own two forms of the table. */
static void tables_fill(struct option *names, char *letters)
{
	*letters++ = ':';
	for (size_t i = 0; i < OPTION_ROWS; i++) {
		const struct option_row *row = &option_rows[i];
		names[i] = (struct option){
			.name = row->name, .has_arg = row->argument, .val = OPTION_FIRST + (int)i};
		if (row->letter == 0)
			continue;
		*letters++ = row->letter;
		for (int colons = row->argument; colons > 0; colons--)
			*letters++ = ':';
	}
	names[OPTION_ROWS] = (struct option){0};
	*letters = '\0';
}

/* `-g FILE`, which getopt would only take as `-gFILE`. */
static const char *log_file_operand(int argc, char **argv)
{
	if (optind >= argc || argv[optind][0] == '-')
		return NULL;
	return argv[optind++];
}

static void check_together(struct option_context *context, int argc, char **argv)
{
	struct launcher_options *options = context->options;

	if (options->only_vrrp && options->only_check)
		refuse(context, "-P and -C", NULL,
			"one excludes the other; leave both out for all");
	options->test_first = optind;
	options->test_files = argc - optind;
	if (!options->config_test && argc > optind)
		refuse(context, argv[optind], NULL,
			"not an option; -f FILE names the configuration, -h shows all options");
	if (options->config_test && options->test_file != NULL && argc > optind)
		refuse(context, argv[optind], NULL, "write several files as `-t FILE FILE …`");
}

static void option_missing(struct option_context *context, char **argv, int code)
{
	if (code == ':')
		refuse(context, argv[optind - 1], NULL, "its value is missing");
	else
		refuse(context, argv[optind - 1], NULL, "no such option; -h shows all options");
}

enum options_verdict launcher_options_parse(
	int argc, char **argv, struct launcher_options *options, FILE *out, FILE *err)
{
	struct option names[OPTION_ROWS + 1];
	char letters[3 * OPTION_ROWS + 2];
	struct option_context context = {options, out, err, OPTIONS_RUN};
	int code;

	*options = (struct launcher_options){.facility = LOG_DAEMON,
		.runtime_dir = RUNTIME_DIR_DEFAULT,
		.sandbox = SANDBOX_ENFORCE};
	tables_fill(names, letters);
	optind = 0;
	opterr = 0;
	while (context.verdict == OPTIONS_RUN &&
		(code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		const struct option_row *row = row_find(code);
		const char *value = optarg;
		if (row == NULL) {
			option_missing(&context, argv, code);
			break;
		}
		if (row->apply == apply_log_file && value == NULL)
			value = log_file_operand(argc, argv);
		apply_row(&context, row, value);
	}
	if (context.verdict == OPTIONS_RUN)
		check_together(&context, argc, argv);
	return context.verdict;
}
