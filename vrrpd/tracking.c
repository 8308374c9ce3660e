#include "vrrpd/tracking.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrrpd/daemon.h"
#include "vrrpd/instance.h"
#include "vrrpd/interface.h"
#include "vrrpd/vrrp_fsm.h"
#include "vrrpd/weight.h"

#define PRIORITY_OWNER 255
#define STATE_LEN      48

/* Whatever is tracked, seen alike. */
struct tracked {
	const char *name;
	struct weight weight;
	struct effect effect;
	bool unknown;          /* nothing can be said of it yet */
	enum vrrp_fault fault; /* when it is one */
	char state[STATE_LEN]; /* "down", "is 3" */
};

static size_t tracked_count(const struct instance *instance)
{
	return instance->trackers_count + instance->conf->script_tracks_count +
	       instance->conf->things_count;
}

static void judge_verdict(struct tracked *tracked, enum proto_verdict verdict)
{
	tracked->effect = weight_of_verdict(tracked->weight, verdict);
	tracked->unknown = verdict == VERDICT_UNKNOWN;
	strlcpy(tracked->state, verdict == VERDICT_UP ? "up" : "down", sizeof tracked->state);
}

static void judge_value(const struct instance *instance, struct tracked *tracked, int64_t value)
{
	tracked->effect = weight_of_value(tracked->weight, value);
	/* what has a weight does nothing to an owner */
	if (instance->conf->c.priority == PRIORITY_OWNER && tracked->weight.weight != 0)
		tracked->effect = (struct effect){0};
	snprintf(tracked->state, sizeof tracked->state, "is %" PRId64, value);
}

static struct tracked tracked_interface(const struct tracker *tracker)
{
	bool up = interface_exists(tracker->interface) && interface_up(tracker->interface);
	struct tracked tracked = {.name = tracker->interface->name,
		.weight = {tracker->weight, tracker->reverse},
		.fault = VRRP_FAULT_TRACKED_INTERFACE};

	judge_verdict(&tracked, up ? VERDICT_UP : VERDICT_DOWN);
	return tracked;
}

/* While a configuration is applied, an instance may still have its old one: what it names by number
 * may be gone. */
static struct tracked tracked_script(
	const struct instance *instance, const struct conf_vrrp_track_script *track)
{
	static const struct conf_vrrp_script gone = {.name = "?"};
	const struct conf_vrrp_script *script = track->script < instance->vrrpd->scripts_count
							? &instance->vrrpd->scripts[track->script]
							: &gone;
	struct tracked tracked = {.name = script->name,
		.weight = {track->weight, track->reverse != 0},
		.fault = VRRP_FAULT_TRACKED_SCRIPT};

	judge_verdict(&tracked, (enum proto_verdict)script->verdict);
	return tracked;
}

static struct tracked tracked_thing(
	const struct instance *instance, const struct conf_vrrp_track *track)
{
	static const struct conf_vrrp_tracked gone = {.name = "?", .kind = TRACKED_PROCESS};
	const struct conf_vrrp_tracked *thing = track->tracked < instance->vrrpd->tracked_count
							? &instance->vrrpd->tracked[track->tracked]
							: &gone;
	struct tracked tracked = {.name = thing->name,
		.weight = {track->weight, track->reverse != 0},
		.fault = thing->kind == TRACKED_FILE ? VRRP_FAULT_TRACKED_FILE
						     : VRRP_FAULT_TRACKED_PROCESS};

	if (thing->kind == TRACKED_FILE)
		judge_value(instance, &tracked, thing->value);
	else
		judge_verdict(&tracked, (enum proto_verdict)thing->value);
	return tracked;
}

/* Interfaces first, then scripts, then files and processes. */
static struct tracked tracked_get(const struct instance *instance, size_t index)
{
	const struct config_instance *conf = instance->conf;

	if (index < instance->trackers_count)
		return tracked_interface(&instance->trackers[index]);
	index -= instance->trackers_count;
	if (index < conf->script_tracks_count)
		return tracked_script(instance, &conf->script_tracks[index]);
	return tracked_thing(instance, &conf->things[index - conf->script_tracks_count]);
}

uint8_t tracking_priority(const struct instance *instance)
{
	int additions = 0;

	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		additions += tracked.effect.addition;
	}
	return weight_priority(instance->conf->c.priority, additions);
}

