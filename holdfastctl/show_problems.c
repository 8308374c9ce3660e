/* What is wrong, in words. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/ctl.h"
#include "holdfastctl/show.h"

/* So many of one kind are said each by itself. */
#define EACH 8

struct problems {
	FILE *out; /* collects the lines */
	size_t count;
	size_t of_kind;
	bool color;
	int width;
};

/* One more of the kind that was begun last; the line of one too many is left out. */
__attribute__((format(printf, 2, 3))) static void problem(
	struct problems *problems, const char *format, ...)
{
	const struct view view = {
		.out = problems->out, .color = problems->color, .width = problems->width};
	char text[1024];
	va_list arguments;

	problems->count++;
	if (problems->of_kind++ >= EACH)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(view.out, "  ");
	show_word(&view, TONE_BAD, 0, "!");
	show_wrapped(&view, TONE_PLAIN, 3, 4, text);
}

/* The kind ends: how many more there were, and which command lists them. */
static void problem_rest(struct problems *problems, const char *what, const char *command)
{
	if (problems->of_kind > EACH)
		fprintf(problems->out, "    and %zu more %s: holdfastctl %s\n",
			problems->of_kind - EACH, what, command);
	problems->of_kind = 0;
}

static void find_processes(struct problems *problems, const json_t *reply)
{
	const json_t *processes = json_object_get(reply, "processes");
	const json_t *process;
	size_t i;

	if (json_array_size(processes) == 0)
		problem(problems, "the answer of the daemon names no processes");
	json_array_foreach(processes, i, process)
	{
		const char *name = show_text(process, "name");
		if (!json_is_integer(json_object_get(process, "pid")))
			problem(problems,
				"process %s does not run; it was replaced %lld times, and its log "
				"says why",
				name, show_number(process, "restarts"));
		else if (!show_process_is_well(process))
			problem(problems, "process %s is not confined: its sandbox is off", name);
	}
	problem_rest(problems, "processes", "processes");
}

static void find_instances(struct problems *problems, const json_t *reply)
{
	struct show_ranked *list;
	size_t count = show_rank(json_object_get(reply, "vrrp"), show_instance_badness, &list);

	for (size_t i = 0; i < count && list[i].bad >= BAD_WRONG; i++) {
		const json_t *change = json_object_get(list[i].object, "last_change");
		const char *state = show_text(list[i].object, "state");
		char since[40];
		show_for(change, "ago_s", since, sizeof(since));
		if (strcmp(state, "FAULT") == 0)
			problem(problems, "%s in FAULT%s: %s", show_text(list[i].object, "name"),
				since, show_text(change, "reason"));
		else
			problem(problems, "%s has not started yet",
				show_text(list[i].object, "name"));
	}
	problem_rest(problems, "instances", "vrrp");
	free(list);
}

static void find_virtual(struct problems *problems, const json_t *server)
{
	char since[40];

	if (!show_is_true(server, "quorum_up")) {
		show_for(server, "changed_ago_s", since, sizeof(since));
		problem(problems, "%s has no quorum%s: %s", show_text(server, "name"), since,
			show_text(server, "reason"));
	}
	if (show_has_text(server, "problem"))
		problem(problems, "%s is not as wanted: %s", show_text(server, "name"),
			show_text(server, "problem"));
}

/* All virtual servers before any real one. */
static void find_services(struct problems *problems, const json_t *reply)
{
	const json_t *servers = json_object_get(reply, "virtual_servers");
	const json_t *server, *real;
	size_t i, j;
	char since[40];

	json_array_foreach(servers, i, server) find_virtual(problems, server);
	problem_rest(problems, "virtual servers", "checks");
	json_array_foreach(servers, i, server)
	{
		json_array_foreach(json_object_get(server, "real_servers"), j, real)
		{
			if (show_is_true(real, "alive"))
				continue;
			show_for(real, "changed_ago_s", since, sizeof(since));
			problem(problems, "%s of %s down%s: %s", show_text(real, "name"),
				show_text(server, "name"), since, show_text(real, "reason"));
		}
	}
	problem_rest(problems, "real servers", "checks");
}

