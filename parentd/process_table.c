#include "parentd/process_table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_READ 4096 /* of a command line */

/* What was read of one process, at most once. */
struct look {
	pid_t pid;
	bool name_read, line_read;
	char name[PROCESS_NAME_LEN + 1];
	char line[LINE_MAX_READ];
	size_t line_length;
};

/* Returns the length; 0 for one that has ended. */
static size_t read_file(pid_t pid, const char *which, char *buffer, size_t size)
{
	char path[64];
	ssize_t length = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, which);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		length = read(fd, buffer, size);
		close(fd);
	}
	return length > 0 ? (size_t)length : 0;
}

static const char *name_of(struct look *look)
{
	if (!look->name_read) {
		size_t length = read_file(look->pid, "comm", look->name, sizeof(look->name) - 1);
		look->name[length] = '\0';
		look->name[strcspn(look->name, "\n")] = '\0';
		look->name_read = true;
	}
	return look->name;
}

static bool matches(struct look *look, const struct process_rule *rule)
{
	if (!process_rule_wants_line(rule))
		return process_rule_matches_name(rule, name_of(look));
	if (!look->line_read) {
		look->line_length = read_file(look->pid, "cmdline", look->line, sizeof(look->line));
		look->line_read = true;
	}
	return process_rule_matches_line(rule, look->line, look->line_length);
}

bool process_table_matches(pid_t pid, const struct process_rule *rule)
{
	struct look look = {.pid = pid};

	return matches(&look, rule);
}

size_t process_table_line(pid_t pid, char *line, size_t size)
{
	return read_file(pid, "cmdline", line, size);
}

static int add(struct process_found *found, pid_t pid)
{
	if (found->count == found->room) {
		size_t room = found->room == 0 ? 16 : found->room * 2;
		pid_t *grown = reallocarray(found->list, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		found->list = grown;
		found->room = room;
	}
	found->list[found->count++] = pid;
	return 0;
}

static int look_at(pid_t pid, struct process_found *found, size_t count)
{
	struct look look;

	look.pid = pid;
	look.name_read = look.line_read = false;
	for (size_t i = 0; i < count; i++)
		if (matches(&look, found[i].rule) && add(&found[i], pid) == -1)
			return -1;
	return 0;
}

int process_table_find(struct process_found *found, size_t count)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	int result = 0;

	if (folder == NULL)
		return -1;
	while (result == 0 && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			result = look_at((pid_t)strtol(entry->d_name, NULL, 10), found, count);
	int saved = errno;
	closedir(folder);
	errno = saved;
	return result;
}
