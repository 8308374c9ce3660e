/* The kernel's table of virtual and real servers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/show.h"

/* From here on something is not as it is wanted. */
#define BAD_DIFFERENT 4

/* How bad it is: the worse, the larger. */
static int badness_entry(const json_t *entry)
{
	static const struct {
		const char *state;
		int bad;
	} states[] = {{"missing", 7}, {"differs", 6}, {"surplus", 5}, {"foreign", 2}};
	const char *state = show_text(entry, "state");

	if (show_has_text(entry, "problem"))
		return 8;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(state, states[i].state) == 0)
			return states[i].bad;
	}
	if (show_is_true(entry, "held"))
		return 3;
	return json_is_false(json_object_get(entry, "alive")) ? 1 : 0;
}

static int badness_service(const json_t *service)
{
	const json_t *real;
	size_t i;
	int worst = badness_entry(service);

	json_array_foreach(json_object_get(service, "real_servers"), i, real)
	{
		int bad = badness_entry(real);
		if (bad > worst)
			worst = bad;
	}
	return worst;
}

/* ---- numbers ---- */

static void human_cell(struct table *table, const json_t *object, const char *key)
{
	char text[32];

	show_human(show_number(object, key), text, sizeof(text));
	table_cell(table, TONE_PLAIN, "%s", text);
}

/* ---- differences ---- */

static void value_text(const json_t *value, char *text, size_t size)
{
	const json_t *one;
	size_t i;

	text[0] = '\0';
	if (json_is_integer(value))
		snprintf(text, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_string(value))
		strlcpy(text, json_string_value(value), size);
	json_array_foreach(value, i, one)
	{
		if (i > 0)
			strlcat(text, "+", size);
		if (json_is_string(one))
			strlcat(text, json_string_value(one), size);
	}
	if (text[0] == '\0')
		strlcpy(text, "none", size);
}

/* "weight 3, wanted 5; …" */
static void differences_text(const json_t *entry, char *text, size_t size)
{
	json_t *wanted = json_object_get(entry, "wanted");
	const json_t *actual = json_object_get(entry, "actual");
	const char *key;
	json_t *value;

	text[0] = '\0';
	json_object_foreach(wanted, key, value)
	{
		char is[128], ought[128], name[64], one[384];
		const json_t *other = json_object_get(actual, key);
		if (json_equal(value, other))
			continue;
		value_text(other, is, sizeof(is));
		value_text(value, ought, sizeof(ought));
		strlcpy(name, key, sizeof(name));
		for (char *c = name; *c != '\0'; c++) {
			if (*c == '_')
				*c = ' ';
		}
		snprintf(one, sizeof(one), "%s%s %s, wanted %s", text[0] != '\0' ? "; " : "", name,
			is, ought);
		strlcat(text, one, size);
	}
}

/* What an operator should know about an entry that is not simply fine. */
static void note_remark(struct table *table, const json_t *entry, int indent)
{
	char text[1024];

	if (strcmp(show_text(entry, "state"), "differs") == 0) {
		differences_text(entry, text, sizeof(text));
		table_note(table, TONE_BAD, indent, "differs: %s", text);
	}
	if (show_has_text(entry, "problem"))
		table_note(table, TONE_BAD, indent, "problem: %s", show_text(entry, "problem"));
	if (json_is_false(json_object_get(entry, "alive")))
		table_note(table, TONE_WARN, indent, "down: %s", show_text(entry, "reason"));
	if (show_is_true(entry, "held"))
		table_note(table, TONE_WARN, indent, "left as it is until its state is known");
}

static enum tone tone_of(const json_t *entry)
{
	int bad = badness_entry(entry);

	return bad >= BAD_DIFFERENT ? TONE_BAD : bad > 0 ? TONE_FAINT : TONE_GOOD;
}

/* ---- entries ---- */

