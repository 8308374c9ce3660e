/* Metrics of VRRP. */
#include <assert.h>
#include <stdio.h>
#include <sys/socket.h>

#include "parentd/metrics.h"
#include "parentd/metrics_snapshot.h"
#include "vrrpd/vrrp_fsm.h"

static size_t instances(const struct metrics_snapshot *snapshot)
{
	return snapshot->instances_count;
}

static size_t timers(const struct metrics_snapshot *snapshot)
{
	return snapshot->instances_count > 0 ? METRICS_TIMERS : 0;
}

static void put_info(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];
	char vrid[8];
	const char *const values[] = {instance->name, instance->ifname, vrid,
		instance->family == AF_INET6 ? "ipv6" : "ipv4", instance->group};

	snprintf(vrid, sizeof(vrid), "%u", instance->vrid);
	metrics_put(text, metric, values, 1);
}

/* INIT is also the state of what vrrpd does not know yet. */
static void put_state(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];

	for (unsigned state = 0; state < VRRP_STATES; state++) {
		const char *const values[] = {
			instance->name, vrrp_state_name((enum vrrp_state)state)};
		metrics_put(text, metric, values, instance->state == state);
	}
}

enum instance_number { PRIORITY, EFFECTIVE };

static void put_priority(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];
	const char *const values[] = {instance->name};

	if (metric->index == PRIORITY)
		metrics_put(text, metric, values, instance->priority);
	else if (instance->known)
		metrics_put(text, metric, values, instance->effective_priority);
}

static void put_changed(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];
	const char *const values[] = {instance->name};

	if (instance->known && instance->changed_wall_s != 0)
		metrics_put_signed(text, metric, values, instance->changed_wall_s);
}

static void put_counter(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];
	const char *const values[] = {instance->name};

	if (instance->known)
		metrics_put(text, metric, values, instance->counters[metric->index]);
}

static void put_drops(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];

	for (unsigned i = VRRP_COUNT_DROP_FIRST; instance->known && i < VRRP_COUNTERS; i++) {
		const char *name = vrrp_counter_name((enum vrrp_counter)i);
		const char *const values[] = {instance->name, name + sizeof("drop_") - 1};
		metrics_put(text, metric, values, instance->counters[i]);
	}
}

/* The state that a cause leads to follows from it. */
static const struct {
	const char *name;
	enum vrrp_state to;
} causes[] = {
	[VRRP_CAUSE_STARTED] = {"started", VRRP_BACKUP},
	[VRRP_CAUSE_OWNER] = {"owner", VRRP_MASTER},
	[VRRP_CAUSE_MASTER_DOWN] = {"master_down", VRRP_MASTER},
	[VRRP_CAUSE_NO_MASTER] = {"no_master", VRRP_MASTER},
	[VRRP_CAUSE_MASTER_RELEASED] = {"master_released", VRRP_MASTER},
	[VRRP_CAUSE_PREEMPTED_LOWER] = {"preempted_lower", VRRP_MASTER},
	[VRRP_CAUSE_HIGHER_PRIORITY] = {"higher_priority", VRRP_BACKUP},
	[VRRP_CAUSE_HIGHER_ADDRESS] = {"higher_address", VRRP_BACKUP},
	[VRRP_CAUSE_FAULT] = {"fault", VRRP_FAULT},
	[VRRP_CAUSE_FAULT_CLEARED] = {"fault_cleared", VRRP_BACKUP},
	[VRRP_CAUSE_SHUTDOWN] = {"shutdown", VRRP_INIT},
	[VRRP_CAUSE_SYNC_GROUP] = {"sync_group", VRRP_BACKUP},
};
#define CAUSES (sizeof(causes) / sizeof(causes[0]))
static_assert(CAUSES <= TALLY_WORDS, "a word for each cause");

