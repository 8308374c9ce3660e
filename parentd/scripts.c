#include "parentd/scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "conf/command.h"
#include "conf/notify.h"
#include "parentd/events.h"
#include "parentd/parent.h"
#include "parentd/script_run.h"
#include "parentd/script_user.h"
#include "proto/state_page.h"

#define SCRIPT_NAME_LEN (2 * PROTO_NAME_LEN + 128)

/* A vrrp_script, or the command of a MISC_CHECK. */
struct script {
	char name[SCRIPT_NAME_LEN];
	struct conf_command_line command;
	struct runner_user user;
	uint64_t timeout_us;
	struct script_run run;
	bool ran;
	struct runner_done last; /* its output ends with a NUL */
};

struct scripts {
	struct parent *parent;
	struct script *list; /* numbered as for checkerd and vrrpd */
	size_t count;
	size_t tracked; /* vrrp_scripts, which come first */
};

struct scripts *scripts_new(struct parent *parent)
{
	struct scripts *scripts = calloc(1, sizeof(*scripts));

	if (scripts == NULL)
		fatal("scripts");
	scripts->parent = parent;
	return scripts;
}

/* A run is known by its number wherever it comes back to, be it another parentd. */
static uint64_t run_number(uint32_t generation, uint32_t script, uint32_t run)
{
	return (uint64_t)(generation & 0xffff) << 48 | (uint64_t)(script & 0xffff) << 32 | run;
}

static uint32_t generation_in_force(const struct scripts *scripts)
{
	return scripts->parent->transaction.current;
}

/* ---- a new configuration ---- */

/* Most configurations change little: it probably is where it was. */
static struct script *find(const struct scripts *scripts, const char *name, size_t hint)
{
	for (size_t i = 0; i < scripts->count; i++) {
		size_t at = (hint + i) % scripts->count;
		if (strcmp(scripts->list[at].name, name) == 0)
			return &scripts->list[at];
	}
	return NULL;
}

static bool same_command(const struct script *a, const struct script *b)
{
	return a->timeout_us == b->timeout_us && a->user.uid == b->user.uid &&
	       a->user.gid == b->user.gid && a->command.count == b->command.count &&
	       memcmp(a->command.text, b->command.text, sizeof(a->command.text)) == 0;
}

/* The run under way goes on, when it is what would be run now. */
static void carry_over(struct script *known, struct script *script)
{
	script->ran = known->ran;
	script->last = known->last;
	script->run.heard = known->run.heard;
	if (!same_command(known, script))
		return;
	script->run = known->run;
	known->run.number = 0;
}

/* The next of scripts->list; before is the list that it replaces. */
static void add(struct scripts *scripts, const struct scripts *before, const char *name,
	const struct conf_command *command, uint64_t timeout_us)
{
	struct script *script = &scripts->list[scripts->count++];
	char why[160] = "";

	script->timeout_us = timeout_us;
	proto_string_set(script->name, sizeof(script->name), name);
	/* both were judged when the configuration was read */
	const char *wrong = conf_command_parse(command->line, &script->command);
	bool somebody =
		script_user(scripts->parent->conf, command, &script->user, why, sizeof(why));
	if (wrong != NULL || !somebody) {
		log_warnx("%s cannot be run: %s", name, wrong != NULL ? wrong : why);
		script->command.count = 0;
		return;
	}
	struct script *known = find(before, script->name, scripts->count - 1);
	if (known != NULL)
		carry_over(known, script);
}

static void add_misc(struct scripts *scripts, const struct scripts *before,
	const struct conf_virtual_server *server, const struct conf_real_server *real)
{
	const struct conf_checker *checker;
	char service[PROTO_NAME_LEN], server_name[PROTO_NAME_LEN], name[SCRIPT_NAME_LEN];

	conf_service_name(server, service);
	conf_real_name(server, real, server_name);
	TAILQ_FOREACH(checker, &real->checkers, entry)
	{
		if (checker->type != CONF_MISC_CHECK)
			continue;
		snprintf(name, sizeof(name), "%s of %s: %s", server_name, service,
			checker->command.line);
		add(scripts, before, name, &checker->command, checker->misc_timeout_us);
	}
}

