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
}

/* Field 22 of /proc/PID/stat: the start, in clock ticks since boot. Counted after the name, which
 * may hold anything, a parenthesis too. */
static double seconds_since_start(FILE *file)
{
	char line[1024];
	struct timespec now;

	if (fgets(line, sizeof(line), file) == NULL)
		return 0;
	char *field = strrchr(line, ')');
	for (int i = 0; i < 20 && field != NULL; i++)
		field = strchr(field + 1, ' ');
	if (field == NULL || clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return 0;
	double start_s = (double)strtoull(field + 1, NULL, 10) / (double)sysconf(_SC_CLK_TCK);
	return (double)now.tv_sec + (double)now.tv_nsec / (double)NSEC_PER_SEC - start_s;
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
	info->uptime_s = seconds_since_start(file);
	fclose(file);
	return 0;
}