void tracking_sum(const struct instance *instance, char *text, size_t size)
{
	int base = instance->conf->c.priority, sum = base;
	char part[160];

	snprintf(text, size, "%d", sum);
	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		int added = tracked.effect.addition;
		if (added == 0)
			continue;
		sum += added;
		snprintf(part, sizeof part, " %c %d (%s %s)", added < 0 ? '-' : '+', abs(added),
			tracked.name, tracked.state);
		strlcat(text, part, size);
	}
	int counts = weight_priority((uint8_t)base, sum - base);
	if (sum == counts)
		snprintf(part, sizeof part, " = %d", sum);
	else
		snprintf(part, sizeof part, " = %d, which counts as %d", sum, counts);
	strlcat(text, part, size);
}

/* An instance does not start before the first result of what could be its FAULT; one that runs is
 * not disturbed by what is new to it. */
static bool is_awaited(const struct instance *instance, const struct tracked *tracked)
{
	return tracked->weight.weight == 0 && tracked->unknown &&
	       (instance->fsm.state == VRRP_INIT ||
		       (instance->fsm.fault_reasons & VRRP_FAULT_SCRIPT_PENDING) != 0);
}

/* Processes that nobody has counted yet, by a vrrpd and a parentd that are both new: an instance
 * that was in FAULT for them stays there. */
static bool is_still_fault(const struct instance *instance, const struct tracked *tracked)
{
	return tracked->weight.weight == 0 && tracked->unknown &&
	       tracked->fault == VRRP_FAULT_TRACKED_PROCESS &&
	       (instance->fsm.fault_reasons & VRRP_FAULT_TRACKED_PROCESS) != 0;
}

uint32_t tracking_faults(const struct instance *instance)
{
	uint32_t reasons = 0;

	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		if (tracked.effect.fault || is_still_fault(instance, &tracked))
			reasons |= tracked.fault;
		else if (is_awaited(instance, &tracked))
			reasons |= VRRP_FAULT_SCRIPT_PENDING;
	}
	return reasons;
}

void tracking_culprits(const struct instance *instance, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < tracked_count(instance); i++) {
		struct tracked tracked = tracked_get(instance, i);
		if (!tracked.effect.fault && !is_awaited(instance, &tracked))
			continue;
		if (text[0] != '\0')
			strlcat(text, ", ", size);
		strlcat(text, tracked.name, size);
		if (tracked.fault != VRRP_FAULT_TRACKED_FILE)
			continue;
		strlcat(text, " ", size);
		strlcat(text, tracked.state, size);
	}
}

static void review_all(struct vrrpd *vrrpd, uint64_t now_ns)
{
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++) {
		struct instance *instance = vrrpd->instances[slot];
		if (instance != NULL && instance->started &&
			instance->conf->script_tracks_count + instance->conf->things_count > 0)
			instance_review(instance, now_ns);
	}
}

void tracking_script(struct vrrpd *vrrpd, uint32_t script, uint32_t verdict, uint64_t now_ns)
{
	if (script >= vrrpd->scripts_count || vrrpd->scripts[script].verdict == verdict)
		return;
	vrrpd->scripts[script].verdict = verdict;
	review_all(vrrpd, now_ns);
}

void tracking_value(struct vrrpd *vrrpd, const struct vrrp_tracked_value *told, uint64_t now_ns)
{
	if (told->tracked >= vrrpd->tracked_count)
		return;
	struct conf_vrrp_tracked *thing = &vrrpd->tracked[told->tracked];
	if (thing->kind != told->kind || thing->value == told->value ||
		(thing->kind == TRACKED_PROCESS && told->value == VERDICT_UNKNOWN))
		return;
	thing->value = told->value;
	review_all(vrrpd, now_ns);
}

void tracking_inherit(struct conf_vrrp_tracked *now, size_t now_count,
	const struct conf_vrrp_tracked *before, size_t before_count)
{
	for (size_t i = 0; i < now_count; i++) {
		if (now[i].kind != TRACKED_PROCESS || now[i].value != VERDICT_UNKNOWN)
			continue;
		for (size_t j = 0; j < before_count; j++) {
			if (before[j].kind == now[i].kind &&
				strcmp(before[j].name, now[i].name) == 0)
				now[i].value = before[j].value;
		}
	}
}
