/* The kernel's table of virtual and real servers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/show.h"

/* From here on something is not as it is wanted. */
#define BAD_DIFFERENT 4

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static bool has_text(const json_t *object, const char *key)
{
	return json_is_string(json_object_get(object, key));
}

/* How bad it is: the worse, the larger. */
static int badness_entry(const json_t *entry)
{
	static const struct {
		const char *state;
		int bad;
	} states[] = {{"missing", 7}, {"differs", 6}, {"surplus", 5}, {"foreign", 2}};
	const char *state = show_text(entry, "state");

	if (has_text(entry, "problem"))
		return 8;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(state, states[i].state) == 0)
			return states[i].bad;
	}
	if (is_true(entry, "held"))
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

/* "9999", "12.3k", "456M" */
static void human(long long number, char *text, size_t size)
{
	static const char units[] = "kMGTPE";
	double value = (double)number;
	size_t unit = 0;

	if (number < 10000) {
		snprintf(text, size, "%lld", number > 0 ? number : 0);
		return;
	}
	for (value /= 1000; value >= 999.5 && units[unit + 1] != '\0'; unit++)
		value /= 1000;
	snprintf(text, size, value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

static void show_human(const struct view *view, const json_t *object, const char *key)
{
	char text[32];

	human(show_number(object, key), text, sizeof(text));
	fprintf(view->out, " %8s", text);
}

static void show_counters(const struct view *view, const json_t *counters)
{
	static const char *const keys[] = {
		"connections", "packets_in", "packets_out", "bytes_in", "bytes_out"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		show_human(view, counters, keys[i]);
}

static void show_heads(const struct view *view, bool totals)
{
	fprintf(view->out, "  %-42s %-8s %-6s %6s %8s %8s %8s %8s %8s %8s %8s", "SERVER", "STATE",
		"METHOD", "WEIGHT", "ACTIVE", "INACTIVE", "CONN/s", "PKT IN/s", "OUT/s", "B IN/s",
		"OUT/s");
	if (totals)
		fprintf(view->out, " %8s %8s %8s %8s %8s", "CONNS", "PKTS IN", "OUT", "BYTES IN",
			"OUT");
	fprintf(view->out, "\n");
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

/* ": weight 3, wanted 5; …" */
static void show_differences(const struct view *view, const json_t *entry)
{
	json_t *wanted = json_object_get(entry, "wanted");
	const json_t *actual = json_object_get(entry, "actual");
	const char *key;
	json_t *value;
	bool first = true;

	json_object_foreach(wanted, key, value)
	{
		char is[128], ought[128], name[64];
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
		fprintf(view->out, "%s %s %s, wanted %s", first ? ":" : ";", name, is, ought);
		first = false;
	}
}

/* What an operator should know about an entry that is not simply fine. */
static void show_remark(const struct view *view, const json_t *entry, int indent)
{
	const char *state = show_text(entry, "state");
	bool differs = strcmp(state, "differs") == 0;

	if (has_text(entry, "problem") || differs) {
		fprintf(view->out, "%*s", indent, "");
		show_word(view, TONE_BAD, 0, differs ? "differs" : "problem");
		if (differs)
			show_differences(view, entry);
		if (has_text(entry, "problem"))
			fprintf(view->out, "%s %s", differs ? "; problem:" : ":",
				show_text(entry, "problem"));
		fprintf(view->out, "\n");
	}
	if (json_is_false(json_object_get(entry, "alive")))
		fprintf(view->out, "%*sdown: %s\n", indent, "", show_text(entry, "reason"));
	if (is_true(entry, "held"))
		fprintf(view->out, "%*sleft as it is until its state is known\n", indent, "");
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

static void show_entry_real(const struct view *view, const json_t *real, bool totals)
{
	const json_t *values = json_object_get(real, "actual");
	char name[128];

	if (!json_is_object(values))
		values = json_object_get(real, "wanted");
	place_text(real, name, sizeof(name));
	if (is_true(real, "sorry"))
		strlcat(name, " sorry", sizeof(name));
	show_word(view, TONE_BAD, 2, badness_entry(real) >= BAD_DIFFERENT ? "!" : "");
	fprintf(view->out, "%-42s ", name);
	show_word(view, tone_of(real), 8, show_text(real, "state"));
	fprintf(view->out, " %-6s", show_text(values, "forwarding"));
	if (json_is_object(values))
		fprintf(view->out, " %6lld", show_number(values, "weight"));
	else
		fprintf(view->out, " %6s", "-");
	show_human(view, real, "active");
	show_human(view, real, "inactive");
	show_counters(view, json_object_get(real, "rates"));
	if (totals)
		show_counters(view, json_object_get(real, "counters"));
	fprintf(view->out, "\n");
	show_remark(view, real, 4);
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
	if (has_text(values, "persistence_engine"))
		fprintf(view->out, " engine %s", show_text(values, "persistence_engine"));
}

static void show_entry_service(const struct view *view, const json_t *service, bool totals)
{
	struct show_ranked *reals;
	size_t count = show_rank(json_object_get(service, "real_servers"), badness_entry, &reals);
	char text[160];

	service_text(service, text, sizeof(text));
	if (badness_entry(service) >= BAD_DIFFERENT)
		show_word(view, TONE_BAD, 0, "! ");
	show_word(view, tone_of(service), 0, show_text(service, "state"));
	fprintf(view->out, " %s", text);
	show_service_values(view, service);
	if (has_text(service, "name"))
		fprintf(view->out, ", of %s", show_text(service, "name"));
	else
		fprintf(view->out, ", not Holdfast's");
	fprintf(view->out, "\n");
	show_remark(view, service, 2);
	if (count > 0)
		show_heads(view, totals);
	for (size_t i = 0; i < count; i++)
		show_entry_real(view, reals[i].object, totals);
	free(reals);
	fprintf(view->out, "  %-83s", "all");
	show_counters(view, json_object_get(service, "rates"));
	if (totals)
		show_counters(view, json_object_get(service, "counters"));
	fprintf(view->out, "\n\n");
}

/* ---- the whole ---- */

static int show_problem(const struct view *view, const char *problem)
{
	show_word(view, TONE_BAD, 0, "IPVS");
	fprintf(view->out, ": %s\n\n", problem);
	return CTL_WRONG;
}

int show_ipvs_problems(const struct view *view, const json_t *reply)
{
	const json_t *problem;
	size_t i;
	int result = CTL_FINE;

	json_array_foreach(json_object_get(reply, "ipvs_problems"), i, problem)
	{
		if (json_is_string(problem))
			result = show_problem(view, json_string_value(problem));
	}
	return result;
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

	if (has_text(reply, "problem"))
		result = show_problem(view, show_text(reply, "problem"));
	if (show_sync(view, json_object_get(reply, "sync")) != CTL_FINE)
		result = CTL_WRONG;
	for (size_t i = 0; i < count; i++) {
		show_entry_service(view, services[i].object, count == 1);
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
