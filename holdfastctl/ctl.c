#include "holdfastctl/ctl.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holdfastctl/replace.h"
#include "holdfastctl/request.h"
#include "holdfastctl/show.h"

struct options {
	const char *runtime_dir;
	bool json;
};

struct command {
	const char *name;
	const char *arguments; /* for a usage line */
	int arguments_min, arguments_max;
	int (*run)(const struct command *command, const struct options *options, char **arguments);
	int (*show)(const struct view *view, const json_t *reply);
};

static const char usage_text[] =
	"usage: holdfastctl [--runtime-dir=DIR] [--json] COMMAND\n"
	"\n"
	"Asks the running suite, as root or a member of group holdfast.\n"
	"\n"
	"  status          one screen: instances, servers and processes, what is wrong first\n"
	"  vrrp [NAME]     instances; of one also its addresses, last change and counters\n"
	"  processes       pid, user, capabilities, sandbox and restarts of every process\n"
	"  history [NAME]  the latest state changes with their causes\n"
	"  checks [VS]     virtual and real servers with the verdicts of their checks\n"
	"  ipvs [VS]       virtual and real servers as wanted and as the kernel has them, with "
	"its\n"
	"                  counters and rates; what differs first\n"
	"  scripts         verdict of every vrrp_script, how it ended last and what it said;\n"
	"                  the same of notify scripts; files and processes that are tracked\n"
	"  reload          read the configuration again (root); one with errors changes nothing\n"
	"  restart PROCESS replace one process (root), without an address moving\n"
	"  upgrade         replace every process by the programs on disk (root), likewise\n"
	"  check FILE…     what `holdfast -t` says of these files, without the daemon\n"
	"  digest URL      the digest of a page for HTTP_GET or SSL_GET; digest --help says more\n"
	"\n"
	"      --runtime-dir=DIR  where the suite runs (default /run/holdfast)\n"
	"      --json             the answer as JSON\n"
	"  -v, --version          print the version\n"
	"  -h, --help             print this\n"
	"\n"
	"Exit status: 0 fine, 1 something is wrong, 2 the daemon cannot be asked\n";

/* The reply, or NULL after saying why there is none. *result is then the exit status. */
static json_t *ask(
	const struct options *options, const char *command, const char *name, int *result)
{
	char why[4352];
	json_t *reply = ctl_request(options->runtime_dir, command, name, why, sizeof(why));

	if (reply == NULL) {
		fprintf(stderr, "holdfastctl: %s\n", why);
		*result = CTL_UNREACHABLE;
		return NULL;
	}
	if (json_is_true(json_object_get(reply, "ok")))
		return reply;
	fprintf(stderr, "holdfastctl: %s: %s\n", command, show_text(reply, "error"));
	json_decref(reply);
	*result = CTL_WRONG;
	return NULL;
}

static int print_json(json_t *reply)
{
	json_object_del(reply, "ok");
	int failed = json_dumpf(reply, stdout, JSON_INDENT(2));
	printf("\n");
	return failed == 0 ? CTL_FINE : CTL_WRONG;
}

/* With --json the exit status says the same as without. */
static int run_show(const struct command *command, const struct options *options, char **arguments)
{
	bool terminal = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
	struct view view = {.out = stdout, .color = terminal};
	int result;
	json_t *reply = ask(options, command->name, arguments[0], &result);

	if (reply == NULL)
		return result;
	if (options->json && (view.out = fopen("/dev/null", "w")) == NULL) {
		fprintf(stderr, "holdfastctl: /dev/null: %s\n", strerror(errno));
		json_decref(reply);
		return CTL_UNREACHABLE;
	}
	result = command->show(&view, reply);
	if (options->json) {
		fclose(view.out);
		if (print_json(reply) != CTL_FINE)
			result = CTL_WRONG;
	}
	json_decref(reply);
	return result;
}

static int show_instances(const struct view *view, const json_t *reply)
{
	return show_vrrp(view, reply, json_array_size(json_object_get(reply, "vrrp")) == 1);
}

static int run_reload(
	const struct command *command, const struct options *options, char **arguments)
{
	int result;
	json_t *reply = ask(options, command->name, NULL, &result);

	(void)arguments;
	if (reply == NULL)
		return result;
	printf("%s\n", json_is_string(json_object_get(reply, "message"))
			       ? show_text(reply, "message")
			       : "reloaded");
	json_decref(reply);
	return CTL_FINE;
}

static int run_restart(
	const struct command *command, const struct options *options, char **arguments)
{
	(void)command;
	return replace_process(options->runtime_dir, arguments[0]);
}

