#include "vrrpd/instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/child.h"
#include "common/clock.h"
#include "common/log.h"
#include "proto/state_tally.h"
#include "vrrpd/advertise.h"
#include "vrrpd/changes.h"
#include "vrrpd/daemon.h"
#include "vrrpd/garp.h"
#include "vrrpd/gather.h"
#include "vrrpd/group.h"
#include "vrrpd/interface.h"
#include "vrrpd/page.h"
#include "vrrpd/params.h"
#include "vrrpd/receive.h"
#include "vrrpd/tracking.h"

#define PRIORITY_OWNER 255

/* ---- what the machine depends on ---- */

/* Our own virtual addresses come and go and are never sent from, unless the owner has no other. */
static uint32_t interface_source(const struct instance *instance)
{
	const struct interface *interface = instance->interface;

	for (size_t i = 0; i < interface->addresses_count; i++)
		if (!addresses_is_virtual(
			    instance->vrrpd->addresses, interface, interface->addresses[i].address))
			return interface->addresses[i].address;
	if (instance->conf->c.priority == PRIORITY_OWNER && interface->addresses_count > 0)
		return interface->addresses[0].address;
	return 0;
}

static bool source_present(const struct instance *instance, uint32_t source)
{
	const struct interface *interface = instance->interface;

	for (size_t i = 0; i < interface->addresses_count; i++)
		if (interface->addresses[i].address == source)
			return true;
	return false;
}

static uint32_t source_fault(const struct instance *instance)
{
	uint32_t configured = config_ipv4(&instance->conf->c.source);

	if (configured == 0)
		return interface_source(instance) == 0 ? VRRP_FAULT_NO_SOURCE : 0;
	if ((instance->conf->c.flags & CONF_VRRP_TRACK_SRC_IP) == 0 ||
		instance->interface->name[0] == '\0')
		return 0;
	return source_present(instance, configured) ? 0 : VRRP_FAULT_NO_SOURCE;
}

static bool link_failed(struct instance *instance, uint64_t now_ns)
{
	const struct interface *interface = instance->interface;
	uint64_t until_ns =
		interface->down_ns + params_patience_ns(&instance->params, instance->fsm.state);

	if (interface_up(interface) ||
		(instance->conf->c.flags & CONF_VRRP_DONT_TRACK_PRIMARY) != 0)
		return false;
	if (now_ns >= until_ns)
		return true;
	timers_set(instance->vrrpd->timers, &instance->link_timer, until_ns);
	return false;
}

static uint32_t kernel_faults(struct instance *instance, uint64_t now_ns)
{
	const struct interface *interface = instance->interface;
	uint32_t reasons = addresses_faults(instance);

	if (!interface_exists(interface))
		return VRRP_FAULT_INTERFACE_MISSING;
	if (link_failed(instance, now_ns))
		reasons |= VRRP_FAULT_INTERFACE_DOWN;
	if (interface->receive_fd == -1)
		reasons |= VRRP_FAULT_SOCKET;
	return reasons | tracking_faults(instance) | source_fault(instance);
}

static uint32_t faults(struct instance *instance, uint64_t now_ns)
{
	instance->own_faults = kernel_faults(instance, now_ns) |
			       (instance->vrrpd->releasing ? VRRP_FAULT_KEEPS_DYING : 0);
	return instance->own_faults | group_faults(instance);
}

static void fill_params(const struct instance *instance, struct vrrp_params *params)
{
	uint32_t source = config_ipv4(&instance->conf->c.source);

	if (source == 0)
		source = interface_source(instance);
	if (source == 0)
		source = instance->params.source; /* a FAULT: the last one serves to say so */
	params_fill(instance->conf, source, tracking_priority(instance), instance->group != NULL,
		params);
}

/* ---- the machine's actions ---- */

static void add_addresses(struct instance *instance)
{
	for (size_t i = 0; i < instance->vips_count; i++)
		addresses_take(instance->vrrpd->addresses, &instance->vips[i], false);
}

static void remove_addresses(struct instance *instance)
{
	garp_cancel(instance->vrrpd->garp, instance);
	for (size_t i = 0; i < instance->vips_count; i++)
		addresses_give_up(instance->vrrpd->addresses, &instance->vips[i]);
}

static void announce(struct instance *instance, uint32_t rounds)
{
	for (size_t i = 0; i < instance->vips_count; i++)
		garp_push(instance->vrrpd->garp, &instance->vips[i], rounds);
}

static void act(struct instance *instance, const struct vrrp_action *action)
{
	switch (action->type) {
	case VRRP_ACTION_SEND_ADVERT:
		advertise_send(instance, action->priority);
		break;
	case VRRP_ACTION_ADD_ADDRESSES:
		add_addresses(instance);
		break;
	case VRRP_ACTION_REMOVE_ADDRESSES:
		remove_addresses(instance);
		break;
	case VRRP_ACTION_GARP:
		announce(instance, action->rounds);
		break;
	case VRRP_ACTION_STATE_CHANGED:
		changes_push(instance->vrrpd->changes, instance, action);
		break;
	}
}

