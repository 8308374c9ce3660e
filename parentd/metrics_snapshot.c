#include "parentd/metrics_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "parentd/parent.h"
#include "parentd/process_info.h"
#include "parentd/runners.h"
#include "parentd/services_internal.h"
#include "proto/state_page.h"
#include "vrrpd/vrrp_fsm.h"

#define KIB UINT64_C(1024)

/* ---- processes ---- */

static struct metrics_process *add_process(
	struct metrics_snapshot *snapshot, enum proto_process process, pid_t pid, bool working)
{
	struct metrics_process *to = &snapshot->processes[snapshot->processes_count++];
	struct process_info info;

	to->name = proto_process_name(process);
	if (pid == 0 || process_info_read(pid, &info) == -1)
		return to;
	to->up = true;
	to->working = working;
	to->rss = info.rss_kib * KIB;
	to->anon = info.anon_kib * KIB;
	to->file = info.file_kib * KIB;
	to->shmem = info.shmem_kib * KIB;
	to->cpu_us = info.cpu_us;
	to->started_wall_s = (int64_t)time(NULL) - (int64_t)info.uptime_s;
	return to;
}

static void add_counts(
	struct metrics_process *to, const struct parent *parent, enum proto_process process)
{
	to->counted = true;
	memcpy(to->ended, parent->ended[process], sizeof(to->ended));
}

/* One user may have two runners, with different groups. */
static void set_user(struct metrics_snapshot *snapshot, struct metrics_process *process,
	const struct runner_user *user)
{
	proto_string_set(process->user, sizeof(process->user), user->name);
	for (size_t i = 0; &snapshot->processes[i] != process; i++) {
		if (strcmp(snapshot->processes[i].user, user->name) == 0)
			snprintf(process->user, sizeof(process->user), "%.16s:%u", user->name,
				(unsigned)user->gid);
	}
}

static void take_runners(struct metrics_snapshot *snapshot, const struct parent *parent)
{
	for (int slot = 0; slot < PROTO_RUNNERS; slot++) {
		const struct runner_info *info = runners_info(parent->runners, slot);
		if (info->pid == 0 && !info->wanted)
			continue;
		struct metrics_process *to =
			add_process(snapshot, PROTO_RUNNER, info->pid, info->up);
		set_user(snapshot, to, &info->user);
		add_counts(to, parent, (enum proto_process)(PROTO_RUNNER_FIRST + slot));
	}
}

static void take_processes(struct metrics_snapshot *snapshot, const struct parent *parent)
{
	const struct transaction *transaction = &parent->transaction;

	add_process(snapshot, PROTO_LAUNCHER, getppid(), true);
	add_counts(add_process(snapshot, PROTO_PARENT, getpid(), transaction->current != 0), parent,
		PROTO_PARENT);
	for (int process = PROTO_VRRP; process < PROTO_DAEMON_END; process++) {
		const struct parent_child *child = &parent->children[process];
		const struct transaction_peer *peer = &transaction->peers[process];
		bool working = peer->in_force != 0 && peer->in_force == transaction->current;
		if (child->pid != 0 || peer->wanted)
			add_counts(add_process(snapshot, child->process, child->pid, working),
				parent, child->process);
	}
	take_runners(snapshot, parent);
}

/* ---- vrrpd ---- */

