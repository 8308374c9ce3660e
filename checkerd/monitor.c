#include "checkerd/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "checkerd/monitor_internal.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/log.h"

#define USEC_NS UINT64_C(1000)
/* A script that is ended for its time gets 2 s to go, and its result has to come here. */
#define WAIT_NS (5 * NSEC_PER_SEC)
/* 2^32 divided by the golden ratio: steps of it leave the gaps between all before even. */
#define SPREAD_STEP UINT32_C(2654435769)

struct monitor *monitor_new(
	const struct kind_tools *tools, struct state_page *page, struct timers *timers)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));

	if (monitor == NULL)
		fatal("checkers");
	monitor->tools = *tools;
	monitor->page = page;
	monitor->timers = timers;
	monitor->phase = arc4random();
	monitor->next_run = arc4random();
	monitor_page_read(monitor);
	return monitor;
}

void monitor_set_child(struct monitor *monitor, struct child *child)
{
	monitor->child = child;
}

size_t monitor_left(const struct monitor *monitor)
{
	return monitor->left_checkers_count;
}

static struct monitor_check *find_check(const struct monitor *monitor, uint64_t key)
{
	uint32_t number;

	if (monitor->checks_by_key == NULL || !key_table_find(monitor->checks_by_key, key, &number))
		return NULL;
	return monitor->checks[number];
}

static bool is_prepared(uint64_t key, const void *arg)
{
	const struct monitor_check *check = find_check(arg, key);

	return check != NULL && check->leader == check;
}

int monitor_prepare(
	const struct monitor *monitor, struct check_conf *conf, char *reason, size_t size)
{
	return check_conf_prepare(conf, &monitor->tools, is_prepared, monitor, reason, size);
}

/* ---- servers ---- */

/* What was told of it before, by us or by a predecessor; that place is not given up then. */
static struct told known(struct monitor *monitor, uint64_t key, struct told *before)
{
	struct told told = {.key = key, .slot = NO_SLOT};

	if (before != NULL) {
		told = *before;
		before->slot = NO_SLOT;
	} else {
		monitor_page_take_server(monitor, key, &told);
	}
	return told;
}

static void make_virtual(struct monitor *monitor, const struct check_conf *conf, size_t number,
	struct monitor_virtual *virtual_server)
{
	const struct conf_check_virtual *item = check_conf_virtual(conf, number);
	uint64_t key = conf->virtual_keys[number];
	struct monitor_virtual *before = NULL;
	uint32_t at;

	if (monitor->servers_by_key != NULL && key_table_find(monitor->servers_by_key, key, &at) &&
		at < monitor->virtuals_count)
		before = &monitor->virtuals[at];
	proto_string_set(virtual_server->name, sizeof(virtual_server->name), item->name);
	virtual_server->flags = item->flags;
	virtual_server->reals = item->servers;
	if ((item->flags & CHECK_VIRTUAL_HA_SUSPEND) != 0)
		virtual_server->suspended = before == NULL ||
					    (before->flags & CHECK_VIRTUAL_HA_SUSPEND) == 0 ||
					    before->suspended;
	virtual_server->told = known(monitor, key, before == NULL ? NULL : &before->told);
	bool quorum_up = (item->flags & CHECK_VIRTUAL_ALPHA) == 0;
	if (before != NULL)
		quorum_up = before->service.quorum_up;
	else if (virtual_server->told.known)
		quorum_up = virtual_server->told.up;
	service_init(&virtual_server->service, item->quorum, item->hysteresis, quorum_up);
}

static void make_real(struct monitor *monitor, const struct check_conf *conf, size_t number,
	struct monitor_real *real)
{
	const struct conf_check_real *item = check_conf_real(conf, number);
	uint64_t key = conf->real_keys[number];
	struct monitor_real *before = NULL;
	uint32_t at;

