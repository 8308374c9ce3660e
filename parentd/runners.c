#include "parentd/runners.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/log.h"
#include "parentd/process_info.h"

/* A process whose channel closed is soon said to have ended; if not, it only lost its channel. */
#define CLOSED_LIMIT_S 1

/* So many messages of a runner belong to one of ours, at most; so many may be left over from a
 * parentd before us; and so many can be in the making. A runner that says more has become its
 * user's tool: it would keep us busy for ever. */
#define CREDIT_PER_ORDER 4
#define CREDIT_FIRST     1024
#define CREDIT_MAX       16384

struct slot {
	struct runners *runners;
	int number;
	struct runner_info info;
	bool identity_known; /* info.user is what the launcher was told, or what runs there */
	struct channel *channel;
	unsigned credit; /* messages that it may send */
	struct event *lost_timer;
};

struct runners {
	struct event_base *base;
	const struct runners_ops *ops;
	void *arg;
	struct slot slots[PROTO_RUNNERS];
	bool secure; /* enable_script_security */
};

static enum proto_process process_of(int slot)
{
	return (enum proto_process)(PROTO_RUNNER_FIRST + slot);
}

static void kill_runner(struct slot *slot, const char *reason)
{
	struct parent_child_kill order = {
		.process = process_of(slot->number), .pid = slot->info.pid};

	if (slot->info.pid == 0)
		return;
	proto_string_set(order.reason, sizeof(order.reason), reason);
	slot->runners->ops->tell(PARENT_CHILD_KILL, &order, slot->runners->arg);
}

static void on_lost_timer(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	kill_runner(arg, "it has closed its channel to parentd");
}

struct runners *runners_new(struct event_base *base, const struct runners_ops *ops, void *arg)
{
	struct runners *runners = calloc(1, sizeof(*runners));

	if (runners == NULL)
		fatal("runners");
	runners->base = base;
	runners->ops = ops;
	runners->arg = arg;
	for (int i = 0; i < PROTO_RUNNERS; i++) {
		struct slot *slot = &runners->slots[i];
		slot->runners = runners;
		slot->number = i;
		slot->lost_timer = event_new(base, -1, 0, on_lost_timer, slot);
		if (slot->lost_timer == NULL)
			fatalx("event loop: no memory");
	}
	return runners;
}

/* What it was told to do and has not answered will not be heard of. */
static void disconnect(struct slot *slot)
{
	bool was_up = slot->info.up;

	channel_free(slot->channel);
	slot->channel = NULL;
	slot->info.connected = false;
	slot->info.up = false;
	if (was_up)
		slot->runners->ops->lost(slot->number, slot->runners->arg);
}

/* ---- who has one ---- */

static bool is_user(const struct slot *slot, uid_t uid, gid_t gid)
{
	return slot->identity_known && slot->info.user.uid == uid && slot->info.user.gid == gid;
}

void runners_secure(struct runners *runners, bool secure)
{
	runners->secure = secure;
}

int runners_slot(const struct runners *runners, uid_t uid, gid_t gid)
{
	for (int i = 0; i < PROTO_RUNNERS; i++) {
		if (runners->slots[i].info.wanted && is_user(&runners->slots[i], uid, gid))
			return i;
	}
	return -1;
}

const struct runner_info *runners_info(const struct runners *runners, int slot)
{
	return &runners->slots[slot].info;
}

/* Where this user's runner was or is, or else where none is needed. */
static struct slot *place_for(
	struct runners *runners, const struct runner_user *user, const bool taken[PROTO_RUNNERS])
{
	struct slot *best = NULL;

	for (int i = 0; i < PROTO_RUNNERS; i++) {
		struct slot *slot = &runners->slots[i];
		if (taken[i])
			continue;
		if (is_user(slot, user->uid, user->gid))
			return slot;
		if (best == NULL || (best->identity_known && !slot->identity_known))
			best = slot;
	}
	return best;
}

static void want(struct slot *slot, const struct runner_user *user)
{
	struct parent_runner order = {
		.process = process_of(slot->number), .uid = user->uid, .gid = user->gid};

	proto_string_set(order.user, sizeof(order.user), user->name);
	/* The one that is stopped now must get no order that is for its successor. */
	if (!is_user(slot, user->uid, user->gid))
		disconnect(slot);
	slot->info.user = *user;
	slot->info.wanted = true;
	slot->identity_known = true;
	slot->runners->ops->tell(PARENT_RUNNER, &order, slot->runners->arg);
}

static void want_no_more(struct slot *slot)
{
	struct parent_child_wanted order = {.process = process_of(slot->number)};

	slot->info.wanted = false;
	slot->runners->ops->tell(PARENT_CHILD_WANTED, &order, slot->runners->arg);
}

/* First those who have a place, so that nobody is moved for the sake of another one. */
static void take_places(struct runners *runners, const struct runner_user *users, size_t count,
	bool have_one, bool taken[PROTO_RUNNERS])
{
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = place_for(runners, &users[i], taken);
		bool has_one = slot != NULL && is_user(slot, users[i].uid, users[i].gid);
		if (slot == NULL || has_one != have_one)
			continue;
		taken[slot->number] = true;
		want(slot, &users[i]);
	}
}

int runners_want(struct runners *runners, const struct runner_user *users, size_t count)
{
	bool taken[PROTO_RUNNERS] = {false};

	if (count > PROTO_RUNNERS)
		return -1;
	take_places(runners, users, count, true, taken);
	for (size_t i = 0; i < count; i++) {
		if (runners_slot(runners, users[i].uid, users[i].gid) == -1)
			take_places(runners, &users[i], 1, false, taken);
	}
	for (int i = 0; i < PROTO_RUNNERS; i++) {
		struct slot *slot = &runners->slots[i];
		if (!taken[i] && (slot->info.wanted || slot->info.pid != 0))
			want_no_more(slot);
	}
	return 0;
}

