/* `holdfastctl seccomp`: the lists, and whether the kernel enforces them. */
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/seccomp.h"

static bool is_in_force(const json_t *running)
{
	const json_t *match = json_object_get(running, "match");

	return show_number(running, "seccomp") == 2 && show_number(running, "no_new_privs") == 1 &&
	       (match == NULL || json_is_true(match));
}

static bool show_running(const struct view *view, const json_t *running)
{
	bool good = is_in_force(running);
	const json_t *match = json_object_get(running, "match");

	fprintf(view->out, "  pid %lld: ", show_number(running, "pid"));
	show_word(view, good ? TONE_GOOD : TONE_BAD, 0, good ? "enforced" : "NOT ENFORCED");
	fprintf(view->out, ", %lld filter%s, no_new_privs %s", show_number(running, "filters"),
		show_number(running, "filters") == 1 ? "" : "s",
		show_number(running, "no_new_privs") == 1 ? "set" : "NOT SET");
	if (match != NULL)
		fprintf(view->out, "; read back: %s", show_text(running, "verified"));
	fprintf(view->out, "\n");
	return good;
}

static void add_rule(struct table *table, const json_t *rule)
{
	bool allowed = show_is_true(rule, "allowed");

	table_row(table);
	table_cell(table, TONE_PLAIN, "  %s", show_text(rule, "call"));
	table_cell(table, allowed ? TONE_PLAIN : TONE_FAINT, "%s", allowed ? "" : "refused");
	table_cell(table, TONE_PLAIN, "%s%s%s", show_text(rule, "reason"),
		show_has_text(rule, "arguments") ? "; only " : "",
		show_has_text(rule, "arguments") ? show_text(rule, "arguments") : "");
	if (show_has_text(rule, "spare"))
		table_note(table, TONE_FAINT, 4, "only needed by %s", show_text(rule, "spare"));
}

static void show_rules(const struct view *view, const json_t *rules)
{
	static const char *const heads[] = {"  CALL", "", "WHY", NULL};
	struct table *table = table_new(heads);
	const json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule) add_rule(table, rule);
	table_print(table, view);
}

static bool show_process(const struct view *view, const json_t *process)
{
	const json_t *handed_on = json_object_get(process, "handed_on");
	const json_t *member;
	size_t i;
	bool good = true;

	show_word(view, TONE_HEAD, 0, show_text(process, "name"));
	fprintf(view->out, ": %lld system calls are %s", show_number(process, "calls"),
		show_text(process, "list"));
	if (handed_on != NULL)
		fprintf(view->out, " that it makes itself, %lld with what it hands on",
			show_number(process, "envelope_calls"));
	fprintf(view->out, "\n");
	json_array_foreach(json_object_get(process, "running"), i, member) good =
		show_running(view, member) && good;
	show_rules(view, json_object_get(process, "rules"));
	if (json_array_size(handed_on) > 0) {
		fprintf(view->out,
			"\n  Handed on to what it starts, besides the lists of those processes:\n");
		show_rules(view, handed_on);
	}
	return good;
}

static int show_seccomp(const struct view *view, const json_t *reply)
{
	const json_t *process;
	size_t i;
	bool good = true;

	json_array_foreach(json_object_get(reply, "processes"), i, process)
	{
		if (i > 0)
			fprintf(view->out, "\n");
		good = show_process(view, process) && good;
	}
	return good ? CTL_FINE : CTL_WRONG;
}

/* Only the process that was asked for. Returns false when there is none of the name. */
static bool select_process(json_t *tables, const char *name)
{
	json_t *array = json_object_get(tables, "processes");

	for (size_t i = json_array_size(array); i-- > 0;) {
		if (strcmp(show_text(json_array_get(array, i), "name"), name) != 0)
			json_array_remove(array, i);
	}
	return json_array_size(array) > 0;
}

static int run_seccomp(const struct ctl_call *call)
{
	json_t *tables = seccomp_tables();
	json_t *reply;
	int result = CTL_FINE;

	if (call->arguments[0] != NULL && !select_process(tables, call->arguments[0])) {
		fprintf(stderr, "holdfastctl: seccomp: no process of the suite is called '%s'\n",
			call->arguments[0]);
		json_decref(tables);
		return CTL_UNREACHABLE;
	}
	if (ctl_option(call, "tables") == NULL) {
		reply = ctl_ask(call, "processes", NULL, &result);
		if (reply == NULL) {
			json_decref(tables);
			return result;
		}
		seccomp_add_running(tables, reply, ctl_option(call, "verify") != NULL);
		json_decref(reply);
	}
	return ctl_show_reply(call, tables);
}

static const struct ctl_option seccomp_options[] = {
	{"tables", 0, NULL, "the lists alone, without asking the suite"},
	{"verify", 0, NULL, "read the filters back from the kernel (root)"},
	{NULL, 0, NULL, NULL},
};

const struct ctl_command seccomp_command = {
	.name = "seccomp",
	.arguments = "[PROCESS]",
	.arguments_max = 1,
	.summary = "system calls of each process with reasons; does the kernel enforce them",
	.help = "Prints the tables that this version builds its filters from, and of each process\n"
		"what /proc says of its sandbox. --verify compares the filters themselves with "
		"the\n"
		"tables; each process stands still for a fraction of a millisecond for that.\n"
		"Exit status: 0 all is enforced, 1 something is not, 2 the daemon cannot be "
		"asked.\n",
	.options = seccomp_options,
	.run = run_seccomp,
	.show = show_seccomp,
};
