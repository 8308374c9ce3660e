/* The channel to the launcher. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "parentd/control.h"
#include "parentd/dump.h"
#include "parentd/events.h"
#include "parentd/parent.h"
#include "parentd/runners.h"

void parent_tell_launcher(
	struct parent *parent, enum proto_type type, uint32_t generation, const void *body)
{
	if (channel_send(parent->launcher, type, generation, body, -1) == -1 && errno != EPIPE)
		fatal("%s to the launcher", proto_type_name((uint16_t)type));
}

static void child_started(
	struct parent *parent, const struct launcher_child_started *started, int fd)
{
	if (started->process >= PROTO_RUNNER_FIRST)
		runners_started(parent->runners, started, fd);
	else
		parent_child_connect(parent, started, fd);
}

static void child_exited(struct parent *parent, const struct launcher_child_exited *exited)
{
	if (exited->process >= PROTO_RUNNER_FIRST)
		runners_exited(parent->runners, exited);
	else
		parent_child_exited(parent, exited);
}

static void process_ended(struct parent *parent, const struct launcher_ended *ended)
{
	memcpy(parent->ended[ended->process], ended->ended, sizeof(ended->ended));
}

/* A descriptor comes only with the types that the table says. */
static void parent_dispatch_launcher(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct parent *parent = arg;

	(void)channel;
	switch (header->type) {
	case LAUNCHER_CHILD_STARTED:
		child_started(parent, body, fd);
		return;
	case LAUNCHER_CHILD_PAGE:
		parent_child_page(parent,
			(enum proto_process)((const struct launcher_child_page *)body)->process,
			fd);
		return;
	case LAUNCHER_CHILD_EXITED:
		child_exited(parent, body);
		return;
	case LAUNCHER_RELOAD:
		parent_load(parent);
		return;
	case LAUNCHER_HEARTBEAT:
		parent_tell_launcher(parent, PROCESS_HEARTBEAT, parent->transaction.current, body);
		log_tick(clock_now_ns());
		return;
	case LAUNCHER_UPGRADE:
		parent->upgrade = *(const struct launcher_upgrade_report *)body;
		return;
	case LAUNCHER_ENDED:
		process_ended(parent, body);
		return;
	case LAUNCHER_STOPPING:
		parent->stopping = true;
		events_stop(parent->events);
		return;
	case LAUNCHER_DUMP:
		dump_write(parent, ((const struct launcher_dump *)body)->what);
		return;
	case LAUNCHER_LOG_FILE:
		log_set_file(fd);
		return;
	case LAUNCHER_LOG_STATE:
		parent->logs = *(const struct launcher_log_state *)body;
		return;
	case LAUNCHER_TOPICS:
		log_set_topics(((const struct launcher_topics *)body)->topics);
		return;
	default:
		return; /* the table lets nothing else through */
	}
}

static void launcher_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel;
	(void)arg;
	if (why != NULL)
		fatalx("protocol violation by the launcher: %s", why);
	log_debug("stopped: the launcher is gone");
	_exit(0);
}

const struct channel_handlers parent_launcher_handlers = {
	parent_dispatch_launcher, launcher_closed};
