#include "vrrpd/tracking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrrpd/daemon.h"
#include "vrrpd/instance.h"
#include "vrrpd/interface.h"
#include "vrrpd/vrrp_fsm.h"

#define PRIORITY_OWNER 255
#define PRIORITY_MAX   254

/* Whatever is tracked, seen alike. */
struct tracked {
	const char *name;
	int weight;
	bool reverse;
	enum proto_verdict verdict;
	enum vrrp_fault fault; /* when it is one */
};

static size_t tracked_count(const struct instance *instance)
{
	return instance->trackers_count + instance->conf->script_tracks_count;
}

static struct tracked tracked_interface(const struct tracker *tracker)
{
	bool up = interface_exists(tracker->interface) && interface_up(tracker->interface);

	return (struct tracked){.name = tracker->interface->name,
		.weight = tracker->weight,
		.reverse = tracker->reverse,
		.verdict = up ? VERDICT_UP : VERDICT_DOWN,
		.fault = VRRP_FAULT_TRACKED_INTERFACE};
}

/* Interfaces first, then scripts. */
static struct tracked tracked_get(const struct instance *instance, size_t index)
{
	if (index < instance->trackers_count)
		return tracked_interface(&instance->trackers[index]);
	const struct conf_vrrp_track_script *track =
		&instance->conf->script_tracks[index - instance->trackers_count];
	/* while a configuration is applied, an instance may still have its old one */
	static const struct conf_vrrp_script gone = {.name = "?"};
	const struct conf_vrrp_script *script = track->script < instance->vrrpd->scripts_count
							? &instance->vrrpd->scripts[track->script]
							: &gone;
	return (struct tracked){.name = script->name,
		.weight = track->weight,
		.reverse = track->reverse != 0,
		.verdict = (enum proto_verdict)script->verdict,
		.fault = VRRP_FAULT_TRACKED_SCRIPT};
}

/* What it adds to the priority now. */
static int addition(const struct tracked *tracked)
{
	enum proto_verdict counts = tracked->weight > 0 ? VERDICT_UP : VERDICT_DOWN;

	if (tracked->verdict != counts)
		return 0;
	return tracked->reverse ? -tracked->weight : tracked->weight;
}

static int clamp(int priority)
{
	return priority < 1 ? 1 : priority > PRIORITY_MAX ? PRIORITY_MAX : priority;
}

uint8_t tracking_priority(const struct instance *instance)
{
	int priority = instance->conf->c.priority;

	if (priority == PRIORITY_OWNER)
		return PRIORITY_OWNER;
	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		priority += addition(&tracked);
	}
	return (uint8_t)clamp(priority);
}

void tracking_sum(const struct instance *instance, char *text, size_t size)
{
	int sum = instance->conf->c.priority;
	char part[96];

	snprintf(text, size, "%d", sum);
	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		int added = addition(&tracked);
		if (added == 0)
			continue;
		sum += added;
		snprintf(part, sizeof part, " %c %d (%s %s)", added < 0 ? '-' : '+', abs(added),
			tracked.name, tracked.verdict == VERDICT_UP ? "up" : "down");
		strlcat(text, part, size);
	}
	if (sum == clamp(sum))
		snprintf(part, sizeof part, " = %d", sum);
	else
		snprintf(part, sizeof part, " = %d, which counts as %d", sum, clamp(sum));
	strlcat(text, part, size);
}

static bool is_culprit(const struct tracked *tracked)
{
	return tracked->weight == 0 &&
	       tracked->verdict == (tracked->reverse ? VERDICT_UP : VERDICT_DOWN);
}

static bool is_pending(const struct tracked *tracked)
{
	return tracked->weight == 0 && tracked->verdict == VERDICT_UNKNOWN;
}

/* An instance does not start before the first result of what could be its FAULT; one that runs is
 * not disturbed by a script that is new to it. */
static bool may_wait(const struct instance *instance)
{
	return instance->fsm.state == VRRP_INIT ||
	       (instance->fsm.fault_reasons & VRRP_FAULT_SCRIPT_PENDING) != 0;
}

uint32_t tracking_faults(const struct instance *instance)
{
	uint32_t reasons = 0;

	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		if (is_culprit(&tracked))
			reasons |= tracked.fault;
		if (is_pending(&tracked) && may_wait(instance))
			reasons |= VRRP_FAULT_SCRIPT_PENDING;
	}
	return reasons;
}

void tracking_culprits(const struct instance *instance, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		if (!is_culprit(&tracked) && !(is_pending(&tracked) && may_wait(instance)))
			continue;
		if (text[0] != '\0')
			strlcat(text, ", ", size);
		strlcat(text, tracked.name, size);
	}
}

void tracking_script(struct vrrpd *vrrpd, uint32_t script, uint32_t verdict, uint64_t now_ns)
{
	if (script >= vrrpd->scripts_count || vrrpd->scripts[script].verdict == verdict)
		return;
	vrrpd->scripts[script].verdict = verdict;
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++) {
		struct instance *instance = vrrpd->instances[slot];
		if (instance != NULL && instance->started &&
			instance->conf->script_tracks_count > 0)
			instance_review(instance, now_ns);
	}
}
