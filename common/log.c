#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log_format.h"
#include "common/log_limit.h"

#define TEXT_MAX        1024
#define LINE_MAX_LENGTH (TEXT_MAX + 128)

static_assert(TEXT_MAX <= LOG_ENTRY_MAX / 4, "a text fits into an entry of the journal");

/* Where datagrams go. */
struct sink {
	int fd; /* -1: nowhere */
	const char *path;
	uint32_t lost; /* lines since the last that it took */
};

/* One per process, as standard error is. */
static struct {
	char process[32];
	struct log_settings settings;
	struct sink syslog;
	struct sink journal;
	struct log_limits limits;
} logger = {
	.process = "holdfast",
	.settings = {.console = true, .facility = LOG_DAEMON, .file_fd = -1},
	.syslog = {.fd = -1},
	.journal = {.fd = -1},
};

/* What a line is, beside its text. */
struct line {
	int level;
	const struct log_change *change;
	const char *topic;
};

void log_init(const char *process, const struct log_settings *settings)
{
	snprintf(logger.process, sizeof(logger.process), "%s", process);
	logger.settings = *settings;
	logger.syslog = (struct sink){.fd = settings->syslog_fd, .path = settings->syslog_path};
	logger.journal = (struct sink){.fd = settings->journal_fd, .path = settings->journal_path};
	tzset();
}

void log_set_file(int fd)
{
	if (logger.settings.file_fd != -1)
		close(logger.settings.file_fd);
	logger.settings.file_fd = fd;
}

/* ---- where lines go ---- */

/* A line that cannot be written is lost: there is nowhere to say so. */
static void put(int fd, const char *line, size_t length)
{
	ssize_t result = write(fd, line, length);
	(void)result;
}

static bool send_datagram(const struct sink *sink, const char *line, size_t length)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (sendto(sink->fd, line, length, flags, NULL, 0) != -1)
		return true;
	/* Whoever listened is gone. Another one may listen at the same place by now. */
	if ((errno != ECONNREFUSED && errno != ENOTCONN) || sink->path == NULL)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", sink->path);
	return sendto(sink->fd, line, length, flags, (const struct sockaddr *)&address,
		       sizeof(address)) != -1;
}

static size_t format_syslog(char *line, size_t size, const struct line *what, const char *text)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return log_format_syslog(line, size, &now, logger.process, getpid(),
		logger.settings.facility | what->level, text);
}

static size_t format_journal(char *line, size_t size, const struct line *what, const char *text)
{
	const struct log_entry entry = {.process = logger.process,
		.level = what->level,
		.facility = logger.settings.facility,
		.text = text,
		.change = what->change,
		.topic = what->topic};

	return log_format_journal(line, size, &entry);
}

static void put_datagram(struct sink *sink, const struct line *what, const char *text,
	size_t (*format)(char *line, size_t size, const struct line *what, const char *text))
{
	static const struct log_change left_out = {.kind = LOG_LEFT_OUT};
	static const struct line warning = {.level = LOG_WARNING, .change = &left_out};
	char line[LOG_ENTRY_MAX];

	if (sink->fd == -1)
		return;
	if (!send_datagram(sink, line, format(line, sizeof(line), what, text))) {
		sink->lost++;
		return;
	}
	if (sink->lost == 0)
		return;
	char lost[96];
	snprintf(lost, sizeof(lost), "%" PRIu32 " line%s before this one could not be written here",
		sink->lost, sink->lost == 1 ? "" : "s");
	if (send_datagram(sink, line, format(line, sizeof(line), &warning, lost)))
		sink->lost = 0;
}

static void put_line(const struct line *what, const char *text)
{
	const struct log_settings *settings = &logger.settings;
	char line[LINE_MAX_LENGTH];
	struct timespec now;

	if (!settings->console && settings->file_fd == -1)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	size_t length = log_format_line(
		line, sizeof(line), &now, logger.process, getpid(), what->level, text);
	if (settings->console)
		put(STDERR_FILENO, line, length);
	if (settings->file_fd != -1)
		put(settings->file_fd, line, length);
}

static void emit(const struct line *what, char *text)
{
	log_sanitise(text);
	put_line(what, text);
	put_datagram(&logger.syslog, what, text, format_syslog);
	put_datagram(&logger.journal, what, text, format_journal);
}

