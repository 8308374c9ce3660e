#include "parentd/status_json.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/caps.h"
#include "common/clock.h"
#include "common/log.h"
#include "parentd/address_json.h"
#include "parentd/balancing.h"
#include "parentd/beside.h"
#include "parentd/parent.h"
#include "parentd/priority_json.h"
#include "parentd/process_info.h"
#include "parentd/runners.h"
#include "parentd/scripts.h"
#include "parentd/services.h"
#include "parentd/tracks.h"
#include "parentd/vrrp_records.h"
#include "proto/state_page.h"
#include "vrrpd/vrrp_fsm.h"

/* Adds value, taking over the reference, when both are there. */
static void append(json_t *array, json_t *value)
{
	if (value != NULL)
		json_array_append_new(array, value);
}

static json_t *time_json(int64_t wall_s)
{
	char text[64];
	struct tm tm;
	time_t seconds = (time_t)wall_s;

	if (localtime_r(&seconds, &tm) == NULL ||
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &tm) == 0)
		return json_null();
	return json_string(text);
}

/* Seconds, whatever was done to the wall clock since. */
static double ago_s(uint64_t at_ns)
{
	return (double)(clock_now_ns() - at_ns) / (double)NSEC_PER_SEC;
}

static const char *state_name(unsigned state)
{
	return state < VRRP_STATES ? vrrp_state_name((enum vrrp_state)state) : "INIT";
}

/* ---- processes ---- */

static json_t *capabilities_json(uint64_t set)
{
	char text[1024];
	char *rest = text;
	char *name;
	json_t *array = json_array();

	if (set == 0)
		return array;
	caps_describe(set, text, sizeof(text));
	while ((name = strsep(&rest, " ")) != NULL)
		append(array, json_string(name));
	return array;
}

/* working: it runs with the configuration in force. */
static json_t *process_json(enum proto_process process, pid_t pid, uint32_t restarts, bool working)
{
	const char *name = proto_process_name(process);
	struct process_info info;

	if (pid == 0 || process_info_read(pid, &info) == -1)
		return json_pack("{s:s, s:n, s:i, s:b}", "name", name, "pid", "restarts",
			(int)restarts, "working", 0);
	return json_pack("{s:s, s:i, s:I, s:o, s:b, s:i, s:i, s:b, s:f, s:I}", "name", name, "pid",
		(int)pid, "uid", (json_int_t)info.uid, "capabilities",
		capabilities_json(info.capabilities), "no_new_privs", (int)info.no_new_privs,
		"seccomp", (int)info.seccomp, "restarts", (int)restarts, "working", (int)working,
		"uptime_s", info.uptime_s, "rss_kib", (json_int_t)info.rss_kib);
}

static void append_runners(json_t *array, const struct parent *parent)
{
	for (int slot = 0; slot < PROTO_RUNNERS; slot++) {
		const struct runner_info *info = runners_info(parent->runners, slot);
		if (info->pid == 0 && !info->wanted)
			continue;
		json_t *process = process_json(PROTO_RUNNER, info->pid, info->restarts, info->up);
		json_object_set_new(process, "user", json_string(info->user.name));
		append(array, process);
	}
}

static json_t *processes_json(const struct parent *parent)
{
	const struct transaction *transaction = &parent->transaction;
	json_t *array = json_array();

	append(array, process_json(PROTO_LAUNCHER, getppid(), 0, true));
	append(array, process_json(PROTO_PARENT, getpid(), parent->options.restarts,
			      transaction->current != 0));
	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++) {
		const struct parent_child *child = &parent->children[process];
		const struct transaction_peer *peer = &transaction->peers[process];
		if (child->pid != 0 || peer->wanted)
			append(array, process_json(child->process, child->pid, child->restarts,
					      peer->in_force != 0 &&
						      peer->in_force == transaction->current));
	}
	append_runners(array, parent);
	return array;
}

/* ---- instances ---- */

static json_t *addresses_json(const struct conf_instance *instance)
{
	const struct conf_address *address;
	char text[INET6_ADDRSTRLEN + 8];
	char bare[INET6_ADDRSTRLEN];
	json_t *array = json_array();

	TAILQ_FOREACH(address, &instance->addresses, entry)
	{
		if (inet_ntop(address->address.family, address->address.bytes, bare,
			    sizeof(bare)) == NULL)
			continue;
		snprintf(text, sizeof(text), "%s/%u", bare, address->prefixlen);
		append(array, json_string(text));
	}
	return array;
}

static json_t *counters_json(const struct state_vrrp_instance *record)
{
	json_t *object = json_object();

	for (int i = 0; i < VRRP_COUNTERS; i++)
		json_object_set_new(object, vrrp_counter_name((enum vrrp_counter)i),
			json_integer((json_int_t)record->counters[i]));
	return object;
}

static json_t *last_change_json(const struct state_vrrp_instance *record)
{
	if (record->changed_wall_s == 0)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:f, s:s}", "from", state_name(record->last_from), "to",
		state_name(record->state), "at", time_json(record->changed_wall_s), "ago_s",
		ago_s(record->changed_ns), "reason", record->reason);
}