static int by_name(const void *a, const void *b)
{
	const struct metrics_instance *const *left = a;
	const struct metrics_instance *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static int compare_with_name(const void *key, const void *element)
{
	const struct metrics_instance *const *instance = element;

	return strcmp(key, (*instance)->name);
}

static void take_record(struct metrics_instance *instance, const struct state_page *page,
	uint32_t slot, const struct state_vrrp_instance *record)
{
	instance->known = true;
	instance->family = record->family;
	instance->state = record->state < VRRP_STATES ? record->state : VRRP_INIT;
	instance->effective_priority = record->effective_priority;
	instance->changed_wall_s = record->changed_wall_s;
	memcpy(instance->counters, record->counters, sizeof(instance->counters));
	state_tally_load(page, TALLY_CAUSES + slot, instance->causes);
}

/* sorted: room for a pointer to each instance. */
static void take_records(struct metrics_snapshot *snapshot, const struct state_page *page,
	struct metrics_instance **sorted)
{
	struct state_vrrp_instance record;

	for (size_t i = 0; i < snapshot->instances_count; i++)
		sorted[i] = &snapshot->instances[i];
	qsort(sorted, snapshot->instances_count, sizeof(struct metrics_instance *), by_name);
	for (uint32_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++) {
		if (state_vrrp_load(page, slot, &record) != 1)
			continue;
		record.name[sizeof(record.name) - 1] = '\0';
		struct metrics_instance **found =
			bsearch(record.name, sorted, snapshot->instances_count,
				sizeof(struct metrics_instance *), compare_with_name);
		if (found != NULL)
			take_record(*found, page, slot, &record);
	}
	for (uint32_t timer = 0; timer < METRICS_TIMERS; timer++)
		state_tally_load(page, timer, snapshot->lateness[timer]);
}

static void take_configured(struct metrics_snapshot *snapshot, const struct conf *conf)
{
	const struct conf_instance *instance;

	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (instance->not_implemented)
			continue; /* nothing will ever become of it */
		struct metrics_instance *to = &snapshot->instances[snapshot->instances_count++];
		proto_string_set(to->name, sizeof(to->name), instance->name);
		proto_string_set(to->ifname, sizeof(to->ifname), instance->ifname);
		if (instance->group != NULL)
			proto_string_set(to->group, sizeof(to->group), instance->group->name);
		to->family = instance->family;
		to->vrid = (uint8_t)instance->vrid;
		to->priority = (uint8_t)instance->priority;
	}
}

static int take_vrrp(struct metrics_snapshot *snapshot, struct parent *parent)
{
	const struct state_page *page = parent_child_state(&parent->children[PROTO_VRRP]);
	const struct conf_instance *instance;
	size_t count = 0;

	if (parent->conf == NULL)
		return 0;
	TAILQ_FOREACH(instance, &parent->conf->instances, entry)
	count++;
	struct metrics_instance **sorted = calloc(count + 1, sizeof(struct metrics_instance *));
	snapshot->instances = calloc(count + 1, sizeof(*snapshot->instances));
	if (snapshot->instances == NULL || sorted == NULL) {
		free(sorted);
		return -1;
	}
	take_configured(snapshot, parent->conf);
	if (page != NULL)
		take_records(snapshot, page, sorted);
	free(sorted);
	return 0;
}

/* ---- checkerd ---- */

static int take_scripts(struct metrics_snapshot *snapshot, const struct state_page *page)
{
	struct state_check record;

	snapshot->scripts = calloc(STATE_CHECKS, sizeof(*snapshot->scripts));
	if (snapshot->scripts == NULL)
		return -1;
	for (uint32_t slot = 0; page != NULL && slot < STATE_CHECKS; slot++) {
		if (state_check_load(page, slot, &record) != 1)
			continue;
		struct metrics_script *to = &snapshot->scripts[snapshot->scripts_count++];
		record.name[sizeof(record.name) - 1] = '\0';
		proto_string_set(to->name, sizeof(to->name), record.name);
		to->verdict = record.verdict;
	}
	return 0;
}

static void take_check_types(struct metrics_snapshot *snapshot, const struct state_page *page)
{
	static const enum conf_checker_type types[TALLY_CHECK_TYPES] = {
		[CHECK_TCP] = CONF_TCP_CHECK,
		[CHECK_HTTP] = CONF_HTTP_GET,
		[CHECK_SSL] = CONF_SSL_GET,
		[CHECK_SMTP] = CONF_SMTP_CHECK,
		[CHECK_DNS] = CONF_DNS_CHECK,
		[CHECK_UDP] = CONF_UDP_CHECK,
		[CHECK_PING] = CONF_PING_CHECK,
		[CHECK_MISC] = CONF_MISC_CHECK};

	for (uint32_t type = CHECK_TCP; page != NULL && type < CHECK_FILE; type++) {
		struct metrics_check_type *to = &snapshot->check_types[type];
		state_tally_load(page, TALLY_LATENCY(type), to->latency);
		state_tally_load(page, TALLY_RESULTS(type), to->results);
		for (size_t i = 0; i < TALLY_RESULTS_END; i++) {
			if (to->results[i] != 0)
				to->name = conf_checker_name(types[type]);
		}
	}
}

