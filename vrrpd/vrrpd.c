#include "vrrpd/vrrpd.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/sandbox.h"
#include "vrrpd/address.h"
#include "vrrpd/advertise.h"
#include "vrrpd/apply.h"
#include "vrrpd/changes.h"
#include "vrrpd/config.h"
#include "vrrpd/daemon.h"
#include "vrrpd/garp.h"
#include "vrrpd/group.h"
#include "vrrpd/instance.h"
#include "vrrpd/page.h"
#include "vrrpd/receive.h"
#include "vrrpd/release.h"
#include "vrrpd/rtnl.h"
#include "vrrpd/stall.h"
#include "vrrpd/tracking.h"
#include "vrrpd/transmit.h"
#include "vrrpd/vrrp_socket.h"
#include "vrrpd/vrrpd_profile.h"

#define HOUSEKEEPING_NS NSEC_PER_SEC

/* Much to tell the kernel and the log: a heartbeat would be answered too late. */
#define FLUSH_MUCH 32

static void flush(struct vrrpd *vrrpd)
{
	transmit_flush(vrrpd->transmit);
	addresses_flush(vrrpd->addresses);
	garp_flush(vrrpd->garp);
	changes_flush(vrrpd->changes);
	groups_flush(vrrpd);
}

void vrrpd_flush(struct vrrpd *vrrpd)
{
	size_t much;

	groups_run(vrrpd, clock_now_ns());
	much = addresses_waiting(vrrpd->addresses) + garp_waiting(vrrpd->garp) +
	       changes_waiting(vrrpd->changes);

	if (much < FLUSH_MUCH || vrrpd->child == NULL) {
		flush(vrrpd);
		return;
	}
	child_busy(vrrpd->child, true);
	flush(vrrpd);
	child_busy(vrrpd->child, false);
}

/* ---- the timer ---- */

static int timer_fd = -1;

/* Edge-triggered, so that it need not be read; set only when the earliest time changes. */
static void arm_timer(uint64_t due_ns, void *arg)
{
	struct itimerspec when = {0};

	(void)arg;
	if (due_ns != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(due_ns / NSEC_PER_SEC);
		when.it_value.tv_nsec = (long)(due_ns % NSEC_PER_SEC);
		if (due_ns == 0)
			when.it_value.tv_nsec = 1;
	}
	if (timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == -1)
		fatal("timer");
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct vrrpd *vrrpd = arg;
	uint64_t now_ns = clock_now_ns();

	(void)fd;
	(void)what;
	if (!stall_handle(vrrpd, now_ns))
		timers_run(vrrpd->timers, now_ns);
	vrrpd_flush(vrrpd);
}

/* Once for each interface, then every instance looks at the result. */
static void retry_socket(struct vrrpd *vrrpd, struct instance *instance, uint64_t now_ns)
{
	if (instance == LIST_FIRST(&instance->interface->instances))
		receive_update(vrrpd, instance->interface);
	instance_review(instance, now_ns);
}

/* What the state page lacks is written once a second, not for every advertisement. */
static void housekeeping(void *arg, uint64_t now_ns)
{
	struct vrrpd *vrrpd = arg;

	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++) {
		struct instance *instance = vrrpd->instances[slot];

		if (instance == NULL)
			continue;
		if (instance->fsm.fault_reasons & VRRP_FAULT_SOCKET)
			retry_socket(vrrpd, instance, now_ns);
		if (instance->dirty)
			page_store(vrrpd->page, instance);
	}
	timers_set(vrrpd->timers, &vrrpd->housekeeping, now_ns + HOUSEKEEPING_NS);
}

/* ---- the kernel ---- */

static void link_told(const struct rtnl_link *link, void *arg)
{
	struct vrrpd *vrrpd = arg;

	interfaces_link(&vrrpd->interfaces, link);
}

static void address_told(const struct rtnl_address *address, void *arg)
{
	struct vrrpd *vrrpd = arg;
	const struct interface *interface = interfaces_address(&vrrpd->interfaces, address);

	if (interface != NULL)
		addresses_heard(vrrpd->addresses, interface, address);
}

static void missed(void *arg)
{
	struct vrrpd *vrrpd = arg;

	interfaces_missed(&vrrpd->interfaces);
}

static void dumping(void *arg)
{
	struct vrrpd *vrrpd = arg;

	interfaces_dumping(&vrrpd->interfaces);
}

static void dumped(void *arg)
{
	struct vrrpd *vrrpd = arg;

	interfaces_dumped(&vrrpd->interfaces);
	addresses_compare_all(vrrpd->addresses);
}

static void settled(void *arg)
{
	apply_interfaces(arg);
}

static const struct rtnl_handlers kernel_handlers = {
	.link = link_told,
	.address = address_told,
	.missed = missed,
	.dumping = dumping,
	.dumped = dumped,
	.settled = settled,
};

/* ---- parentd and the launcher ---- */

static void conf_abort(void *arg)
{
	struct vrrpd *vrrpd = arg;

	config_free(vrrpd->pending);
	vrrpd->pending = NULL;
}

