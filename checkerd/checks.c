#include "checkerd/checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checkerd/check_conf.h"
#include "checkerd/script.h"
#include "common/child.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/timers.h"
#include "proto/state_page.h"

/* A script and its place; the address stays while its timer may run. */
struct check {
	struct checks *checks;
	uint32_t number;
	char name[PROTO_NAME_LEN];
	struct script_params params;
	struct script script;
	uint64_t changed_ns;
	int64_t changed_wall_s;
	struct timer timer;
};

struct checks {
	struct state_page *map;
	struct timers *timers;
	struct child *child;
	struct check **list; /* by number */
	size_t count;
	/* what a predecessor left, until the first configuration */
	struct state_check *left;
	size_t left_count;
};

struct checks *checks_new(struct state_page *map, struct timers *timers)
{
	struct checks *checks = calloc(1, sizeof(*checks));

	if (checks == NULL)
		fatal("checks");
	checks->map = map;
	checks->timers = timers;
	checks->left = calloc(STATE_CHECKS, sizeof(*checks->left));
	if (checks->left == NULL)
		fatal("checks");
	for (uint32_t i = 0; i < STATE_CHECKS; i++) {
		int found = state_check_load(map, i, &checks->left[checks->left_count]);
		if (found == -1)
			log_warnx("record %u of the state page is damaged and ignored", i);
		else if (found == 1)
			checks->left_count++;
	}
	return checks;
}

void checks_set_child(struct checks *checks, struct child *child)
{
	checks->child = child;
}

size_t checks_left(const struct checks *checks)
{
	return checks->left_count;
}

static void store(const struct check *check)
{
	struct state_check record = {
		.verdict = check->script.verdict,
		.streak = check->script.streak,
		.streak_good = check->script.streak_good,
		.run = check->script.run,
		.due_ns = check->script.due_ns,
		.changed_ns = check->changed_ns,
		.changed_wall_s = check->changed_wall_s,
	};

	proto_string_set(record.name, sizeof(record.name), check->name);
	state_check_store(check->checks->map, check->number, &record);
}

static void tell(const struct check *check)
{
	const struct check_verdict verdict = {
		.script = check->number, .verdict = check->script.verdict};

	/* without a parentd the next one reads the state page */
	(void)child_send(check->checks->child, CHECK_VERDICT, &verdict);
}

static void run(struct check *check)
{
	const struct check_run order = {.script = check->number, .run = check->script.run};
	const struct script_params *params = &check->params;

	if (child_send(check->checks->child, CHECK_RUN, &order) == -1)
		script_result(&check->script, params, check->script.run, SCRIPT_UNKNOWN);
}

static void expired(void *arg, uint64_t now_ns)
{
	struct check *check = arg;

	if (script_due(&check->script, &check->params, now_ns))
		run(check);
	store(check);
	timers_set(check->checks->timers, &check->timer, script_deadline(&check->script));
}

static void say_change(const struct check *check, enum proto_verdict before)
{
	static const char *const words[] = {
		[VERDICT_UNKNOWN] = "unknown", [VERDICT_DOWN] = "down", [VERDICT_UP] = "up"};
	static const char *const one[] = {"failure", "success"};
	static const char *const several[] = {"failures in a row", "successes in a row"};
	const struct script *script = &check->script;

	char reason[64];

	snprintf(reason, sizeof(reason), "after %u %s", script->streak,
		(script->streak == 1 ? one : several)[script->streak_good]);
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_SCRIPT_VERDICT,
			.script = check->name,
			.old_state = words[before],
			.state = words[script->verdict],
			.reason = reason},
		"%s: %s -> %s %s", check->name, words[before], words[script->verdict], reason);
}

void checks_ran(struct checks *checks, const struct check_ran *ran)
{
	static const enum script_result results[] = {[CHECK_GOOD] = SCRIPT_GOOD,
		[CHECK_BAD] = SCRIPT_BAD,
		[CHECK_UNKNOWN] = SCRIPT_UNKNOWN};

	if (ran->script >= checks->count)
		return;
	struct check *check = checks->list[ran->script];
	enum proto_verdict before = check->script.verdict;
	bool changed =
		script_result(&check->script, &check->params, ran->run, results[ran->result]);
	if (changed) {
		check->changed_ns = clock_now_ns();
		check->changed_wall_s = (int64_t)time(NULL);
		say_change(check, before);
	}
	store(check);
	timers_set_lazily(checks->timers, &check->timer, script_deadline(&check->script));
	if (changed)
		tell(check);
}