static json_t *instance_json(
	const struct vrrp_records *records, const struct conf_instance *instance)
{
	static const struct state_vrrp_instance nothing;
	const struct state_vrrp_instance *found = vrrp_records_find(records, instance->name);
	const struct state_vrrp_instance *record = found != NULL ? found : &nothing;
	bool known = found != NULL;
	uint8_t family = known ? record->family : AF_INET;

	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:s?}", "name",
		instance->name, "state", state_name(record->state), "interface", instance->ifname,
		"family", family == AF_INET6 ? "ipv6" : "ipv4", "vrid", (int)instance->vrid,
		"priority", (int)instance->priority, "effective_priority",
		known ? (int)record->effective_priority : (int)instance->priority, "addresses",
		addresses_json(instance), "master", address_json(&record->master), "last_change",
		last_change_json(record), "counters", counters_json(record), "sync_group",
		instance->group != NULL ? instance->group->name : NULL);
}

/* name empty: all. */
static json_t *instances_json(struct parent *parent, const char *name)
{
	const struct conf_instance *instance;
	json_t *array = json_array();

	if (parent->conf == NULL)
		return array;
	struct vrrp_records records = vrrp_records_read(parent);
	json_t *scripts = NULL, *tracked = NULL; /* asked for once, when something is tracked */
	TAILQ_FOREACH(instance, &parent->conf->instances, entry)
	{
		if (name[0] != '\0' && strcmp(instance->name, name) != 0)
			continue;
		if (scripts == NULL && priority_is_tracked(instance)) {
			scripts = scripts_json(parent->scripts);
			tracked = tracks_json(parent->tracks);
		}
		json_t *one = instance_json(&records, instance);
		json_object_set_new(one, "priority_changes",
			priority_changes_json(parent->conf, instance, scripts, tracked));
		append(array, one);
	}
	json_decref(scripts);
	json_decref(tracked);
	vrrp_records_free(&records);
	return array;
}

/* ---- the whole ---- */

static json_t *configuration_json(const struct parent *parent)
{
	const char *beside = beside_watch_problem(parent->beside);

	return json_pack("{s:s, s:i, s:o, s:o, s:o}", "file", parent->options.config, "generation",
		(int)parent->transaction.current, "since",
		parent->conf != NULL ? time_json(parent->conf_time) : json_null(), "problem",
		parent->problem[0] != '\0' ? json_string(parent->problem) : json_null(), "beside",
		beside[0] != '\0' ? json_string(beside) : json_null());
}

json_t *status_json(struct parent *parent)
{
	return json_pack("{s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ok", 1, "version",
		HOLDFAST_VERSION, "configuration", configuration_json(parent), "processes",
		processes_json(parent), "vrrp", instances_json(parent, ""), "virtual_servers",
		services_json(parent->services, ""), "ipvs_problems",
		balancing_json(parent->balancing), "scripts", scripts_json(parent->scripts),
		"tracked", tracks_json(parent->tracks));
}

static json_t *no_such_instance(const char *name)
{
	return json_pack("{s:b, s:s+}", "ok", 0, "error", "no instance is called ", name);
}

json_t *status_json_vrrp_only(struct parent *parent, const char *name)
{
	json_t *instances = instances_json(parent, name);

	if (name[0] != '\0' && json_array_size(instances) == 0) {
		json_decref(instances);
		return no_such_instance(name);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "vrrp", instances);
}

json_t *status_json_checks(const struct parent *parent, const char *name)
{
	json_t *services = services_json(parent->services, name);

	if (name[0] != '\0' && json_array_size(services) == 0) {
		json_decref(services);
		return json_pack(
			"{s:b, s:s+}", "ok", 0, "error", "no virtual server is called ", name);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "virtual_servers", services);
}

static json_t *upgrade_json(const struct parent *parent)
{
	static const char *const states[] = {
		[UPGRADE_NONE] = "none",
		[UPGRADE_RUNNING] = "running",
		[UPGRADE_DONE] = "done",
		[UPGRADE_REFUSED] = "refused",
	};
	const struct launcher_upgrade_report *upgrade = &parent->upgrade;

	return json_pack("{s:s, s:i, s:s}", "state", states[upgrade->state], "count",
		(int)upgrade->count, "reason", upgrade->reason);
}

json_t *status_json_processes_only(struct parent *parent)
{
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "processes", processes_json(parent), "upgrade",
		upgrade_json(parent));
}

static json_t *change_json(const struct state_change *change)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:f, s:s, s:o, s:i}", "name", change->instance,
		"from", state_name(change->from), "to", state_name(change->to), "at",
		time_json(change->wall_s), "ago_s", ago_s(change->at_ns), "reason", change->reason,
		"master", address_json(&change->master), "effective_priority",
		(int)change->priority);
}

json_t *status_json_history(struct parent *parent, const char *name)
{
	const struct state_page *page = parent_child_state(&parent->children[PROTO_VRRP]);
	struct state_change *changes = calloc(STATE_CHANGES, sizeof(*changes));
	json_t *array = json_array();
	size_t count = 0, damaged;

	if (changes != NULL && page != NULL)
		count = state_changes_load(page, changes, &damaged);
	for (size_t i = 0; i < count; i++) {
		changes[i].instance[sizeof(changes[i].instance) - 1] = '\0';
		changes[i].reason[sizeof(changes[i].reason) - 1] = '\0';
		if (name[0] == '\0' || strcmp(changes[i].instance, name) == 0)
			append(array, change_json(&changes[i]));
	}
	free(changes);
	return json_pack("{s:b, s:o}", "ok", 1, "history", array);
}
