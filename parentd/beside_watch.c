/* Finds the keepalived processes of this network namespace, when a configuration is read and from
 * time to time. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "conf/finding.h"
#include "parentd/beside.h"
#include "parentd/parent.h"
#include "parentd/process_table.h"

#define INTERVAL_S 5

struct beside_watch {
	const struct parent *parent;
	struct event *tick;
	char problem[512];
};

/* True: no more need be looked at. */
typedef bool visitor(const struct beside_command *command, pid_t pid, void *arg);

/* The number of a file of /proc/PID/net is that of its namespace; /proc/PID/ns says it only to
 * those who may trace the process. */
static bool in_our_network(pid_t pid)
{
	struct stat theirs, ours;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/net/dev", (int)pid);
	return stat(path, &theirs) == 0 && stat("/proc/self/net/dev", &ours) == 0 &&
	       theirs.st_ino == ours.st_ino;
}

/* Anybody may call a process keepalived; only root's can hold addresses. The folder itself belongs
 * to the effective user, whether or not the process may be traced: proc(5). */
static bool is_roots(pid_t pid)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return stat(path, &status) == 0 && status.st_uid == 0;
}

static void visit_all(visitor *visit, void *arg)
{
	static const struct process_rule rule = {.process = "keepalived"};
	struct process_found found = {.rule = &rule};
	struct beside_command command;
	char line[BESIDE_LINE_SIZE];
	bool done = process_table_find(&found, 1) == -1;

	for (size_t i = 0; i < found.count && !done; i++) {
		if (!is_roots(found.list[i]) || !in_our_network(found.list[i]))
			continue;
		size_t length = process_table_line(found.list[i], line, sizeof(line));
		beside_command_read(line, length, &command);
		done = length > 0 && command.vrrp && visit(&command, found.list[i], arg);
	}
	free(found.list);
}

/* ---- a configuration that is to come ---- */

static bool judge(const struct beside_command *command, pid_t pid, void *arg)
{
	struct conf *ours = arg;
	unsigned errors = ours->errors;

	beside_judge(ours, command, pid);
	return ours->errors > errors;
}

void beside_look(struct conf *ours)
{
	if (TAILQ_EMPTY(&ours->instances))
		return;
	visit_all(judge, ours);
	conf_findings_sort(&ours->findings);
}

/* ---- the one in force ---- */

static bool compare(const struct beside_command *command, pid_t pid, void *arg)
{
	struct beside_watch *watch = arg;

	return beside_shares(
		watch->parent->conf, command, pid, watch->problem, sizeof(watch->problem));
}

static void tick(int fd, short events, void *arg)
{
	struct beside_watch *watch = arg;
	const struct parent *parent = watch->parent;
	char before[sizeof(watch->problem)];

	(void)fd;
	(void)events;
	strlcpy(before, watch->problem, sizeof(before));
	watch->problem[0] = '\0';
	if (parent->conf != NULL && !parent->options.only_check &&
		!TAILQ_EMPTY(&parent->conf->instances))
		visit_all(compare, watch);
	if (strcmp(before, watch->problem) == 0)
		return;
	if (watch->problem[0] != '\0')
		log_line(LOG_ERR, "%s", watch->problem);
	else
		log_line(LOG_NOTICE, "keepalived has left our virtual routers alone again");
}

struct beside_watch *beside_watch_new(struct event_base *base, const struct parent *parent)
{
	static const struct timeval interval = {.tv_sec = INTERVAL_S};
	struct beside_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		fatal("keepalived beside");
	watch->parent = parent;
	watch->tick = event_new(base, -1, EV_PERSIST, tick, watch);
	if (watch->tick == NULL || event_add(watch->tick, &interval) == -1)
		fatal("keepalived beside");
	return watch;
}

const char *beside_watch_problem(const struct beside_watch *watch)
{
	return watch != NULL ? watch->problem : "";
}
