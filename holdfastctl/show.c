#include "holdfastctl/show.h"

#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"

static const char *const tone_codes[] = {[TONE_PLAIN] = "",
	[TONE_GOOD] = "\033[32m",
	[TONE_BAD] = "\033[1;31m",
	[TONE_FAINT] = "\033[2m"};

void show_word(const struct view *view, enum tone tone, int width, const char *text)
{
	bool color = view->color && tone != TONE_PLAIN;
	int left = width < 0 ? 0 : width - (int)strlen(text);
	int right = width < 0 ? -width - (int)strlen(text) : 0;

	fprintf(view->out, "%*s%s%s%s%*s", right > 0 ? right : 0, "", color ? tone_codes[tone] : "",
		text, color ? "\033[0m" : "", left > 0 ? left : 0, "");
}

const char *show_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "-";
}

long long show_number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

void show_duration(double seconds, char *text, size_t size)
{
	long long s = seconds > 0 ? (long long)seconds : 0;

	if (s >= 86400)
		snprintf(text, size, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(text, size, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(text, size, "%lld min %lld s", s / 60, s % 60);
	else
		snprintf(text, size, "%lld s", s);
}

static void capabilities_text(const json_t *process, char *text, size_t size)
{
	const json_t *capability;
	size_t i;

	text[0] = '\0';
	json_array_foreach(json_object_get(process, "capabilities"), i, capability)
	{
		const char *name = json_string_value(capability);
		if (name == NULL)
			continue;
		if (strncmp(name, "CAP_", 4) == 0)
			name += 4;
		if (text[0] != '\0')
			strlcat(text, " ", size);
		strlcat(text, name, size);
	}
	if (text[0] == '\0')
		strlcpy(text, "none", size);
}

static bool process_runs(const json_t *process)
{
	return json_is_integer(json_object_get(process, "pid"));
}

static bool process_confined(const json_t *process)
{
	return show_number(process, "seccomp") == 2 &&
	       json_is_true(json_object_get(process, "no_new_privs"));
}

static void process_line(const struct view *view, const json_t *process)
{
	char text[512], uptime[32];

	show_word(view, TONE_PLAIN, 10, show_text(process, "name"));
	if (!process_runs(process)) {
		show_word(view, TONE_BAD, 0, "does not run");
		fprintf(view->out, " (replaced %lld times)\n", show_number(process, "restarts"));
		return;
	}
	show_duration(
		json_number_value(json_object_get(process, "uptime_s")), uptime, sizeof(uptime));
	capabilities_text(process, text, sizeof(text));
	fprintf(view->out, "%7lld %6lld %9s %8lld  ", show_number(process, "pid"),
		show_number(process, "uid"), uptime, show_number(process, "restarts"));
	if (process_confined(process))
		show_word(view, TONE_GOOD, 10, "enforced");
	else
		show_word(view, TONE_BAD, 10, "off");
	fprintf(view->out, "%s\n", text);
}

static int show_processes(const struct view *view, const json_t *reply)
{
	const json_t *process;
	size_t i;
	int result = CTL_FINE;

	fprintf(view->out, "%-10s%7s %6s %9s %8s  %-10s%s\n", "PROCESS", "PID", "UID", "UP",
		"RESTARTS", "SANDBOX", "CAPABILITIES");
	json_array_foreach(json_object_get(reply, "processes"), i, process)
	{
		if (!process_runs(process) || !process_confined(process))
			result = CTL_WRONG;
		process_line(view, process);
	}
	return result;
}

static int show_history(const struct view *view, const json_t *reply)
{
	const json_t *history = json_object_get(reply, "history");
	const json_t *change;
	size_t i;

	json_array_foreach(history, i, change)
	{
		fprintf(view->out, "%s  %-16s %s -> %s: %s\n", show_text(change, "at"),
			show_text(change, "name"), show_text(change, "from"),
			show_text(change, "to"), show_text(change, "reason"));
	}
	if (json_array_size(history) == 0)
		fprintf(view->out, "no state changes yet\n");
	return CTL_FINE;
}

/* Line by line, below the script. */
static void show_output(const struct view *view, const char *output)
{
	while (*output != '\0') {
		size_t length = strcspn(output, "\n");
		fprintf(view->out, "    | %.*s\n", (int)length, output);
		output += length + (output[length] == '\n');
	}
}

static bool show_script(const struct view *view, const json_t *script)
{
	const char *verdict = show_text(script, "verdict");
	bool up = strcmp(verdict, "up") == 0;

	show_word(view, up ? TONE_GOOD : TONE_BAD, 8, verdict);
	fprintf(view->out, " %-16s as %s: %s", show_text(script, "name"), show_text(script, "user"),
		show_text(script, "last_result"));
	if (json_is_real(json_object_get(script, "last_duration_s")))
		fprintf(view->out, ", %.3f s",
			json_real_value(json_object_get(script, "last_duration_s")));
	fprintf(view->out, "\n");
	const char *output = json_string_value(json_object_get(script, "last_output"));
	if (output != NULL)
		show_output(view, output);
	return up;
}

static bool show_is_empty(const json_t *object, const char *key)
{
	return show_text(object, key)[0] == '\0';
}

/* What ran last for an instance, a group or a server, and what runs or waits now. */
static bool show_notice(const struct view *view, const json_t *notice)
{
	const char *result = show_text(notice, "last_result");
	bool good = strcmp(result, "exit status 0") == 0 || show_is_empty(notice, "last_command");

	show_word(view, good ? TONE_GOOD : TONE_BAD, 8, show_text(notice, "state"));
	fprintf(view->out, " %-16s %s", show_text(notice, "name"),
		show_text(notice, "last_command"));
	if (!show_is_empty(notice, "last_command"))
		fprintf(view->out, ": %s, %.3f s", result,
			json_real_value(json_object_get(notice, "last_duration_s")));
	if (!show_is_empty(notice, "running"))
		fprintf(view->out, "; runs %s, %d more wait", show_text(notice, "running"),
			(int)json_integer_value(json_object_get(notice, "waiting")));
	if (json_integer_value(json_object_get(notice, "left_out")) > 0)
		fprintf(view->out, "; %d were left out",
			(int)json_integer_value(json_object_get(notice, "left_out")));
	fprintf(view->out, "\n");
	const char *output = json_string_value(json_object_get(notice, "last_output"));
	if (output != NULL)
		show_output(view, output);
	return good;
}

/* A file or a kind of process. */
static bool show_tracked(const struct view *view, const json_t *tracked)
{
	const char *name = show_text(tracked, "name");
	bool is_file = strcmp(show_text(tracked, "kind"), "file") == 0;
	const char *verdict = show_text(tracked, "verdict");
	bool good = is_file || strcmp(verdict, "up") == 0;

	if (is_file) {
		show_word(view, TONE_GOOD, 8, "file");
		fprintf(view->out, " %-16s %s says %lld\n", name, show_text(tracked, "file"),
			(long long)json_integer_value(json_object_get(tracked, "value")));
	} else {
		show_word(view, good ? TONE_GOOD : TONE_BAD, 8, verdict);
		fprintf(view->out, " %-16s %lld of %s\n", name,
			(long long)json_integer_value(json_object_get(tracked, "count")),
			show_text(tracked, "process"));
	}
	return good;
}

static int show_scripts(const struct view *view, const json_t *reply)
{
	const json_t *scripts = json_object_get(reply, "scripts");
	const json_t *notices = json_object_get(reply, "notices");
	const json_t *tracked = json_object_get(reply, "tracked");
	const json_t *script, *notice, *one;
	bool good = true;
	size_t i;

	json_array_foreach(scripts, i, script) good &= show_script(view, script);
	if (json_array_size(scripts) == 0)
		fprintf(view->out, "no scripts are tracked\n");
	json_array_foreach(tracked, i, one) good &= show_tracked(view, one);
	json_array_foreach(notices, i, notice) good &= show_notice(view, notice);
	return good ? CTL_FINE : CTL_WRONG;
}

/* A reload that was refused, or a start with nothing valid to run. */
static int show_problem(const struct view *view, const json_t *reply)
{
	const json_t *configuration = json_object_get(reply, "configuration");

	if (!json_is_string(json_object_get(configuration, "problem")))
		return CTL_FINE;
	show_word(view, TONE_BAD, 0, "configuration refused");
	fprintf(view->out, ", the one before stays in force: %s\n\n",
		show_text(configuration, "problem"));
	return CTL_WRONG;
}

int show_status(const struct view *view, const json_t *reply)
{
	const json_t *configuration = json_object_get(reply, "configuration");
	int problem = show_problem(view, reply);

	fprintf(view->out, "Holdfast %s, %s in force since %s\n\n", show_text(reply, "version"),
		show_text(configuration, "file"), show_text(configuration, "since"));
	int ipvs = show_ipvs_problems(view, reply);
	int vrrp = show_vrrp(view, reply, false);
	fprintf(view->out, "\n");
	int services = show_services(view, reply, false);
	if (json_array_size(json_object_get(reply, "virtual_servers")) > 0)
		fprintf(view->out, "\n");
	int processes = show_processes(view, reply);
	bool fine = problem == CTL_FINE && vrrp == CTL_FINE && services == CTL_FINE &&
		    ipvs == CTL_FINE && processes == CTL_FINE;
	return fine ? CTL_FINE : CTL_WRONG;
}

const struct ctl_command processes_command = {
	.name = "processes",
	.arguments = "",
	.summary = "pid, user, capabilities, sandbox and restarts of every process",
	.help = "Exit status 1: a process does not run, or is not confined.\n",
	.run = ctl_show,
	.show = show_processes,
};

const struct ctl_command history_command = {
	.name = "history",
	.arguments = "[NAME]",
	.arguments_max = 1,
	.summary = "the latest state changes with their causes",
	.run = ctl_show,
	.show = show_history,
};

const struct ctl_command scripts_command = {
	.name = "scripts",
	.arguments = "",
	.summary = "verdict of every vrrp_script, how it ended last and what it said",
	.help = "Exit status 1: one is not up, or a notify script failed last.\n",
	.run = ctl_show,
	.show = show_scripts,
};

const struct ctl_command status_command = {
	.name = "status",
	.arguments = "",
	.summary = "one screen: what is wrong, instances, servers and processes",
	.help = "Exit status 1: something is wrong.\n",
	.run = ctl_show,
	.show = show_status,
};