/* ---- a new configuration ---- */

int checks_judge(const struct conf_check_script *scripts, size_t count, char *reason, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		const struct conf_check_script *script = &scripts[i];
		if (script->name[0] != '\0' && script->interval_us >= CHECK_DELAY_MIN_US &&
			script->interval_us <= CHECK_TIME_MAX_US && script->timeout_us > 0 &&
			script->timeout_us <= CHECK_TIME_MAX_US)
			continue;
		snprintf(reason, size,
			"script %zu has no name, interval or timeout, or too long a one", i);
		return -1;
	}
	return 0;
}

static struct check *find(struct check **list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] != NULL && strcmp(list[i]->name, name) == 0)
			return list[i];
	}
	return NULL;
}

static const struct state_check *find_left(const struct checks *checks, const char *name)
{
	for (size_t i = 0; i < checks->left_count; i++) {
		if (strncmp(checks->left[i].name, name, sizeof(checks->left[i].name)) == 0)
			return &checks->left[i];
	}
	return NULL;
}

/* What of it goes on: it was in the configuration before, or a predecessor left it. */
static void begin(struct check *check, const struct check *known, const struct state_check *left,
	uint64_t now_ns)
{
	if (known != NULL) {
		check->script = known->script;
		script_resume(&check->script, &check->params, now_ns);
		check->changed_ns = known->changed_ns;
		check->changed_wall_s = known->changed_wall_s;
	} else if (left != NULL) {
		check->script = (struct script){.verdict = (enum proto_verdict)left->verdict,
			.streak = left->streak,
			.streak_good = left->streak_good != 0,
			.due_ns = left->due_ns,
			.run = left->run};
		check->changed_ns = left->changed_ns;
		check->changed_wall_s = left->changed_wall_s;
		script_resume(&check->script, &check->params, now_ns);
	} else {
		script_init(&check->script, &check->params, now_ns);
	}
}

static struct check *make(struct checks *checks, const struct conf_check_script *conf,
	uint32_t number, uint64_t now_ns)
{
	struct check *check = calloc(1, sizeof(*check));

	if (check == NULL)
		fatal("%s", conf->name);
	check->checks = checks;
	check->number = number;
	proto_string_set(check->name, sizeof(check->name), conf->name);
	check->params = (struct script_params){.interval_ns = conf->interval_us * 1000,
		.timeout_ns = conf->timeout_us * 1000,
		.rise = conf->rise,
		.fall = conf->fall,
		.init_fail = conf->init_fail != 0};
	begin(check, find(checks->list, checks->count, conf->name), find_left(checks, conf->name),
		now_ns);
	timer_init(&check->timer, expired, check);
	return check;
}

static void drop_all(struct checks *checks)
{
	for (size_t i = 0; i < checks->count; i++) {
		timers_cancel(checks->timers, &checks->list[i]->timer);
		free(checks->list[i]);
	}
	free(checks->list);
}

void checks_apply(struct checks *checks, const struct conf_check_script *scripts, size_t count)
{
	struct check **list = calloc(count + 1, sizeof(struct check *));
	uint64_t now_ns = clock_now_ns();

	if (list == NULL)
		fatal("configuration");
	for (size_t i = 0; i < count; i++)
		list[i] = make(checks, &scripts[i], (uint32_t)i, now_ns);
	drop_all(checks);
	checks->list = list;
	checks->count = count;
	for (uint32_t i = 0; i < STATE_CHECKS; i++) {
		if (i >= count)
			state_check_clear(checks->map, i);
	}
	for (size_t i = 0; i < count; i++) {
		store(list[i]);
		tell(list[i]);
		timers_set(checks->timers, &list[i]->timer, script_deadline(&list[i]->script));
	}
	checks->left_count = 0;
}
