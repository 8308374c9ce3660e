#include "common/log_format.h"

#include <stdio.h>

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

/* Length of the character of several bytes that text begins with, as RFC 3629 has it; 0: it is
 * none. C1 control characters (0xc2 0x80 to 0xc2 0x9f) are none here. */
static size_t long_character(const unsigned char *text)
{
	static const struct {
		unsigned char first, last;     /* of the first byte */
		unsigned char lowest, highest; /* of the second */
		size_t length;
	} forms[] = {
		{0xc2, 0xc2, 0xa0, 0xbf, 2},
		{0xc3, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (text[1] < forms[i].lowest || text[1] > forms[i].highest)
			return 0;
		for (size_t more = 2; more < forms[i].length; more++) {
			if (text[more] < 0x80 || text[more] > 0xbf)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

void log_sanitise(char *text)
{
	unsigned char *byte = (unsigned char *)text;

	while (*byte != '\0') {
		size_t length = *byte < 0x80 ? 1 : long_character(byte);
		if (*byte < 0x20 || *byte == 0x7f || length == 0) {
			*byte = '?';
			length = 1;
		}
		byte += length;
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
