#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checkerd/monitor_internal.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/log.h"
#include "proto/state_tally.h"

#define USEC_NS UINT64_C(1000)

/* Somebody looks at its verdict: a virtual server that is not suspended. */
static bool wanted(const struct monitor_check *check)
{
	const struct monitor *monitor = check->monitor;

	for (; check != NULL; check = check->next_same) {
		uint32_t number = monitor->reals[check->real].virtual_number;
		if (!monitor->virtuals[number].suspended)
			return true;
	}
	return false;
}

#define ABOUT_LEN 192

/* For lines of a debug topic. */
static const char *about(const struct monitor_check *check, char text[ABOUT_LEN])
{
	const struct monitor_real *real = &check->monitor->reals[check->real];

	snprintf(text, ABOUT_LEN, "%s of %s of %s", check->kind->name, real->name,
		check->monitor->virtuals[real->virtual_number].name);
	return text;
}

void monitor_attempt_plan(struct monitor_check *check)
{
	bool attempts = check->kind->start != NULL || check->type == CHECK_MISC;

	if (check->leader != check || !attempts || !wanted(check)) {
		monitor_attempt_cancel(check);
		return;
	}
	uint64_t due_ns = checker_deadline(&check->checker);
	timers_set(check->monitor->timers, &check->timer, due_ns);
	log_topic(LOG_TOPIC_TIMERS, "%s: due in %.3f s", about(check, (char[ABOUT_LEN]){0}),
		(double)(int64_t)(due_ns - clock_now_ns()) / (double)NSEC_PER_SEC);
}

void monitor_attempt_cancel(struct monitor_check *check)
{
	if (check->probe != NULL)
		probe_cancel(check->probe);
	check->probe = NULL;
	check->checker.running = false;
	timers_cancel(check->monitor->timers, &check->timer);
}

void monitor_attempt_suspend(struct monitor_check *check)
{
	check = check->leader;
	if (wanted(check) && !timer_running(&check->timer))
		checker_resume(&check->checker, &check->params, clock_now_ns());
	monitor_attempt_plan(check);
}

/* Bytes of a server are shown to nobody as they are. Returns whether the text is another one. */
static bool keep_result(struct monitor_check *check, const char *reason)
{
	char text[PROTO_REASON_LEN];
	size_t i;

	for (i = 0; reason[i] != '\0' && i < sizeof(text) - 1; i++) {
		text[i] = '?';
		if (reason[i] >= ' ' && reason[i] <= '~')
			text[i] = reason[i];
	}
	text[i] = '\0';
	if (check->result != NULL && strcmp(check->result, text) == 0)
		return false;
	free(check->result);
	check->result = strdup(text);
	if (check->result == NULL)
		fatal("checker");
	return true;
}

static void log_failure(const struct monitor_check *check)
{
	const struct monitor_real *real = &check->monitor->reals[check->real];

	const struct log_change change = {.kind = LOG_CHECK_FAILED,
		.virtual_server = check->monitor->virtuals[real->virtual_number].name,
		.real_server = real->name,
		.reason = check->result};
	log_change(LOG_INFO, &change, "%s of %s: %s: %s", real->name, change.virtual_server,
		check->kind->name, check->result);
}

/* Keeps and tells what came of a result. */
static void conclude(struct monitor_check *check, enum checker_result result, bool changed,
	const char *reason, uint64_t now_ns)
{
	bool news = keep_result(check, reason) || changed;

	if (changed) {
		check->changed_ns = now_ns;
		check->changed_wall_s = (int64_t)time(NULL);
	} else if (result == CHECKER_BAD && (check->flags & CHECKER_LOG_ALL_FAILURES) != 0) {
		log_failure(check);
	}
	monitor_page_store_check(check);
	monitor_attempt_plan(check);
	monitor_tell_check(check, news);
}

/* What nobody can say took no time that means anything. */
static void count(struct monitor_check *check, enum checker_result result)
{
	static const enum tally_result words[] = {[CHECKER_GOOD] = TALLY_GOOD,
		[CHECKER_BAD] = TALLY_BAD,
		[CHECKER_UNKNOWN] = TALLY_UNKNOWN};
	struct state_page *page = check->monitor->page;

	state_tally_add(page, TALLY_RESULTS(check->type), words[result], 1);
	if (result == CHECKER_UNKNOWN)
		return;
	state_tally_observe(page, TALLY_LATENCY(check->type), tally_latency_us, check->latency_us);
	check->attempts++;
	check->failures += result == CHECKER_BAD;
}

void monitor_attempt_ended(
	struct monitor_check *check, enum checker_result result, const char *reason)
{
	static const char *const words[] = {[CHECKER_GOOD] = "good",
		[CHECKER_BAD] = "bad",
		[CHECKER_UNKNOWN] = "nobody can say"};
	uint64_t now_ns = clock_now_ns();

