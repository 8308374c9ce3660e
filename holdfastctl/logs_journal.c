/* Lines from the journal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "holdfastctl/ctl.h"
#include "holdfastctl/logs.h"
#include "proto/json_schema.h"

#define ARGUMENTS_MAX 24

static const char *const processes[] = {
	"holdfast", "parentd", "vrrpd", "checkerd", "ipvsd", "runner", "nursery"};
#define PROCESSES (sizeof(processes) / sizeof(processes[0]))

/* Field of the journal, member of our JSON. */
static const struct {
	const char *field, *member;
} members[] = {
	{"SYSLOG_IDENTIFIER", "process"},
	{"MESSAGE", "message"},
	{"HOLDFAST_KIND", "kind"},
	{"HOLDFAST_INSTANCE", "instance"},
	{"HOLDFAST_GROUP", "group"},
	{"HOLDFAST_VIRTUAL_SERVER", "virtual_server"},
	{"HOLDFAST_REAL_SERVER", "real_server"},
	{"HOLDFAST_SCRIPT", "script"},
	{"HOLDFAST_CHILD", "child"},
	{"HOLDFAST_OLD_STATE", "old_state"},
	{"HOLDFAST_STATE", "state"},
	{"HOLDFAST_REASON", "reason"},
	{"HOLDFAST_TOPIC", "topic"},
};

json_t *logs_entry_json(const json_t *entry)
{
	const char *at = json_string_value(json_object_get(entry, "__REALTIME_TIMESTAMP"));
	const char *pid = json_string_value(json_object_get(entry, "_PID"));
	const char *level = json_string_value(json_object_get(entry, "PRIORITY"));

	if (at == NULL || !json_is_string(json_object_get(entry, "MESSAGE")))
		return NULL;
	json_t *line = json_pack("{s:i, s:f, s:I, s:s}", "schema", JSON_SCHEMA, "at",
		strtod(at, NULL) / 1e6, "pid",
		(json_int_t)(pid != NULL ? strtol(pid, NULL, 10) : 0), "level",
		log_level_name(level != NULL ? (int)strtol(level, NULL, 10) : LOG_INFO));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(entry, members[i].field);
		if (json_is_string(value))
			json_object_set(line, members[i].member, value);
	}
	return line;
}

/* Is it a directory of $PATH? */
bool logs_journalctl_is_there(void)
{
	const char *path = getenv("PATH");
	char *all = strdup(path != NULL ? path : "/usr/bin:/bin");
	char candidate[4096];
	bool found = false;

	for (char *rest = all, *one; !found && all != NULL && (one = strsep(&rest, ":")) != NULL;) {
		snprintf(candidate, sizeof(candidate), "%s/journalctl", one);
		found = access(candidate, X_OK) == 0;
	}
	free(all);
	return found;
}

/* texts is room for what the arguments point to. Matches of one field are alternatives. */
static void make_arguments(const struct logs_options *options, const char *arguments[ARGUMENTS_MAX],
	char texts[PROCESSES + 1][40])
{
	size_t count = 0;

	arguments[count++] = "journalctl";
	arguments[count++] = "--no-pager";
	arguments[count++] = "--no-hostname";
	arguments[count++] = options->json ? "--output=json" : "--output=short-precise";
	if (options->follow)
		arguments[count++] = "--follow";
	if (options->lines >= 0)
		snprintf(texts[PROCESSES], sizeof(texts[PROCESSES]), "--lines=%ld", options->lines);
	else
		snprintf(texts[PROCESSES], sizeof(texts[PROCESSES]), "--lines=all");
	arguments[count++] = texts[PROCESSES];
	for (size_t i = 0; i < PROCESSES; i++) {
		if (options->process != NULL && strcmp(options->process, processes[i]) != 0)
			continue;
		snprintf(texts[i], sizeof(texts[i]), "HOLDFAST_PROCESS=%s", processes[i]);
		arguments[count++] = texts[i];
	}
	arguments[count] = NULL;
}

static int become_journalctl(const char *const *arguments)
{
	char *argv[ARGUMENTS_MAX];

	/* execvp's type promises nothing; it does not write to the strings either. */
	memcpy(argv, arguments, sizeof(argv));
	execvp(argv[0], argv);
	fprintf(stderr, "holdfastctl: journalctl: %s\n", strerror(errno));
	return CTL_UNREACHABLE;
}

static int convert(FILE *from)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&text, &room, from)) != -1) {
		json_t *entry = json_loadb(text, (size_t)length, 0, NULL);
		json_t *line = logs_entry_json(entry);
		json_decref(entry);
		if (line == NULL)
			continue;
		json_dumpf(line, stdout, JSON_COMPACT);
		json_decref(line);
		if (putchar('\n') == EOF || fflush(stdout) == EOF)
			break;
	}
	free(text);
	return ferror(stdout) ? CTL_WRONG : CTL_FINE;
}

static int run_journalctl(const char *const *arguments)
{
	int ends[2], status;

	if (pipe(ends) == -1)
		return CTL_UNREACHABLE;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		_exit(become_journalctl(arguments));
	}
	close(ends[1]);
	FILE *from = pid != -1 ? fdopen(ends[0], "r") : NULL;
	int result = from != NULL ? convert(from) : CTL_UNREACHABLE;
	if (from != NULL)
		fclose(from);
	if (pid != -1 && waitpid(pid, &status, 0) == pid && result == CTL_FINE &&
		(!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		result = CTL_UNREACHABLE;
	return result;
}

int logs_from_journal(const struct logs_options *options)
{
	const char *arguments[ARGUMENTS_MAX];
	char texts[PROCESSES + 1][40];

	make_arguments(options, arguments, texts);
	return options->json ? run_journalctl(arguments) : become_journalctl(arguments);
}
