/* What the suite logs, wherever that is. */
#include "holdfastctl/logs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "holdfastctl/command.h"
#include "holdfastctl/log_tail.h"
#include "holdfastctl/request.h"
#include "proto/json_schema.h"
#include "proto/proto.h"

#define LINES_DEFAULT   100
#define FILES_MAX       16
#define LOOK_AGAIN_NS   200000000L
#define RUN_DIR_DEFAULT "/run/holdfast"
#define LOG_DIR_DEFAULT "/var/log/holdfast"

/* ---- files ---- */

static void print_line(const struct logs_options *options, char *text)
{
	struct log_line_parts parts;

	if (!options->json) {
		printf("%s\n", text);
		return;
	}
	if (log_line_parse(text, &parts) == -1)
		return;
	json_t *line = json_pack("{s:i, s:f, s:s, s:I, s:s, s:s}", "schema", JSON_SCHEMA, "at",
		parts.at, "process", parts.process, "pid", (json_int_t)parts.pid, "level",
		parts.level, "message", parts.message);
	if (line == NULL || json_dumpf(line, stdout, JSON_COMPACT) == -1)
		fprintf(stderr, "holdfastctl: a line that is no UTF-8\n");
	else
		printf("\n");
	json_decref(line);
}

/* The last most of them; -1: all. */
static int print_lines(const struct logs_options *options, struct log_lines *lines, long most)
{
	size_t first = 0;

	log_lines_sort(lines);
	if (most >= 0 && lines->count > (size_t)most)
		first = lines->count - (size_t)most;
	for (size_t i = first; i < lines->count; i++)
		print_line(options, lines->lines[i]);
	log_lines_clear(lines);
	return fflush(stdout);
}

static int read_all(struct log_tail *tails, size_t count, struct log_lines *lines)
{
	for (size_t i = 0; i < count; i++) {
		if (log_tail_read(&tails[i], lines) == 0)
			continue;
		fprintf(stderr, "holdfastctl: %s: %s\n", tails[i].path, strerror(errno));
		return -1;
	}
	return 0;
}

static int open_all(const struct logs_options *options, struct log_tail *tails,
	const char *const *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (log_tail_open(&tails[i], files[i], options->lines < 0) == 0)
			continue;
		fprintf(stderr, "holdfastctl: %s: %s%s\n", files[i], strerror(errno),
			errno == EACCES ? "; run this as root or as a member of group holdfast"
					: "");
		return -1;
	}
	return 0;
}

int logs_from_files(const struct logs_options *options, const char *const *files, size_t count)
{
	static const struct timespec pause = {.tv_nsec = LOOK_AGAIN_NS};
	static struct log_tail tails[FILES_MAX];
	struct log_lines lines = {0};
	int result = CTL_UNREACHABLE;
	long most = options->lines;

	for (size_t i = 0; i < count; i++)
		tails[i].fd = -1;
	if (open_all(options, tails, files, count) == 0) {
		while (read_all(tails, count, &lines) == 0) {
			result = print_lines(options, &lines, most) == 0 ? CTL_FINE : CTL_WRONG;
			if (!options->follow || result != CTL_FINE)
				break;
			result = CTL_UNREACHABLE;
			most = -1; /* what is new is shown as a whole */
			nanosleep(&pause, NULL);
		}
	}
	for (size_t i = 0; i < count; i++)
		log_tail_close(&tails[i]);
	free(lines.lines);
	return result;
}

/* ---- where lines are ---- */

/* Where a daemon that cannot be asked would have put them. */
static json_t *guess(const char *runtime_dir)
{
	static const char *const names[] = {
		"holdfast", "parentd", "vrrpd", "checkerd", "ipvsd", "runner"};
	bool usual = strcmp(runtime_dir, RUN_DIR_DEFAULT) == 0;
	json_t *processes = json_array();
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/%s.log", usual ? LOG_DIR_DEFAULT : runtime_dir,
			usual ? "" : "/log", names[i]);
		if (access(path, F_OK) == 0)
			json_array_append_new(
				processes, json_pack("{s:s, s:s}", "name", names[i], "file", path));
	}
	return json_pack("{s:b, s:o}", "journal", access(LOG_JOURNAL_PATH, F_OK) == 0, "processes",
		processes);
}