static void take_checker(struct metrics_checker *to, const struct services *services, size_t number,
	const struct state_page *page)
{
	const struct service_checker *checker = &services->checkers[number];
	struct state_checker record;

	to->real = checker->real;
	to->number = number - services->reals[checker->real].first_checker;
	to->type = conf_checker_name(checker->type);
	to->verdict = checker->verdict;
	if (page == NULL || checker->record >= STATE_CHECKERS ||
		state_checker_load(page, checker->record, &record) != 1)
		return;
	to->known = true;
	to->attempts = record.attempts;
	to->failures = record.failures;
	to->latency_us = record.latency_us;
}

static void take_virtual(struct metrics_virtual *to, const struct service_virtual *virtual_server)
{
	memcpy(to->name, virtual_server->name, sizeof(to->name));
	to->up = service_virtual_up(virtual_server);
	to->weight_up = virtual_server->weight_up;
	to->quorum = virtual_server->conf->quorum;
}

static void take_real(struct metrics_real *to, const struct service_real *real)
{
	memcpy(to->name, real->name, sizeof(to->name));
	to->virtual_server = real->virtual_server;
	to->up = service_real_up(real);
	to->weight = real->weight;
}

static int take_services(struct metrics_snapshot *snapshot, const struct services *services,
	const struct state_page *page)
{
	snapshot->virtuals = calloc(services->virtuals_count + 1, sizeof(*snapshot->virtuals));
	snapshot->reals = calloc(services->reals_count + 1, sizeof(*snapshot->reals));
	snapshot->checkers = calloc(services->checkers_count + 1, sizeof(*snapshot->checkers));
	if (snapshot->virtuals == NULL || snapshot->reals == NULL || snapshot->checkers == NULL)
		return -1;
	for (size_t i = 0; i < services->virtuals_count; i++)
		take_virtual(&snapshot->virtuals[i], &services->virtuals[i]);
	for (size_t i = 0; i < services->reals_count; i++)
		take_real(&snapshot->reals[i], &services->reals[i]);
	for (size_t i = 0; i < services->checkers_count; i++)
		take_checker(&snapshot->checkers[i], services, i, page);
	snapshot->virtuals_count = services->virtuals_count;
	snapshot->reals_count = services->reals_count;
	snapshot->checkers_count = services->checkers_count;
	return 0;
}

static int take_checks(struct metrics_snapshot *snapshot, struct parent *parent)
{
	const struct state_page *page = parent_child_state(&parent->children[PROTO_CHECK]);

	snapshot->mails = page != NULL ? state_mails_load(page) : 0;
	take_check_types(snapshot, page);
	if (take_scripts(snapshot, page) == -1)
		return -1;
	return take_services(snapshot, parent->services, page);
}

/* ---- the whole ---- */

struct metrics_snapshot *metrics_snapshot_take(struct parent *parent)
{
	struct metrics_snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot == NULL)
		return NULL;
	snapshot->generation = parent->transaction.current;
	snapshot->conf_wall_s = (int64_t)parent->conf_time;
	snapshot->reload_failed = parent->problem[0] != '\0';
	snapshot->ipvs_wanted = parent->transaction.peers[PROTO_IPVS].wanted;
	take_processes(snapshot, parent);
	if (take_vrrp(snapshot, parent) == -1 || take_checks(snapshot, parent) == -1) {
		metrics_snapshot_free(snapshot);
		return NULL;
	}
	return snapshot;
}

void metrics_snapshot_free(struct metrics_snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	free(snapshot->instances);
	free(snapshot->scripts);
	free(snapshot->virtuals);
	free(snapshot->reals);
	free(snapshot->checkers);
	ipvs_tally_free(snapshot->ipvs);
	free(snapshot);
}
