#include "holdfastctl/ctl.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holdfastctl/command.h"

/* In the order of --help. */
static const struct ctl_command *const commands[] = {
	&status_command,
	&watch_command,
	&vrrp_command,
	&checks_command,
	&scripts_command,
	&ipvs_command,
	&processes_command,
	&seccomp_command,
	&history_command,
	&logs_command,
	&debug_command,
	&metrics_command,
	&reload_command,
	&restart_command,
	&upgrade_command,
	&reopen_command,
	&beside_command,
	&check_command,
	&plan_command,
	&digest_command,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char options_text[] =
	"      --runtime-dir=DIR  where the suite runs (default /run/holdfast)\n"
	"      --json             the answer as JSON, as docs/JSON.md describes it\n"
	"      --color=WHEN       auto (default: on a terminal, if NO_COLOR is not set),\n"
	"                         always, never\n"
	"  -h, --help             print this; after a command, more about that one\n"
	"  -v, --version          print the version\n";

static const char exit_text[] =
	"Exit status: 0 fine, 1 something is wrong or was refused, 2 the daemon cannot be\n"
	"asked or the command line is wrong\n";

/* Codes of options that have no letter. */
enum code { CODE_RUNTIME_DIR = 256, CODE_JSON, CODE_COLOR, CODE_OWN };

#define GLOBAL_OPTIONS 5
static const struct option global_options[GLOBAL_OPTIONS] = {
	{"runtime-dir", required_argument, NULL, CODE_RUNTIME_DIR},
	{"json", no_argument, NULL, CODE_JSON},
	{"color", required_argument, NULL, CODE_COLOR},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
};

/* What the options mean for what comes next. */
enum outcome { GO_ON, DONE, REFUSED };

/* ---- help ---- */

static void print_help(void)
{
	printf("usage: holdfastctl [OPTION]… COMMAND\n\n"
	       "Asks the running suite, as root or a member of group holdfast.\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		char head[64];
		snprintf(head, sizeof(head), "%s %s", commands[i]->name, commands[i]->arguments);
		/* a multibyte character is wider in bytes than on the screen */
		int wider = (int)strlen(head) - (strstr(head, "…") != NULL ? 2 : 0);
		printf("  %s%*s %s\n", head, wider < 20 ? 20 - wider : 0, "", commands[i]->summary);
	}
	printf("\n%s\n%s", options_text, exit_text);
}

static void print_command_help(const struct ctl_command *command)
{
	const struct ctl_option *option = command->options;

	printf("usage: holdfastctl [OPTION]… %s%s%s\n\n%s\n", command->name,
		command->arguments[0] != '\0' ? " " : "", command->arguments, command->summary);
	if (command->help != NULL)
		printf("\n%s", command->help);
	for (; option != NULL && option->name != NULL; option++) {
		char head[64];
		snprintf(head, sizeof(head), "--%s%s%s", option->name,
			option->value != NULL ? "=" : "",
			option->value != NULL ? option->value : "");
		printf("%s  %c%c%s %-18s %s\n", option == command->options ? "\n" : "",
			option->letter != 0 ? '-' : ' ', option->letter != 0 ? option->letter : ' ',
			option->letter != 0 ? "," : " ", head, option->help);
	}
	printf("\n%s", options_text);
}

/* ---- options ---- */

static int take_color(const char *when, bool *color)
{
	if (when == NULL)
		return -1;
	if (strcmp(when, "always") == 0)
		*color = true;
	else if (strcmp(when, "never") == 0)
		*color = false;
	else if (strcmp(when, "auto") != 0)
		return -1;
	return 0;
}

static bool color_is_fit(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) == 1 && (no_color == NULL || no_color[0] == '\0') &&
	       terminal != NULL && strcmp(terminal, "dumb") != 0;
}

/* One of the options that every command has. */
static enum outcome take_option(struct ctl_call *call, int code)
{
	switch (code) {
	case CODE_RUNTIME_DIR:
		call->runtime_dir = optarg;
		return GO_ON;
	case CODE_JSON:
		call->json = true;
		return GO_ON;
	case CODE_COLOR:
		if (take_color(optarg, &call->color) == 0)
			return GO_ON;
		fprintf(stderr, "holdfastctl: --color is auto, always or never, not '%s'\n",
			optarg);
		return REFUSED;
	case 'v':
		printf("holdfastctl %s\n", HOLDFAST_VERSION);
		return DONE;
	case 'h':
		if (call->command != NULL)
			print_command_help(call->command);
		else
			print_help();
		return DONE;
	default:
		fprintf(stderr, "`holdfastctl %s%s--help` says what there is\n",
			call->command != NULL ? call->command->name : "",
			call->command != NULL ? " " : "");
		return REFUSED;
	}
}