static size_t count_all(const struct conf *conf)
{
	const struct conf_script *script;
	const struct conf_virtual_server *server;
	const struct conf_real_server *real;
	const struct conf_checker *checker;
	size_t count = 0;

	TAILQ_FOREACH(script, &conf->scripts, entry)
	count += script->tracked;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	TAILQ_FOREACH(real, &server->real_servers, entry)
	TAILQ_FOREACH(checker, &real->checkers, entry)
	count += checker->type == CONF_MISC_CHECK;
	return count;
}

static void add_all(struct scripts *scripts, const struct scripts *before)
{
	const struct conf *conf = scripts->parent->conf;
	const struct conf_script *script;
	const struct conf_virtual_server *server;
	const struct conf_real_server *real;

	TAILQ_FOREACH(script, &conf->scripts, entry)
	{
		if (script->tracked)
			add(scripts, before, script->name, &script->script, script->timeout_us);
	}
	scripts->tracked = scripts->count;
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	TAILQ_FOREACH(real, &server->real_servers, entry)
	add_misc(scripts, before, server, real);
}

/* Before their runners are told to go, and have none any more. */
static void end_what_is_left(const struct scripts *scripts)
{
	struct runners *runners = scripts->parent->runners;

	for (size_t i = 0; i < scripts->count; i++) {
		const struct script *script = &scripts->list[i];
		int slot = runners_slot(runners, script->user.uid, script->user.gid);
		if (script->run.number != 0 && slot != -1)
			runners_end(runners, slot, script->run.number);
	}
}

/* Far more than can have a runner, so that it can be said how many they are. */
#define USERS_MAX 64

struct user_list {
	const struct conf *conf;
	struct runner_user users[USERS_MAX];
	size_t count;
};

static void take_user(const struct runner_user *user, void *arg)
{
	struct user_list *list = arg;

	for (size_t i = 0; i < list->count; i++) {
		if (list->users[i].uid == user->uid && list->users[i].gid == user->gid)
			return;
	}
	if (list->count < USERS_MAX)
		list->users[list->count++] = *user;
}

static void take_notify_user(const struct conf_notify *notify, void *arg)
{
	struct user_list *list = arg;
	struct runner_user user;
	char why[160];

	if (script_user(list->conf, notify->command, &user, why, sizeof(why)))
		take_user(&user, list); /* or it was said when the configuration was read */
}

static void take_track_users(struct user_list *list)
{
	const struct conf_track_file *file;
	const struct conf_command command = {.line = NULL};
	const struct conf_notify by = {.command = &command};

	TAILQ_FOREACH(file, &list->conf->track_files, entry)
	if (file->init)
		take_notify_user(&by, list);
}

/* Everybody who is to execute or write something: now, or when something happens. */
static void want_runners(const struct scripts *scripts)
{
	struct user_list list = {.conf = scripts->parent->conf};

	for (size_t i = 0; i < scripts->count; i++) {
		if (scripts->list[i].command.count > 0)
			take_user(&scripts->list[i].user, &list);
	}
	conf_notify_each(list.conf, take_notify_user, &list);
	take_track_users(&list);
	events_users(scripts->parent->events, take_user, &list);
	runners_secure(scripts->parent->runners, list.conf->global.enable_script_security);
	if (runners_want(scripts->parent->runners, list.users, list.count) == -1)
		log_line(LOG_ERR, "scripts of %zu users cannot be run: %d at most", list.count,
			PROTO_RUNNERS);
}

void scripts_adopt(struct scripts *scripts)
{
	struct scripts before = *scripts;

	scripts->list = calloc(count_all(scripts->parent->conf) + 1, sizeof(*scripts->list));
	if (scripts->list == NULL)
		fatal("scripts");
	scripts->count = 0;
	add_all(scripts, &before);
	end_what_is_left(&before);
	free(before.list);
	want_runners(scripts);
}

/* ---- verdicts ---- */

/* What checkerd has written of a script; all zero, and so unknown, when it has not. */
static struct state_check record_of(const struct scripts *scripts, const char *name)
{
	const struct state_page *page = parent_child_state(&scripts->parent->children[PROTO_CHECK]);
	struct state_check record;

	for (uint32_t i = 0; page != NULL && i < STATE_CHECKS; i++) {
		if (state_check_load(page, i, &record) == 1 &&
			strncmp(record.name, name, sizeof(record.name)) == 0 &&
			record.verdict <= VERDICT_UP)
			return record;
	}
	return (struct state_check){.verdict = VERDICT_UNKNOWN};
}

static uint32_t verdict_of(const struct scripts *scripts, const char *name)
{
	return record_of(scripts, name).verdict;
}

