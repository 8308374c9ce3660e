#include "common/child.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/clock.h"
#include "common/fds.h"

#define PATIENCE_PARTS 4

/* Where the transaction stands, seen from this child. */
enum transaction {
	TRANSACTION_NONE,
	TRANSACTION_COLLECTING, /* conf_begin was called */
	TRANSACTION_ACCEPTED,   /* conf_commit agreed */
	TRANSACTION_REFUSED,    /* the parent was told why; nothing of it is kept */
};

struct child {
	struct event_base *base;
	enum proto_process self;
	const struct child_handlers *handlers;
	void *arg;
	struct channel *launcher;
	struct channel *parent;
	uint32_t generation; /* in force */
	unsigned busy;       /* how often child_busy() */
	struct event *patience;
	unsigned silence; /* parts of the patience without a word from the launcher */
	uint32_t resumed;
	enum transaction transaction;
	uint32_t pending; /* generation of the transaction */
	uint32_t items_announced;
	uint32_t items_received;
	uint32_t checksum;
};

static void transaction_forget(struct child *child)
{
	bool collected = child->transaction == TRANSACTION_COLLECTING ||
			 child->transaction == TRANSACTION_ACCEPTED;
	child->transaction = TRANSACTION_NONE;
	if (collected)
		child->handlers->conf_abort(child->arg);
}

static void parent_drop(struct child *child)
{
	channel_free(child->parent);
	child->parent = NULL;
	transaction_forget(child);
}

static void parent_send(
	struct child *child, enum proto_type type, uint32_t generation, const void *body)
{
	if (child->parent == NULL)
		return;
	/* A parent that is gone shows as end of file; one that does not read is not waited for. */
	if (channel_send(child->parent, type, generation, body, -1) == -1)
		log_debug("%s to parentd: %s", proto_type_name((uint16_t)type), strerror(errno));
}

static void transaction_refuse(struct child *child, const char *reason)
{
	struct child_conf_refused body;
	proto_string_set(body.reason, sizeof(body.reason), reason);
	log_warnx("configuration %u refused: %s", child->pending, body.reason);
	transaction_forget(child);
	child->transaction = TRANSACTION_REFUSED;
	parent_send(child, CHILD_CONF_REFUSED, child->pending, &body);
}

static void conf_begin(struct child *child, uint32_t generation, const struct conf_begin *body)
{
	transaction_forget(child);
	child->transaction = TRANSACTION_COLLECTING;
	child->pending = generation;
	child->items_announced = body->items;
	child->items_received = 0;
	child->checksum = 0;
	child->handlers->conf_begin(generation, body->items, child->arg);
}

static void conf_item(struct child *child, const struct proto_header *header, const void *body)
{
	char reason[PROTO_REASON_LEN] = "";
	if (child->transaction != TRANSACTION_COLLECTING)
		return;
	child->items_received++;
	child->checksum = proto_checksum(child->checksum, body, header->length);
	if (child->handlers->conf_item(
		    (enum proto_type)header->type, body, reason, sizeof(reason), child->arg) == -1)
		transaction_refuse(child, reason);
}

static void conf_commit(struct child *child, const struct conf_commit *body)
{
	char reason[PROTO_REASON_LEN] = "";
	if (child->transaction != TRANSACTION_COLLECTING)
		return;
	if (body->items != child->items_announced || body->items != child->items_received) {
		transaction_refuse(child, "some items of the configuration did not arrive");
		return;
	}
	if (body->checksum != child->checksum) {
		transaction_refuse(child, "the configuration arrived with a wrong checksum");
		return;
	}
	if (child->handlers->conf_commit(reason, sizeof(reason), child->arg) == -1) {
		transaction_refuse(child, reason);
		return;
	}
	child->transaction = TRANSACTION_ACCEPTED;
	parent_send(child, CHILD_CONF_ACCEPTED, child->pending, NULL);
}

/* Answers are owed for questions; one without a question says what is new. */
static void launcher_answer(struct child *child, const struct proto_heartbeat *question)
{
	/* A launcher that does not read is no reason to stop: it replaces whom it misses. */
	if (channel_send(child->launcher, PROCESS_HEARTBEAT, child->generation, question, -1) == -1)
		log_debug("heartbeat: %s", strerror(errno));
}

static void conf_apply(struct child *child)
{
	static const struct proto_heartbeat unasked = {0};

	if (child->transaction != TRANSACTION_ACCEPTED) {
		log_warnx("parentd orders to apply configuration %u, which was refused",
			child->pending);
		parent_drop(child);
		return;
	}
	child->transaction = TRANSACTION_NONE;
	child->generation = child->pending;
	child->handlers->conf_apply(child->arg);
	launcher_answer(child, &unasked);
	parent_send(child, CHILD_CONF_APPLIED, child->generation, NULL);
}

static void conf_message(struct child *child, const struct proto_header *header, const void *body)
{
	if (header->type != CONF_BEGIN && header->generation != child->pending) {
		log_warnx("parentd sends %s of configuration %u inside configuration %u",
			proto_type_name(header->type), header->generation, child->pending);
		parent_drop(child);
		return;
	}
	switch (header->type) {
	case CONF_BEGIN:
		conf_begin(child, header->generation, body);
		break;
	case CONF_COMMIT:
		conf_commit(child, body);
		break;
	case CONF_APPLY:
		conf_apply(child);
		break;
	case CONF_ABORT:
		transaction_forget(child);
		break;
	default:
		conf_item(child, header, body);
		break;
	}
}

