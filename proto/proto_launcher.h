/* Messages of the launcher, and those that every child knows. */
#ifndef HOLDFAST_PROTO_LAUNCHER_H
#define HOLDFAST_PROTO_LAUNCHER_H

#include "proto/proto_types.h"

/* ---- launcher <-> parentd ---- */

struct launcher_child_started {
	uint32_t process; /* enum proto_process */
	int32_t pid;
	uint32_t restarts; /* how often this process was replaced since the launcher started */
	uint32_t adopted;  /* 1: it was running already, parentd is the new one */
	uint64_t started_ns;
};

struct launcher_child_exited {
	uint32_t process;
	int32_t pid;
	uint32_t restart_ms; /* the launcher starts a new one after this time */
};

/* Why a process had to be replaced. */
enum ended_cause {
	ENDED_SIGNAL,     /* it crashed, or somebody else killed it */
	ENDED_EXITED,     /* by itself */
	ENDED_SANDBOX,    /* SIGSYS: a system call outside its list */
	ENDED_HUNG,       /* it did not answer */
	ENDED_MISBEHAVED, /* killed for what it said, or did not read */
	ENDED_ORDERED,    /* by an operator, or for an upgrade */
};
#define ENDED_CAUSES 6

struct launcher_ended {
	uint32_t process;
	uint32_t ended[ENDED_CAUSES]; /* how often of each, since the launcher started */
};

struct launcher_child_page {
	uint32_t process;
};

struct launcher_dump {
	uint32_t what; /* 1 data (USR1), 2 statistics (USR2) */
};

struct parent_child_wanted {
	uint32_t process;
	uint32_t wanted; /* 0: stop it cleanly and do not start it again, 1: keep it running */
};

struct parent_child_kill {
	uint32_t process;
	int32_t pid; /* nothing happens when another one runs by now */
	char reason[PROTO_REASON_LEN];
};

struct parent_conf_refused {
	uint32_t exit_status; /* at start: what the launcher exits with */
	uint32_t at_start;
	char problem[PROTO_PROBLEM_LEN]; /* for the log */
};

struct parent_log_dir {
	char path[PROTO_PATH_LEN]; /* directory for <process>.log; empty: no log files */
};

/* Debug topics are bits of enum log_topic (common/log.h). */
#define PROTO_TOPICS_ALL 0xff

struct parent_topics {
	uint32_t process; /* up to PROTO_RUNNER, which stands for all runners */
	uint32_t topics;  /* that are on from now on, until the launcher ends */
};

enum log_sinks { LOG_TO_CONSOLE = 1, LOG_TO_SYSLOG = 2, LOG_TO_JOURNAL = 4, LOG_TO_FILES = 8 };
#define LOG_TO_ALL 15

struct launcher_log_state {
	uint32_t sinks;                /* enum log_sinks */
	uint16_t topics[PROTO_RUNNER]; /* of process 1, 2 … */
	char path[PROTO_PATH_LEN];     /* directory of <process>.log; empty: none */
};

/* The configuration of the header's generation is the one from now on. Whoever replaces parentd
 * gets the descriptor and falls back on it when the file cannot be used any more. */
struct parent_conf_committed {
	uint32_t length;        /* of the text, in bytes */
	uint32_t advert_int_us; /* the shortest in use, for the heartbeats; 0: none */
};

struct parent_restart {
	uint32_t process; /* PROTO_LAUNCHER: it executes its own program again */
};

/* Slot process is to run scripts as this user; one that does so as another is stopped first.
 * PARENT_CHILD_WANTED with wanted 0 ends it. */
struct parent_runner {
	uint32_t process; /* PROTO_RUNNER_FIRST … PROTO_RUNNER_LAST */
	uint32_t uid;
	uint32_t gid;
	uint32_t reserved;
	char user[PROTO_USER_LEN];
};

/* How many VRRP instances of the configuration in force are in which state, for the service
 * manager's one line about the suite. */
struct parent_status {
	uint32_t master;
	uint32_t backup;
	uint32_t fault;
	uint32_t starting; /* INIT, or not known yet */
};

enum upgrade_state { UPGRADE_NONE, UPGRADE_RUNNING, UPGRADE_DONE, UPGRADE_REFUSED };

struct launcher_upgrade_report {
	uint32_t state; /* enum upgrade_state */
	uint32_t count; /* how many ended since the launcher started */
	char reason[PROTO_REASON_LEN];
};

/* ---- launcher <-> any process ---- */

struct proto_heartbeat {  /* LAUNCHER_HEARTBEAT and its answer PROCESS_HEARTBEAT */
	uint64_t sent_ns; /* the sender's clock; the answer repeats it */
};

struct launcher_topics {
	uint32_t topics;
};

/* It reads files, or has many addresses to look after, and may be late with its answers. */
struct process_busy {
	uint32_t busy; /* 1: from now on, 0: no longer */
};

/* What a program that was started only to be tried says; its header says the version of the
 * protocol. */
struct process_probed {
	uint32_t state_page_version;
	char version[28]; /* of Holdfast */
};

/* ---- parentd <-> child ---- */

struct conf_begin {
	uint32_t items; /* number of item messages until CONF_COMMIT */
};

struct conf_commit {
	uint32_t items;
	uint32_t checksum; /* proto_checksum over the bodies of all items in order, seeded with 0 */
};

struct child_hello {
	int32_t pid;
	uint32_t resumed; /* number of records taken from the state page */
};

struct child_conf_refused {
	char reason[PROTO_REASON_LEN];
};

#endif
