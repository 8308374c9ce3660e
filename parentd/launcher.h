/* The launcher: the only process of the suite that may start others. It reads nothing but its own
 * fixed messages and allocates nothing once it runs. */
#ifndef HOLDFAST_LAUNCHER_H
#define HOLDFAST_LAUNCHER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/log.h"
#include "parentd/heartbeat.h"
#include "parentd/launcher_link.h"
#include "parentd/launcher_options.h"
#include "parentd/launcher_status.h"
#include "parentd/launcher_store.h"
#include "parentd/restart.h"
#include "parentd/suite_users.h"

/* Dead processes of one kind that wait to be reaped; their successor runs already. */
#define LAUNCHER_DEPARTED_MAX 4

/* One process that the launcher starts or has started: parentd, vrrpd, checkerd, ipvsd, runners. */
struct launcher_child {
	enum proto_process process;
	bool wanted;
	pid_t pid; /* 0: not running */
	uid_t uid; /* that it runs as */
	pid_t departed[LAUNCHER_DEPARTED_MAX];
	enum ended_cause departed_for[LAUNCHER_DEPARTED_MAX]; /* as killed_for */
	enum ended_cause killed_for; /* ENDED_SIGNAL: how it ends says why */
	uint32_t ended[ENDED_CAUSES];
	struct launcher_link link;
	int page_fd;      /* its state page; -1 for parentd */
	int page_read_fd; /* the same, opened read-only, for parentd; -1 for runners */
	int program_fd;   /* O_PATH: what is executed, whatever the file system holds by now; the
			     first runner has that of all */
	int pid_file_fd;  /* -r, -c; -1: none */
	struct heartbeat heartbeat;
	uint64_t beat_at_ns;        /* the next heartbeat_tick */
	uint64_t had_when_asked_ns; /* processor time, at its last heartbeat */
	bool busy;                  /* it has said that answers may be late */
	bool releasing;             /* vrrpd runs to give its addresses up */
	bool trying;                /* executed only to see whether it can be */
	bool replacing;             /* ended to be replaced, as the operator wants */
	int starting_fd;            /* runner: our end, until the nursery says its pid; -1: none */
	bool page_is_old;           /* runner: its page holds what another user's left there */
	char user[PROTO_USER_LEN];  /* runner: whom it works for */
	uint32_t release_tries;
	uint64_t worked_ns; /* last sign of a configuration in force */
	uint32_t restarts;
	uint32_t starts;
	struct restart restart;
	uint64_t started_ns;
	uint64_t start_at_ns; /* not running, but wanted or to release: when to start it; 0 never */
	uint64_t kill_at_ns;  /* on its way out: when patience ends; 0 never */
};

/* launcher_nursery.c */
struct launcher_nursery {
	int fd;    /* -1: none */
	pid_t pid; /* 0: it has not said so yet */
};
#define LAUNCHER_NURSERIES 2 /* the one that is used, and its twin */

/* launcher_upgrade.c */
struct launcher_upgrade {
	enum { UPGRADE_IDLE, UPGRADE_TRYING, UPGRADE_REPLACING } phase;
	size_t step;                       /* which process is tried or replaced */
	int program_fd[PROTO_PROCESS_END]; /* the new programs, or those that they replaced */
	pid_t trial_pid;                   /* 0: none */
	struct launcher_link trial_link;
	uint32_t starts;          /* of the process, before it was replaced */
	uint64_t begun_ns;        /* when it was told to go */
	uint64_t deadline_ns;     /* when patience with this step ends */
	enum upgrade_state state; /* as parentd is told */
	uint32_t count;
	char reason[PROTO_REASON_LEN];
};

struct launcher {
	const struct launcher_options *options;
	char **arguments; /* main's */
	struct suite_user users[PROTO_PROCESS_END];
	char runtime_dir[PATH_MAX];
	char libexec_dir[PATH_MAX];
	char program[PATH_MAX]; /* its own */
	char config[PATH_MAX];
	char pid_file[PATH_MAX]; /* -p; empty: none */
	char own_log_dir[PATH_MAX];
	char asked_log_dir[PATH_MAX]; /* by -g or the configuration; empty: no log files */
	char log_dir[PATH_MAX];       /* where they are now */
	struct log_settings log;
	uint32_t topics[PROTO_RUNNER + 1]; /* debug topics; all runners have the same */
	bool stderr_is_log; /* systemd catches it, for the journal that gets every line */
	struct launcher_child children[PROTO_PROCESS_END];
	struct launcher_nursery nurseries[LAUNCHER_NURSERIES];
	uint64_t nursery_patience_ns; /* when it must have done what it was told; 0: nothing */
	uint64_t spare_at_ns;         /* when to ask for a twin; 0: never */
	int lock_fd;
	int pid_fd; /* -p */
	int null_fd;
	int control_fd;
	int notify_fd;
	int signal_fd;
	int program_fd;  /* O_PATH of its own program */
	int handover_fd; /* launcher_handover.c */
	int ready_fd;    /* to the command that waits in the foreground; -1: none */
	bool ready;
	bool was_ready;    /* the first configuration came into force */
	bool reload_early; /* a reload was asked for before that, and is done then */
	bool stopping;
	bool parent_told_to_end;
	uint64_t runners_until_ns; /* stopping: when runners have to go; 0: they need not, or do */
	int exit_status;
	bool leaving; /* ends, and leaves to the next launcher what runs */
	struct launcher_store store;
	struct launcher_status status;
	struct launcher_upgrade upgrade;
	uint32_t filter;        /* which system call filter is in force; 0: none */
	uint32_t generation;    /* of the configuration in force, for a new parentd */
	int conf_fd;            /* its text; -1: none yet */
	uint32_t advert_int_us; /* the shortest in it; 0: none */
};

/* `holdfast`: everything from the command line to the exit status. */
int launcher_main(int argc, char **argv);

/* Starts parentd and supervises until all is stopped. Returns the exit status. */
int launcher_run(struct launcher *launcher);
/* The same, of processes that run already. */
int launcher_go_on(struct launcher *launcher);

/* Begins a stop, with the status to exit with in the end. */
void launcher_stop(struct launcher *launcher, int exit_status);

/* Ends as if it had died: what can go on without a launcher does so until the next one. Where
 * nobody keeps anything for that one, this is a stop. */
void launcher_leave(struct launcher *launcher);

/* The daemon is ready, or never will be: tells the service manager and the waiting command. */
void launcher_report_ready(struct launcher *launcher);
void launcher_report_failed(struct launcher *launcher, int exit_status);

#endif