/* ---- lines ---- */

static __attribute__((format(printf, 3, 0))) void log_text(
	const struct line *what, int error, const char *format, va_list args)
{
	char text[TEXT_MAX];
	int saved = errno;
	int length = vsnprintf(text, sizeof(text), format, args);
	if (error != 0 && length >= 0 && (size_t)length < sizeof(text) - 1)
		snprintf(text + length, sizeof(text) - (size_t)length, ": %s", strerror(error));
	emit(what, text);
	errno = saved;
}

void log_line(int level, const char *format, ...)
{
	va_list args;
	if (level == LOG_DEBUG && !logger.settings.detail)
		return;
	va_start(args, format);
	log_text(&(struct line){.level = level}, 0, format, args);
	va_end(args);
}

void log_change(int level, const struct log_change *change, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(&(struct line){.level = level, .change = change}, 0, format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	int error = errno;
	va_list args;
	va_start(args, format);
	log_text(&(struct line){.level = LOG_WARNING}, error, format, args);
	va_end(args);
}

void log_warnx(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(&(struct line){.level = LOG_WARNING}, 0, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(&(struct line){.level = LOG_INFO}, 0, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;
	if (!logger.settings.detail)
		return;
	va_start(args, format);
	log_text(&(struct line){.level = LOG_DEBUG}, 0, format, args);
	va_end(args);
}

void fatal(const char *format, ...)
{
	int error = errno;
	va_list args;
	va_start(args, format);
	log_text(&(struct line){.level = LOG_CRIT}, error, format, args);
	va_end(args);
	exit(1);
}

void fatalx(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_text(&(struct line){.level = LOG_CRIT}, 0, format, args);
	va_end(args);
	exit(1);
}

/* ---- limits ---- */

static void say_left_out(const struct log_left_out *note, uint64_t now_ns)
{
	static const struct log_change change = {.kind = LOG_LEFT_OUT};
	uint64_t seconds = (now_ns - note->since_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
	const char *plural = note->lines == 1 ? " was" : "s were";

	if (note->lines == 0)
		return;
	if (note->text[0] == '\0')
		log_change(note->level, &change,
			"of other sources %" PRIu32 " line%s left out in the last %" PRIu64 " s",
			note->lines, plural, seconds);
	else
		log_change(note->level, &change,
			"%" PRIu32 " more line%s left out in the last %" PRIu64 " s like this: %s",
			note->lines, plural, seconds, note->text);
}

static __attribute__((format(printf, 3, 0))) void log_limited_text(
	const struct line *what, const struct log_source *source, const char *format, va_list args)
{
	char text[TEXT_MAX];
	int saved = errno;
	uint64_t now_ns = clock_now_ns();
	struct log_left_out note;

	if (log_limits_take(&logger.limits, source, now_ns, &note)) {
		say_left_out(&note, now_ns);
		vsnprintf(text, sizeof(text), format, args);
		log_limits_wrote(&logger.limits, source, what->level, text);
		emit(what, text);
	}
	errno = saved;
}

void log_limited(int level, const struct log_source *source, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_limited_text(&(struct line){.level = level}, source, format, args);
	va_end(args);
}

void log_tick(uint64_t now_ns)
{
	struct log_left_out note;

	while (log_limits_due(&logger.limits, now_ns, &note))
		say_left_out(&note, now_ns);
}

/* ---- debug topics ---- */

#define TOPIC_LINES 1000 /* a second, of each topic */

uint32_t log_topics;

void log_topic_line(enum log_topic topic, const char *format, ...)
{
	const char *name = log_topic_name(topic);
	const struct log_source source = {.topic = name, .period_s = 1, .most = TOPIC_LINES};
	va_list args;

	va_start(args, format);
	log_limited_text(&(struct line){.level = LOG_DEBUG, .topic = name}, &source, format, args);
	va_end(args);
}

void log_set_topics(uint32_t topics)
{
	char text[128];

	topics &= LOG_TOPICS_ALL;
	if (topics == log_topics)
		return;
	log_topics = topics;
	log_topics_text(topics, text, sizeof(text));
	log_info("debug topics: %s", text);
}