static bool is_of_configuration(enum proto_type type)
{
	return proto_rule_find((uint16_t)type)->states != PROTO_STATE_ANY || type == CONF_BEGIN;
}

/* A message about a configuration that is not in force (any more) comes too late or too early: what
 * it says is in the next configuration too. */
static void child_dispatch_parent(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct child *child = arg;
	enum proto_type type = (enum proto_type)header->type;

	(void)channel;
	(void)fd;
	if (is_of_configuration(type))
		conf_message(child, header, body);
	else if (header->generation == child->generation && child->handlers->message != NULL)
		child->handlers->message(type, body, child->arg);
}

static void parent_closed(struct channel *channel, const char *why, void *arg)
{
	struct child *child = arg;
	(void)channel;
	if (why != NULL)
		log_warnx("protocol violation: %s", why);
	else
		log_info("parentd is gone; going on with the configuration in force");
	parent_drop(child);
}

static const struct channel_handlers parent_handlers = {child_dispatch_parent, parent_closed};

static void parent_adopt(struct child *child, int fd)
{
	struct child_hello hello = {.pid = getpid(), .resumed = child->resumed};
	parent_drop(child);
	child->parent =
		channel_new(child->base, fd, child->self, PROTO_PARENT, &parent_handlers, child);
	if (child->parent == NULL) {
		log_warn("channel to parentd");
		close(fd);
		return;
	}
	parent_send(child, CHILD_HELLO, child->generation, &hello);
}

/* _exit: what the handlers hold is given up by then, and the filter need not allow what handlers
 * of exit(3) in libraries might do. */
static _Noreturn void child_stop(struct child *child, const char *why)
{
	child->handlers->stop(why, child->arg);
	log_info("stopped: %s", why);
	_exit(0);
}

static void child_dispatch_launcher(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct child *child = arg;
	(void)channel;
	switch (header->type) {
	case LAUNCHER_HEARTBEAT:
		child->silence = 0;
		launcher_answer(child, body);
		log_tick(clock_now_ns());
		break;
	case LAUNCHER_PARENT_CHANNEL:
		parent_adopt(child, fd);
		break;
	case LAUNCHER_LOG_FILE:
		log_set_file(fd);
		break;
	case LAUNCHER_TOPICS:
		log_set_topics(((const struct launcher_topics *)body)->topics);
		break;
	case LAUNCHER_STOP:
		child_stop(child, "the launcher says so");
	default:
		break; /* the table lets no other type through */
	}
}

static void launcher_closed(struct channel *channel, const char *why, void *arg)
{
	(void)channel;
	if (why != NULL)
		log_warnx("protocol violation: %s", why);
	child_stop(arg, "the launcher is gone");
}

static const struct channel_handlers launcher_handlers = {child_dispatch_launcher, launcher_closed};

struct child *child_new(struct event_base *base, enum proto_process self,
	const struct child_handlers *handlers, void *arg)
{
	struct child *child = calloc(1, sizeof(*child));
	if (child == NULL)
		return NULL;
	child->base = base;
	child->self = self;
	child->handlers = handlers;
	child->arg = arg;
	child->launcher = channel_new(
		base, child_launcher_fd(), self, PROTO_LAUNCHER, &launcher_handlers, child);
	if (child->launcher == NULL) {
		free(child);
		return NULL;
	}
	return child;
}

void child_free(struct child *child)
{
	if (child == NULL)
		return;
	parent_drop(child);
	channel_free(child->launcher);
	if (child->patience != NULL)
		event_free(child->patience);
	free(child);
}

/* In parts, so that a machine that stood still is not taken for a silent launcher: however long it
 * did, that is one. */
static void patience_tick(int fd, short events, void *arg)
{
	struct child *child = arg;

	(void)fd;
	(void)events;
	if (++child->silence > PATIENCE_PARTS)
		child_stop(child, "no launcher has come in the place of the one that is gone");
}

void child_set_patience(struct child *child, unsigned seconds)
{
	uint64_t part_us = seconds * UINT64_C(1000000) / PATIENCE_PARTS;
	const struct timeval part = {
		.tv_sec = (time_t)(part_us / 1000000), .tv_usec = (suseconds_t)(part_us % 1000000)};

	if (seconds == 0)
		return;
	child->patience = event_new(child->base, -1, EV_PERSIST, patience_tick, child);
	if (child->patience == NULL || event_add(child->patience, &part) == -1)
		fatal("timer");
}

void child_set_resumed(struct child *child, uint32_t records)
{
	child->resumed = records;
}

void child_busy(struct child *child, bool busy)
{
	const struct process_busy body = {.busy = busy};

	if (!busy)
		child->busy--;
	if (child->busy == 0 &&
		channel_send(child->launcher, PROCESS_BUSY, child->generation, &body, -1) == -1)
		log_debug("busy: %s", strerror(errno));
	if (busy)
		child->busy++;
}

int child_send(struct child *child, enum proto_type type, const void *body)
{
	if (child->parent == NULL) {
		errno = ENOTCONN;
		return -1;
	}
	return channel_send(child->parent, type, child->generation, body, -1);
}

void child_cork(struct child *child)
{
	if (child->parent != NULL)
		channel_cork(child->parent);
}

void child_uncork(struct child *child)
{
	if (child->parent != NULL)
		channel_uncork(child->parent);
}

uint32_t child_generation(const struct child *child)
{
	return child->generation;
}
