#include "parentd/log_control.h"

#include <stdio.h>
#include <string.h>

#include "common/log.h"

static json_t *topics_json(uint32_t topics)
{
	json_t *list = json_array();

	for (unsigned i = 0; list != NULL && i < LOG_TOPICS; i++) {
		char word[16];
		if ((topics & 1U << i) == 0)
			continue;
		log_topics_text(1U << i, word, sizeof(word));
		json_array_append_new(list, json_string(word));
	}
	return list;
}

static json_t *process_json(const struct launcher_log_state *logs, enum proto_process process)
{
	const char *name = proto_process_name(process);
	char file[sizeof(logs->path) + 32];

	snprintf(file, sizeof(file), "%s/%s.log", logs->path, name);
	return json_pack("{s:s, s:s?, s:o}", "name", name, "file",
		logs->path[0] != '\0' ? file : NULL, "topics",
		topics_json(logs->topics[process - PROTO_LAUNCHER]));
}

json_t *log_control_json(const struct parent *parent)
{
	const struct launcher_log_state *logs = &parent->logs;
	json_t *processes = json_array();

	for (int process = PROTO_LAUNCHER; process <= PROTO_RUNNER; process++)
		json_array_append_new(processes, process_json(logs, (enum proto_process)process));
	return json_pack("{s:b, s:b, s:b, s:b, s:o}", "ok", 1, "journal",
		(logs->sinks & LOG_TO_JOURNAL) != 0, "syslog", (logs->sinks & LOG_TO_SYSLOG) != 0,
		"console", (logs->sinks & LOG_TO_CONSOLE) != 0, "processes", processes);
}

static void set_topics(struct parent *parent, enum proto_process process, uint32_t topics)
{
	const struct parent_topics order = {.process = process, .topics = topics};

	parent->logs.topics[process - PROTO_LAUNCHER] = (uint16_t)topics;
	parent_tell_launcher(parent, PARENT_TOPICS, 0, &order);
}

/* The process that words begin with, which they then no longer do; 0: none. */
static enum proto_process take_process(const char **words)
{
	size_t length = strcspn(*words, " ");

	for (int process = PROTO_LAUNCHER; process <= PROTO_RUNNER; process++) {
		const char *name = proto_process_name((enum proto_process)process);
		if (strlen(name) == length && memcmp(name, *words, length) == 0) {
			*words += length;
			return (enum proto_process)process;
		}
	}
	return 0;
}

int log_control_debug(struct parent *parent, const char *words, char *why, size_t size)
{
	enum proto_process only = take_process(&words);
	const char *unknown;
	uint32_t topics;
	char all[96];

	if (log_topics_parse(words, &topics, &unknown) == -1) {
		log_topics_text(LOG_TOPICS_ALL, all, sizeof(all));
		snprintf(why, size, "no topic is called '%.*s': there are %s, all, none",
			(int)strcspn(unknown, ", "), unknown, all);
		return -1;
	}
	if (words[strspn(words, ", ")] == '\0') {
		snprintf(why, size, "which topics? none switches all off");
		return -1;
	}
	for (int process = PROTO_LAUNCHER; process <= PROTO_RUNNER; process++) {
		if (only == 0 || only == (enum proto_process)process)
			set_topics(parent, (enum proto_process)process, topics);
	}
	return 0;
}
