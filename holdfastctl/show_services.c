/* Virtual servers, real servers and their checks. */
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"

int show_real_badness(const json_t *real)
{
	const json_t *check;
	size_t i;
	int worst = 0;

	if (!show_is_true(real, "alive"))
		return BAD_WRONG + 2;
	json_array_foreach(json_object_get(real, "checks"), i, check)
	{
		const char *verdict = show_text(check, "verdict");
		int bad = strcmp(verdict, "down") == 0 ? 2 : strcmp(verdict, "up") == 0 ? 0 : 1;
		if (bad > worst)
			worst = bad;
	}
	return worst;
}

int show_virtual_badness(const json_t *server)
{
	const json_t *real;
	size_t i;
	int worst = show_is_true(server, "quorum_up") ? 0 : BAD_WRONG + 4;

	if (show_has_text(server, "problem"))
		return BAD_WRONG + 8;
	json_array_foreach(json_object_get(server, "real_servers"), i, real)
	{
		int bad = show_real_badness(real);
		if (bad > worst)
			worst = bad;
	}
	return worst;
}

/* ---- a row for each, in the status ---- */

static size_t count_alive(const json_t *server)
{
	const json_t *real;
	size_t i, count = 0;

	json_array_foreach(json_object_get(server, "real_servers"), i, real) count +=
		show_is_true(real, "alive");
	return count;
}

static void virtual_row(struct table *table, const json_t *server)
{
	size_t reals = json_array_size(json_object_get(server, "real_servers"));
	bool up = show_is_true(server, "quorum_up");
	bool problem = show_has_text(server, "problem");
	char ago[40];

	show_ago(server, "changed_ago_s", ago, sizeof(ago));
	table_row(table);
	table_cell(table, TONE_PLAIN, "%s", show_text(server, "name"));
	table_cell(table, up && !problem ? TONE_GOOD : TONE_BAD, "%s%s",
		up ? "quorum" : "no quorum", problem ? ", not as wanted" : "");
	table_cell(table, TONE_PLAIN, "%s", ago);
	table_cell(table, TONE_PLAIN, "%lld of %lld", show_number(server, "weight_up"),
		show_number(server, "quorum"));
	table_cell(table, count_alive(server) == reals ? TONE_GOOD : TONE_BAD, "%zu of %zu up",
		count_alive(server), reals);
}

void show_services(const struct view *view, const json_t *reply, size_t limit)
{
	static const char *const heads[] = {
		"VIRTUAL SERVER", "STATE", ">SINCE", ">WEIGHT", ">REAL SERVERS", NULL};
	struct table *table = table_new(heads);
	struct show_ranked *list;
	size_t count =
		show_rank(json_object_get(reply, "virtual_servers"), show_virtual_badness, &list);

	for (size_t i = 0; i < count && (limit == 0 || i < limit); i++)
		virtual_row(table, list[i].object);
	free(list);
	table_print(table, view);
	if (limit != 0 && count > limit)
		fprintf(view->out, "and %zu more: holdfastctl checks\n", count - limit);
}

/* ---- all there is to say of each ---- */

static void show_check(const struct view *view, const json_t *check)
{
	const char *verdict = show_text(check, "verdict");
	enum tone tone = strcmp(verdict, "up") == 0     ? TONE_GOOD
			 : strcmp(verdict, "down") == 0 ? TONE_BAD
							: TONE_WARN;
	const json_t *next = json_object_get(check, "next_run_s");
	char text[1024], more[512], since[40];

	snprintf(text, sizeof(text), "%s", show_text(check, "type"));
	if (show_has_text(check, "command"))
		snprintf(more, sizeof(more), " %s", show_text(check, "command"));
	else if (show_has_text(check, "address"))
		snprintf(more, sizeof(more), " %s port %lld", show_text(check, "address"),
			show_number(check, "port"));
	else
		more[0] = '\0';
	strlcat(text, more, sizeof(text));
	snprintf(more, sizeof(more), ": %s",
		show_has_text(check, "result") ? show_text(check, "result") : "not tried yet");
	strlcat(text, more, sizeof(text));
	if (show_has_text(check, "result")) {
		snprintf(more, sizeof(more), ", %.1f ms",
			json_number_value(json_object_get(check, "latency_s")) * 1000);
		strlcat(text, more, sizeof(text));
	}
	if (json_is_number(next)) {
		snprintf(more, sizeof(more), ", next in %.1f s", json_number_value(next));
		strlcat(text, more, sizeof(text));
	}
	show_for(check, "changed_ago_s", since, sizeof(since));
	if (since[0] != '\0') {
		strlcat(text, ",", sizeof(text));
		strlcat(text, since, sizeof(text));
	}
	fprintf(view->out, "    ");
	show_word(view, tone, 7, verdict);
	show_wrapped(view, TONE_PLAIN, 11, 12, text);
}

static void show_real(const struct view *view, const json_t *real)
{
	bool alive = show_is_true(real, "alive");
	const json_t *check;
	char text[1024], since[40];
	size_t i;

	show_for(real, "changed_ago_s", since, sizeof(since));
	snprintf(text, sizeof(text), "%s%s, weight %lld%s%s", show_text(real, "name"), since,
		show_number(real, "weight"), alive ? "" : ": ",
		alive ? "" : show_text(real, "reason"));
	fprintf(view->out, "  ");
	show_word(view, alive ? TONE_GOOD : TONE_BAD, 5, alive ? "up" : "down");
	show_wrapped(view, TONE_PLAIN, 7, 8, text);
	json_array_foreach(json_object_get(real, "checks"), i, check) show_check(view, check);
}

static void show_virtual(const struct view *view, const json_t *server)
{
	bool up = show_is_true(server, "quorum_up");
	struct show_ranked *reals;
	char text[1024], since[40];
	size_t count =
		show_rank(json_object_get(server, "real_servers"), show_real_badness, &reals);

	show_for(server, "changed_ago_s", since, sizeof(since));
	snprintf(text, sizeof(text), "%s%s: weight %lld of quorum %lld", show_text(server, "name"),
		since, show_number(server, "weight_up"), show_number(server, "quorum"));
	show_word(view, up ? TONE_GOOD : TONE_BAD, 10, up ? "quorum" : "no quorum");
	show_wrapped(view, TONE_HEAD, 10, 10, text);
	if (show_has_text(server, "problem")) {
		fprintf(view->out, "  ");
		show_word(view, TONE_BAD, 0, "not as wanted:");
		show_wrapped(view, TONE_PLAIN, 16, 17, show_text(server, "problem"));
	}
	for (size_t i = 0; i < count; i++)
		show_real(view, reals[i].object);
	free(reals);
}

static int show_checks(const struct view *view, const json_t *reply)
{
	struct show_ranked *servers;
	size_t count = show_rank(
		json_object_get(reply, "virtual_servers"), show_virtual_badness, &servers);
	int result = CTL_FINE;

	if (count == 0)
		fprintf(view->out, "There are no virtual servers.\n");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fprintf(view->out, "\n");
		show_virtual(view, servers[i].object);
		if (servers[i].bad >= BAD_WRONG)
			result = CTL_WRONG;
	}
	free(servers);
	return result;
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