static void place_text(const json_t *entry, char *text, size_t size)
{
	const char *address = show_text(entry, "address");

	snprintf(text, size, strchr(address, ':') != NULL ? "[%s]:%lld" : "%s:%lld", address,
		show_number(entry, "port"));
}

static void rate_cells(struct table *table, const json_t *entry)
{
	static const char *const keys[] = {"connections", "bytes_in", "bytes_out"};
	const json_t *rates = json_object_get(entry, "rates");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		human_cell(table, rates, keys[i]);
}

static void real_row(struct table *table, const json_t *real)
{
	const json_t *values = json_object_get(real, "actual");
	char name[128];

	if (!json_is_object(values))
		values = json_object_get(real, "wanted");
	place_text(real, name, sizeof(name));
	table_row(table);
	table_cell(table, TONE_PLAIN, "%s %s%s", badness_entry(real) >= BAD_DIFFERENT ? "!" : " ",
		name, show_is_true(real, "sorry") ? " sorry" : "");
	table_cell(table, tone_of(real), "%s", show_text(real, "state"));
	table_cell(table, TONE_PLAIN, "%s", show_text(values, "forwarding"));
	if (json_is_object(values))
		table_cell(table, TONE_PLAIN, "%lld", show_number(values, "weight"));
	else
		table_cell(table, TONE_PLAIN, "-");
	human_cell(table, real, "active");
	human_cell(table, real, "inactive");
	rate_cells(table, real);
	note_remark(table, real, 4);
}

static void service_text(const json_t *service, char *text, size_t size)
{
	char place[128];

	if (show_number(service, "fwmark") != 0) {
		snprintf(text, size, "FWM %lld %s", show_number(service, "fwmark"),
			show_text(service, "family"));
		return;
	}
	place_text(service, place, sizeof(place));
	snprintf(text, size, "%s %s", show_text(service, "protocol"), place);
}

static void show_service_values(const struct view *view, const json_t *service)
{
	const json_t *values = json_object_get(service, "actual");
	char flags[128], netmask[64];

	if (!json_is_object(values))
		values = json_object_get(service, "wanted");
	fprintf(view->out, " %s", show_text(values, "scheduler"));
	if (json_array_size(json_object_get(values, "flags")) > 0) {
		value_text(json_object_get(values, "flags"), flags, sizeof(flags));
		fprintf(view->out, " %s", flags);
	}
	if (show_number(values, "persistence_timeout_s") > 0) {
		value_text(json_object_get(values, "netmask"), netmask, sizeof(netmask));
		fprintf(view->out, " %lld s, mask %s", show_number(values, "persistence_timeout_s"),
			netmask);
	}
	if (show_has_text(values, "persistence_engine"))
		fprintf(view->out, " engine %s", show_text(values, "persistence_engine"));
}

/* What went through since the service was made, below it. */
static void show_totals(const struct view *view, const char *name, const json_t *entry)
{
	static const struct {
		const char *key, *words;
	} parts[] = {{"connections", "connections"}, {"packets_in", "packets in"},
		{"packets_out", "out"}, {"bytes_in", "bytes in"}, {"bytes_out", "out"}};
	const json_t *counters = json_object_get(entry, "counters");
	char text[256] = "", number[32], one[64];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		show_human(show_number(counters, parts[i].key), number, sizeof(number));
		snprintf(one, sizeof(one), "%s%s %s", i > 0 ? ", " : "", number, parts[i].words);
		strlcat(text, one, sizeof(text));
	}
	fprintf(view->out, "  %-24s ", name);
	show_wrapped(view, TONE_PLAIN, 27, 27, text);
}

static void show_all_totals(const struct view *view, const json_t *service)
{
	const json_t *real;
	char name[128];
	size_t i;

	show_word(view, TONE_HEAD, 0, "\n  IN TOTAL");
	fprintf(view->out, "\n");
	show_totals(view, "all", service);
	json_array_foreach(json_object_get(service, "real_servers"), i, real)
	{
		place_text(real, name, sizeof(name));
		show_totals(view, name, real);
	}
}