static bool is_process(const char *name)
{
	enum proto_process process;

	return proto_process_by_name(name, &process) == 0;
}

static int nowhere(const json_t *where)
{
	if (json_is_true(json_object_get(where, "syslog")))
		fprintf(stderr, "holdfastctl: logs: the suite logs to syslog (" LOG_SYSLOG_PATH
				"): look where that writes, "
				"often /var/log/syslog\n");
	else if (json_is_true(json_object_get(where, "console")))
		fprintf(stderr, "holdfastctl: logs: the suite logs to its standard error only: "
				"look where it was started, or start it with -g for log files\n");
	else
		fprintf(stderr, "holdfastctl: logs: neither a journal nor log files are there\n");
	return CTL_WRONG;
}

static int show_from(const struct logs_options *options, const json_t *where)
{
	const char *files[FILES_MAX];
	size_t count = 0, i;
	const json_t *process;

	if (json_is_true(json_object_get(where, "journal")) && logs_journalctl_is_there())
		return logs_from_journal(options);
	json_array_foreach(json_object_get(where, "processes"), i, process)
	{
		const char *file = json_string_value(json_object_get(process, "file"));
		const char *name = json_string_value(json_object_get(process, "name"));
		if (file != NULL && name != NULL && count < FILES_MAX &&
			(options->process == NULL || strcmp(options->process, name) == 0))
			files[count++] = file;
	}
	if (count == 0)
		return nowhere(where);
	return logs_from_files(options, files, count);
}

static int take_options(const struct ctl_call *call, struct logs_options *options)
{
	const char *lines = ctl_option(call, "lines");
	char *end;

	*options = (struct logs_options){.process = call->arguments[0],
		.lines = LINES_DEFAULT,
		.follow = ctl_option(call, "follow") != NULL,
		.json = call->json};
	if (options->process != NULL && !is_process(options->process)) {
		fprintf(stderr, "holdfastctl: no such process: there are holdfast, parentd, vrrpd, "
				"checkerd, ipvsd, runner\n");
		return -1;
	}
	if (lines == NULL)
		return 0;
	errno = 0;
	options->lines = strcmp(lines, "all") == 0 ? -1 : strtol(lines, &end, 10);
	if (options->lines == -1)
		return 0;
	if (errno == 0 && end != lines && *end == '\0' && options->lines >= 0)
		return 0;
	fprintf(stderr, "holdfastctl: --lines takes a number or all, not '%s'\n", lines);
	return -1;
}

static int run_logs(const struct ctl_call *call)
{
	struct logs_options options;
	char why[4352];

	if (take_options(call, &options) == -1)
		return CTL_UNREACHABLE;
	json_t *where = ctl_request(call->runtime_dir, "logs", NULL, why, sizeof(why));
	if (where == NULL || !json_is_true(json_object_get(where, "ok"))) {
		fprintf(stderr, "holdfastctl: %s\n",
			where == NULL ? why : show_text(where, "error"));
		fprintf(stderr, "holdfastctl: what was logged before, if it is in the usual "
				"place:\n");
		json_decref(where);
		where = guess(call->runtime_dir);
	}
	int result = show_from(&options, where);
	json_decref(where);
	return result;
}

static const struct ctl_option options[] = {
	{"follow", 'f', NULL, "and what comes, also after the files were rotated"},
	{"lines", 'n', "N", "the last N lines (default 100), or all"},
	{0},
};

const struct ctl_command logs_command = {
	.name = "logs",
	.arguments = "[PROCESS] [-f] [-n N]",
	.arguments_max = 1,
	.summary = "what is logged, by one process or all",
	.help = "From the journal where there is one, by journalctl; otherwise from the log "
		"files,\n"
		"in the order of their times. With --json a line each.\n",
	.options = options,
	.run = run_logs,
};
