/* Logging for every process of the suite: the console, syslog, the journal and one file per
 * process, each through a descriptor that was opened before the sandbox closed. Never blocks,
 * allocates nothing, keeps errno. docs/LOGS.md says what operators can rely on. */
#ifndef HOLDFAST_LOG_H
#define HOLDFAST_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

#define LOG_SYSLOG_PATH  "/dev/log"
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"

/* The paths are where a listener that was replaced is found again (its old socket refuses what is
 * sent to it then); NULL: it is not looked for. */
struct log_settings {
	bool console;  /* lines to standard error: "TIME PROCESS[PID] LEVEL: text" (-l) */
	bool detail;   /* also LOG_DEBUG (-D) */
	int facility;  /* LOG_DAEMON, LOG_LOCAL0 … (-S) */
	int syslog_fd; /* connected datagram socket, or -1 */
	const char *syslog_path;
	int journal_fd; /* connected datagram socket that takes the journal's own protocol, or -1 */
	const char *journal_path;
	int file_fd; /* append-only log file of this process, or -1 */
};

/* Nothing is written anywhere until log_init() says where. */
#define LOG_NOWHERE                                                                                \
	{                                                                                          \
		.facility = LOG_DAEMON, .syslog_fd = -1, .journal_fd = -1, .file_fd = -1           \
	}

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

/* ---- changes of state ---- */

/* What a line is about: each has a MESSAGE_ID in the journal (common/log_kind.c). */
enum log_kind {
	LOG_KIND_NONE,
	LOG_VRRP_STATE,
	LOG_VRRP_PRIORITY,
	LOG_GROUP_STATE,
	LOG_REAL_SERVER,
	LOG_REAL_SERVER_WEIGHT,
	LOG_CHECK_FAILED,
	LOG_QUORUM,
	LOG_SCRIPT_VERDICT,
	LOG_SCRIPT_RESULT,
	LOG_NOTIFY_FAILED,
	LOG_TRACKED,
	LOG_IPVS_TROUBLE,
	LOG_IPVS_INTERFERENCE,
	LOG_PROCESS_ENDED,
	LOG_PROCESS_KILLED,
	LOG_PROCESS_STARTED,
	LOG_CONFIGURATION,
	LOG_CONFIGURATION_REFUSED,
	LOG_MAIL_FAILED,
	LOG_LEFT_OUT,
	LOG_KINDS,
};

/* Fields of a line in the journal; NULL: it has none. Only the text goes elsewhere. */
struct log_change {
	enum log_kind kind;
	const char *instance;
	const char *group;
	const char *virtual_server;
	const char *real_server;
	const char *script;
	const char *child; /* the process that it is about, not the one that says it */
	const char *old_state;
	const char *state;
	const char *reason;
};

/* A line about a change, which no limit ever leaves out. */
void log_change(int level, const struct log_change *change, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- limits ---- */

/* What a line comes from that somebody else can cause as often as he likes. */
struct log_source {
	const char *topic;
	uint64_t key;      /* which one of its topic */
	unsigned period_s; /* 0: 10 */
	unsigned most;     /* lines of it in a period; 0: 1 */
};

/* One line of each source in a period, and 16 of all together. How many were left out is said when
 * the period is over. */
void log_limited(int level, const struct log_source *source, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says what was left out and is due to be said. Called now and then, by every main loop. */
void log_tick(uint64_t now_ns);

/* ---- debug topics ---- */

enum log_topic {
	LOG_TOPIC_PACKETS = 1 << 0,  /* advertisements, sent, received, passed over */
	LOG_TOPIC_TIMERS = 1 << 1,   /* when the next thing is due */
	LOG_TOPIC_STATE = 1 << 2,    /* events of state machines, also those that change nothing */
	LOG_TOPIC_NETLINK = 1 << 3,  /* what the kernel is told, and says */
	LOG_TOPIC_CHECKS = 1 << 4,   /* attempts of checkers */
	LOG_TOPIC_SCRIPTS = 1 << 5,  /* runs of scripts */
	LOG_TOPIC_MESSAGES = 1 << 6, /* between the processes */
	LOG_TOPIC_CONTROL = 1 << 7,  /* requests of the operator's tool */
};
#define LOG_TOPICS     8
#define LOG_TOPICS_ALL ((1U << LOG_TOPICS) - 1)

/* Those that are switched on in this process. */
extern uint32_t log_topics;

/* Lines of a topic, at LOG_DEBUG, whether -D was given or not. Where it is off this costs one
 * comparison, and the arguments are not evaluated. */
#define log_topic(topic, ...)                                                                      \
	do {                                                                                       \
		if (__builtin_expect((log_topics & (topic)) != 0, 0))                              \
			log_topic_line((topic), __VA_ARGS__);                                      \
	} while (0)
void log_topic_line(enum log_topic topic, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Switches, and says so. */
void log_set_topics(uint32_t topics);

/* Between bits and words: "packets,timers", "none". text is cut to fit. */
void log_topics_text(uint32_t topics, char *text, size_t size);
/* Reads words separated by commas or blanks; "all" and "none" are words, too. Returns 0, or -1 for
 * a word that is none of them, which *unknown then points to. */
int log_topics_parse(const char *text, uint32_t *topics, const char **unknown);

#endif
