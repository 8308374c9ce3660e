/* vrrpd, checkerd and ipvsd: their channels and state pages, and what a transaction means for
 * them. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "conf/items.h"
#include "parentd/balancing.h"
#include "parentd/conf_kept.h"
#include "parentd/control.h"
#include "parentd/events.h"
#include "parentd/group_events.h"
#include "parentd/ipvs_shows.h"
#include "parentd/mail.h"
#include "parentd/parent.h"
#include "parentd/scripts.h"
#include "parentd/services.h"
#include "parentd/suspends.h"
#include "parentd/tracks.h"

/* A process whose channel closed is soon said to have ended; if not, it only lost its channel. */
#define CLOSED_LIMIT_S 1

static const char *name_of(const struct parent_child *child)
{
	return proto_process_name(child->process);
}

void parent_child_kill(struct parent_child *child, const char *reason)
{
	struct parent_child_kill order = {.process = child->process, .pid = child->pid};

	if (child->pid == 0 || child->parent->stopping)
		return;
	proto_string_set(order.reason, sizeof(order.reason), reason);
	parent_tell_launcher(child->parent, PARENT_CHILD_KILL, 0, &order);
}

static void child_disconnect(struct parent_child *child)
{
	channel_free(child->channel);
	child->channel = NULL;
	transaction_gone(&child->parent->transaction, child->process);
	if (child->process == PROTO_IPVS) {
		balancing_gone(child->parent->balancing);
		ipvs_shows_give_up(child->parent->shows,
			"ipvsd has ended and is being replaced; ask again in a moment");
	}
}

int parent_child_send(
	struct parent_child *child, enum proto_type type, uint32_t generation, const void *body)
{
	if (child->channel == NULL)
		return -1;
	if (channel_send(child->channel, type, generation, body, -1) == 0)
		return 0;
	/* EPIPE: the end of file says so in a moment. */
	if (errno != EPIPE && errno != ECONNRESET)
		parent_child_kill(child, "it does not read what parentd sends");
	return -1;
}

void parent_child_cork(struct parent_child *child)
{
	if (child->channel != NULL)
		channel_cork(child->channel);
}

void parent_child_uncork(struct parent_child *child)
{
	if (child->channel != NULL)
		channel_uncork(child->channel);
}

/* ---- transaction ---- */

static void want(enum proto_process process, bool wanted, void *arg)
{
	struct parent_child_wanted order = {.process = process, .wanted = wanted};
	parent_tell_launcher(arg, PARENT_CHILD_WANTED, 0, &order);
}

static void send_conf(enum proto_process process, uint32_t generation, void *arg)
{
	struct parent *parent = arg;
	struct parent_child *child = &parent->children[process];
	const struct conf *conf =
		generation == parent->transaction.current ? parent->conf : parent->candidate;
	struct conf_items *items = conf_items_new(conf, process);

	scripts_fill_verdicts(parent->scripts, items);
	if (process == PROTO_VRRP)
		tracks_fill(parent->tracks, conf, items);
	mailing_fill_items(parent->mailing, items);
	balancing_fill(parent->balancing, items);
	parent_child_cork(child);
	struct conf_begin begin = {.items = (uint32_t)items->count};
	struct conf_commit commit = {.items = (uint32_t)items->count};
	int failed = parent_child_send(child, CONF_BEGIN, generation, &begin);
	for (size_t i = 0; i < items->count && failed == 0; i++) {
		const struct conf_item *item = &items->list[i];
		commit.checksum = proto_checksum(commit.checksum, item->body, item->size);
		failed = parent_child_send(child, item->type, generation, item->body);
	}
	if (failed == 0)
		parent_child_send(child, CONF_COMMIT, generation, &commit);
	parent_child_uncork(child);
	conf_items_free(items);
}

/* What it needs to know beyond the configuration in force. */
static void tell_checkerd(struct parent *parent)
{
	tracks_tell_checkerd(parent->tracks);
	suspends_tell(parent->suspends);
}

static void send_apply(enum proto_process process, uint32_t generation, void *arg)
{
	struct parent *parent = arg;
	parent_child_send(&parent->children[process], CONF_APPLY, generation, NULL);
	if (process == PROTO_CHECK) {
		mailing_flush(parent->mailing);
		if (generation == parent->transaction.current)
			tell_checkerd(parent);
	}
	if (process == PROTO_IPVS)
		balancing_tell(parent->balancing);
	if (process != PROTO_VRRP || generation != parent->transaction.current)
		return;
	scripts_tell_vrrpd(parent->scripts);
	tracks_tell_vrrpd(parent->tracks);
}

static void send_abort(enum proto_process process, uint32_t generation, void *arg)
{
	struct parent *parent = arg;
	parent_child_send(&parent->children[process], CONF_ABORT, generation, NULL);
}

static uint64_t smallest_advert_int_us(const struct conf *conf)
{
	const struct conf_instance *instance;
	uint64_t smallest_us = 0;

	if (conf == NULL)
		return 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (!instance->not_implemented &&
			(smallest_us == 0 || instance->advert_int_us < smallest_us))
			smallest_us = instance->advert_int_us;
	}
	return smallest_us;
}

