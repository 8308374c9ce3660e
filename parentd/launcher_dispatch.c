#include "parentd/launcher_dispatch.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/launcher_children.h"
#include "parentd/launcher_logs.h"
#include "parentd/launcher_notify.h"

/* The child that a message names; parentd decides about vrrpd, checkerd and ipvsd only. */
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

	if (child == NULL || launcher->stopping)
		return;
	if (message->wanted == 0 && child->wanted) {
		launcher_child_stop(launcher, child);
	} else if (message->wanted != 0 && !child->wanted) {
		child->wanted = true;
		child->restart = (struct restart){0};
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

static void conf_in_force(struct launcher *launcher, uint32_t generation)
{
	launcher->generation = generation;
	launcher_report_ready(launcher);
}

static void conf_refused(struct launcher *launcher, const struct parent_conf_refused *message)
{
	if (message->at_start != 0 && !launcher->was_ready)
		launcher_stop(launcher, (int)message->exit_status);
	else
		launcher_report_ready(launcher); /* it goes on with what it had */
}

static void launcher_dispatch_parent(
	struct launcher *launcher, const struct proto_header *header, const void *body)
{
	switch (header->type) {
	case PARENT_CHILD_WANTED:
		child_wanted(launcher, body);
		return;
	case PARENT_CHILD_KILL:
		child_kill(launcher, body);
		return;
	case PARENT_CONF_IN_FORCE:
		conf_in_force(launcher, header->generation);
		return;
	case PARENT_CONF_REFUSED:
		conf_refused(launcher, body);
		return;
	case PARENT_LOG_DIR:
		launcher_logs_ask(launcher, ((const struct parent_log_dir *)body)->path);
		return;
	default:
		return; /* proto_check lets nothing else through */
	}
}

void launcher_dispatch(struct launcher *launcher, struct launcher_child *child)
{
	struct launcher_message message;
	const char *why = NULL;
	enum link_verdict verdict;

	while ((verdict = launcher_link_receive(&child->link, &message, &why)) == LINK_MESSAGE) {
		if (child->process == PROTO_PARENT)
			launcher_dispatch_parent(launcher, &message.header, message.body);
	}
	if (verdict == LINK_EMPTY)
		return;
	launcher_link_close(&child->link);
	if (verdict == LINK_BROKEN)
		launcher_child_kill(child, why);
	else if (child->kill_at_ns == 0)
		child->kill_at_ns = clock_now_ns() + CHILD_GONE_MS * NSEC_PER_MSEC;
}