static int run_upgrade(
	const struct command *command, const struct options *options, char **arguments)
{
	(void)command;
	(void)arguments;
	return replace_suite(options->runtime_dir);
}

/* The first of places, which are relative to this program, where there is one; otherwise installed.
 */
static void find_program(const char *const *places, const char *installed, char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	strlcpy(path, installed, size);
	if (length <= 0)
		return;
	self[length] = '\0';
	const char *directory = dirname(self);
	for (; *places != NULL; places++) {
		char candidate[PATH_MAX + 32];
		snprintf(candidate, sizeof(candidate), "%s/%s", directory, *places);
		if (access(candidate, X_OK) == 0) {
			strlcpy(path, candidate, size);
			return;
		}
	}
}

/* Becomes the program at path, with this option before the arguments. */
static int become(char *path, const char *option, char **arguments)
{
	char first[16];
	size_t count = 0;

	while (arguments[count] != NULL)
		count++;
	char **argv = calloc(count + 3, sizeof(*argv));
	if (argv == NULL)
		return CTL_UNREACHABLE;
	strlcpy(first, option, sizeof(first));
	argv[0] = path;
	argv[1] = first;
	memcpy(argv + 2, arguments, count * sizeof(*argv));
	execvp(path, argv);
	fprintf(stderr, "holdfastctl: %s: %s\n", path, strerror(errno));
	free(argv);
	return CTL_UNREACHABLE;
}

static int run_check(const struct command *command, const struct options *options, char **arguments)
{
	/* beside this one in a build tree, in sbin beside bin when installed */
	static const char *const places[] = {"holdfast", "../sbin/holdfast", NULL};
	char path[PATH_MAX + 32];

	(void)command;
	(void)options;
	find_program(places, "holdfast", path, sizeof(path));
	return become(path, "-t", arguments);
}

/* Has options of its own, so nothing here looks at its arguments. */
static int run_digest(char **arguments)
{
	static const char *const places[] = {
		"libexec/checkerd", "../libexec/holdfast/checkerd", NULL};
	char path[PATH_MAX + 32];

	find_program(places, HOLDFAST_LIBEXECDIR "/checkerd", path, sizeof(path));
	return become(path, "--digest", arguments);
}

static const struct command commands[] = {
	{"status", "", 0, 0, run_show, show_status},
	{"vrrp", "[NAME]", 0, 1, run_show, show_instances},
	{"processes", "", 0, 0, run_show, show_processes},
	{"history", "[NAME]", 0, 1, run_show, show_history},
	{"checks", "[VS]", 0, 1, run_show, show_checks},
	{"ipvs", "[VS]", 0, 1, run_show, show_ipvs},
	{"scripts", "", 0, 0, run_show, show_scripts},
	{"reload", "", 0, 0, run_reload, NULL},
	{"restart", "PROCESS", 1, 1, run_restart, NULL},
	{"upgrade", "", 0, 0, run_upgrade, NULL},
	{"check", "FILE…", 1, INT_MAX, run_check, NULL},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static int run(const struct options *options, int count, char **words)
{
	if (count == 0) {
		fprintf(stderr, "%s", usage_text);
		return CTL_UNREACHABLE;
	}
	const struct command *command = find_command(words[0]);
	if (command == NULL) {
		fprintf(stderr, "holdfastctl: no command is called '%s'; --help lists them\n",
			words[0]);
		return CTL_UNREACHABLE;
	}
	if (count - 1 < command->arguments_min || count - 1 > command->arguments_max) {
		fprintf(stderr, "usage: holdfastctl %s %s\n", command->name, command->arguments);
		return CTL_UNREACHABLE;
	}
	return command->run(command, options, words + 1);
}

int ctl_main(int argc, char **argv)
{
	static const struct option names[] = {
		{"runtime-dir", required_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'j'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct options options = {.runtime_dir = "/run/holdfast"};
	int code;

	if (argc > 1 && strcmp(argv[1], "digest") == 0)
		return run_digest(argv + 2);
	while ((code = getopt_long(argc, argv, "vh", names, NULL)) != -1) {
		switch (code) {
		case 'r':
			options.runtime_dir = optarg;
			break;
		case 'j':
			options.json = true;
			break;
		case 'v':
			printf("holdfastctl %s\n", HOLDFAST_VERSION);
			return CTL_FINE;
		case 'h':
			printf("%s", usage_text);
			return CTL_FINE;
		default:
			fprintf(stderr, "`holdfastctl --help` says what there is\n");
			return CTL_UNREACHABLE;
		}
	}
	return run(&options, argc - optind, argv + optind);
}
