#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "checkerd/monitor_internal.h"
#include "common/child.h"
#include "common/log.h"

static const char *word(bool up)
{
	return up ? "up" : "down";
}

/* ---- reasons ---- */

static void check_reason(const struct monitor_check *check, char reason[PROTO_REASON_LEN])
{
	const char *result = check->leader->result;

	if (result == NULL)
		result = "not checked yet";
	snprintf(reason, PROTO_REASON_LEN, "%s: %s", check->kind->name, result);
}

/* What keeps it down, or a checker that found it up. */
static void real_reason(
	const struct monitor *monitor, const struct monitor_real *real, char reason[])
{
	const struct monitor_check *said = NULL;

	for (uint32_t i = 0; i < real->checks; i++) {
		const struct monitor_check *check = monitor->checks[real->first_check + i];
		if (said == NULL || (check->fails && !said->fails))
			said = check;
	}
	if (said == NULL)
		snprintf(reason, PROTO_REASON_LEN, "it has no checker");
	else
		check_reason(said, reason);
}

static void virtual_reason(const struct monitor_virtual *virtual_server, char reason[])
{
	const struct service *service = &virtual_server->service;
	bool sorry = (virtual_server->flags & CHECK_VIRTUAL_SORRY) != 0 && !service->quorum_up;

	snprintf(reason, PROTO_REASON_LEN,
		"weight %" PRIu64 " of %" PRIu64 " is up, quorum is %u%s", service->weight_up,
		service->total, service->quorum, sorry ? ": the sorry server serves" : "");
}

/* ---- messages ---- */

static void tell_checker(const struct monitor_check *check)
{
	const struct monitor_check *leader = check->leader;
	struct check_checker_state state = {.checker = check->number,
		.verdict = leader->checker.verdict,
		.latency_us = leader->latency_us,
		.record = leader->slot};

	if (leader->result != NULL)
		proto_string_set(state.result, sizeof(state.result), leader->result);
	/* without a parentd the next one is told all */
	(void)child_send(check->monitor->child, CHECK_CHECKER_STATE, &state);
}

static enum check_news news_of(const struct told *told, bool up)
{
	if (!told->known)
		return NEWS_FIRST;
	return told->up == up ? NEWS_REPEATED : NEWS_CHANGED;
}

/* Only what parentd has heard is told: the next one is told that it changed. */
static void was_told(struct monitor *monitor, struct told *told, bool up, int64_t weight)
{
	if (told->known && told->up == up && told->weight == weight)
		return;
	told->known = true;
	told->up = up;
	told->weight = weight;
	monitor_page_store_told(monitor, told);
}

static void tell_real(struct monitor *monitor, struct monitor_real *real)
{
	bool up = service_server_up(&real->server);
	struct check_real_state state = {.real = (uint32_t)(real - monitor->reals),
		.up = up,
		.news = news_of(&real->told, up),
		.weight = service_server_weight_in_force(&real->server)};

	real_reason(monitor, real, state.reason);
	if (child_send(monitor->child, CHECK_REAL_STATE, &state) == 0)
		was_told(monitor, &real->told, up, state.weight);
}

static void tell_virtual(struct monitor *monitor, struct monitor_virtual *virtual_server)
{
	const struct service *service = &virtual_server->service;
	struct check_virtual_state state = {
		.virtual_server = (uint32_t)(virtual_server - monitor->virtuals),
		.quorum_up = service->quorum_up,
		.news = news_of(&virtual_server->told, service->quorum_up),
		.weight_up = service->weight_up};

	virtual_reason(virtual_server, state.reason);
	if (child_send(monitor->child, CHECK_VIRTUAL_STATE, &state) == 0)
		was_told(monitor, &virtual_server->told, service->quorum_up,
			(int64_t)service->weight_up);
}

/* ---- the log ---- */

static void log_real(const struct monitor *monitor, const struct monitor_real *real)
{
	bool up = service_server_up(&real->server);
	char reason[PROTO_REASON_LEN];

	real_reason(monitor, real, reason);
	const struct log_change change = {.kind = LOG_REAL_SERVER,
		.virtual_server = monitor->virtuals[real->virtual_number].name,
		.real_server = real->name,
		.old_state = word(!up),
		.state = word(up),
		.reason = reason};
	log_change(LOG_NOTICE, &change, "%s of %s: %s -> %s: %s", real->name, change.virtual_server,
		change.old_state, change.state, reason);
}

