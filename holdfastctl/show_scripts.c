/* Scripts: verdicts, how they ended, and what they said. */
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"

static enum tone verdict_tone(const char *verdict)
{
	if (strcmp(verdict, "up") == 0)
		return TONE_GOOD;
	return strcmp(verdict, "down") == 0 ? TONE_BAD : TONE_WARN;
}

/* Line by line, below the script. */
static void note_output(struct table *table, const json_t *object)
{
	const char *output =
		show_has_text(object, "last_output") ? show_text(object, "last_output") : "";

	while (*output != '\0') {
		size_t length = strcspn(output, "\n");
		table_note(table, TONE_FAINT, 4, "| %.*s", (int)length, output);
		output += length + (output[length] == '\n');
	}
}

static int script_badness(const json_t *script)
{
	const char *verdict = show_text(script, "verdict");

	return strcmp(verdict, "up") == 0 ? 0 : strcmp(verdict, "down") == 0 ? BAD_WRONG : 1;
}

static void script_row(struct table *table, const json_t *script)
{
	const json_t *next = json_object_get(script, "next_run_s");
	const char *verdict = show_text(script, "verdict");

	table_row(table);
	table_cell(table, TONE_PLAIN, "%s", show_text(script, "name"));
	table_cell(table, verdict_tone(verdict), "%s", verdict);
	table_cell(table, TONE_PLAIN, "%s", show_text(script, "user"));
	if (json_is_number(next))
		table_cell(table, TONE_PLAIN, "in %.1f s", json_number_value(next));
	else
		table_cell(table, TONE_PLAIN, "-");
	table_cell(table, TONE_PLAIN, "%.3f s",
		json_number_value(json_object_get(script, "last_duration_s")));
	table_cell(table, TONE_PLAIN, "%s", show_text(script, "last_result"));
	note_output(table, script);
}

static int show_scripts_part(const struct view *view, const json_t *scripts)
{
	static const char *const heads[] = {
		"SCRIPT", "VERDICT", "USER", ">NEXT RUN", ">TOOK", "LAST RESULT", NULL};
	struct show_ranked *list;
	size_t count = show_rank(scripts, script_badness, &list);
	int result = CTL_FINE;

	if (count == 0) {
		fprintf(view->out, "No scripts are tracked.\n");
		free(list);
		return CTL_FINE;
	}
	struct table *table = table_new(heads);
	for (size_t i = 0; i < count; i++) {
		script_row(table, list[i].object);
		if (list[i].bad >= 1)
			result = CTL_WRONG;
	}
	free(list);
	table_print(table, view);
	return result;
}

/* Files and kinds of process. */
static int show_tracked_part(const struct view *view, const json_t *tracked)
{
	static const char *const heads[] = {"TRACKED", "STATE", "WHAT", NULL};
	const json_t *one;
	size_t i;
	int result = CTL_FINE;

	if (json_array_size(tracked) == 0)
		return CTL_FINE;
	struct table *table = table_new(heads);
	json_array_foreach(tracked, i, one)
	{
		const char *verdict = show_text(one, "verdict");
		table_row(table);
		table_cell(table, TONE_PLAIN, "%s", show_text(one, "name"));
		if (strcmp(show_text(one, "kind"), "file") == 0) {
			table_cell(table, TONE_PLAIN, "%lld", show_number(one, "value"));
			table_cell(table, TONE_PLAIN, "file %s", show_text(one, "file"));
			continue;
		}
		table_cell(table, verdict_tone(verdict), "%s", verdict);
		table_cell(table, TONE_PLAIN, "%lld of %s run", show_number(one, "count"),
			show_text(one, "process"));
		if (strcmp(verdict, "up") != 0)
			result = CTL_WRONG;
	}
	fprintf(view->out, "\n");
	table_print(table, view);
	return result;
}

static bool notice_is_good(const json_t *notice)
{
	return !show_has_text(notice, "last_command") ||
	       strcmp(show_text(notice, "last_result"), "exit status 0") == 0;
}

/* What ran last for an instance, a group or a server, and what runs or waits now. */
static void notice_row(struct table *table, const json_t *notice)
{
	bool good = notice_is_good(notice);

	table_row(table);
	table_cell(table, TONE_PLAIN, "%s", show_text(notice, "name"));
	table_cell(table, TONE_PLAIN, "%s", show_text(notice, "state"));
	if (show_has_text(notice, "last_command")) {
		table_cell(
			table, good ? TONE_GOOD : TONE_BAD, "%s", show_text(notice, "last_result"));
		table_cell(table, TONE_PLAIN, "%.3f s",
			json_number_value(json_object_get(notice, "last_duration_s")));
		table_cell(table, TONE_PLAIN, "%s", show_text(notice, "last_command"));
	}
	note_output(table, notice);
	if (show_has_text(notice, "running"))
		table_note(table, TONE_WARN, 2, "runs %s, %lld more wait",
			show_text(notice, "running"), show_number(notice, "waiting"));
	if (show_number(notice, "left_out") > 0)
		table_note(table, TONE_WARN, 2, "%lld were left out, as too many waited",
			show_number(notice, "left_out"));
}

static int show_notices_part(const struct view *view, const json_t *notices)
{
	static const char *const heads[] = {
		"NOTIFIED OF", "STATE", "RESULT", ">TOOK", "COMMAND", NULL};
	const json_t *notice;
	size_t i;
	int result = CTL_FINE;

	if (json_array_size(notices) == 0)
		return CTL_FINE;
	struct table *table = table_new(heads);
	json_array_foreach(notices, i, notice)
	{
		notice_row(table, notice);
		if (!notice_is_good(notice))
			result = CTL_WRONG;
	}
	fprintf(view->out, "\n");
	table_print(table, view);
	return result;
}

static int show_scripts(const struct view *view, const json_t *reply)
{
	int scripts = show_scripts_part(view, json_object_get(reply, "scripts"));
	int tracked = show_tracked_part(view, json_object_get(reply, "tracked"));
	int notices = show_notices_part(view, json_object_get(reply, "notices"));
	bool fine = scripts == CTL_FINE && tracked == CTL_FINE && notices == CTL_FINE;

	return fine ? CTL_FINE : CTL_WRONG;
}

const struct ctl_command scripts_command = {
	.name = "scripts",
	.arguments = "",
	.summary = "verdict of every vrrp_script, how it ended last and what it said",
	.help = "Also files and processes that are tracked, and how notify scripts ended.\n"
		"Exit status 1: one is not up, or a notify script failed last.\n",
	.run = ctl_show,
	.show = show_scripts,
};