/* ---- orders ---- */

static int fill_line(struct runner_run *body, const struct runner_order *order)
{
	size_t at = 0;

	if (order->words_count == 0 || order->words[0][0] == '\0') {
		errno = EINVAL;
		return -1;
	}
	for (size_t i = 0; i < order->words_count; i++) {
		size_t length = strlen(order->words[i]) + 1;
		if (length > sizeof(body->line) - at) {
			errno = E2BIG;
			return -1;
		}
		memcpy(body->line + at, order->words[i], length);
		at += length;
	}
	body->words = (uint16_t)order->words_count;
	return 0;
}

static int order_send(struct slot *slot, enum proto_type type, const void *body)
{
	if (slot->channel == NULL || !slot->info.up) {
		errno = ENOTCONN;
		return -1;
	}
	if (channel_send(slot->channel, type, 0, body, -1) == 0) {
		if (slot->credit < CREDIT_MAX)
			slot->credit += CREDIT_PER_ORDER;
		return 0;
	}
	if (errno == ENOBUFS)
		kill_runner(slot, "it does not read what parentd sends");
	else
		errno = ENOTCONN; /* the end of file says so in a moment */
	return -1;
}

int runners_run(struct runners *runners, int slot, const struct runner_order *order)
{
	struct runner_run body = {.run = order->run,
		.queue = order->queue,
		.timeout_ms = order->timeout_ms,
		.secure = runners->secure};

	if (fill_line(&body, order) == -1)
		return -1;
	return order_send(&runners->slots[slot], RUNNER_RUN, &body);
}

void runners_end(struct runners *runners, int slot, uint64_t run)
{
	const struct runner_end body = {.run = run};

	order_send(&runners->slots[slot], RUNNER_END, &body);
}

int runners_fifo(struct runners *runners, int slot, const struct runner_fifo *order)
{
	return order_send(&runners->slots[slot], RUNNER_FIFO, order);
}

int runners_fifo_line(struct runners *runners, int slot, const struct runner_fifo_line *line)
{
	return order_send(&runners->slots[slot], RUNNER_FIFO_LINE, line);
}

/* ---- channel ---- */

static void on_violation(struct slot *slot, const char *why)
{
	char reason[PROTO_REASON_LEN];

	snprintf(reason, sizeof(reason), "protocol violation: %s", why);
	disconnect(slot);
	kill_runner(slot, reason);
}

/* A runner cleans what it sends, unless it has become its user's tool; this is logged and shown. */
static struct runner_done cleaned(const struct runner_done *done)
{
	struct runner_done copy = *done;

	for (char *c = copy.output; *c != '\0'; c++) {
		if (*c != '\n' && (*c < ' ' || *c > '~'))
			*c = '?';
	}
	return copy;
}

static void take_done(struct slot *slot, const struct runner_done *done)
{
	const struct runner_done copy = cleaned(done);

	slot->credit--;
	slot->runners->ops->done(slot->number, &copy, slot->runners->arg);
}

static void parent_dispatch_runner(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct slot *slot = arg;
	struct runners *runners = slot->runners;

	(void)channel;
	(void)fd;
	if (header->type == CHILD_HELLO ? slot->info.up : slot->credit == 0) {
		on_violation(slot, "it sends messages that answer nothing");
		return;
	}
	switch (header->type) {
	case CHILD_HELLO:
		slot->info.up = true;
		runners->ops->up(slot->number, runners->arg);
		return;
	case RUNNER_DONE:
		take_done(slot, body);
		return;
	case RUNNER_FIFO_STATE:
		slot->credit--;
		if (runners->ops->fifo != NULL)
			runners->ops->fifo(slot->number, body, runners->arg);
		return;
	default:
		return; /* the table lets nothing else through */
	}
}

static void on_closed(struct channel *channel, const char *why, void *arg)
{
	static const struct timeval patience = {.tv_sec = CLOSED_LIMIT_S};
	struct slot *slot = arg;

	(void)channel;
	if (why != NULL) {
		on_violation(slot, why);
		return;
	}
	disconnect(slot);
	event_add(slot->lost_timer, &patience);
}

static const struct channel_handlers handlers = {parent_dispatch_runner, on_closed};

static struct slot *slot_of(struct runners *runners, uint32_t process)
{
	return &runners->slots[process - PROTO_RUNNER_FIRST];
}

/* It runs from before us: whoever wants its user gets this slot. */
static void recognise(struct slot *slot)
{
	struct process_info info;

	if (slot->identity_known || process_info_read(slot->info.pid, &info) == -1)
		return;
	slot->info.user = (struct runner_user){.uid = info.uid, .gid = info.gid};
	slot->identity_known = true;
}

void runners_started(struct runners *runners, const struct launcher_child_started *started, int fd)
{
	struct slot *slot = slot_of(runners, started->process);

	disconnect(slot);
	event_del(slot->lost_timer);
	slot->info.pid = started->pid;
	slot->info.restarts = started->restarts;
	slot->credit = CREDIT_FIRST;
	slot->channel = channel_new(
		runners->base, fd, PROTO_PARENT, process_of(slot->number), &handlers, slot);
	if (slot->channel == NULL)
		fatal("channel to a runner");
	slot->info.connected = true;
	if (started->adopted != 0)
		recognise(slot);
}

void runners_exited(struct runners *runners, const struct launcher_child_exited *exited)
{
	struct slot *slot = slot_of(runners, exited->process);

	if (slot->info.pid != exited->pid)
		return;
	slot->info.pid = 0;
	event_del(slot->lost_timer);
	disconnect(slot);
}
