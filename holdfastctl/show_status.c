/* One screen: what is wrong, and then what there is. */
#include <string.h>

#include "holdfastctl/command.h"

/* The version, the names of the processes, and what is remarkable about them. */
static void show_about(const struct view *view, const json_t *reply)
{
	const json_t *processes = json_object_get(reply, "processes");
	const json_t *process;
	char text[1024], one[160];
	size_t i;

	snprintf(text, sizeof(text), "Holdfast %s with processes ", show_text(reply, "version"));
	json_array_foreach(processes, i, process)
	{
		long long restarts = show_number(process, "restarts");
		snprintf(one, sizeof(one), "%s%s", i > 0 ? ", " : "", show_text(process, "name"));
		strlcat(text, one, sizeof(text));
		if (show_has_text(process, "user")) {
			snprintf(one, sizeof(one), " of %s", show_text(process, "user"));
			strlcat(text, one, sizeof(text));
		}
		if (!json_is_integer(json_object_get(process, "pid")))
			strlcat(text, " (does not run)", sizeof(text));
		else if (restarts > 0) {
			snprintf(one, sizeof(one), " (replaced %lld time%s)", restarts,
				restarts == 1 ? "" : "s");
			strlcat(text, one, sizeof(text));
		}
	}
	show_wrapped(view, TONE_FAINT, 0, 0, text);
}

static void show_configuration(const struct view *view, const json_t *reply)
{
	const json_t *configuration = json_object_get(reply, "configuration");
	char since[64], text[512];

	show_moment(configuration, "since", since, sizeof(since));
	snprintf(text, sizeof(text), "%s in force since %s", show_text(configuration, "file"),
		since);
	show_wrapped(view, TONE_FAINT, 0, 0, text);
}

int show_status(const struct view *view, const json_t *reply)
{
	int result = show_problems(view, reply);

	if (json_array_size(json_object_get(reply, "vrrp")) > 0) {
		fprintf(view->out, "\n");
		show_instances(view, reply, SHOW_STATUS_ROWS);
	}
	if (json_array_size(json_object_get(reply, "virtual_servers")) > 0) {
		fprintf(view->out, "\n");
		show_services(view, reply, SHOW_STATUS_ROWS);
	}
	fprintf(view->out, "\n");
	show_about(view, reply);
	show_configuration(view, reply);
	return result;
}

const struct ctl_command status_command = {
	.name = "status",
	.arguments = "",
	.summary = "one screen: what is wrong, instances, servers and processes",
	.help = "The first line says whether all is well. Exit status 1: it is not.\n",
	.run = ctl_show,
	.show = show_status,
};