/* Options before the command. */
static enum outcome take_global_options(struct ctl_call *call, int argc, char **argv)
{
	struct option names[GLOBAL_OPTIONS + 1] = {0};
	enum outcome outcome = GO_ON;
	int code;

	memcpy(names, global_options, sizeof(global_options));
	while (outcome == GO_ON && (code = getopt_long(argc, argv, "+vh", names, NULL)) != -1)
		outcome = take_option(call, code);
	return outcome;
}

/* The place of an option in the command's list; -1: it is none of the command's. */
static int own_option(const struct ctl_command *command, int code)
{
	const struct ctl_option *option = command->options;

	if (code >= CODE_OWN)
		return code - CODE_OWN;
	for (int i = 0; option != NULL && option[i].name != NULL; i++) {
		if (option[i].letter != 0 && option[i].letter == code)
			return i;
	}
	return -1;
}

/* Options behind the command: its own, and the global ones. words[0] is the command. */
static enum outcome take_command_options(struct ctl_call *call, int count, char **words)
{
	struct option names[GLOBAL_OPTIONS + CTL_OPTIONS_MAX + 1] = {0};
	char letters[2 * CTL_OPTIONS_MAX + 1] = "h";
	const struct ctl_option *option = call->command->options;
	enum outcome outcome = GO_ON;
	int code;

	memcpy(names, global_options, sizeof(global_options));
	for (int i = 0; option != NULL && option[i].name != NULL; i++) {
		const char letter[] = {
			option[i].letter, option[i].value != NULL ? ':' : '\0', '\0'};
		names[GLOBAL_OPTIONS + i] = (struct option){option[i].name,
			option[i].value != NULL ? required_argument : no_argument, NULL,
			CODE_OWN + i};
		if (option[i].letter != 0)
			strlcat(letters, letter, sizeof(letters));
	}
	optind = 0;
	while (outcome == GO_ON && (code = getopt_long(count, words, letters, names, NULL)) != -1) {
		int own = own_option(call->command, code);
		if (own == -1)
			outcome = take_option(call, code);
		else
			call->values[own] = optarg != NULL ? optarg : "";
	}
	return outcome;
}

const char *ctl_option(const struct ctl_call *call, const char *name)
{
	const struct ctl_option *option = call->command->options;

	for (int i = 0; option != NULL && option[i].name != NULL; i++) {
		if (strcmp(option[i].name, name) == 0)
			return call->values[i];
	}
	return NULL;
}

/* ---- the whole ---- */

static const struct ctl_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

/* words[0] is the command. */
static int run(struct ctl_call *call, int count, char **words)
{
	if (count == 0) {
		fprintf(stderr,
			"usage: holdfastctl [OPTION]… COMMAND; --help lists the commands\n");
		return CTL_UNREACHABLE;
	}
	call->command = find_command(words[0]);
	if (call->command == NULL) {
		fprintf(stderr, "holdfastctl: no command is called '%s'; --help lists them\n",
			words[0]);
		return CTL_UNREACHABLE;
	}
	int first = 1;
	if (!call->command->foreign) {
		enum outcome outcome = take_command_options(call, count, words);
		if (outcome != GO_ON)
			return outcome == DONE ? CTL_FINE : CTL_UNREACHABLE;
		first = optind;
	}
	if (count - first < call->command->arguments_min ||
		count - first > call->command->arguments_max) {
		fprintf(stderr, "usage: holdfastctl %s %s\n", call->command->name,
			call->command->arguments);
		return CTL_UNREACHABLE;
	}
	call->arguments = words + first;
	return call->command->run(call);
}

int ctl_main(int argc, char **argv)
{
	struct ctl_call call = {.runtime_dir = "/run/holdfast", .color = color_is_fit()};
	enum outcome outcome = take_global_options(&call, argc, argv);

	if (outcome != GO_ON)
		return outcome == DONE ? CTL_FINE : CTL_UNREACHABLE;
	return run(&call, argc - optind, argv + optind);
}