static void log_virtual(const struct monitor_virtual *virtual_server)
{
	char reason[PROTO_REASON_LEN];

	virtual_reason(virtual_server, reason);
	const struct log_change change = {.kind = LOG_QUORUM,
		.virtual_server = virtual_server->name,
		.old_state = word(!virtual_server->service.quorum_up),
		.state = word(virtual_server->service.quorum_up),
		.reason = reason};
	log_change(LOG_NOTICE, &change, "%s: quorum %s: %s", virtual_server->name,
		virtual_server->service.quorum_up ? "gained" : "lost", reason);
}

static void log_weight(const struct monitor *monitor, const struct monitor_real *real)
{
	char before[24], now[16];

	snprintf(before, sizeof(before), "%" PRId64, real->told.weight);
	snprintf(now, sizeof(now), "%u", service_server_weight_in_force(&real->server));
	const struct log_change change = {.kind = LOG_REAL_SERVER_WEIGHT,
		.virtual_server = monitor->virtuals[real->virtual_number].name,
		.real_server = real->name,
		.old_state = before,
		.state = now};
	log_change(LOG_NOTICE, &change, "%s of %s: weight %s -> %s", real->name,
		change.virtual_server, before, now);
}

/* One more of several that fail, or one less. */
static void log_check(const struct monitor_check *check)
{
	const struct monitor_real *real = &check->monitor->reals[check->real];
	char reason[PROTO_REASON_LEN];

	check_reason(check, reason);
	const struct log_change change = {.kind = LOG_CHECK_FAILED,
		.virtual_server = check->monitor->virtuals[real->virtual_number].name,
		.real_server = real->name,
		.state = word(service_server_up(&real->server)),
		.reason = reason};
	log_change(LOG_INFO, &change, "%s of %s stays %s: %s", real->name, change.virtual_server,
		change.state, reason);
}

/* ---- what follows from a result ---- */

static struct service_change count(struct monitor_check *check)
{
	struct monitor_real *real = &check->monitor->reals[check->real];
	struct service *service = &check->monitor->virtuals[real->virtual_number].service;
	bool fails = checker_fails(&check->leader->checker, &check->params);
	int64_t added = check->leader->added;
	struct service_change change = service_update(
		service, &real->server, (int)fails - (int)check->fails, added - check->applied);

	check->fails = fails;
	check->applied = added;
	return change;
}

void monitor_tell_count(struct monitor_check *check)
{
	struct monitor_real *real = &check->monitor->reals[check->real];

	check->fails = checker_fails(&check->leader->checker, &check->params);
	check->applied = check->leader->added;
	real->server.failing += check->fails;
	real->server.added += check->applied;
}

static void tell_one(struct monitor_check *check, bool news)
{
	struct monitor *monitor = check->monitor;
	struct monitor_real *real = &monitor->reals[check->real];
	struct monitor_virtual *virtual_server = &monitor->virtuals[real->virtual_number];
	uint64_t weight_up = virtual_server->service.weight_up;
	bool failed = check->fails;
	struct service_change change = count(check);

	if (news)
		tell_checker(check);
	if (change.server)
		log_real(monitor, real);
	else if (change.weight)
		log_weight(monitor, real);
	else if (failed != check->fails)
		log_check(check);
	if (change.server || change.weight)
		tell_real(monitor, real);
	if (change.quorum)
		log_virtual(virtual_server);
	if (change.quorum || weight_up != virtual_server->service.weight_up)
		tell_virtual(monitor, virtual_server);
}

void monitor_tell_check(struct monitor_check *check, bool news)
{
	for (; check != NULL; check = check->next_same)
		tell_one(check, news);
}

void monitor_tell_all(struct monitor *monitor)
{
	child_cork(monitor->child);
	for (size_t i = 0; i < monitor->checks_count; i++)
		tell_checker(monitor->checks[i]);
	for (size_t i = 0; i < monitor->reals_count; i++) {
		struct monitor_real *real = &monitor->reals[i];
		if (news_of(&real->told, service_server_up(&real->server)) == NEWS_CHANGED)
			log_real(monitor, real);
		tell_real(monitor, real);
	}
	for (size_t i = 0; i < monitor->virtuals_count; i++) {
		struct monitor_virtual *virtual_server = &monitor->virtuals[i];
		if (news_of(&virtual_server->told, virtual_server->service.quorum_up) ==
			NEWS_CHANGED)
			log_virtual(virtual_server);
		tell_virtual(monitor, virtual_server);
	}
	child_uncork(monitor->child);
}
