/* Debug topics, and log files that are opened again. */
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "holdfastctl/command.h"

static int show_topics(const struct view *view, const json_t *reply)
{
	const json_t *process;
	size_t i, j;

	json_array_foreach(json_object_get(reply, "processes"), i, process)
	{
		const json_t *topics = json_object_get(process, "topics");
		fprintf(view->out, "%-10s", show_text(process, "name"));
		for (j = 0; j < json_array_size(topics); j++) {
			const char *topic = json_string_value(json_array_get(topics, j));
			fprintf(view->out, "%s%s", j > 0 ? ", " : "", topic != NULL ? topic : "-");
		}
		fprintf(view->out, "%s\n", json_array_size(topics) == 0 ? "none" : "");
	}
	return CTL_FINE;
}

/* The words as one, to fit into a request: all topics have a shorter word for themselves. */
static int join(char **words, char *text, size_t size)
{
	text[0] = '\0';
	for (; *words != NULL; words++) {
		if (text[0] != '\0')
			strlcat(text, " ", size);
		if (strlcat(text, *words, size) >= size)
			return -1;
	}
	return 0;
}

static int run_debug(const struct ctl_call *call)
{
	char words[128];
	int result;

	if (call->arguments[0] == NULL) {
		json_t *reply = ctl_ask(call, "logs", NULL, &result);
		return reply != NULL ? ctl_show_reply(call, reply) : result;
	}
	if (join(call->arguments, words, sizeof(words)) == -1) {
		fprintf(stderr, "holdfastctl: debug: too many words; all is one, too\n");
		return CTL_UNREACHABLE;
	}
	json_t *reply = ctl_ask(call, "debug", words, &result);
	if (reply == NULL)
		return result;
	json_decref(reply);
	return CTL_FINE;
}

const struct ctl_command debug_command = {
	.name = "debug",
	.arguments = "[PROCESS] [TOPIC…|all|none]",
	.arguments_max = 1 + LOG_TOPICS,
	.summary = "which debug topics are logged; switches them (root)",
	.help = "Without arguments it shows the topics of every process. With topics, these and "
		"no\n"
		"others are logged from now on, by PROCESS or by all, and by those after it:\n"
		"  packets   advertisements as they are sent, received and passed over\n"
		"  timers    when the next thing is due\n"
		"  state     what state machines are told, also what changes nothing\n"
		"  netlink   what the kernel is told, and what it says\n"
		"  checks    every attempt of a checker, and its result\n"
		"  scripts   every run of a script\n"
		"  messages  between the processes\n"
		"  control   requests of this program\n",
	.run = run_debug,
	.show = show_topics,
};

static int run_reopen(const struct ctl_call *call)
{
	int result;
	json_t *reply = ctl_ask(call, "reopen", NULL, &result);

	if (reply == NULL)
		return result;
	json_decref(reply);
	return CTL_FINE;
}

const struct ctl_command reopen_command = {
	.name = "reopen",
	.arguments = "",
	.summary = "open the log files again, after they were renamed (root)",
	.run = run_reopen,
};
