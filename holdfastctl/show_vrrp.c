#include <stdlib.h>
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/show.h"

/* What is wrong comes first, then who holds addresses here, then the rest. */
static int rank(const json_t *instance)
{
	const char *state = show_text(instance, "state");

	if (strcmp(state, "FAULT") == 0)
		return 0;
	if (strcmp(state, "MASTER") == 0)
		return 2;
	if (strcmp(state, "BACKUP") == 0)
		return 3;
	return 1;
}

static enum tone state_tone(const json_t *instance)
{
	static const enum tone tones[] = {TONE_BAD, TONE_BAD, TONE_GOOD, TONE_PLAIN};

	return tones[rank(instance)];
}

static bool is_wrong(const json_t *instance)
{
	return rank(instance) < 2;
}

static const char *reason_of(const json_t *instance)
{
	return show_text(json_object_get(instance, "last_change"), "reason");
}

static void priority_text(const json_t *instance, char *text, size_t size)
{
	long long base = show_number(instance, "priority");
	long long effective = show_number(instance, "effective_priority");

	if (base == effective)
		snprintf(text, size, "%lld", base);
	else
		snprintf(text, size, "%lld (%lld)", effective, base);
}

static bool has_group(const json_t *instance)
{
	return json_is_string(json_object_get(instance, "sync_group"));
}

/* grouped: some instance belongs to a sync group. */
static void instance_line(const struct view *view, const json_t *instance, bool grouped)
{
	char priority[48];

	priority_text(instance, priority, sizeof(priority));
	show_word(view, TONE_PLAIN, 17, show_text(instance, "name"));
	show_word(view, state_tone(instance), 8, show_text(instance, "state"));
	if (grouped)
		fprintf(view->out, "%-12s ",
			has_group(instance) ? show_text(instance, "sync_group") : "-");
	fprintf(view->out, "%-12s %4lld  %-10s %-16s %s\n", show_text(instance, "interface"),
		show_number(instance, "vrid"), priority, show_text(instance, "master"),
		reason_of(instance));
}

/* When by the clock that the log is written by, and how long ago: the clock may have been set
 * since. */
static void last_change_line(const struct view *view, const json_t *change)
{
	char ago[32];

	show_duration(json_number_value(json_object_get(change, "ago_s")), ago, sizeof(ago));
	fprintf(view->out, "  %-24s%s -> %s at %s, %s ago\n", "last change",
		show_text(change, "from"), show_text(change, "to"), show_text(change, "at"), ago);
}

static void instance_detail(const struct view *view, const json_t *instance)
{
	const json_t *change = json_object_get(instance, "last_change");
	const json_t *address, *value;
	const char *name;
	size_t i;

	fprintf(view->out, "\n%s\n", show_text(instance, "name"));
	if (has_group(instance))
		fprintf(view->out, "  %-24s%s\n", "sync group", show_text(instance, "sync_group"));
	json_array_foreach(json_object_get(instance, "addresses"), i, address)
	{
		const char *text = json_string_value(address);
		fprintf(view->out, "  %-24s%s\n", i == 0 ? "addresses" : "",
			text != NULL ? text : "-");
	}
	if (json_is_object(change))
		last_change_line(view, change);
	json_object_foreach(json_object_get(instance, "counters"), name, value)
	{
		if (json_integer_value(value) != 0)
			fprintf(view->out, "  %-24s%lld\n", name,
				(long long)json_integer_value(value));
	}
}

static int by_rank(const void *a, const void *b)
{
	const json_t *const *one = a;
	const json_t *const *other = b;
	int order = rank(*one) - rank(*other);

	return order != 0 ? order : strcmp(show_text(*one, "name"), show_text(*other, "name"));
}

int show_vrrp(const struct view *view, const json_t *reply, bool detail)
{
	const json_t *array = json_object_get(reply, "vrrp");
	size_t count = json_array_size(array);
	const json_t **sorted = calloc(count + 1, sizeof(json_t *));
	int result = CTL_FINE;
	bool grouped = false;

	if (sorted == NULL)
		return CTL_WRONG;
	for (size_t i = 0; i < count; i++) {
		sorted[i] = json_array_get(array, i);
		grouped |= has_group(sorted[i]);
	}
	qsort(sorted, count, sizeof(json_t *), by_rank);
	fprintf(view->out, "%-17s%-8s%s%-12s %4s  %-10s %-16s %s\n", "INSTANCE", "STATE",
		grouped ? "GROUP        " : "", "INTERFACE", "VRID", "PRIORITY", "MASTER", "WHY");
	for (size_t i = 0; i < count; i++) {
		if (is_wrong(sorted[i]))
			result = CTL_WRONG;
		instance_line(view, sorted[i], grouped);
	}
	for (size_t i = 0; detail && i < count; i++)
		instance_detail(view, sorted[i]);
	free(sorted);
	return result;
}

static int show_instances(const struct view *view, const json_t *reply)
{
	return show_vrrp(view, reply, json_array_size(json_object_get(reply, "vrrp")) == 1);
}

const struct ctl_command vrrp_command = {
	.name = "vrrp",
	.arguments = "[NAME]",
	.arguments_max = 1,
	.summary = "instances; of one also its addresses, last change and counters",
	.help = "Exit status 1: an instance is in FAULT, or has not begun.\n",
	.run = ctl_show,
	.show = show_instances,
};