static void put_causes(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_instance *instance = &snapshot->instances[row];

	for (size_t i = 0; instance->known && i < CAUSES; i++) {
		const char *const values[] = {
			instance->name, vrrp_state_name(causes[i].to), causes[i].name};
		metrics_put(text, metric, values, instance->causes[i]);
	}
}

static void put_lateness(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	static const char *const names[METRICS_TIMERS] = {[TALLY_ADVERT_LATENESS] = "advertisement",
		[TALLY_MASTER_DOWN_LATENESS] = "master_down"};
	const char *const values[] = {names[row]};

	metrics_put_tally(text, metric, values, tally_lateness_us, snapshot->lateness[row]);
}

#define INSTANCE                                                                                   \
	{                                                                                          \
		"vrrp_instance", NULL                                                              \
	}
#define COUNTER(name_, index_, help_)                                                              \
	{                                                                                          \
		name_, METRIC_COUNTER, NULL, INSTANCE, help_, instances, put_counter, index_       \
	}

const struct metric metrics_of_vrrp[] = {
	{"holdfast_vrrp_instance", METRIC_INFO, NULL,
		{"vrrp_instance", "interface", "vrid", "family", "sync_group", NULL},
		"What the configuration says of an instance.", instances, put_info, 0},
	{"holdfast_vrrp_state", METRIC_GAUGE, NULL, {"vrrp_instance", "state", NULL},
		"1 for the state that the instance is in, 0 for the others.", instances, put_state,
		0},
	{"holdfast_vrrp_priority", METRIC_GAUGE, NULL, INSTANCE, "Priority as configured.",
		instances, put_priority, PRIORITY},
	{"holdfast_vrrp_effective_priority", METRIC_GAUGE, NULL, INSTANCE,
		"Priority with what tracked interfaces, scripts, files and processes add to it.",
		instances, put_priority, EFFECTIVE},
	{"holdfast_vrrp_state_changed_timestamp_seconds", METRIC_GAUGE, "seconds", INSTANCE,
		"When the state changed last, in seconds since 1970.", instances, put_changed, 0},
	{"holdfast_vrrp_transitions", METRIC_COUNTER, NULL, {"vrrp_instance", "to", "cause", NULL},
		"Changes of state by their cause, which also says what state they lead to.",
		instances, put_causes, 0},
	COUNTER("holdfast_vrrp_advertisements_sent", VRRP_COUNT_SENT, "Advertisements sent."),
	COUNTER("holdfast_vrrp_advertisement_send_errors", VRRP_COUNT_SEND_ERRORS,
		"Advertisements that the kernel did not send."),
	COUNTER("holdfast_vrrp_advertisements_received", VRRP_COUNT_RECEIVED,
		"Advertisements of other routers that were accepted."),
	{"holdfast_vrrp_advertisements_dropped", METRIC_COUNTER, NULL,
		{"vrrp_instance", "reason", NULL},
		"Advertisements that were not accepted, by reason. Those of a VRID that is not "
		"configured count for the first instance of the interface.",
		instances, put_drops, 0},
	COUNTER("holdfast_vrrp_priority_zero_sent", VRRP_COUNT_PRIORITY_ZERO_SENT,
		"Advertisements sent that release the addresses."),
	COUNTER("holdfast_vrrp_priority_zero_received", VRRP_COUNT_PRIORITY_ZERO_RECEIVED,
		"Advertisements received that release the addresses."),
	COUNTER("holdfast_vrrp_gratuitous_arps_sent", VRRP_COUNT_GARP_SENT,
		"Gratuitous ARP packets sent."),
	COUNTER("holdfast_vrrp_address_list_mismatches", VRRP_COUNT_ADDRESS_LIST_MISMATCH,
		"Advertisements accepted whose list of addresses is not ours."),
	{"holdfast_vrrp_timer_lateness_seconds", METRIC_HISTOGRAM, "seconds", {"timer", NULL},
		"How late timers of all instances were handled: advertisement (one of ours was "
		"due), "
		"master_down (the master has been silent for too long).",
		timers, put_lateness, 0},
	{.name = NULL},
};