void scripts_fill_verdicts(const struct scripts *scripts, const struct conf_items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		if (items->list[i].type != CONF_VRRP_SCRIPT)
			continue;
		struct conf_vrrp_script *item = &items->list[i].body->script;
		item->verdict = verdict_of(scripts, item->name);
	}
}

static void tell_vrrpd(struct scripts *scripts, uint32_t script, uint32_t verdict)
{
	const struct vrrp_script_verdict body = {.script = script, .verdict = verdict};

	parent_child_send(&scripts->parent->children[PROTO_VRRP], VRRP_SCRIPT_VERDICT,
		generation_in_force(scripts), &body);
}

void scripts_tell_vrrpd(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->tracked; i++)
		tell_vrrpd(scripts, (uint32_t)i, verdict_of(scripts, scripts->list[i].name));
}

void scripts_verdict(
	struct scripts *scripts, uint32_t generation, const struct check_verdict *verdict)
{
	if (generation == generation_in_force(scripts) && verdict->script < scripts->tracked)
		tell_vrrpd(scripts, verdict->script, verdict->verdict);
}

/* ---- runs ---- */

static void tell_checkerd(struct scripts *scripts, uint32_t script, uint32_t run,
	enum check_result result, int32_t status)
{
	const struct check_ran body = {
		.script = script, .run = run, .result = result, .status = status};

	parent_child_send(&scripts->parent->children[PROTO_CHECK], CHECK_RAN,
		generation_in_force(scripts), &body);
}

void scripts_run(struct scripts *scripts, uint32_t generation, const struct check_run *order)
{
	struct runners *runners = scripts->parent->runners;

	if (generation != generation_in_force(scripts) || order->script >= scripts->count)
		return;
	struct script *script = &scripts->list[order->script];
	if (script_run_join(&script->run, order->run))
		return;
	int slot = runners_slot(runners, script->user.uid, script->user.gid);
	const struct runner_order what = {.run = run_number(generation, order->script, order->run),
		.timeout_ms = (uint32_t)((script->timeout_us + 999) / 1000), /* 0: none */
		.words_count = script->command.count,
		.words = script->command.words};
	if (script->command.count == 0 || slot == -1 || runners_run(runners, slot, &what) == -1) {
		log_debug("%s is not run: its runner is not there (%s)", script->name,
			strerror(errno));
		tell_checkerd(scripts, order->script, order->run, CHECK_UNKNOWN, -1);
		return;
	}
	log_topic(LOG_TOPIC_SCRIPTS, "%s is run by the runner of user %u", script->name,
		(unsigned)script->user.uid);
	script_run_begin(&script->run, what.run, order->run);
}

static enum check_result judge(const struct runner_done *done)
{
	switch (done->outcome) {
	case RAN_EXITED:
		return done->status == 0 ? CHECK_GOOD : CHECK_BAD;
	case RAN_SIGNALED:
	case RAN_TIMED_OUT:
	case RAN_NOT_STARTED:
		return CHECK_BAD;
	default:
		return CHECK_UNKNOWN; /* it was not run: the runner had too much to do */
	}
}

void scripts_describe(const struct runner_done *done, char *text, size_t size)
{
	switch (done->outcome) {
	case RAN_EXITED:
		snprintf(text, size, "exit status %d", done->status);
		return;
	case RAN_SIGNALED:
		snprintf(text, size, "ended by signal %d", done->status);
		return;
	case RAN_TIMED_OUT:
		snprintf(text, size, "not done in time, ended");
		return;
	case RAN_NOT_STARTED:
		snprintf(text, size, "cannot be executed: %s", strerror(done->status));
		return;
	default:
		snprintf(text, size, "not run: %s",
			done->status != 0 ? strerror(done->status) : "too many are running");
		return;
	}
}

void scripts_one_line(const struct runner_done *done, char *text, size_t size)
{
	strlcpy(text, done->output, size);
	size_t length = strlen(text);
	if (length > 0 && text[length - 1] == '\n')
		text[length - 1] = '\0';
	for (char *c = text; (c = strchr(c, '\n')) != NULL;)
		*c = '|';
}