/* The launcher keeps the text, for the parentd after this one, and watches over the processes. */
static void keep(struct parent *parent, uint32_t generation)
{
	struct parent_conf_committed body = {
		.advert_int_us = (uint32_t)smallest_advert_int_us(parent->conf)};
	int fd = conf_kept_make(parent->conf, &body.length);

	if (fd == -1)
		fatal("keeping the configuration");
	if (channel_send(parent->launcher, PARENT_CONF_COMMITTED, generation, &body, fd) == -1)
		fatal("the configuration to the launcher");
	close(fd);
}

static void log_directory_ask(struct parent *parent)
{
	struct parent_log_dir order = {0};

	if (parent->conf->global.log_file != NULL)
		proto_string_set(order.path, sizeof(order.path), parent->conf->global.log_file);
	parent_tell_launcher(parent, PARENT_LOG_DIR, 0, &order);
}

void parent_adopt(struct parent *parent)
{
	parent->conf_time = time(NULL);
	events_adopt(parent->events);
	scripts_adopt(parent->scripts);
	services_adopt(parent->services);
	balancing_adopt(parent->balancing);
	suspends_adopt(parent->suspends);
	events_begin(parent->events);
	tracks_adopt(parent->tracks);
}

static void committed(uint32_t generation, void *arg)
{
	struct parent *parent = arg;

	events_leave(parent->events, parent->candidate);
	conf_free(parent->conf);
	parent->conf = parent->candidate;
	parent->candidate = NULL;
	parent->problem[0] = '\0';
	keep(parent, generation);
	parent_adopt(parent);
	ipvs_shows_give_up(parent->shows, "the configuration has changed meanwhile; ask again");
	log_directory_ask(parent);
}

static void load_again(struct parent *parent)
{
	if (!parent->reload_again)
		return;
	parent->reload_again = false;
	parent_load(parent);
}

static void in_force(uint32_t generation, void *arg)
{
	struct parent *parent = arg;

	log_change(LOG_INFO, &(struct log_change){.kind = LOG_CONFIGURATION, .state = "in force"},
		"configuration %u is in force", generation);
	mailing_flush(parent->mailing);
	if (parent->started)
		events_reloaded(parent->events);
	parent->started = true;
	parent_tell_launcher(parent, PARENT_CONF_IN_FORCE, generation, NULL);
	control_reload_done(parent->control, generation, NULL);
	load_again(parent);
}

/* generation may be the one in force: then a restarted process refuses what it once accepted. */
static void refused(uint32_t generation, const char *reason, void *arg)
{
	struct parent *parent = arg;
	struct parent_conf_refused report = {.exit_status = parent->transaction.timed_out ? 1 : 2,
		.at_start = !parent->started && !parent->options.replacement};

	log_change(LOG_ERR,
		&(struct log_change){
			.kind = LOG_CONFIGURATION_REFUSED, .state = "refused", .reason = reason},
		"configuration %u: %s%s", generation, reason,
		parent->conf != NULL ? "; the one before stays in force" : "");
	snprintf(parent->problem, sizeof(parent->problem), "%s", reason);
	if (generation == parent->transaction.current)
		return;
	conf_free(parent->candidate);
	parent->candidate = NULL;
	proto_string_set(report.problem, sizeof(report.problem), reason);
	parent_tell_launcher(parent, PARENT_CONF_REFUSED, generation, &report);
	control_reload_done(parent->control, generation, reason);
	load_again(parent);
}

const struct transaction_ops parent_transaction_ops = {
	.want = want,
	.send = send_conf,
	.apply = send_apply,
	.abort = send_abort,
	.committed = committed,
	.in_force = in_force,
	.refused = refused,
};

/* ---- channel ---- */

void parent_ask_services(struct parent *parent)
{
	const struct transaction_peer *checkerd = &parent->transaction.peers[PROTO_CHECK];

	if (checkerd->up && parent->transaction.current != 0 &&
		checkerd->in_force == parent->transaction.current) {
		services_ask(parent->services);
		tell_checkerd(parent);
	}
}

static void on_violation(struct parent_child *child, const char *why)
{
	char reason[PROTO_REASON_LEN];

	snprintf(reason, sizeof(reason), "protocol violation: %s", why);
	child_disconnect(child);
	parent_child_kill(child, reason);
}

/* It may have done something that nobody was there to hear of. */
static void vrrp_look(struct parent *parent)
{
	balancing_vrrp_look(parent->balancing);
	events_vrrp_look(parent->events);
	group_events_tell(parent);
}

static void says_hello(struct parent_child *child, uint32_t generation)
{
	transaction_hello(&child->parent->transaction, child->process, generation);
	if (child->process == PROTO_VRRP)
		vrrp_look(child->parent);
	else if (child->process == PROTO_IPVS)
		balancing_tell(child->parent->balancing);
}

static void dispatch_ipvs(
	struct parent_child *child, const struct proto_header *header, const void *body)
{
	const char *why = parent_ipvs_message(child->parent, header, body);

	if (why != NULL)
		on_violation(child, why);
}

