#include "parentd/launcher_dispatch.h"

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_handover.h"
#include "parentd/launcher_logs.h"
#include "parentd/launcher_notify.h"
#include "parentd/launcher_nursery.h"
#include "parentd/launcher_spawn.h"
#include "parentd/launcher_upgrade.h"

/* Messages read in one go. vrrpd, checkerd and ipvsd have little to say to the launcher: one that
 * sends so many is out of its mind. parentd may, after the launcher slept; the rest waits until
 * others had their turn. */
#define READ_BATCH 64

/* The child that a message names; parentd decides about all but itself and us. */
static struct launcher_child *named_child(struct launcher *launcher, uint32_t process)
{
	if (process >= PROTO_PROCESS_END || !launcher_is_daemon(&launcher->children[process])) {
		launcher_child_kill(launcher_parent(launcher),
			"it gave orders about a process that is not its");
		return NULL;
	}
	return &launcher->children[process];
}

static void child_wanted(struct launcher *launcher, const struct parent_child_wanted *message)
{
	struct launcher_child *child = named_child(launcher, message->process);

	/* When all is stopped anyway, parentd says when the runners have done their last. */
	if (child == NULL || (launcher->stopping && !launcher_is_runner(child)))
		return;
	if (message->wanted == 0 && child->wanted) {
		launcher_child_stop(launcher, child);
	} else if (message->wanted != 0 && !child->wanted && !launcher_is_runner(child)) {
		child->wanted = true;
		child->restart = (struct restart){0};
		child->releasing = false;
		child->release_tries = 0;
		/* One that still stops is replaced when it has ended. */
		if (child->pid == 0)
			child->start_at_ns = clock_now_ns();
	}
}

static void child_kill(struct launcher *launcher, const struct parent_child_kill *message)
{
	struct launcher_child *child = named_child(launcher, message->process);

	if (child != NULL && child->pid != 0 && child->pid == message->pid)
		launcher_child_kill(child, message->reason);
}

/* Kept for the parentd after this one. */
static void conf_committed(struct launcher *launcher, const struct launcher_message *message)
{
	const struct parent_conf_committed *body = message->body;
	int fd = launcher_fd_raise(message->fd);

	if (fd == -1) {
		log_warn("the configuration in force");
		return;
	}
	if (launcher->conf_fd != -1)
		close(launcher->conf_fd);
	launcher->conf_fd = fd;
	launcher->generation = message->header.generation;
	launcher->advert_int_us = body->advert_int_us;
	launcher_store_configuration(launcher);
	launcher_children_pace(launcher);
}

static void restart(struct launcher *launcher, const struct parent_restart *message)
{
	if (launcher->stopping || launcher->upgrade.phase != UPGRADE_IDLE)
		return;
	if (message->process == PROTO_LAUNCHER)
		log_warnx("cannot be restarted: %s", launcher_handover_exec(launcher));
	for (uint32_t process = message->process; process != PROTO_LAUNCHER; process++) {
		launcher_child_replace(&launcher->children[process], "its restart was asked for");
		/* Who asks for a runner means all of them. */
		if (process < PROTO_RUNNER_FIRST || process == PROTO_RUNNER_LAST)
			break;
	}
}

/* What a new parentd puts into force again, after it has seen that the file says something else, is
 * no answer to that. */
static void conf_in_force(struct launcher *launcher)
{
	if (launcher->generation != launcher->status.refused_beside)
		launcher->status.refused = false;
	launcher_report_ready(launcher);
}

static void conf_refused(struct launcher *launcher, const struct parent_conf_refused *message)
{
	launcher->status.refused = true;
	if (message->at_start != 0 && !launcher->was_ready) {
		/* parentd has said it, but the journal may not know of which service, as it ends at
		 * once */
		log_line(LOG_ERR, "not started: %s", message->problem);
		launcher_stop(launcher, (int)message->exit_status);
		return;
	}
	launcher->status.refused_beside = launcher->generation;
	launcher_report_ready(launcher); /* it goes on with what it had */
}

static void launcher_dispatch_parent(
	struct launcher *launcher, const struct launcher_message *message)
{
	const void *body = message->body;

	switch (message->header.type) {
	case PARENT_CHILD_WANTED:
		child_wanted(launcher, body);
		return;
	case PARENT_RUNNER:
		launcher_runner_wanted(launcher, body);
		return;
	case PARENT_CHILD_KILL:
		child_kill(launcher, body);
		return;
	case PARENT_CONF_COMMITTED:
		conf_committed(launcher, message);
		return;
	case PARENT_CONF_IN_FORCE:
		conf_in_force(launcher);
		return;
	case PARENT_UPGRADE:
		launcher_upgrade_begin(launcher);
		return;
	case PARENT_RESTART:
		restart(launcher, body);
		return;
	case PARENT_CONF_REFUSED:
		conf_refused(launcher, body);
		return;
	case PARENT_STATUS:
		launcher->status.vrrp = *(const struct parent_status *)body;
		return;
	case PARENT_LOG_DIR:
		launcher_logs_ask(launcher, ((const struct parent_log_dir *)body)->path);
		return;
	case PARENT_TOPICS:
		launcher_logs_topics(launcher, body);
		return;
	case PARENT_REOPEN_LOGS:
		log_info("log files are opened again, as asked for");
		launcher_logs_open(launcher);
		return;
	default:
		return; /* proto_check lets nothing else through */
	}
}

void launcher_dispatch(struct launcher *launcher, struct launcher_child *child)
{
	struct launcher_message message;
	const char *why = NULL;
	enum link_verdict verdict = LINK_MESSAGE;

	for (unsigned i = 0; i < READ_BATCH; i++) {
		verdict = launcher_link_receive(&child->link, &message, &why);
		if (verdict != LINK_MESSAGE)
			break;
		if (message.header.type == PROCESS_HEARTBEAT)
			launcher_child_answered(launcher, child, message.header.generation);
		else if (message.header.type == PROCESS_BUSY)
			launcher_child_busy(
				child, ((const struct process_busy *)message.body)->busy != 0);
		else
			launcher_dispatch_parent(launcher, &message);
	}
	if (verdict == LINK_MESSAGE && launcher_is_daemon(child)) {
		verdict = LINK_BROKEN;
		why = "it sends messages without an end";
	}
	if (verdict == LINK_MESSAGE || verdict == LINK_EMPTY)
		return;
	if (verdict == LINK_BROKEN)
		launcher_child_kill(child, why);
	launcher_child_lost(launcher, child);
}
