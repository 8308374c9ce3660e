/* A command of holdfastctl: one row in the table of ctl.c and, as a rule, one file. */
#ifndef HOLDFAST_CTL_COMMAND_H
#define HOLDFAST_CTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

#include "holdfastctl/ctl.h"
#include "holdfastctl/show.h"

#define CTL_OPTIONS_MAX 8

/* An option of one command; global ones are in ctl.c. */
struct ctl_option {
	const char *name;  /* "dry-run", for --dry-run */
	char letter;       /* 'f', for -f; 0: none */
	const char *value; /* what its value is called in the usage line; NULL: it takes none */
	const char *help;  /* a line for --help */
};

struct ctl_call;

struct ctl_command {
	const char *name;
	const char *arguments; /* for the usage line: "[NAME]" */
	int arguments_min, arguments_max;
	const char *summary; /* a line for the list of commands */
	const char *help;    /* more for its own --help, whole lines; NULL: nothing */
	const struct ctl_option
		*options; /* CTL_OPTIONS_MAX at most, ends with a name NULL; or NULL */
	bool foreign;     /* what follows it is for another program to read */
	int (*run)(const struct ctl_call *call); /* returns an enum ctl_exit */
	/* For ctl_show(): the reply as text, and CTL_FINE or CTL_WRONG. Pure but for its output. */
	int (*show)(const struct view *view, const json_t *reply);
};

/* How a command was called. */
struct ctl_call {
	const struct ctl_command *command;
	const char *runtime_dir;
	bool json;
	bool color;       /* decided already: --color, NO_COLOR, and whether this is a terminal */
	char **arguments; /* without options; ends with NULL */
	const char *values[CTL_OPTIONS_MAX];
};

/* The value of an option of the command's own, "" if it takes none; NULL when it was not given. */
const char *ctl_option(const struct ctl_call *call, const char *name);

/* Asks the suite; name may be NULL. Returns the reply, to be released, which has "ok": true; or
 * NULL after a sentence on standard error, with the exit status in *result. */
json_t *ctl_ask(const struct ctl_call *call, const char *command, const char *name, int *result);

/* The run() of commands that show one reply: asks for the command's name with its first argument,
 * and shows the reply, or prints it as JSON, with the same exit status. */
int ctl_show(const struct ctl_call *call);

/* Shows a reply, by whatever means it was come by, as ctl_show() does. Takes over the reference. */
int ctl_show_reply(const struct ctl_call *call, json_t *reply);

/* The columns of standard output: COLUMNS of the environment, or what the terminal has; 0: neither.
 */
int ctl_width(void);

/* Prints an object as the answer to --json: "schema" is there, "ok" is not. Returns an enum
 * ctl_exit. */
int ctl_print_json(json_t *object);

extern const struct ctl_command check_command;
extern const struct ctl_command checks_command;
extern const struct ctl_command debug_command;
extern const struct ctl_command digest_command;
extern const struct ctl_command history_command;
extern const struct ctl_command ipvs_command;
extern const struct ctl_command logs_command;
extern const struct ctl_command metrics_command;
extern const struct ctl_command plan_command;
extern const struct ctl_command processes_command;
extern const struct ctl_command reload_command;
extern const struct ctl_command reopen_command;
extern const struct ctl_command restart_command;
extern const struct ctl_command scripts_command;
extern const struct ctl_command seccomp_command;
extern const struct ctl_command status_command;
extern const struct ctl_command upgrade_command;
extern const struct ctl_command beside_command;
extern const struct ctl_command vrrp_command;
extern const struct ctl_command watch_command;

#endif
