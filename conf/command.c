#include "conf/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/command_path.h"
#include "conf/finding.h"
#include "conf/notify.h"
#include "conf/stage.h"
#include "conf/user.h"

/* Takes one word from *line to *to. Returns what is wrong, or NULL. */
static const char *take_word(const char **line, char **to, const char *end)
{
	char quote = '\0';

	for (; **line != '\0'; (*line)++) {
		char c = **line;
		if (quote == '\0' && (c == ' ' || c == '\t'))
			break;
		if (c == quote) {
			quote = '\0';
			continue;
		}
		if (quote == '\0' && (c == '"' || c == '\'')) {
			quote = c;
			continue;
		}
		if (c == '\\' && quote != '\'' && (*line)[1] != '\0')
			c = *++*line;
		if (*to == end)
			return "the command is too long";
		*(*to)++ = c;
	}
	if (quote != '\0')
		return "a quote is not closed";
	if (*to == end)
		return "the command is too long";
	*(*to)++ = '\0';
	return NULL;
}

static const char *redirection(const char *line, struct conf_command_line *command)
{
	if (strlcpy(command->text, line, PROTO_PATH_LEN) >= PROTO_PATH_LEN)
		return "the command is too long";
	command->by_shell = true;
	command->words[0] = "/bin/sh";
	command->words[1] = "-c";
	command->words[2] = command->text;
	command->count = 3;
	return NULL;
}

/* A bare name is looked for in the PATH of the script, which is none of ours. */
static const char *search_path(struct conf_command_line *command)
{
	if (strchr(command->words[0], '/') != NULL)
		return NULL;
	if (command->count == CONF_COMMAND_WORDS)
		return "the command has too many words";
	memmove(&command->words[1], &command->words[0], command->count * sizeof(const char *));
	command->by_name = true;
	command->words[0] = "/usr/bin/env";
	command->count++;
	return NULL;
}

/* One behind the other into the message that a runner gets. */
static const char *judge_length(const struct conf_command_line *command)
{
	size_t length = 0;

	for (const char *const *word = command->words; *word != NULL; word++)
		length += strlen(*word) + 1;
	return length > PROTO_PATH_LEN ? "the command is too long" : NULL;
}

static const char *parse(const char *line, struct conf_command_line *command)
{
	char *to = command->text;
	const char *end = command->text + PROTO_PATH_LEN;
	const char *why = NULL;

	*command = (struct conf_command_line){0};
	if (line[strspn(line, " \t")] == '<')
		return redirection(line, command);
	for (;;) {
		line += strspn(line, " \t");
		if (*line == '\0' || why != NULL)
			break;
		if (command->count == CONF_COMMAND_WORDS)
			return "the command has too many words";
		command->words[command->count++] = to;
		why = take_word(&line, &to, end);
	}
	if (why == NULL && (command->count == 0 || command->words[0][0] == '\0'))
		return "there is no command";
	return why != NULL ? why : search_path(command);
}

const char *conf_command_parse(const char *line, struct conf_command_line *command)
{
	const char *why = parse(line, command);

	return why != NULL ? why : judge_length(command);
}

/* ---- users ---- */

