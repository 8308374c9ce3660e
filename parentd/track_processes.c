#include "parentd/track_processes.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "conf/conf.h"
#include "parentd/process_match.h"
#include "parentd/process_table.h"
#include "parentd/quorum.h"

/* Of as many it is known at once that they have ended; the number of descriptors is limited. Of
 * more it is known within a second. */
#define WATCHES_MAX 512

#define SCAN_MS 1000
/* What has ended may be replaced in a moment. */
#define SCAN_SOON_MS  100
#define SOON_NS       NSEC_PER_SEC
#define SCAN_LEAST_NS (20 * NSEC_PER_MSEC)

struct kind;

/* One process. */
struct watch {
	struct kind *kind;
	pid_t pid;
	int fd; /* a pidfd: it is of this process, whatever becomes of the number */
	struct event *ended;
	bool found; /* by the latest scan */
};

/* One vrrp_track_process. */
struct kind {
	struct track_processes *processes;
	uint32_t number;
	char name[PROTO_NAME_LEN];
	char *process;
	char *params;
	struct process_rule rule;
	struct quorum_params limits;
	struct quorum quorum;
	uint32_t count;
	struct watch **watches;
	size_t watches_count, watches_room;
	struct event *due;
};

struct track_processes {
	struct event_base *base;
	track_process_changed *changed;
	void *arg;
	struct kind **list;
	uint32_t count;
	size_t watches; /* of all kinds */
	struct event *tick;
	uint64_t scanned_ns;
	uint64_t soon_until_ns;
	bool warned; /* that there are more than can be watched */
};

/* ---- verdicts ---- */

static const char *verdict_word(enum proto_verdict verdict)
{
	return verdict == VERDICT_UP ? "up" : verdict == VERDICT_DOWN ? "down" : "unknown";
}

/* Returns true when the verdict changed. */
static bool judge(struct kind *kind)
{
	uint64_t now_ns = clock_now_ns();
	bool changed = quorum_count(&kind->quorum, &kind->limits, kind->count, now_ns);
	uint64_t due_ns = quorum_deadline(&kind->quorum);

	event_del(kind->due);
	if (due_ns != UINT64_MAX) {
		uint64_t wait_us = (due_ns - now_ns) / 1000 + 1;
		const struct timeval wait = {.tv_sec = (time_t)(wait_us / 1000000),
			.tv_usec = (suseconds_t)(wait_us % 1000000)};
		event_add(kind->due, &wait);
	}
	if (changed)
		log_change(LOG_NOTICE,
			&(struct log_change){.kind = LOG_TRACKED,
				.script = kind->name,
				.state = verdict_word(kind->quorum.verdict)},
			"vrrp_track_process %s: %u of '%s': %s", kind->name, kind->count,
			kind->process, verdict_word(kind->quorum.verdict));
	return changed;
}

static void judge_and_tell(struct kind *kind)
{
	if (judge(kind))
		kind->processes->changed(kind->number, kind->quorum.verdict, kind->processes->arg);
}

static void due(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	judge_and_tell(arg);
}

/* ---- processes ---- */

static void watch_free(struct watch *watch)
{
	watch->kind->processes->watches--;
	event_free(watch->ended);
	close(watch->fd);
	free(watch);
}