	if (monitor->servers_by_key != NULL && key_table_find(monitor->servers_by_key, key, &at) &&
		at >= monitor->virtuals_count)
		before = &monitor->reals[at - monitor->virtuals_count];
	proto_string_set(real->name, sizeof(real->name), item->name);
	real->virtual_number = item->virtual_server;
	real->checks = item->checkers;
	real->server = (struct service_server){
		.configured = item->weight, .inhibit = (item->flags & CHECK_REAL_INHIBIT) != 0};
	real->told = known(monitor, key, before == NULL ? NULL : &before->told);
}

/* ---- checkers ---- */

static void set_params(struct monitor_check *check, const struct conf_check_checker *item)
{
	check->params = (struct checker_params){.delay_loop_ns = item->delay_loop_us * USEC_NS,
		.delay_before_retry_ns = item->delay_before_retry_us * USEC_NS,
		.warmup_ns = item->warmup_us * USEC_NS,
		.wait_ns = item->type == CHECK_MISC ? item->timeout_us * USEC_NS + WAIT_NS : 0,
		.retry = item->retry,
		.steps = item->urls == 0 ? 1 : item->urls,
		.alpha = (item->flags & CHECKER_ALPHA) != 0,
		.fast_recovery = (item->flags & CHECKER_FAST_RECOVERY) != 0};
	check->target = (struct probe_target){.address = item->address,
		.bindto = item->bindto,
		.port = item->port,
		.bind_port = item->bind_port,
		.timeout_us = item->timeout_us};
	memcpy(check->target.ifname, item->ifname, sizeof(check->target.ifname));
}

static void set_result(struct monitor_check *check, const char *result)
{
	free(check->result);
	check->result = result == NULL || result[0] == '\0' ? NULL : strdup(result);
}

static void resume(struct monitor_check *check, const struct state_checker *record, uint64_t now_ns)
{
	check->checker = (struct checker){.verdict = (enum proto_verdict)record->verdict,
		.retries = record->retries,
		.step = record->step,
		.passed = record->passed,
		.due_ns = record->due_ns};
	check->added = record->added;
	check->latency_us = record->latency_us;
	check->attempts = record->attempts;
	check->failures = record->failures;
	check->changed_ns = record->changed_ns;
	check->changed_wall_s = record->changed_wall_s;
	set_result(check, record->result);
	checker_resume(&check->checker, &check->params, now_ns);
}

/* One that followed another goes on by itself, where that one is. */
static void part(struct monitor_check *check, const struct monitor_check *leader, uint64_t now_ns)
{
	check->checker = leader->checker;
	check->added = leader->added;
	check->latency_us = leader->latency_us;
	check->attempts = leader->attempts;
	check->failures = leader->failures;
	check->changed_ns = leader->changed_ns;
	check->changed_wall_s = leader->changed_wall_s;
	set_result(check, leader->result);
	checker_resume(&check->checker, &check->params, now_ns);
}

/* What of it goes on: it was in the configuration before, or a predecessor left it. */
static void begin(struct monitor_check *check, bool existed, uint64_t now_ns)
{
	struct monitor *monitor = check->monitor;
	struct state_checker record;

	if (existed && check->leader != check) {
		part(check, check->leader, now_ns);
	} else if (existed) {
		if (timer_running(&check->timer))
			checker_hasten(&check->checker, &check->params, now_ns);
		else /* it was suspended */
			checker_resume(&check->checker, &check->params, now_ns);
		/* its result is one of another configuration */
		if (check->type == CHECK_MISC)
			checker_result(&check->checker, &check->params, CHECKER_UNKNOWN, now_ns);
	} else if (monitor_page_take_checker(monitor, check->key, &record, &check->slot)) {
		resume(check, &record, now_ns);
	} else {
		checker_init(&check->checker, &check->params, now_ns, monitor->phase);
		monitor->phase += SPREAD_STEP;
	}
}

static void release(struct monitor_check *check)
{
	monitor_attempt_cancel(check);
	if (check->prepared != NULL)
		check->kind->release(check->prepared);
	check->prepared = NULL;
	monitor_page_drop_check(check->monitor, check->slot);
	check->slot = NO_SLOT;
}

