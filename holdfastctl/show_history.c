/* What happened, the latest last, as in a log. */
#include <string.h>

#include "holdfastctl/command.h"

static enum tone state_tone(const char *state)
{
	if (strcmp(state, "FAULT") == 0)
		return TONE_BAD;
	return strcmp(state, "MASTER") == 0 ? TONE_GOOD : TONE_PLAIN;
}

static int show_history(const struct view *view, const json_t *reply)
{
	static const char *const heads[] = {"WHEN", ">AGO", "NAME", "FROM", "TO", "WHY", NULL};
	const json_t *history = json_object_get(reply, "history");
	const json_t *change;
	size_t i;

	if (json_array_size(history) == 0) {
		fprintf(view->out, "No state has changed yet.\n");
		return CTL_FINE;
	}
	struct table *table = table_new(heads);
	json_array_foreach(history, i, change)
	{
		char at[64], ago[40];
		const char *to = show_text(change, "to");
		show_moment(change, "at", at, sizeof(at));
		show_ago(change, "ago_s", ago, sizeof(ago));
		if (strlen(ago) > strlen(" ago"))
			ago[strlen(ago) - strlen(" ago")] = '\0'; /* the head says it */
		table_row(table);
		table_cell(table, TONE_PLAIN, "%s", at);
		table_cell(table, TONE_PLAIN, "%s", ago);
		table_cell(table, TONE_PLAIN, "%s", show_text(change, "name"));
		table_cell(table, TONE_PLAIN, "%s", show_text(change, "from"));
		table_cell(table, state_tone(to), "%s", to);
		table_cell(table, TONE_PLAIN, "%s", show_text(change, "reason"));
	}
	table_print(table, view);
	return CTL_FINE;
}

const struct ctl_command history_command = {
	.name = "history",
	.arguments = "[NAME]",
	.arguments_max = 1,
	.summary = "the latest state changes with their causes",
	.help = "Of all instances, or of one, NAME. The latest comes last. Exit status 1: "
		"refused.\n",
	.run = ctl_show,
	.show = show_history,
};