/* As keepalived: only what is new is worth a line. */
static void say_change(const struct script *script, const struct runner_done *done)
{
	char how[96], output[sizeof(done->output)];

	if (script->ran && script->last.outcome == done->outcome &&
		script->last.status == done->status)
		return;
	if (!script->ran && judge(done) == CHECK_GOOD)
		return;
	scripts_describe(done, how, sizeof(how));
	scripts_one_line(done, output, sizeof(output));
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_SCRIPT_RESULT,
			.script = script->name,
			.state = how,
			.reason = output},
		"%s: %s after %.3f s%s%s", script->name, how, (double)done->duration_us / 1e6,
		output[0] != '\0' ? ": " : "", output);
}

/* Which script a number is about: one whose run is under way, or, when a parentd before this one
 * ordered it, the one that the number names. NULL: none. */
static struct script *script_of_run(const struct scripts *scripts, uint64_t run)
{
	uint32_t generation = (uint32_t)(run >> 48);
	uint32_t number = (uint32_t)(run >> 32) & 0xffff;

	/* unless a reload has given it another place, it is where its number says */
	for (size_t i = 0; run != 0 && i < scripts->count; i++) {
		struct script *script = &scripts->list[(number + i) % scripts->count];
		if (script->run.number == run)
			return script;
	}
	if (generation != (generation_in_force(scripts) & 0xffff) || number >= scripts->count)
		return NULL; /* of a configuration that is no longer in force */
	return &scripts->list[number];
}

void scripts_done(struct scripts *scripts, int slot, const struct runner_done *done)
{
	struct script *script = script_of_run(scripts, done->run);

	/* A runner that is its user's tool tells nothing about another user's scripts. */
	if (script == NULL ||
		runners_slot(scripts->parent->runners, script->user.uid, script->user.gid) !=
			slot ||
		!script_run_end(&script->run, done->run)) {
		log_debug("slot %d: an answer that nobody waits for", slot);
		return;
	}
	log_topic(LOG_TOPIC_SCRIPTS, "%s: %s, status %d, after %.3f s", script->name,
		done->outcome == RAN_EXITED ? "exited" : "did not exit", done->status,
		(double)done->duration_us / 1e6);
	say_change(script, done);
	script->ran = true;
	script->last = *done;
	tell_checkerd(scripts, (uint32_t)(script - scripts->list), script->run.asked, judge(done),
		done->outcome == RAN_EXITED ? done->status : -1);
}

void scripts_lost(struct scripts *scripts, int slot)
{
	for (size_t i = 0; i < scripts->count; i++) {
		struct script *script = &scripts->list[i];
		if (script->run.number == 0 || runners_slot(scripts->parent->runners,
						       script->user.uid, script->user.gid) != slot)
			continue;
		log_debug("%s: how it ended will never be known", script->name);
		tell_checkerd(scripts, (uint32_t)i, script->run.asked, CHECK_UNKNOWN, -1);
		script->run.number = 0;
	}
}

/* ---- status ---- */

json_t *scripts_next_run_json(uint64_t due_ns)
{
	uint64_t now_ns = clock_now_ns();

	if (due_ns == 0)
		return json_null();
	return json_real(due_ns > now_ns ? (double)(due_ns - now_ns) / (double)NSEC_PER_SEC : 0);
}

static json_t *script_json(const struct scripts *scripts, const struct script *script)
{
	static const char *const words[] = {"unknown", "down", "up"};
	struct state_check record = record_of(scripts, script->name);
	uint32_t verdict = record.verdict;
	char how[96] = "not run yet";

	if (script->ran)
		scripts_describe(&script->last, how, sizeof(how));
	return json_pack("{s:s, s:b, s:s, s:o, s:s, s:s, s:f, s:s, s:o}", "name", script->name,
		"up", verdict == VERDICT_UP, "verdict", words[verdict], "last_exit",
		script->ran && script->last.outcome == RAN_EXITED
			? json_integer(script->last.status)
			: json_null(),
		"last_result", how, "last_output", script->ran ? script->last.output : "",
		"last_duration_s", (double)script->last.duration_us / 1e6, "user",
		script->user.name, "next_run_s", scripts_next_run_json(record.due_ns));
}

json_t *scripts_json(const struct scripts *scripts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < scripts->tracked; i++) {
		json_t *one = script_json(scripts, &scripts->list[i]);
		if (one != NULL)
			json_array_append_new(array, one);
	}
	return array;
}

const char *scripts_output(const struct scripts *scripts, uint32_t number)
{
	if (number >= scripts->count || !scripts->list[number].ran)
		return "";
	return scripts->list[number].last.output;
}