static const char *default_user(uid_t *uid, gid_t *gid)
{
	static const char *const names[] = {"keepalived_script", "holdfast-script"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (conf_user_find(names[i], uid, gid))
			return names[i];
	return NULL;
}

const char *conf_command_user(const struct conf *conf, const struct conf_command *command,
	uid_t *uid, gid_t *gid, char *why, size_t size)
{
	const char *user = command->user != NULL ? command->user : conf->global.script_user;
	const char *group = command->user != NULL ? command->group : conf->global.script_group;

	if (user == NULL) {
		user = default_user(uid, gid);
		if (user == NULL)
			snprintf(why, size,
				"no 'user' or 'script_user' is given, and there is no user "
				"holdfast-script: run packaging/create-users");
		return user;
	}
	if (!conf_user_find(user, uid, gid)) {
		snprintf(why, size, "there is no user '%s' in /etc/passwd", user);
		return NULL;
	}
	if (group != NULL && !conf_group_find(group, gid)) {
		snprintf(why, size, "there is no group '%s' in /etc/group", group);
		return NULL;
	}
	return user;
}

/* ---- validation ---- */

static const char *const suite_names[] = {
	"holdfast", "holdfast-parent", "holdfast-vrrp", "holdfast-check", "holdfast-ipvs"};
#define SUITE_USERS (sizeof(suite_names) / sizeof(suite_names[0]))

struct identity {
	uid_t uid;
	gid_t gid;
};

/* Findings of conf_validate_commands. */
struct judgement {
	struct conf *conf;
	bool allow_root;
	bool strict;
	struct identity suite[SUITE_USERS];
	size_t suite_count;
	struct identity runners[PROTO_RUNNERS]; /* who is to have one */
	size_t runners_count;
};

static void find_suite(struct judgement *judgement)
{
	for (size_t i = 0; i < SUITE_USERS; i++) {
		struct identity *user = &judgement->suite[judgement->suite_count];
		if (conf_user_find(suite_names[i], &user->uid, &user->gid))
			judgement->suite_count++;
	}
}

static bool is_of_suite(const struct judgement *judgement, uid_t uid)
{
	for (size_t i = 0; i < judgement->suite_count; i++) {
		if (judgement->suite[i].uid == uid)
			return true;
	}
	return false;
}

/* False: all runners are others'. */
static bool has_runner(struct judgement *judgement, uid_t uid, gid_t gid)
{
	for (size_t i = 0; i < judgement->runners_count; i++) {
		if (judgement->runners[i].uid == uid && judgement->runners[i].gid == gid)
			return true;
	}
	if (judgement->runners_count == PROTO_RUNNERS)
		return false;
	judgement->runners[judgement->runners_count++] = (struct identity){uid, gid};
	return true;
}

/* what: "vrrp_script 'chk'". Returns who runs it, in *who; false: nobody. */
static bool judge_user(struct judgement *judgement, const char *what,
	const struct conf_command *command, struct conf_runs_as *who)
{
	char why[160];

	who->user =
		conf_command_user(judgement->conf, command, &who->uid, &who->gid, why, sizeof(why));
	if (who->user == NULL)
		conf_error(judgement->conf, &command->place, "%s: %s", what, why);
	else if ((who->uid == 0 || who->gid == 0) && !judgement->allow_root)
		conf_error(judgement->conf, &command->place,
			"%s would run as root: name another user, or start holdfast with "
			"--allow-root-scripts",
			what);
	else if (is_of_suite(judgement, who->uid))
		conf_error(judgement->conf, &command->place,
			"%s would run as a user of Holdfast itself: name another user", what);
	else if (!has_runner(judgement, who->uid, who->gid))
		conf_error(judgement->conf, &command->place,
			"%s: scripts would be run as more than %d different users and groups: let "
			"some of them have the same",
			what, PROTO_RUNNERS);
	else
		return true;
	return false;
}

/* False: it is not to be run. */
static bool judge_command(
	struct judgement *judgement, const char *what, const struct conf_command *command)
{
	struct conf_command_line line;
	struct conf_runs_as who;
	const char *wrong = conf_command_parse(command->line, &line);

	if (wrong != NULL)
		conf_error(judgement->conf, &command->place, "%s: %s", what, wrong);
	if (wrong != NULL)
		return false;
	bool somebody = judge_user(judgement, what, command, &who);
	return conf_judge_path(judgement->conf, what, &command->place, &line,
		       somebody ? &who : NULL, judgement->strict) &&
	       somebody;
}

static void judge_notify(const struct conf_notify *notify, void *arg)
{
	struct judgement *judgement = arg;
	struct conf_runs_as who;
	char what[240];

	snprintf(what, sizeof(what), "%s of %s", notify->keyword, notify->of);
	if (!notify->is_fifo)
		judge_command(judgement, what, notify->command);
	else if (notify->command->line[0] != '/' || strlen(notify->command->line) >= PROTO_PATH_LEN)
		conf_error(judgement->conf, &notify->command->place,
			"%s: '%s' is not an absolute path", what, notify->command->line);
	else
		judge_user(judgement, what, notify->command, &who);
}

/* Leniently, one that cannot be run is left out: its server would wait for it for ever. */
static void judge_misc_check(struct judgement *judgement, const char *what,
	struct conf_real_server *real, struct conf_checker *checker)
{
	if (checker->type != CONF_MISC_CHECK || checker->command.line == NULL ||
		judge_command(judgement, what, &checker->command) || !judgement->conf->lenient)
		return;
	conf_warning(judgement->conf, &checker->place, "%s is left out", what);
	TAILQ_REMOVE(&real->checkers, checker, entry);
}

static void judge_misc_checks(struct judgement *judgement)
{
	struct conf_virtual_server *server;
	struct conf_real_server *real;
	struct conf_checker *checker, *next;
	char name[PROTO_NAME_LEN], what[160];

	TAILQ_FOREACH(server, &judgement->conf->virtual_servers, entry)
	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		snprintf(what, sizeof(what), "MISC_CHECK of real_server %s",
			conf_real_name(server, real, name));
		for (checker = TAILQ_FIRST(&real->checkers); checker != NULL; checker = next) {
			next = TAILQ_NEXT(checker, entry);
			judge_misc_check(judgement, what, real, checker);
		}
	}
}

/* Who creates the file. */
static void judge_file(struct judgement *judgement, const struct conf_track_file *file)
{
	const struct conf_command command = {.place = file->file_place};
	struct conf_runs_as who;
	char what[160];

	snprintf(what, sizeof(what), "init_file of track_file '%s'", file->name);
	if (file->init)
		judge_user(judgement, what, &command, &who);
}

/* What /proc hides cannot be counted. */
static void judge_processes(struct judgement *judgement)
{
	const struct conf_track_process *first = TAILQ_FIRST(&judgement->conf->track_processes);

	if (first != NULL && access("/proc/1/comm", R_OK) == -1)
		conf_error(judgement->conf, &first->place,
			"processes cannot be counted: /proc hides those of other users (it is "
			"mounted with 'hidepid')");
}

void conf_validate_commands(struct conf *conf, bool allow_root, bool strict)
{
	struct judgement judgement = {.conf = conf, .allow_root = allow_root, .strict = strict};
	struct conf_script *script = TAILQ_FIRST(&conf->scripts);
	const struct conf_track_file *file;
	char what[160];

	find_suite(&judgement);
	while (script != NULL) {
		struct conf_script *next = TAILQ_NEXT(script, entry);
		snprintf(what, sizeof(what), "vrrp_script '%s'", script->name);
		if (script->tracked && script->script.line != NULL &&
			!judge_command(&judgement, what, &script->script) && conf->lenient)
			conf_drop_script(conf, script);
		script = next;
	}
	TAILQ_FOREACH(file, &conf->track_files, entry)
	judge_file(&judgement, file);
	judge_processes(&judgement);
	judge_misc_checks(&judgement);
	conf_notify_each(conf, judge_notify, &judgement);
	conf_findings_sort(&conf->findings);
}
