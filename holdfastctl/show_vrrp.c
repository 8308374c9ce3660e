/* VRRP instances. */
#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"

/* What is wrong comes first, then who holds addresses here, then the rest. */
int show_instance_badness(const json_t *instance)
{
	const char *state = show_text(instance, "state");

	if (strcmp(state, "FAULT") == 0)
		return BAD_WRONG + 1;
	if (strcmp(state, "MASTER") == 0)
		return 1;
	return strcmp(state, "BACKUP") == 0 ? 0 : BAD_WRONG;
}

static enum tone state_tone(const json_t *instance)
{
	int bad = show_instance_badness(instance);

	return bad >= BAD_WRONG ? TONE_BAD : bad == 1 ? TONE_GOOD : TONE_PLAIN;
}

static bool is_master(const json_t *instance)
{
	return strcmp(show_text(instance, "state"), "MASTER") == 0;
}

static const char *master_text(const json_t *instance)
{
	return is_master(instance) ? "this node" : show_text(instance, "master");
}

static void instance_row(struct table *table, const json_t *instance)
{
	long long base = show_number(instance, "priority");
	long long effective = show_number(instance, "effective_priority");
	char ago[40];

	show_ago(json_object_get(instance, "last_change"), "ago_s", ago, sizeof(ago));
	table_row(table);
	table_cell(table, TONE_PLAIN, "%s", show_text(instance, "name"));
	table_cell(table, state_tone(instance), "%s", show_text(instance, "state"));
	table_cell(table, TONE_PLAIN, "%s", ago);
	table_cell(table, TONE_PLAIN, "%s", show_text(instance, "sync_group"));
	table_cell(table, TONE_PLAIN, "%s", show_text(instance, "interface"));
	table_cell(table, TONE_PLAIN, "%lld", show_number(instance, "vrid"));
	if (base == effective)
		table_cell(table, TONE_PLAIN, "%lld", base);
	else
		table_cell(table, TONE_WARN, "%lld of %lld", effective, base);
	table_cell(table, TONE_PLAIN, "%s", master_text(instance));
}

/* With the reason of the last change below each, where it is wanted. */
static void show_table(const struct view *view, const json_t *reply, size_t limit, bool reasons)
{
	static const char *const heads[] = {"INSTANCE", "STATE", ">SINCE", "GROUP", "INTERFACE",
		">VRID", ">PRIORITY", "MASTER", NULL};
	struct table *table = table_new(heads);
	struct show_ranked *list;
	size_t count = show_rank(json_object_get(reply, "vrrp"), show_instance_badness, &list);

	for (size_t i = 0; i < count && (limit == 0 || i < limit); i++) {
		const json_t *change = json_object_get(list[i].object, "last_change");
		instance_row(table, list[i].object);
		if (reasons && show_has_text(change, "reason"))
			table_note(table, TONE_FAINT, 2, "%s", show_text(change, "reason"));
	}
	free(list);
	table_print(table, view);
	if (limit != 0 && count > limit)
		fprintf(view->out, "and %zu more: holdfastctl vrrp\n", count - limit);
}

void show_instances(const struct view *view, const json_t *reply, size_t limit)
{
	show_table(view, reply, limit, false);
}

/* ---- one of them ---- */

#define LABEL_WIDTH 16

static void label(const struct view *view, const char *name)
{
	fprintf(view->out, "  ");
	show_word(view, TONE_FAINT, LABEL_WIDTH, name);
}

static void field(const struct view *view, const char *name, const char *text)
{
	label(view, name);
	show_wrapped(view, TONE_PLAIN, 2 + LABEL_WIDTH, 2 + LABEL_WIDTH, text);
}

/* When by the clock that the log is written by, and how long ago: the clock may have been set
 * since. */
static void last_change_fields(const struct view *view, const json_t *change)
{
	char text[256], ago[48], at[64];

	if (!json_is_object(change))
		return;
	show_duration(json_number_value(json_object_get(change, "ago_s")), ago, sizeof(ago));
	show_moment(change, "at", at, sizeof(at));
	snprintf(text, sizeof(text), "%s -> %s at %s, %s ago", show_text(change, "from"),
		show_text(change, "to"), at, ago);
	field(view, "last change", text);
	field(view, "why", show_text(change, "reason"));
}

