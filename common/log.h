/* Logging for every process of the suite: the console, syslog and one file per process, each
 * through a descriptor that was opened before the sandbox closed. Never blocks on a full syslog
 * socket, keeps errno. */
#ifndef HOLDFAST_LOG_H
#define HOLDFAST_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

struct log_settings {
	bool console;  /* lines to standard error: "TIME PROCESS[PID] LEVEL: text" (-l) */
	bool detail;   /* also LOG_DEBUG (-D) */
	int facility;  /* LOG_DAEMON, LOG_LOCAL0 … (-S) */
	int syslog_fd; /* connected /dev/log datagram socket, or -1 */
	int file_fd;   /* append-only log file of this process, or -1 */
};

/* Names the process in every line and says where lines go. Calls tzset(), so that no file is read
 * later. May be called again; the descriptors stay the caller's. */
void log_init(const char *process, const struct log_settings *settings);

/* Replaces the log file (reopening after a rotation), closing the old one; -1 stops logging to a
 * file. */
void log_set_file(int fd);

/* The syslog-style word of a level (LOG_ERR …): "error", "warning", "notice", "info", "debug". */
const char *log_level_name(int level);

/* One line at a level of <syslog.h>; text longer than about 1000 bytes is cut, and control
 * characters (from a packet, a script, a peer) are replaced, so that nothing can forge a line. */
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* log_warn adds ": " and strerror(errno), log_warnx does not (as bgpd and relayd name them). */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Log at LOG_CRIT and exit(1): own bugs and failed start-up only, never bad input. */
void fatal(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void fatalx(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
