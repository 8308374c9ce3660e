/* Virtual servers, real servers and their checks. */
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/show.h"

static bool is_up(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* How bad it is: the worse, the larger. */
static int badness_real(const json_t *real)
{
	const json_t *check;
	size_t i;
	int worst = is_up(real, "alive") ? 0 : 4;

	json_array_foreach(json_object_get(real, "checks"), i, check)
	{
		const char *verdict = show_text(check, "verdict");
		int bad = strcmp(verdict, "down") == 0 ? 2 : strcmp(verdict, "up") == 0 ? 0 : 1;
		if (bad > worst)
			worst = bad;
	}
	return worst;
}

static int badness_virtual(const json_t *server)
{
	const json_t *real;
	size_t i;
	int worst = is_up(server, "quorum_up") ? 0 : 8;

	if (json_is_string(json_object_get(server, "problem")))
		return 16;
	json_array_foreach(json_object_get(server, "real_servers"), i, real)
	{
		int bad = badness_real(real);
		if (bad > worst)
			worst = bad;
	}
	return worst;
}

/* ", for 3 min 2 s" */
static void show_since(const struct view *view, const json_t *object)
{
	const json_t *ago = json_object_get(object, "changed_ago_s");
	char text[48];

	if (!json_is_number(ago))
		return;
	show_duration(json_number_value(ago), text, sizeof(text));
	fprintf(view->out, ", for %s", text);
}

static void show_check(const struct view *view, const json_t *check)
{
	const char *verdict = show_text(check, "verdict");
	enum tone tone = strcmp(verdict, "up") == 0     ? TONE_GOOD
			 : strcmp(verdict, "down") == 0 ? TONE_BAD
							: TONE_FAINT;
	const char *result = json_string_value(json_object_get(check, "result"));

	fprintf(view->out, "    ");
	show_word(view, tone, 8, verdict);
	fprintf(view->out, " %-10s ", show_text(check, "type"));
	if (json_is_string(json_object_get(check, "command")))
		fprintf(view->out, "%s", show_text(check, "command"));
	else if (json_is_string(json_object_get(check, "address")))
		fprintf(view->out, "%s port %lld", show_text(check, "address"),
			show_number(check, "port"));
	fprintf(view->out, ": %s", result != NULL ? result : "not tried yet");
	if (result != NULL)
		fprintf(view->out, ", %.1f ms",
			json_number_value(json_object_get(check, "latency_s")) * 1000);
	show_since(view, check);
	fprintf(view->out, "\n");
}

static void show_real(const struct view *view, const json_t *real, bool detail)
{
	const json_t *check;
	size_t i;

	fprintf(view->out, "  ");
	show_word(view, is_up(real, "alive") ? TONE_GOOD : TONE_BAD, 5,
		is_up(real, "alive") ? "up" : "down");
	fprintf(view->out, " %-28s weight %-4lld %s", show_text(real, "name"),
		show_number(real, "weight"), show_text(real, "reason"));
	show_since(view, real);
	fprintf(view->out, "\n");
	if (!detail)
		return;
	json_array_foreach(json_object_get(real, "checks"), i, check) show_check(view, check);
}

static void show_server(const struct view *view, const json_t *server, bool detail)
{
	struct show_ranked *reals;
	size_t count = show_rank(json_object_get(server, "real_servers"), badness_real, &reals);
	bool up = is_up(server, "quorum_up");

	show_word(view, up ? TONE_GOOD : TONE_BAD, 0, up ? "quorum" : "no quorum");
	fprintf(view->out, " %s, weight %lld of quorum %lld", show_text(server, "name"),
		show_number(server, "weight_up"), show_number(server, "quorum"));
	show_since(view, server);
	fprintf(view->out, "\n");
	if (json_is_string(json_object_get(server, "problem"))) {
		fprintf(view->out, "  ");
		show_word(view, TONE_BAD, 0, "not as wanted");
		fprintf(view->out, ": %s\n", show_text(server, "problem"));
	}
	for (size_t i = 0; i < count; i++) {
		if (detail || reals[i].bad > 0)
			show_real(view, reals[i].object, detail);
	}
	free(reals);
}

int show_services(const struct view *view, const json_t *reply, bool detail)
{
	struct show_ranked *servers;
	size_t count =
		show_rank(json_object_get(reply, "virtual_servers"), badness_virtual, &servers);
	int result = CTL_FINE;

	for (size_t i = 0; i < count; i++) {
		show_server(view, servers[i].object, detail);
		if (servers[i].bad >= 2)
			result = CTL_WRONG;
	}
	free(servers);
	return result;
}

static int show_checks(const struct view *view, const json_t *reply)
{
	if (json_array_size(json_object_get(reply, "virtual_servers")) == 0)
		fprintf(view->out, "there are no virtual servers\n");
	return show_services(view, reply, true);
}

const struct ctl_command checks_command = {
	.name = "checks",
	.arguments = "[VS]",
	.arguments_max = 1,
	.summary = "virtual and real servers with the verdicts of their checks",
	.help = "VS is the name of a virtual server as in the logs, [10.0.0.1]:tcp:80, or its "
		"address.\n"
		"Exit status 1: a server is down.\n",
	.run = ctl_show,
	.show = show_checks,
};