static struct monitor_check *take_check(struct monitor *monitor, uint64_t key)
{
	uint32_t number;

	if (monitor->checks_by_key == NULL || !key_table_find(monitor->checks_by_key, key, &number))
		return NULL;
	struct monitor_check *check = monitor->checks[number];
	monitor->checks[number] = NULL;
	return check;
}

/* list: those made before it. */
static struct monitor_check *make_check(struct monitor *monitor, struct check_conf *conf,
	size_t number, struct monitor_check **list, uint64_t now_ns)
{
	const struct conf_check_checker *item = check_conf_checker(conf, number);
	struct monitor_check *check = take_check(monitor, conf->checker_keys[number]);
	bool existed = check != NULL;

	if (!existed) {
		check = calloc(1, sizeof(*check));
		if (check == NULL)
			fatal("checkers");
		check->monitor = monitor;
		check->key = conf->checker_keys[number];
		check->slot = NO_SLOT;
		check->type = item->type;
		check->kind = check_kind(item->type);
		monitor_attempt_init(check);
	}
	check->number = (uint32_t)number;
	check->real = item->real;
	check->flags = item->flags;
	check->command = item->command;
	check->weight = item->weight;
	check->next_same = NULL;
	check->next_command = NULL;
	set_params(check, item);
	if (item->same_as == number) {
		begin(check, existed, now_ns);
		if (conf->prepared[number] != NULL) {
			check->prepared = conf->prepared[number];
			conf->prepared[number] = NULL;
		}
		check->leader = check;
	} else {
		release(check);
		check->leader = list[item->same_as];
		check->next_same = check->leader->next_same;
		check->leader->next_same = check;
	}
	return check;
}

/* ---- the whole ---- */

static void make_all(struct monitor *monitor, struct check_conf *conf, struct monitor *made)
{
	uint64_t now_ns = clock_now_ns();
	uint32_t real = 0, check = 0;

	made->virtuals = calloc(made->virtuals_count + 1, sizeof(*made->virtuals));
	made->reals = calloc(made->reals_count + 1, sizeof(*made->reals));
	made->checks = calloc(made->checks_count + 1, sizeof(struct monitor_check *));
	if (made->virtuals == NULL || made->reals == NULL || made->checks == NULL)
		fatal("configuration");
	for (size_t i = 0; i < made->virtuals_count; i++) {
		make_virtual(monitor, conf, i, &made->virtuals[i]);
		made->virtuals[i].first_real = real;
		real += made->virtuals[i].reals;
	}
	for (size_t i = 0; i < made->reals_count; i++) {
		make_real(monitor, conf, i, &made->reals[i]);
		made->reals[i].first_check = check;
		check += made->reals[i].checks;
	}
	for (size_t i = 0; i < made->checks_count; i++)
		made->checks[i] = make_check(monitor, conf, i, made->checks, now_ns);
}

static void drop_before(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->checks_count; i++) {
		struct monitor_check *check = monitor->checks[i];
		if (check == NULL)
			continue;
		release(check);
		free(check->result);
		free(check);
	}
	for (size_t i = 0; i < monitor->virtuals_count; i++)
		monitor_page_drop_server(monitor, monitor->virtuals[i].told.slot);
	for (size_t i = 0; i < monitor->reals_count; i++)
		monitor_page_drop_server(monitor, monitor->reals[i].told.slot);
	free(monitor->virtuals);
	free(monitor->reals);
	free(monitor->checks);
	free(monitor->commands.list);
	free(monitor->files.list);
	key_table_free(monitor->servers_by_key);
	key_table_free(monitor->checks_by_key);
	monitor_page_forget_left(monitor);
}

/* Of all checkers of that type. Their numbers lie together. */
static struct command_index index_commands(const struct monitor *monitor, uint32_t type)
{
	struct command_index index = {.first = UINT32_MAX};
	uint32_t last = 0;

