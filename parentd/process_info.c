#include "parentd/process_info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

static void take_line(struct process_info *info, const char *line)
{
	if (strncmp(line, "Uid:", 4) == 0)
		info->uid = (uid_t)strtoul(line + 4, NULL, 10);
	else if (strncmp(line, "Gid:", 4) == 0)
		info->gid = (gid_t)strtoul(line + 4, NULL, 10);
	else if (strncmp(line, "CapEff:", 7) == 0)
		info->capabilities = strtoull(line + 7, NULL, 16);
	else if (strncmp(line, "NoNewPrivs:", 11) == 0)
		info->no_new_privs = strtoul(line + 11, NULL, 10) == 1;
	else if (strncmp(line, "Seccomp:", 8) == 0)
		info->seccomp = (unsigned)strtoul(line + 8, NULL, 10);
	else if (strncmp(line, "VmRSS:", 6) == 0)
		info->rss_kib = strtoull(line + 6, NULL, 10);
	else if (strncmp(line, "RssAnon:", 8) == 0)
		info->anon_kib = strtoull(line + 8, NULL, 10);
	else if (strncmp(line, "RssFile:", 8) == 0)
		info->file_kib = strtoull(line + 8, NULL, 10);
	else if (strncmp(line, "RssShmem:", 9) == 0)
		info->shmem_kib = strtoull(line + 9, NULL, 10);
}

/* Field number, from 3 on, of a line of /proc/PID/stat, in clock ticks. Counted after the name,
 * which may hold anything, a parenthesis too. */
static uint64_t ticks_of(const char *line, int number)
{
	const char *field = strrchr(line, ')');

	for (int i = 2; i < number && field != NULL; i++)
		field = strchr(field + 1, ' ');
	return field == NULL ? 0 : strtoull(field + 1, NULL, 10);
}

/* Fields 14 and 15 are the time used, 22 is the start since boot. */
static void take_stat(struct process_info *info, FILE *file)
{
	char line[1024];
	struct timespec now;
	uint64_t ticks_s = (uint64_t)sysconf(_SC_CLK_TCK);

	if (fgets(line, sizeof(line), file) == NULL || clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return;
	double start_s = (double)ticks_of(line, 22) / (double)ticks_s;
	info->uptime_s = (double)now.tv_sec + (double)now.tv_nsec / (double)NSEC_PER_SEC - start_s;
	info->cpu_us = (ticks_of(line, 14) + ticks_of(line, 15)) * 1000000 / ticks_s;
}

int process_info_read(pid_t pid, struct process_info *info)
{
	char path[64];
	char line[256];

	*info = (struct process_info){0};
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
		take_line(info, line);
	fclose(file);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	take_stat(info, file);
	fclose(file);
	return 0;
}
