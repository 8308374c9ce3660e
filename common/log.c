#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/log_format.h"

#define TEXT_MAX        1024
#define LINE_MAX_LENGTH (TEXT_MAX + 128)

/* One per process, as standard error is. */
static struct {
	char process[32];
	struct log_settings settings;
} logger = {
	.process = "holdfast",
	.settings = {.console = true, .facility = LOG_DAEMON, .syslog_fd = -1, .file_fd = -1},
};

void log_init(const char *process, const struct log_settings *settings)
{
	snprintf(logger.process, sizeof(logger.process), "%s", process);
	logger.settings = *settings;
	tzset();
}

void log_set_file(int fd)
{
	if (logger.settings.file_fd != -1)
		close(logger.settings.file_fd);
	logger.settings.file_fd = fd;
}

/* A line that cannot be written is lost: there is nowhere to say so. */
static void put(int fd, const char *line, size_t length)
{
	ssize_t result = write(fd, line, length);
	(void)result;
}

static void emit(int level, char *text)
{
	const struct log_settings *settings = &logger.settings;
	char line[LINE_MAX_LENGTH];
	struct timespec now;
	pid_t pid = getpid();
	log_sanitise(text);
	clock_gettime(CLOCK_REALTIME, &now);
	if (settings->console || settings->file_fd != -1) {
		size_t length =
			log_format_line(line, sizeof(line), &now, logger.process, pid, level, text);
		if (settings->console)
			put(STDERR_FILENO, line, length);
		if (settings->file_fd != -1)
			put(settings->file_fd, line, length);
	}
	if (settings->syslog_fd != -1) {
		size_t length = log_format_syslog(line, sizeof(line), &now, logger.process, pid,
			settings->facility | level, text);
		send(settings->syslog_fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static __attribute__((format(printf, 3, 0))) void log_text(
	int level, int error, const char *format, va_list args)
{
	char text[TEXT_MAX];
	int saved = errno;
	if (level == LOG_DEBUG && !logger.settings.detail)
		return;
	int length = vsnprintf(text, sizeof(text), format, args);
	if (error != 0 && length >= 0 && (size_t)length < sizeof(text) - 1)
		snprintf(text + length, sizeof(text) - (size_t)length, ": %s", strerror(error));
	emit(level, text);
	errno = saved;
}

void log_line(int level, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(level, 0, format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	int error = errno;
	va_list args;
	va_start(args, format);
	log_text(LOG_WARNING, error, format, args);
	va_end(args);
}

void log_warnx(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(LOG_WARNING, 0, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(LOG_INFO, 0, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(LOG_DEBUG, 0, format, args);
	va_end(args);
}

void fatal(const char *format, ...)
{
	int error = errno;
	va_list args;
	va_start(args, format);
	log_text(LOG_CRIT, error, format, args);
	va_end(args);
	exit(1);
}

void fatalx(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(LOG_CRIT, 0, format, args);
	va_end(args);
	exit(1);
}
