/* The text of a log line, free of I/O; private to this folder and its tests. */
#ifndef HOLDFAST_LOG_FORMAT_H
#define HOLDFAST_LOG_FORMAT_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "common/log.h"

/* Replaces every control character, and every byte that is not part of a character in UTF-8, by a
 * question mark: nothing that came from outside may start a line of its own, steer a terminal, or
 * have journalctl show a line as bytes. A character that was cut at the end goes, too. */
void log_sanitise(char *text);

/* "2026-11-21 01:02:03.456 vrrpd[12] info: text\n" in local time. Returns the length, the line is
 * cut to fit and still ends with a newline. */
size_t log_format_line(char *line, size_t size, const struct timespec *now, const char *process,
	pid_t pid, int level, const char *text);

/* "<30>Nov 21 01:02:03 vrrpd[12]: text", RFC 3164 as a local syslog daemon reads it (no host name).
 */
size_t log_format_syslog(char *line, size_t size, const struct timespec *now, const char *process,
	pid_t pid, int priority, const char *text);

/* One entry of the journal, as https://systemd.io/JOURNAL_NATIVE_PROTOCOL says. */
struct log_entry {
	const char *process;
	int level;
	int facility;
	const char *text;
	const struct log_change *change; /* NULL: it is about no change */
	const char *topic;               /* NULL: it is of no debug topic */
};
#define LOG_ENTRY_MAX 4096 /* no entry is longer */
#define LOG_FIELD_MAX 511  /* bytes of a value other than the text, which is not cut here */

/* Writes the entry and returns its length. A field that does not fit is left out as a whole, the
 * text never as long as it has at most a quarter of size. */
size_t log_format_journal(char *entry, size_t size, const struct log_entry *what);

/* The MESSAGE_ID of a kind, 32 hexadecimal digits; NULL: it has none. */
const char *log_kind_id(enum log_kind kind);
/* Its word, for `holdfastctl logs --json` and the manual: "vrrp-state". */
const char *log_kind_name(enum log_kind kind);

/* "packets"; topic is one bit. */
const char *log_topic_name(enum log_topic topic);

#endif