static void reschedule(struct instance *instance)
{
	struct timers *timers = instance->vrrpd->timers;
	uint64_t due_ns = vrrp_fsm_deadline(&instance->fsm);

	if (due_ns == UINT64_MAX)
		timers_cancel(timers, &instance->timer);
	else
		timers_set_lazily(timers, &instance->timer, due_ns);
	if (due_ns != UINT64_MAX)
		log_topic(LOG_TOPIC_TIMERS, "%s: due in %.3f s", instance->conf->c.name,
			(double)(int64_t)(due_ns - clock_now_ns()) / (double)NSEC_PER_SEC);
}

/* Up to 64 instances share a burst, so that it fits the socket of any receiver. */
static void gather(struct instance *instance)
{
	instance->fsm.timer_ns = gather_deadline(instance->fsm.timer_ns,
		instance->params.advert_interval_cs * NSEC_PER_CSEC, instance->slot / 64);
}

static const char *event_word(enum vrrp_event_type type)
{
	static const char *const words[] = {[VRRP_EVENT_STARTUP] = "startup",
		[VRRP_EVENT_SHUTDOWN] = "shutdown",
		[VRRP_EVENT_TIMER] = "timer",
		[VRRP_EVENT_ADVERT] = "advertisement",
		[VRRP_EVENT_FAULTS] = "faults",
		[VRRP_EVENT_PARAMS] = "parameters",
		[VRRP_EVENT_SYNC_MASTER] = "group becomes master",
		[VRRP_EVENT_SYNC_BACKUP] = "group becomes backup"};

	return words[type];
}

static void event(struct instance *instance, const struct vrrp_event *event, uint64_t now_ns)
{
	struct vrrp_actions actions;
	uint64_t before_ns = instance->fsm.timer_ns;
	uint32_t faults_before = instance->fsm.fault_reasons;

	log_topic(LOG_TOPIC_STATE, "%s: event '%s' in %s", instance->conf->c.name,
		event_word(event->type), vrrp_state_name(instance->fsm.state));
	vrrp_fsm_event(&instance->fsm, &instance->params, event, now_ns, &actions);
	for (size_t i = 0; i < actions.count; i++)
		act(instance, &actions.list[i]);
	if (instance->fsm.state == VRRP_MASTER && instance->fsm.timer_ns != before_ns)
		gather(instance);
	instance->dirty = true;
	page_clock(instance->vrrpd->page, instance);
	if (instance->fsm.fault_reasons != faults_before)
		changes_announce(instance->vrrpd->changes, instance);
	reschedule(instance);
	group_changed(instance, &actions);
}

/* ---- timers ---- */

/* A BACKUP that did not run for longer than an interval cannot tell whether it was the MASTER who
 * fell silent: it listens for one more interval, once. */
static bool excuse_stall(struct instance *instance, uint64_t now_ns)
{
	uint64_t interval_ns = instance->fsm.master_adver_interval_cs * NSEC_PER_CSEC;

	if (instance->excused || now_ns - instance->fsm.timer_ns < interval_ns)
		return false;
	instance->excused = true;
	instance->fsm.timer_ns =
		now_ns + interval_ns +
		vrrp_skew_time_ns(&instance->params, instance->fsm.master_adver_interval_cs);
	return true;
}

/* Of the two timers that others notice. */
static void count_lateness(const struct instance *instance, uint64_t now_ns)
{
	const struct vrrp_fsm *fsm = &instance->fsm;
	uint32_t group =
		fsm->state == VRRP_MASTER ? TALLY_ADVERT_LATENESS : TALLY_MASTER_DOWN_LATENESS;

	if (fsm->timer_ns != 0 && now_ns >= fsm->timer_ns)
		state_tally_observe(page_map(instance->vrrpd->page), group, tally_lateness_us,
			(now_ns - fsm->timer_ns) * 1000 / NSEC_PER_MSEC);
}

static void timer_expired(void *arg, uint64_t now_ns)
{
	struct instance *instance = arg;
	const struct vrrp_event due = {.type = VRRP_EVENT_TIMER};

	if (vrrp_fsm_deadline(&instance->fsm) > now_ns) {
		reschedule(instance);
		return;
	}
	count_lateness(instance, now_ns);
	/* what waits in the socket may be the very advertisement that this timer misses */
	if (instance->fsm.state == VRRP_BACKUP) {
		receive_drain(instance->vrrpd, instance->interface, now_ns);
		if (vrrp_fsm_deadline(&instance->fsm) > now_ns || excuse_stall(instance, now_ns)) {
			reschedule(instance);
			return;
		}
	}
	event(instance, &due, now_ns);
}

/* ---- events ---- */