	for (size_t i = 0; i < monitor->checks_count; i++) {
		const struct monitor_check *check = monitor->checks[i];
		if (check->type != type)
			continue;
		index.first = check->command < index.first ? check->command : index.first;
		last = check->command > last ? check->command : last;
	}
	if (index.first > last)
		return index;
	index.count = last - index.first + 1;
	index.list = calloc(index.count, sizeof(struct monitor_check *));
	if (index.list == NULL)
		fatal("configuration");
	for (size_t i = 0; i < monitor->checks_count; i++) {
		struct monitor_check *check = monitor->checks[i];
		if (check->type != type)
			continue;
		check->next_command = index.list[check->command - index.first];
		index.list[check->command - index.first] = check;
	}
	return index;
}

static void settle(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->checks_count; i++)
		monitor_tell_count(monitor->checks[i]);
	for (size_t i = 0; i < monitor->reals_count; i++) {
		struct monitor_real *real = &monitor->reals[i];
		service_add(&monitor->virtuals[real->virtual_number].service, &real->server);
		if (real->told.slot == NO_SLOT)
			real->told.slot = monitor_page_slot(&monitor->free_servers);
	}
	for (size_t i = 0; i < monitor->virtuals_count; i++) {
		struct monitor_virtual *virtual_server = &monitor->virtuals[i];
		service_settle(&virtual_server->service);
		if (virtual_server->told.slot == NO_SLOT)
			virtual_server->told.slot = monitor_page_slot(&monitor->free_servers);
	}
	for (size_t i = 0; i < monitor->checks_count; i++) {
		struct monitor_check *check = monitor->checks[i];
		if (check->leader == check && check->slot == NO_SLOT)
			check->slot = monitor_page_slot(&monitor->free_checkers);
		monitor_page_store_check(check);
		monitor_attempt_plan(check);
	}
}

void monitor_apply(struct monitor *monitor, struct check_conf *conf)
{
	struct monitor made = {.virtuals_count = conf->virtuals.count,
		.reals_count = conf->reals.count,
		.checks_count = conf->checkers.count,
		.servers_by_key = conf->servers_by_key,
		.checks_by_key = conf->checkers_by_key};

	make_all(monitor, conf, &made);
	drop_before(monitor);
	conf->servers_by_key = NULL;
	conf->checkers_by_key = NULL;
	monitor->virtuals = made.virtuals;
	monitor->virtuals_count = made.virtuals_count;
	monitor->reals = made.reals;
	monitor->reals_count = made.reals_count;
	monitor->checks = made.checks;
	monitor->checks_count = made.checks_count;
	monitor->servers_by_key = made.servers_by_key;
	monitor->checks_by_key = made.checks_by_key;
	check_conf_clear(conf);
	monitor->commands = index_commands(monitor, CHECK_MISC);
	monitor->files = index_commands(monitor, CHECK_FILE);
	settle(monitor);
	monitor_tell_all(monitor);
}

void monitor_suspend(struct monitor *monitor, const struct check_suspend *suspend)
{
	if (suspend->virtual_server >= monitor->virtuals_count)
		return;
	struct monitor_virtual *virtual_server = &monitor->virtuals[suspend->virtual_server];
	bool suspended = suspend->suspended != 0;
	if ((virtual_server->flags & CHECK_VIRTUAL_HA_SUSPEND) == 0 ||
		virtual_server->suspended == suspended)
		return;
	virtual_server->suspended = suspended;
	log_info("%s: its checks %s", virtual_server->name,
		suspended ? "are suspended: its address is not on this host" : "go on");
	for (uint32_t i = 0; i < virtual_server->reals; i++) {
		const struct monitor_real *real = &monitor->reals[virtual_server->first_real + i];
		for (uint32_t n = 0; n < real->checks; n++)
			monitor_attempt_suspend(monitor->checks[real->first_check + n]);
	}
}
