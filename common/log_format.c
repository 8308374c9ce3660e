#include "common/log_format.h"

#include <stdio.h>

#include "common/utf8.h"

static const char *const level_names[] = {
	[LOG_EMERG] = "emergency",
	[LOG_ALERT] = "alert",
	[LOG_CRIT] = "critical",
	[LOG_ERR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

const char *log_level_name(int level)
{
	return level_names[level & LOG_PRIMASK];
}

void log_sanitise(char *text)
{
	unsigned char *byte = (unsigned char *)text;

	while (*byte != '\0') {
		size_t length = utf8_printable(byte);
		if (length == 0)
			*byte = '?';
		byte += length == 0 ? 1 : length;
	}
}

/* What snprintf wrote of the length that it wanted. */
static size_t written(int wanted, size_t size)
{
	if (wanted < 0)
		return 0;
	return (size_t)wanted < size ? (size_t)wanted : size - 1;
}

size_t log_format_line(char *line, size_t size, const struct timespec *now, const char *process,
	pid_t pid, int level, const char *text)
{
	struct tm local;
	char stamp[32];
	localtime_r(&now->tv_sec, &local);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &local);
	size_t length = written(
		snprintf(line, size, "%s.%03ld %s[%d] %s: %s\n", stamp, now->tv_nsec / 1000000,
			process, (int)pid, log_level_name(level), text),
		size);
	if (length > 0)
		line[length - 1] = '\n';
	return length;
}

size_t log_format_syslog(char *line, size_t size, const struct timespec *now, const char *process,
	pid_t pid, int priority, const char *text)
{
	struct tm local;
	char stamp[32];
	localtime_r(&now->tv_sec, &local);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &local);
	return written(
		snprintf(line, size, "<%d>%s %s[%d]: %s", priority, stamp, process, (int)pid, text),
		size);
}