/* Another router believes to be MASTER, and has to give in to us: the operator may want to know. */
static void tell_lower(struct instance *instance, const struct vrrp_advert *advert, uint64_t now_ns)
{
	struct vrrp_heard_lower body = {.source = {.family = AF_INET},
		.priority = instance->params.priority,
		.heard = advert->priority};

	if (instance->vrrpd->child == NULL || instance->fsm.state != VRRP_MASTER ||
		advert->priority == 0 || advert->priority >= instance->params.priority ||
		(instance->heard_lower_ns != 0 && now_ns - instance->heard_lower_ns < NSEC_PER_SEC))
		return;
	instance->heard_lower_ns = now_ns;
	memcpy(body.source.bytes, &advert->source, sizeof advert->source);
	proto_string_set(body.instance, sizeof body.instance, instance->conf->c.name);
	(void)child_send(instance->vrrpd->child, VRRP_HEARD_LOWER, &body);
}

void instance_sync(struct instance *instance, enum vrrp_event_type type, uint64_t now_ns)
{
	const struct vrrp_event told = {.type = type};

	event(instance, &told, now_ns);
}

void instance_advert(struct instance *instance, const struct vrrp_advert *advert, uint64_t now_ns)
{
	const struct vrrp_event heard = {.type = VRRP_EVENT_ADVERT,
		.priority = advert->priority,
		.interval_cs = advert->interval_cs,
		.source = advert->source};

	instance->excused = false;
	tell_lower(instance, advert, now_ns);
	event(instance, &heard, now_ns);
}

static void log_priority(const struct instance *instance)
{
	char sum[512], priority[8];

	tracking_sum(instance, sum, sizeof sum);
	snprintf(priority, sizeof priority, "%u", instance->params.priority);
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_VRRP_PRIORITY,
			.instance = instance->conf->c.name,
			.state = priority,
			.reason = sum},
		"%s: priority is now %s: %s", instance->conf->c.name, priority, sum);
}

void instance_review(struct instance *instance, uint64_t now_ns)
{
	struct vrrp_params previous = instance->params;
	struct vrrp_event changed = {.type = VRRP_EVENT_PARAMS, .previous = &previous};
	struct vrrp_event faulty = {
		.type = VRRP_EVENT_FAULTS, .fault_reasons = faults(instance, now_ns)};
	struct vrrp_params params;

	fill_params(instance, &params);
	if (faulty.fault_reasons != 0 && faulty.fault_reasons != instance->fsm.fault_reasons)
		event(instance, &faulty, now_ns);
	if (!params_equal(&params, &previous)) {
		instance->params = params;
		instance->expect.own_address = params.source;
		instance->packets_stale = true;
		if (params.priority != previous.priority && previous.priority != 0)
			log_priority(instance);
		event(instance, &changed, now_ns);
		if (params.priority != previous.priority)
			changes_announce(instance->vrrpd->changes, instance);
	}
	if (faulty.fault_reasons == 0 && instance->fsm.fault_reasons != 0)
		event(instance, &faulty, now_ns);
	group_changed(instance, NULL);
}

static void link_still_down(void *arg, uint64_t now_ns)
{
	instance_review(arg, now_ns);
}

static void take_params(struct instance *instance)
{
	fill_params(instance, &instance->params);
	instance->expect.own_address = instance->params.source;
}

void instance_prepare(struct instance *instance, uint64_t now_ns)
{
	timer_init(&instance->timer, timer_expired, instance);
	timer_init(&instance->link_timer, link_still_down, instance);
	take_params(instance);
	(void)faults(instance, now_ns);
}

void instance_start(struct instance *instance, uint64_t delayed_until_ns, uint64_t now_ns)
{
	struct vrrp_event startup = {
		.type = VRRP_EVENT_STARTUP, .delayed_until_ns = delayed_until_ns};

	take_params(instance);
	instance->started = true;
	vrrp_fsm_init(&instance->fsm, &instance->params);
	startup.fault_reasons = faults(instance, now_ns);
	event(instance, &startup, now_ns);
}

void instance_resume(struct instance *instance, uint64_t now_ns)
{
	const struct vrrp_event due = {.type = VRRP_EVENT_TIMER};
	struct vrrp_event faulty = {.type = VRRP_EVENT_FAULTS};

	take_params(instance);
	if (!vrrp_fsm_resume(&instance->fsm, &instance->params, now_ns)) {
		instance_start(instance, 0, now_ns);
		return;
	}
	instance->started = true;
	if (instance->fsm.state == VRRP_MASTER)
		for (size_t i = 0; i < instance->vips_count; i++)
			instance->vips[i].held = true;
	faulty.fault_reasons = faults(instance, now_ns);
	if (faulty.fault_reasons != instance->fsm.fault_reasons)
		event(instance, &faulty, now_ns);
	if (instance->fsm.state == VRRP_MASTER) {
		event(instance, &due, now_ns);
		for (size_t i = 0; i < instance->vips_count; i++)
			addresses_take(instance->vrrpd->addresses, &instance->vips[i], true);
	}
	reschedule(instance);
	group_changed(instance, NULL);
}

void instance_stop(struct instance *instance, uint64_t now_ns)
{
	const struct vrrp_event shutdown = {.type = VRRP_EVENT_SHUTDOWN};

	event(instance, &shutdown, now_ns);
}