static void show_head(const struct view *view, const json_t *service)
{
	char text[160];

	service_text(service, text, sizeof(text));
	if (badness_entry(service) >= BAD_DIFFERENT)
		show_word(view, TONE_BAD, 0, "! ");
	show_word(view, tone_of(service), 0, show_text(service, "state"));
	fprintf(view->out, " %s", text);
	show_service_values(view, service);
	if (show_has_text(service, "name"))
		fprintf(view->out, ", of %s\n", show_text(service, "name"));
	else
		fprintf(view->out, ", not Holdfast's\n");
}

static void show_service(const struct view *view, const json_t *service, bool totals)
{
	static const char *const heads[] = {"  SERVER", "STATE", "METHOD", ">WEIGHT", ">ACTIVE",
		">INACTIVE", ">CONN/s", ">BYTES/s IN", ">OUT", NULL};
	struct table *table = table_new(heads);
	struct show_ranked *reals;
	size_t count = show_rank(json_object_get(service, "real_servers"), badness_entry, &reals);

	show_head(view, service);
	note_remark(table, service, 2);
	for (size_t i = 0; i < count; i++)
		real_row(table, reals[i].object);
	free(reals);
	table_row(table);
	table_cell(table, TONE_PLAIN, "  all");
	for (int i = 0; i < 5; i++)
		table_cell(table, TONE_PLAIN, "%s", "");
	rate_cells(table, service);
	table_print(table, view);
	if (totals)
		show_all_totals(view, service);
	fprintf(view->out, "\n");
}

/* ---- the whole ---- */

static int show_problem(const struct view *view, const char *problem)
{
	show_word(view, TONE_BAD, 0, "IPVS");
	fprintf(view->out, ": %s\n\n", problem);
	return CTL_WRONG;
}

static int show_sync(const struct view *view, const json_t *sync)
{
	const char *wanted = show_text(sync, "wanted");
	const char *actual = show_text(sync, "actual");
	bool same = strcmp(wanted, actual) == 0;

	if (same && strcmp(wanted, "none") == 0)
		return CTL_FINE;
	if (strcmp(wanted, "none") == 0) {
		fprintf(view->out, "sync daemon: %s, not Holdfast's\n\n", actual);
		return CTL_FINE;
	}
	fprintf(view->out, "sync daemon: ");
	show_word(view, same ? TONE_GOOD : TONE_BAD, 0, actual);
	if (!same)
		fprintf(view->out, ", wanted %s", wanted);
	fprintf(view->out, "\n\n");
	return same ? CTL_FINE : CTL_WRONG;
}

static int show_ipvs(const struct view *view, const json_t *reply)
{
	struct show_ranked *services;
	size_t count = show_rank(json_object_get(reply, "services"), badness_service, &services);
	int result = CTL_FINE;

	if (show_has_text(reply, "problem"))
		result = show_problem(view, show_text(reply, "problem"));
	if (show_sync(view, json_object_get(reply, "sync")) != CTL_FINE)
		result = CTL_WRONG;
	for (size_t i = 0; i < count; i++) {
		show_service(view, services[i].object, count == 1);
		if (services[i].bad >= BAD_DIFFERENT)
			result = CTL_WRONG;
	}
	if (count == 0 && result == CTL_FINE)
		fprintf(view->out, "the kernel's table is empty, and nothing is wanted in it\n");
	free(services);
	return result;
}

const struct ctl_command ipvs_command = {
	.name = "ipvs",
	.arguments = "[VS]",
	.arguments_max = 1,
	.summary = "virtual and real servers as wanted and as the kernel has them",
	.help = "Of a single one, VS, also its totals. What differs comes first.\n"
		"Exit status 1: the kernel does not have what is wanted.\n",
	.run = ctl_show,
	.show = show_ipvs,
};