static void priority_field(const struct view *view, const json_t *instance)
{
	const json_t *change;
	size_t i;
	char text[512], one[160];

	snprintf(text, sizeof(text), "%lld", show_number(instance, "effective_priority"));
	if (show_number(instance, "effective_priority") != show_number(instance, "priority")) {
		snprintf(one, sizeof(one), ", configured %lld", show_number(instance, "priority"));
		strlcat(text, one, sizeof(text));
	}
	json_array_foreach(json_object_get(instance, "priority_changes"), i, change)
	{
		snprintf(one, sizeof(one), "%s%+lld by %s %s", i == 0 ? ": " : ", ",
			show_number(change, "by"), show_text(change, "kind"),
			show_text(change, "name"));
		strlcat(text, one, sizeof(text));
	}
	field(view, "priority", text);
}

static void counter_fields(const struct view *view, const json_t *instance)
{
	json_t *counters = json_object_get(instance, "counters");
	const json_t *value;
	const char *key;
	bool any = false;

	json_object_foreach(counters, key, value)
	{
		char name[64], text[96];
		if (json_integer_value(value) == 0)
			continue;
		strlcpy(name, key, sizeof(name));
		for (char *c = name; *c != '\0'; c++) {
			if (*c == '_')
				*c = ' ';
		}
		snprintf(text, sizeof(text), "%-24s%10lld", name,
			(long long)json_integer_value(value));
		label(view, any ? "" : "counters");
		fprintf(view->out, "%s\n", text);
		any = true;
	}
}

static void show_instance(const struct view *view, const json_t *instance)
{
	const json_t *address;
	char text[256], since[40];
	size_t i;

	show_for(json_object_get(instance, "last_change"), "ago_s", since, sizeof(since));
	fprintf(view->out, "%s is ", show_text(instance, "name"));
	show_word(view, state_tone(instance), 0, show_text(instance, "state"));
	fprintf(view->out, "%s\n", since);
	last_change_fields(view, json_object_get(instance, "last_change"));
	snprintf(text, sizeof(text), "%s, VRID %lld, %s", show_text(instance, "interface"),
		show_number(instance, "vrid"),
		strcmp(show_text(instance, "family"), "ipv6") == 0 ? "IPv6" : "IPv4");
	field(view, "interface", text);
	if (show_has_text(instance, "sync_group"))
		field(view, "sync group", show_text(instance, "sync_group"));
	priority_field(view, instance);
	snprintf(text, sizeof(text), "%s%s", show_text(instance, "master"),
		is_master(instance) ? ", this node" : "");
	field(view, "master", text);
	json_array_foreach(json_object_get(instance, "addresses"), i, address)
	{
		const char *one = json_string_value(address);
		field(view, i == 0 ? "addresses" : "", one != NULL ? one : "-");
	}
	counter_fields(view, instance);
}

static int show_vrrp(const struct view *view, const json_t *reply)
{
	const json_t *instances = json_object_get(reply, "vrrp");
	const json_t *instance;
	size_t i;
	int result = CTL_FINE;

	if (json_array_size(instances) == 0)
		fprintf(view->out, "There are no VRRP instances.\n");
	else if (json_array_size(instances) == 1)
		show_instance(view, json_array_get(instances, 0));
	else
		show_table(view, reply, 0, true);
	json_array_foreach(instances, i, instance)
	{
		if (show_instance_badness(instance) >= BAD_WRONG)
			result = CTL_WRONG;
	}
	return result;
}

const struct ctl_command vrrp_command = {
	.name = "vrrp",
	.arguments = "[NAME]",
	.arguments_max = 1,
	.summary = "instances; of one also its addresses, last change and counters",
	.help = "Exit status 1: an instance is in FAULT, or has not begun.\n",
	.run = ctl_show,
	.show = show_vrrp,
};
