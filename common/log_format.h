/* The text of a log line, free of I/O; private to this folder and its tests. */
#ifndef HOLDFAST_LOG_FORMAT_H
#define HOLDFAST_LOG_FORMAT_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* Replaces every control character by a question mark: nothing that came from outside may start a
 * line of its own or steer a terminal. Bytes above 0x9f of UTF-8 text stay. */
void log_sanitise(char *text);

/* "2026-11-21 01:02:03.456 vrrpd[12] info: text\n" in local time. Returns the length, the line is
 * cut to fit and still ends with a newline. */
size_t log_format_line(char *line, size_t size, const struct timespec *now, const char *process,
	pid_t pid, int level, const char *text);

/* "<30>Nov 21 01:02:03 vrrpd[12]: text", RFC 3164 as a local syslog daemon reads it (no host name).
 */
size_t log_format_syslog(char *line, size_t size, const struct timespec *now, const char *process,
	pid_t pid, int priority, const char *text);

#endif
