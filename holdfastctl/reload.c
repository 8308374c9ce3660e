/* A reload and how it went, or what it would do. */
#include <stdio.h>
#include <string.h>

#include "holdfastctl/command.h"

static void show_lines(
	const struct view *view, const json_t *lines, const char *mark, enum tone tone)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (!json_is_string(line))
			continue;
		fprintf(view->out, "    ");
		show_word(view, tone, 2, mark);
		show_wrapped(view, TONE_PLAIN, 6, 6, json_string_value(line));
	}
}

static void show_changes(const struct view *view, const json_t *changes)
{
	const json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		const char *what = show_text(change, "change");
		fprintf(view->out, "  ");
		show_word(view, strcmp(what, "removed") == 0 ? TONE_BAD : TONE_WARN, 8, what);
		fprintf(view->out, " %s\n", show_text(change, "block"));
		show_lines(view, json_object_get(change, "removed"), "-", TONE_BAD);
		show_lines(view, json_object_get(change, "added"), "+", TONE_GOOD);
	}
}

static void show_sentences(const struct view *view, const json_t *sentences)
{
	const json_t *sentence;
	size_t i;

	json_array_foreach(sentences, i, sentence)
	{
		if (json_is_string(sentence))
			show_wrapped(view, TONE_PLAIN, 0, 2, json_string_value(sentence));
	}
}

static int show_dry_run(const struct view *view, const json_t *reply)
{
	const json_t *changes = json_object_get(reply, "changes");
	const json_t *moves = json_object_get(reply, "moves");

	show_sentences(view, json_object_get(reply, "findings"));
	if (show_has_text(reply, "problem")) {
		show_word(view, TONE_BAD, 0, "A reload would be refused");
		fprintf(view->out, " and change nothing: %s\n", show_text(reply, "problem"));
		return CTL_WRONG;
	}
	if (json_array_size(changes) == 0) {
		fprintf(view->out, "A reload would change nothing.\n");
		return CTL_FINE;
	}
	fprintf(view->out, "A reload would change:\n");
	show_changes(view, changes);
	fprintf(view->out, "\n%s\n",
		json_array_size(moves) > 0 ? "What would move:" : "Nothing would move.");
	show_sentences(view, moves);
	return CTL_FINE;
}

static int run_reload(const struct ctl_call *call)
{
	bool dry_run = ctl_option(call, "dry-run") != NULL;
	int result;
	json_t *reply = ctl_ask(call, dry_run ? "dry-run" : "reload", NULL, &result);

	if (reply == NULL)
		return result;
	if (dry_run)
		return ctl_show_reply(call, reply);
	if (call->json)
		result = ctl_print_json(reply);
	else
		result = printf("reloaded\n") < 0 ? CTL_WRONG : CTL_FINE;
	json_decref(reply);
	return result;
}

static const struct ctl_option reload_options[] = {
	{"dry-run", 'n', NULL, "say what it would change and move, and change nothing"},
	{0},
};

const struct ctl_command reload_command = {
	.name = "reload",
	.arguments = "[--dry-run]",
	.summary = "read the configuration again (root); one with errors changes nothing",
	.help = "Exit status: 0 reloaded, or would be; 1 refused, and nothing changed; 2 the "
		"daemon\n"
		"cannot be asked.\n",
	.options = reload_options,
	.run = run_reload,
	.show = show_dry_run,
};