/* A pidfd becomes readable when its process has ended, also before it is reaped. */
static bool has_ended(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void leave(struct kind *kind, size_t place)
{
	watch_free(kind->watches[place]);
	kind->watches[place] = kind->watches[--kind->watches_count];
}

static void scan(struct track_processes *processes, bool tell);

static void set_tick(struct track_processes *processes)
{
	bool soon = clock_now_ns() < processes->soon_until_ns;
	const struct timeval wait = {
		.tv_sec = soon ? 0 : SCAN_MS / 1000, .tv_usec = soon ? SCAN_SOON_MS * 1000L : 0};

	if (processes->count > 0)
		event_add(processes->tick, &wait);
	else
		event_del(processes->tick);
}

static void ended(int fd, short events, void *arg)
{
	const struct watch *watch = arg;
	struct kind *kind = watch->kind;
	struct track_processes *processes = kind->processes;
	uint64_t now_ns = clock_now_ns();

	(void)fd;
	(void)events;
	log_debug("vrrp_track_process %s: process %d has ended", kind->name, (int)watch->pid);
	for (size_t i = 0; i < kind->watches_count; i++) {
		if (kind->watches[i] == watch) {
			leave(kind, i);
			kind->count--;
			break;
		}
	}
	processes->soon_until_ns = now_ns + SOON_NS;
	/* another may be there already: one that made it its successor, or the next of a pool */
	if (now_ns - processes->scanned_ns >= SCAN_LEAST_NS)
		scan(processes, true);
	else
		judge_and_tell(kind);
	set_tick(processes);
}

static struct watch *find_watch(const struct kind *kind, pid_t pid)
{
	for (size_t i = 0; i < kind->watches_count; i++)
		if (kind->watches[i]->pid == pid)
			return kind->watches[i];
	return NULL;
}

/* The descriptor of a process that matches and lives; -1: there is no such process; -2: there is,
 * but no descriptor for it. */
static int open_process(pid_t pid, const struct process_rule *rule)
{
	int fd = pidfd_open(pid, 0);

	if (fd == -1)
		return errno == ESRCH || errno == EINVAL ? -1 : -2;
	/* the number may have become that of another one before the descriptor was there */
	if (process_table_matches(pid, rule) && !has_ended(fd))
		return fd;
	close(fd);
	return -1;
}

static void watch_add(struct kind *kind, pid_t pid, int fd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (kind->watches_count == kind->watches_room) {
		kind->watches_room = kind->watches_room == 0 ? 8 : kind->watches_room * 2;
		kind->watches =
			reallocarray(kind->watches, kind->watches_room, sizeof(struct watch *));
	}
	if (watch == NULL || kind->watches == NULL)
		fatal("tracked processes");
	*watch = (struct watch){.kind = kind, .pid = pid, .fd = fd, .found = true};
	watch->ended = event_new(kind->processes->base, fd, EV_READ, ended, watch);
	if (watch->ended == NULL || event_add(watch->ended, NULL) == -1)
		fatal("tracked processes");
	kind->watches[kind->watches_count++] = watch;
	kind->processes->watches++;
}

static void say_too_many(struct track_processes *processes)
{
	if (!processes->warned)
		log_line(LOG_NOTICE,
			"more than %d processes are tracked: the end of some is known only within "
			"a second",
			WATCHES_MAX);
	processes->warned = true;
}

/* Counts one that the scan has found; returns 1, or 0 when it is none after all. */
static uint32_t take_found(struct kind *kind, pid_t pid)
{
	struct watch *watch = find_watch(kind, pid);

	if (watch != NULL && !has_ended(watch->fd)) {
		watch->found = true;
		return 1;
	}
	if (kind->processes->watches >= WATCHES_MAX) {
		say_too_many(kind->processes);
		return 1;
	}
	int fd = open_process(pid, &kind->rule);
	if (fd >= 0)
		watch_add(kind, pid, fd);
	return fd == -1 ? 0 : 1;
}

static void take_scan(struct kind *kind, const struct process_found *found)
{
	kind->count = 0;
	for (size_t i = 0; i < kind->watches_count; i++)
		kind->watches[i]->found = false;
	for (size_t i = 0; i < found->count; i++)
		kind->count += take_found(kind, found->list[i]);
	for (size_t i = kind->watches_count; i-- > 0;)
		if (!kind->watches[i]->found)
			leave(kind, i);
}

/* What cannot be read for once is as it was. */
static void scan(struct track_processes *processes, bool tell)
{
	struct process_found *found = calloc(processes->count + 1, sizeof(*found));

	if (found == NULL)
		fatal("tracked processes");
	for (uint32_t i = 0; i < processes->count; i++)
		found[i].rule = &processes->list[i]->rule;
	processes->scanned_ns = clock_now_ns();
	if (process_table_find(found, processes->count) == -1) {
		log_warn("processes cannot be counted: /proc");
	} else {
		for (uint32_t i = 0; i < processes->count; i++)
			take_scan(processes->list[i], &found[i]);
		for (uint32_t i = 0; i < processes->count; i++) {
			if (tell)
				judge_and_tell(processes->list[i]);
			else
				judge(processes->list[i]);
		}
	}
	for (uint32_t i = 0; i < processes->count; i++)
		free(found[i].list);
	free(found);
}

static void tick(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	scan(arg, true);
	set_tick(arg);
}

/* ---- a configuration ---- */

struct track_processes *track_processes_new(
	struct event_base *base, track_process_changed *changed, void *arg)
{
	struct track_processes *processes = calloc(1, sizeof(*processes));

	if (processes == NULL)
		fatal("tracked processes");
	*processes = (struct track_processes){.base = base, .changed = changed, .arg = arg};
	processes->tick = event_new(base, -1, 0, tick, processes);
	if (processes->tick == NULL)
		fatal("tracked processes");
	return processes;
}

static struct process_rule rule_of(const struct conf_track_process *conf)
{
	return (struct process_rule){.process = conf->process,
		.params = conf->params,
		.params_length = conf->params_length,
		.match = conf->match,
		.full_command = conf->full_command};
}

static struct quorum_params limits_of(const struct conf_track_process *conf)
{
	return (struct quorum_params){.min = conf->quorum,
		.max = conf->quorum_max, /* not given: larger than any number */
		.terminate_delay_ns = conf->terminate_delay_us * 1000,
		.fork_delay_ns = conf->fork_delay_us * 1000};
}

static bool same_rule(const struct process_rule *a, const struct process_rule *b)
{
	return strcmp(a->process, b->process) == 0 && a->params_length == b->params_length &&
	       memcmp(a->params, b->params, a->params_length) == 0 && a->match == b->match &&
	       a->full_command == b->full_command;
}

static void kind_free(struct kind *kind)
{
	while (kind->watches_count > 0)
		leave(kind, kind->watches_count - 1);
	event_free(kind->due);
	free(kind->watches);
	free(kind->process);
	free(kind->params);
	free(kind);
}

static struct kind *kind_new(struct track_processes *processes,
	const struct conf_track_process *conf, bool after_another)
{
	struct kind *kind = calloc(1, sizeof(*kind));

	if (kind == NULL)
		fatal("tracked processes");
	kind->processes = processes;
	kind->process = strdup(conf->process);
	kind->params = malloc(conf->params_length + 1);
	kind->due = event_new(processes->base, -1, 0, due, kind);
	if (kind->process == NULL || kind->params == NULL || kind->due == NULL)
		fatal("tracked processes");
	memcpy(kind->params, conf->params, conf->params_length);
	proto_string_set(kind->name, sizeof(kind->name), conf->name);
	kind->rule = rule_of(conf);
	kind->rule.process = kind->process;
	kind->rule.params = kind->params;
	quorum_init(&kind->quorum, after_another);
	return kind;
}

void track_processes_free(struct track_processes *processes)
{
	for (uint32_t i = 0; i < processes->count; i++)
		kind_free(processes->list[i]);
	free(processes->list);
	event_free(processes->tick);
	free(processes);
}

/* The place of the one that is the same, whatever its limits are; count: there is none. */
static uint32_t find_kind(
	const struct track_processes *processes, const struct conf_track_process *conf)
{
	const struct process_rule rule = rule_of(conf);
	uint32_t i = 0;

	for (; i < processes->count; i++) {
		const struct kind *kind = processes->list[i];
		if (kind != NULL && strcmp(kind->name, conf->name) == 0 &&
			same_rule(&kind->rule, &rule))
			break;
	}
	return i;
}

void track_processes_adopt(
	struct track_processes *processes, const struct conf *conf, bool after_another)
{
	const struct conf_track_process *one;
	struct kind **list;
	uint32_t count = 0;

	TAILQ_FOREACH(one, &conf->track_processes, entry)
	count++;
	list = calloc(count + 1, sizeof(struct kind *));
	if (list == NULL)
		fatal("tracked processes");
	count = 0;
	TAILQ_FOREACH(one, &conf->track_processes, entry)
	{
		uint32_t known = find_kind(processes, one);
		if (known < processes->count) {
			list[count] = processes->list[known];
			processes->list[known] = NULL;
		} else {
			list[count] = kind_new(processes, one, after_another);
		}
		list[count]->limits = limits_of(one);
		list[count]->number = count;
		count++;
	}
	for (uint32_t i = 0; i < processes->count; i++)
		if (processes->list[i] != NULL)
			kind_free(processes->list[i]);
	free(processes->list);
	processes->list = list;
	processes->count = count;
	if (count > 0)
		scan(processes, false);
	set_tick(processes);
}

enum proto_verdict track_processes_verdict(
	const struct track_processes *processes, uint32_t process)
{
	return process < processes->count ? processes->list[process]->quorum.verdict
					  : VERDICT_UNKNOWN;
}

uint32_t track_processes_count(const struct track_processes *processes, uint32_t process)
{
	return process < processes->count ? processes->list[process]->count : 0;
}

/* ---- a configuration to come ---- */

static enum proto_verdict verdict_of_found(
	const struct process_found *found, const struct quorum_params *limits)
{
	struct quorum quorum;
	uint32_t count = 0;

	for (size_t i = 0; i < found->count; i++) {
		int fd = open_process(found->list[i], found->rule);
		count += fd != -1;
		if (fd >= 0)
			close(fd);
	}
	quorum_init(&quorum, false);
	quorum_count(&quorum, limits, count, clock_now_ns());
	return quorum.verdict;
}

void track_processes_foresee(const struct track_processes *processes, const struct conf *conf,
	enum proto_verdict *verdicts)
{
	const struct conf_track_process *one;
	size_t count = 0;

	TAILQ_FOREACH(one, &conf->track_processes, entry)
	{
		const struct process_rule rule = rule_of(one);
		const struct quorum_params limits = limits_of(one);
		uint32_t known = find_kind(processes, one);
		struct process_found found = {.rule = &rule};
		if (known < processes->count)
			verdicts[count] = processes->list[known]->quorum.verdict;
		else if (process_table_find(&found, 1) == 0)
			verdicts[count] = verdict_of_found(&found, &limits);
		else
			verdicts[count] = VERDICT_UNKNOWN;
		count++;
		free(found.list);
	}
}