	check->latency_us = (now_ns - check->began_ns) / USEC_NS;
	log_topic(LOG_TOPIC_CHECKS, "%s: %s after %" PRIu64 " us: %s",
		about(check, (char[ABOUT_LEN]){0}), words[result], check->latency_us,
		reason != NULL ? reason : "it was not made");
	count(check, result);
	bool changed = checker_result(&check->checker, &check->params, result, now_ns);
	if (result == CHECKER_UNKNOWN)
		monitor_attempt_plan(check);
	else
		conclude(check, result, changed, reason, now_ns);
}

static void probe_done(bool good, const char *reason, void *arg)
{
	struct monitor_check *check = arg;

	check->probe = NULL;
	monitor_attempt_ended(check, good ? CHECKER_GOOD : CHECKER_BAD, reason);
}

static void run_command(struct monitor_check *check)
{
	check->run = check->monitor->next_run++;
	const struct check_run order = {.script = check->command, .run = check->run};

	if (child_send(check->monitor->child, CHECK_RUN, &order) == -1)
		monitor_attempt_ended(check, CHECKER_UNKNOWN, NULL);
}

/* What this host lacks says nothing about the server. One line for all that it meets in a minute.
 */
static bool is_shortage(int error, const char *reason)
{
	static const struct log_source source = {.topic = "shortage", .period_s = 60};

	if (error != EMFILE && error != ENFILE && error != ENOMEM && error != ENOBUFS)
		return false;
	log_limited(LOG_WARNING, &source, "checks cannot be made, and verdicts stay: %s", reason);
	return true;
}

static void begin(struct monitor_check *check)
{
	struct monitor *monitor = check->monitor;
	char reason[PROTO_REASON_LEN] = "";

	log_topic(LOG_TOPIC_CHECKS, "%s begins", about(check, (char[ABOUT_LEN]){0}));
	if (check->type == CHECK_MISC) {
		run_command(check);
		return;
	}
	check->probe = check->kind->start(&monitor->tools, &check->target, check->prepared,
		check->checker.step, probe_done, check);
	if (check->probe != NULL)
		return;
	int error = errno;
	if (check->kind->start_failed != NULL)
		check->kind->start_failed(&check->target, error, reason);
	else
		probe_start_failed(&check->target, error, reason);
	monitor_attempt_ended(
		check, is_shortage(error, reason) ? CHECKER_UNKNOWN : CHECKER_BAD, reason);
}

static void expired(void *arg, uint64_t now_ns)
{
	struct monitor_check *check = arg;

	if (checker_due(&check->checker, &check->params, now_ns)) {
		check->began_ns = now_ns;
		begin(check);
	}
	if (!timer_running(&check->timer))
		monitor_attempt_plan(check);
}

void monitor_attempt_init(struct monitor_check *check)
{
	timer_init(&check->timer, expired, check);
}

struct monitor_check *monitor_by_command(const struct command_index *index, uint32_t command)
{
	if (command < index->first || command - index->first >= index->count)
		return NULL;
	return index->list[command - index->first];
}

static void command_ended(struct monitor_check *check, const struct check_ran *ran)
{
	const struct monitor_real *real = &check->monitor->reals[check->real];
	enum checker_result result = CHECKER_UNKNOWN;
	int64_t weight = real->server.configured;
	char reason[PROTO_REASON_LEN];

	if (ran->result != CHECK_UNKNOWN)
		result = checker_judge_misc(ran->status, (check->flags & CHECKER_MISC_DYNAMIC) != 0,
			real->server.configured, &weight);
	if (ran->status == -1)
		snprintf(reason, sizeof(reason), "ended by its time limit or a signal");
	else
		snprintf(reason, sizeof(reason), "exit status %d", ran->status);
	if (result == CHECKER_GOOD)
		check->added = weight - real->server.configured;
	monitor_attempt_ended(check, result, reason);
}

void monitor_ran(struct monitor *monitor, const struct check_ran *ran)
{
	struct monitor_check *check = monitor_by_command(&monitor->commands, ran->script);

	for (; check != NULL; check = check->next_command) {
		if (check->checker.running && check->run == ran->run) {
			command_ended(check, ran);
			return;
		}
	}
}

static void file_says(struct monitor_check *check, const struct check_file_value *value)
{
	int64_t added;
	char reason[PROTO_REASON_LEN];
	uint64_t now_ns = clock_now_ns();
	enum checker_result result = checker_judge_file(value->value, check->weight, &added);

	snprintf(reason, sizeof(reason), "the value is %" PRId64 ", times %d", value->value,
		check->weight);
	if (result == CHECKER_GOOD)
		check->added = added;
	conclude(check, result, checker_told(&check->checker, result), reason, now_ns);
}

/* A file that cannot be read is one with 0 in it, as for an instance that tracks it. */
void monitor_file_value(struct monitor *monitor, const struct check_file_value *value)
{
	struct monitor_check *check = monitor_by_command(&monitor->files, value->file);

	for (; check != NULL; check = check->next_command)
		file_says(check, value);
}