static void conf_begin(uint32_t generation, uint32_t items, void *arg)
{
	struct vrrpd *vrrpd = arg;

	(void)items;
	conf_abort(arg);
	vrrpd->pending = config_new();
	if (vrrpd->pending == NULL)
		log_warn("configuration %u", generation);
}

static int conf_item(enum proto_type type, const void *body, char *reason, size_t size, void *arg)
{
	struct vrrpd *vrrpd = arg;

	if (vrrpd->pending == NULL)
		return -1;
	return config_add(vrrpd->pending, type, body, reason, size);
}

static int conf_commit(char *reason, size_t size, void *arg)
{
	struct vrrpd *vrrpd = arg;

	if (vrrpd->pending == NULL)
		return -1;
	return config_check(vrrpd->pending, reason, size);
}

static void conf_apply(void *arg)
{
	struct vrrpd *vrrpd = arg;
	struct config *config = vrrpd->pending;

	vrrpd->pending = NULL;
	if (config == NULL)
		return;
	child_busy(vrrpd->child, true);
	apply_config(vrrpd, config);
	child_busy(vrrpd->child, false);
	if (vrrpd->releasing)
		release_end();
}

static void message(enum proto_type type, const void *body, void *arg)
{
	struct vrrpd *vrrpd = arg;
	const struct vrrp_script_verdict *verdict = body;

	/* the table lets nothing else through */
	if (type == VRRP_SCRIPT_VERDICT)
		tracking_script(vrrpd, verdict->script, verdict->verdict, clock_now_ns());
	else if (type == VRRP_TRACKED_VALUE)
		tracking_value(vrrpd, body, clock_now_ns());
	vrrpd_flush(vrrpd);
}

static void stop(const char *why, void *arg)
{
	log_info("stopping: %s", why);
	apply_stop(arg);
}

static const struct child_handlers child_handlers = {
	.conf_begin = conf_begin,
	.conf_item = conf_item,
	.conf_commit = conf_commit,
	.conf_apply = conf_apply,
	.conf_abort = conf_abort,
	.message = message,
	.stop = stop,
};

/* ---- start ---- */

static void open_timer(struct vrrpd *vrrpd)
{
	struct event *fired;

	timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer_fd == -1)
		fatal("timer");
	vrrpd->timers = timers_new(arm_timer, NULL);
	fired = event_new(vrrpd->base, timer_fd, EV_READ | EV_ET | EV_PERSIST, timer_fired, vrrpd);
	if (vrrpd->timers == NULL || fired == NULL || event_add(fired, NULL) == -1)
		fatal("timer");
	timer_init(&vrrpd->housekeeping, housekeeping, vrrpd);
	timers_set(vrrpd->timers, &vrrpd->housekeeping, vrrpd->started_ns + HOUSEKEEPING_NS);
}

static void open_senders(struct vrrpd *vrrpd)
{
	int frames_fd = vrrp_socket_open_frames();
	int raw_fd = vrrp_socket_open_send();

	if (frames_fd == -1 || raw_fd == -1)
		fatal("sockets to send from");
	vrrpd->transmit = transmit_new(frames_fd, raw_fd, advertise_failed, vrrpd);
	vrrpd->garp = garp_new(vrrpd, frames_fd);
	if (vrrpd->transmit == NULL || vrrpd->garp == NULL)
		fatal("sockets to send from");
}

static struct vrrpd *open_everything(void)
{
	struct vrrpd *vrrpd = calloc(1, sizeof *vrrpd);

	if (vrrpd == NULL)
		fatal("start");
	vrrpd->started_ns = clock_now_ns();
	vrrpd->base = loop_new();
	vrrpd->page = page_new(FD_STATE_PAGE);
	close(FD_STATE_PAGE);
	interfaces_init(&vrrpd->interfaces);
	open_timer(vrrpd);
	open_senders(vrrpd);
	vrrpd->rtnl = rtnl_new(vrrpd->base, &kernel_handlers, vrrpd);
	if (vrrpd->rtnl == NULL)
		fatal("rtnetlink");
	vrrpd->receive = receive_new();
	vrrpd->addresses = addresses_new(vrrpd);
	vrrpd->changes = changes_new(vrrpd);
	if (vrrpd->receive == NULL || vrrpd->addresses == NULL || vrrpd->changes == NULL)
		fatal("start");
	return vrrpd;
}

void vrrpd_run(int argc, char **argv)
{
	struct child_options options;
	struct vrrpd *vrrpd;

	child_init(PROTO_VRRP, argc, argv, &options);
	child_probe(&options, &vrrpd_profile);
	vrrpd = open_everything();
	vrrpd->child = child_new(vrrpd->base, PROTO_VRRP, &child_handlers, vrrpd);
	if (vrrpd->child == NULL)
		fatal("channel to the launcher");
	child_set_patience(vrrpd->child, options.patience_s);
	child_set_resumed(vrrpd->child, (uint32_t)page_records(vrrpd->page));
	if (sandbox_landlock(options.sandbox, NULL, 0) == -1)
		fatal("Landlock");
	sandbox_enter(&vrrpd_profile, options.sandbox);
	if (options.release)
		release_begin(vrrpd);
	else
		log_info("started");
	loop_run(vrrpd->base);
}
