/* The processes of the suite, as the kernel has them. */
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"

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
	return show_number(process, "seccomp") == 2 && show_is_true(process, "no_new_privs");
}

bool show_process_is_well(const json_t *process)
{
	return process_runs(process) && process_confined(process);
}

static int process_badness(const json_t *process)
{
	return show_process_is_well(process) ? 0 : BAD_WRONG;
}

static void process_row(struct table *table, const json_t *process)
{
	char text[512], uptime[32], memory[32];
	bool confined = process_confined(process);

	table_row(table);
	table_cell(table, TONE_PLAIN, "%s", show_text(process, "name"));
	if (!process_runs(process)) {
		table_cell(table, TONE_BAD, "none");
		table_note(table, TONE_BAD, 2, "does not run; it was replaced %lld times",
			show_number(process, "restarts"));
		return;
	}
	show_duration(
		json_number_value(json_object_get(process, "uptime_s")), uptime, sizeof(uptime));
	show_human(show_number(process, "rss_kib") * 1024, memory, sizeof(memory));
	capabilities_text(process, text, sizeof(text));
	table_cell(table, TONE_PLAIN, "%lld", show_number(process, "pid"));
	table_cell(table, TONE_PLAIN, "%lld", show_number(process, "uid"));
	table_cell(table, TONE_PLAIN, "%s", uptime);
	table_cell(table, show_number(process, "restarts") > 0 ? TONE_WARN : TONE_PLAIN, "%lld",
		show_number(process, "restarts"));
	table_cell(table, TONE_PLAIN, "%s", memory);
	table_cell(table, confined ? TONE_GOOD : TONE_BAD, "%s", confined ? "enforced" : "off");
	table_cell(table, TONE_PLAIN, "%s", text);
}

static int show_processes(const struct view *view, const json_t *reply)
{
	static const char *const heads[] = {"PROCESS", ">PID", ">UID", ">UP", ">RESTARTS",
		">MEMORY", "SANDBOX", "CAPABILITIES", NULL};
	struct table *table = table_new(heads);
	struct show_ranked *list;
	size_t count = show_rank(json_object_get(reply, "processes"), process_badness, &list);
	int result = CTL_FINE;

	for (size_t i = 0; i < count; i++) {
		process_row(table, list[i].object);
		if (list[i].bad >= BAD_WRONG)
			result = CTL_WRONG;
	}
	free(list);
	table_print(table, view);
	return result;
}

const struct ctl_command processes_command = {
	.name = "processes",
	.arguments = "",
	.summary = "pid, user, capabilities, sandbox and restarts of every process",
	.help = "Exit status 1: a process does not run, or is not confined.\n",
	.run = ctl_show,
	.show = show_processes,
};
