#include "conf/command_path.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/script_path.h"
#include "conf/command_text.h"
#include "conf/finding.h"

#define NAME_LEN 64

bool conf_user_name(uid_t uid, char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;
	bool found = false;

	while (file != NULL && !found && (entry = fgetpwent(file)) != NULL) {
		found = entry->pw_uid == uid;
		strlcpy(name, entry->pw_name, size);
	}
	if (file != NULL)
		fclose(file);
	return found;
}

bool conf_group_name(gid_t gid, char *name, size_t size)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *entry;
	bool found = false;

	while (file != NULL && !found && (entry = fgetgrent(file)) != NULL) {
		found = entry->gr_gid == gid;
		strlcpy(name, entry->gr_name, size);
	}
	if (file != NULL)
		fclose(file);
	return found;
}

static void owner_text(const struct script_path_part *part, char *text, size_t size)
{
	char user[NAME_LEN], group[NAME_LEN];

	if (!conf_user_name(part->uid, user, sizeof(user)))
		snprintf(user, sizeof(user), "%u", (unsigned)part->uid);
	if (!conf_group_name(part->gid, group, sizeof(group)))
		snprintf(group, sizeof(group), "%u", (unsigned)part->gid);
	snprintf(text, size, "mode %04o, owner %s, group %s", (unsigned)part->mode, user, group);
}

/* Under way. */
struct look {
	struct conf *conf;
	const char *what;
	const struct conf_place *place;
	const struct conf_runs_as *who;
	bool strict;
};

static void say(const struct look *look, bool error, const char *text)
{
	if (error && look->strict)
		conf_error(look->conf, look->place, "%s: %s", look->what, text);
	else
		conf_warning(look->conf, look->place, "%s: %s", look->what, text);
}

static void say_missing(const struct look *look, const char *path, const struct script_path *found)
{
	char text[3 * SCRIPT_PATH_LEN];

	if (strcmp(path, found->part) == 0)
		snprintf(text, sizeof(text), "%s cannot be executed: %s", path,
			strerror(found->error));
	else
		snprintf(text, sizeof(text), "%s cannot be executed: %s: %s", path, found->part,
			strerror(found->error));
	say(look, true, text);
}

static void say_blocked(const struct look *look, const char *path, const struct script_path *found)
{
	char text[3 * SCRIPT_PATH_LEN], owner[3 * NAME_LEN];

	owner_text(&found->barrier, owner, sizeof(owner));
	if (strcmp(path, found->barrier.path) == 0)
		snprintf(text, sizeof(text), "%s: not executable by user %s: %s", path,
			look->who->user, owner);
	else
		snprintf(text, sizeof(text), "%s: not executable by user %s, who may not %s %s: %s",
			path, look->who->user,
			found->found == SCRIPT_PATH_FOUND ? "pass or execute" : "pass",
			found->barrier.path, owner);
	/* an access control list is not looked at */
	say(look, !found->perhaps, text);
}

/* keepalived calls the script unsafe and disables it when enable_script_security says so. */
static bool judge_safety(const struct look *look, const char *path, const struct script_path *found)
{
	char owner[3 * NAME_LEN];
	bool secure = look->conf->global.enable_script_security;

	if ((look->who->uid != 0 && look->who->gid != 0) || !found->unsafe)
		return true;
	owner_text(&found->weak, owner, sizeof(owner));
	if (secure) {
		conf_security_error(look->conf, look->place,
			"%s: root would run %s, which others than root can change: %s (%s); with "
			"'enable_script_security' that is refused",
			look->what, path, found->weak.path, owner);
		return false;
	}
	conf_warning(look->conf, look->place,
		"%s: root will run %s, which others than root can change: %s (%s); "
		"'enable_script_security' refuses that",
		look->what, path, found->weak.path, owner);
	return true;
}

/* Where keepalived runs, ending it is a way to give its addresses up. */
static void judge_text(const struct look *look, const char *path)
{
	unsigned line = conf_script_ends_keepalived(path);

	if (line != 0)
		conf_warning(look->conf, look->place,
			"%s: line %u of %s ends keepalived, which moves nothing here: let the "
			"script end with a status other than 0 instead, so that it counts as "
			"failed",
			look->what, line, path);
}

static bool judge_absolute(const struct look *look, const char *path)
{
	struct script_path found;

	script_path_examine(path, look->who != NULL ? look->who->uid : 0,
		look->who != NULL ? look->who->gid : 0, &found);
	if (found.found == SCRIPT_PATH_MISSING)
		say_missing(look, path, &found);
	if (look->who == NULL || found.found == SCRIPT_PATH_MISSING)
		return true;
	if (found.blocked)
		say_blocked(look, path, &found);
	else if (found.found == SCRIPT_PATH_UNSEEN)
		conf_note(look->conf, look->place,
			"%s: whether user %s may execute %s is not known: this user may not look "
			"into %s",
			look->what, look->who->user, path, found.part);
	else if (found.set_id)
		conf_warning(look->conf, look->place,
			"%s: the set-user-ID or set-group-ID bit of %s has no effect: scripts "
			"cannot gain rights; give the script another user",
			look->what, path);
	judge_text(look, path);
	return judge_safety(look, path, &found);
}

bool conf_judge_path(struct conf *conf, const char *what, const struct conf_place *place,
	const struct conf_command_line *line, const struct conf_runs_as *who, bool strict)
{
	const struct look look = {conf, what, place, who, strict};
	char path[SCRIPT_PATH_LEN], text[SCRIPT_PATH_LEN + 128];

	if (line->by_shell)
		return true;
	if (!line->by_name)
		return judge_absolute(&look, line->words[0]);
	if (script_path_search(line->words[1], path))
		return judge_absolute(&look, path);
	snprintf(text, sizeof(text),
		"there is no program '%s' in " SCRIPT_PATH_SEARCHED
		": install it, or write its whole path",
		line->words[1]);
	say(&look, true, text);
	return true;
}