static void find_ipvs(struct problems *problems, const json_t *reply)
{
	const json_t *text;
	size_t i;

	json_array_foreach(json_object_get(reply, "ipvs_problems"), i, text)
	{
		if (json_is_string(text))
			problem(problems, "IPVS: %s", json_string_value(text));
	}
	problem_rest(problems, "of IPVS", "ipvs");
}

/* The first line of what a script printed, with ": " before it. */
static void first_line(const json_t *script, char *text, size_t size)
{
	const char *output =
		show_has_text(script, "last_output") ? show_text(script, "last_output") : "";
	size_t length = strcspn(output, "\n");

	snprintf(text, size, "%s%.*s", length > 0 ? ": " : "", (int)length, output);
}

static void find_scripts(struct problems *problems, const json_t *reply)
{
	const json_t *one;
	size_t i;
	char line[256];

	json_array_foreach(json_object_get(reply, "scripts"), i, one)
	{
		if (strcmp(show_text(one, "verdict"), "down") != 0)
			continue;
		first_line(one, line, sizeof(line));
		problem(problems, "script %s down: %s%s", show_text(one, "name"),
			show_text(one, "last_result"), line);
	}
	json_array_foreach(json_object_get(reply, "tracked"), i, one)
	{
		if (strcmp(show_text(one, "verdict"), "down") == 0)
			problem(problems, "tracked process %s down: %lld of %s run",
				show_text(one, "name"), show_number(one, "count"),
				show_text(one, "process"));
	}
	problem_rest(problems, "scripts", "scripts");
}

static void find_configuration(struct problems *problems, const json_t *reply)
{
	const json_t *configuration = json_object_get(reply, "configuration");

	if (show_has_text(configuration, "problem"))
		problem(problems, "the last reload was refused, what was before stays in force: %s",
			show_text(configuration, "problem"));
	if (show_has_text(configuration, "beside"))
		problem(problems, "%s", show_text(configuration, "beside"));
	problem_rest(problems, "", "reload");
}

/* ---- when nothing is ---- */

static size_t count_state(const json_t *instances, const char *state)
{
	const json_t *instance;
	size_t i, count = 0;

	json_array_foreach(instances, i, instance) count +=
		strcmp(show_text(instance, "state"), state) == 0;
	return count;
}

static void show_all_is_well(const struct view *view, const json_t *reply)
{
	const json_t *instances = json_object_get(reply, "vrrp");
	const json_t *servers = json_object_get(reply, "virtual_servers");
	const json_t *server;
	size_t i, reals = 0, masters = count_state(instances, "MASTER");
	char text[256] = "", more[160];

	json_array_foreach(servers, i, server) reals +=
		json_array_size(json_object_get(server, "real_servers"));
	if (json_array_size(instances) > 0)
		snprintf(text, sizeof(text), ": %zu MASTER, %zu BACKUP", masters,
			json_array_size(instances) - masters);
	if (json_array_size(servers) > 0) {
		snprintf(more, sizeof(more), "%s%zu virtual server%s, all %zu real servers up",
			text[0] == '\0' ? ": " : "; ", json_array_size(servers),
			json_array_size(servers) == 1 ? "" : "s", reals);
		strlcat(text, more, sizeof(text));
	}
	show_word(view, TONE_GOOD, 0, "All is well");
	fprintf(view->out, "%s\n", text);
}

int show_problems(const struct view *view, const json_t *reply)
{
	struct problems problems = {.color = view->color, .width = view->width};
	char *lines = NULL, head[64];
	size_t size = 0;

	problems.out = open_memstream(&lines, &size);
	if (problems.out == NULL)
		return CTL_WRONG;
	find_processes(&problems, reply);
	find_instances(&problems, reply);
	find_ipvs(&problems, reply);
	find_services(&problems, reply);
	find_scripts(&problems, reply);
	find_configuration(&problems, reply);
	fclose(problems.out);
	if (problems.count == 0) {
		show_all_is_well(view, reply);
	} else {
		snprintf(head, sizeof(head), "%zu thing%s wrong", problems.count,
			problems.count == 1 ? " is" : "s are");
		show_word(view, TONE_BAD, 0, head);
		fprintf(view->out, ":\n%s", lines);
	}
	free(lines);
	return problems.count == 0 ? CTL_FINE : CTL_WRONG;
}