static bool may_say_more(struct budget *budget)
{
	if (budget_take(budget))
		return true;
	budget_earn(budget, clock_now_ns());
	return budget_take(budget);
}

static void parent_dispatch_child(struct channel *channel, const struct proto_header *header,
	const void *body, int fd, void *arg)
{
	struct parent_child *child = arg;
	struct transaction *transaction = &child->parent->transaction;

	(void)channel;
	(void)fd;
	if (!parent_ipvs_asked_for(child->parent, header, body) && !may_say_more(&child->budget)) {
		on_violation(child, "it sends messages without an end");
		return;
	}
	switch (header->type) {
	case CHILD_HELLO:
		if (transaction->peers[child->process].up)
			on_violation(child, "it says hello more than once");
		else
			says_hello(child, header->generation);
		if (child->process == PROTO_CHECK)
			parent_ask_services(child->parent);
		else if (child->process == PROTO_VRRP)
			tracks_tell_vrrpd(child->parent->tracks);
		return;
	case CHILD_CONF_ACCEPTED:
		transaction_accepted(transaction, child->process, header->generation);
		return;
	case CHILD_CONF_REFUSED:
		transaction_refused(transaction, child->process, header->generation,
			((const struct child_conf_refused *)body)->reason);
		return;
	case CHILD_CONF_APPLIED:
		transaction_applied(transaction, child->process, header->generation);
		if (child->process == PROTO_VRRP)
			vrrp_look(child->parent);
		return;
	case VRRP_CHANGED:
		balancing_vrrp_look(child->parent->balancing);
		events_vrrp_changed(child->parent->events, body);
		group_events_tell(child->parent);
		return;
	case VRRP_HEARD_LOWER:
		events_vrrp_heard_lower(child->parent->events, body);
		return;
	case CHECK_RUN:
		scripts_run(child->parent->scripts, header->generation, body);
		return;
	case CHECK_REAL_STATE:
		services_real(child->parent->services, header->generation, body);
		return;
	case CHECK_VIRTUAL_STATE:
		services_virtual(child->parent->services, header->generation, body);
		return;
	case CHECK_CHECKER_STATE:
		services_checker(child->parent->services, header->generation, body);
		return;
	case CHECK_VERDICT:
		scripts_verdict(child->parent->scripts, header->generation, body);
		return;
	case IPVS_SHOWN_SERVICE:
	case IPVS_SHOWN_REAL:
	case IPVS_SHOWN_END:
	case IPVS_TROUBLE:
		dispatch_ipvs(child, header, body);
		return;
	default:
		return; /* the table lets nothing else through */
	}
}

static void lost(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	parent_child_kill(arg, "it has closed its channel to parentd");
}

static void child_closed(struct channel *channel, const char *why, void *arg)
{
	static const struct timeval patience = {.tv_sec = CLOSED_LIMIT_S};
	struct parent_child *child = arg;

	(void)channel;
	if (why != NULL) {
		on_violation(child, why);
	} else {
		child_disconnect(child);
		event_add(child->lost_timer, &patience);
	}
}

static const struct channel_handlers child_handlers = {parent_dispatch_child, child_closed};

void parent_child_connect(
	struct parent *parent, const struct launcher_child_started *started, int fd)
{
	struct parent_child *child = &parent->children[started->process];

	if (child->channel != NULL)
		child_disconnect(child);
	child->pid = started->pid;
	child->restarts = started->restarts;
	budget_init(&child->budget, clock_now_ns());
	child->channel =
		channel_new(parent->base, fd, PROTO_PARENT, child->process, &child_handlers, child);
	if (child->channel == NULL)
		fatal("channel to %s", name_of(child));
	if (child->lost_timer == NULL)
		child->lost_timer = event_new(parent->base, -1, 0, lost, child);
	if (child->lost_timer == NULL || event_del(child->lost_timer) == -1)
		fatal("channel to %s", name_of(child));
	if (started->adopted != 0)
		transaction_adopt(&parent->transaction, child->process);
}

void parent_child_exited(struct parent *parent, const struct launcher_child_exited *exited)
{
	struct parent_child *child = &parent->children[exited->process];

	if (child->pid != exited->pid)
		return;
	child->pid = 0;
	if (child->lost_timer != NULL)
		event_del(child->lost_timer);
	if (child->channel != NULL)
		child_disconnect(child);
	if (child->process == PROTO_VRRP) {
		balancing_vrrp_look(parent->balancing);
		events_vrrp_ended(parent->events);
	}
}

/* ---- state page ---- */

void parent_child_page(struct parent *parent, enum proto_process process, int fd)
{
	struct parent_child *child = &parent->children[process];

	if (child->page != NULL || child->page_fd != -1) {
		close(fd); /* the page is the same for every start of the process */
		return;
	}
	child->page_fd = fd;
}

const struct state_page *parent_child_state(struct parent_child *child)
{
	const char *why;

	if (child->page != NULL || child->page_fd == -1)
		return child->page;
	child->page = state_page_open(child->process, child->page_fd, false, &why);
	if (child->page == NULL)
		return NULL; /* not written yet: another time */
	close(child->page_fd);
	child->page_fd = -1;
	return child->page;
}
