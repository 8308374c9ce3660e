/* track_file and vrrp_track_process, and the instances that track them. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/names.h"
#include "conf/stage.h"
#include "conf/track_folder.h"

#define PROCESS_NAME_LEN 15 /* of what the kernel keeps of a process's name */

const struct conf_track_file *conf_track_file_find(const struct conf *conf, const char *name)
{
	const struct conf_track_file *file;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	if (strcmp(file->name, name) == 0)
		return file;
	return NULL;
}

const struct conf_track_process *conf_track_process_find(const struct conf *conf, const char *name)
{
	const struct conf_track_process *process;
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	if (strcmp(process->name, name) == 0)
		return process;
	return NULL;
}

int conf_weight_of(const struct conf *conf, const struct conf_track *track, bool *reverse)
{
	const struct conf_track_file *file;
	const struct conf_track_process *process;
	switch (track->kind) {
	case CONF_TRACK_SCRIPT:
		return conf_track_weight(track, conf_script_find(conf, track->name), reverse);
	case CONF_TRACK_FILE:
		file = conf_track_file_find(conf, track->name);
		return conf_track_weight_or(track, file != NULL ? file->weight : 0,
			file != NULL && file->reverse, reverse);
	case CONF_TRACK_PROCESS:
		process = conf_track_process_find(conf, track->name);
		return conf_track_weight_or(track, process != NULL ? process->weight : 0,
			process != NULL && process->reverse, reverse);
	case CONF_TRACK_INTERFACE:
		break;
	}
	return conf_track_weight_or(track, track->weight, track->reverse, reverse);
}

/* ---- each by itself ---- */

/* False: it cannot be watched. */
static bool judge_file(struct conf *conf, const struct conf_track_file *file)
{
	const char *wrong;
	if (file->file == NULL) {
		conf_error(conf, &file->place, "track_file '%s' has no 'file'", file->name);
		return false;
	}
	wrong = conf_track_path_wrong(file->file, conf->name);
	if (wrong != NULL)
		conf_error(conf, &file->file_place, "'%s' %s", file->file, wrong);
	else if (strlen(file->file) >= PROTO_PATH_LEN / 2)
		conf_error(conf, &file->file_place, "the path is too long");
	else
		return true;
	return false;
}

static void judge_process_name(struct conf *conf, const struct conf_track_process *process)
{
	if (process->full_command || process->match != CONF_MATCH_NAME)
		return;
	if (strchr(process->process, '/') != NULL)
		conf_warning(conf, &process->process_place,
			"the kernel knows processes by the name of their program without its "
			"folders: write that, or 'full_command'");
	else if (strlen(process->process) > PROCESS_NAME_LEN)
		conf_warning(conf, &process->process_place,
			"the kernel keeps %d characters of a name: every process counts whose name "
			"begins with '%.*s'; 'full_command' compares the whole",
			PROCESS_NAME_LEN, PROCESS_NAME_LEN, process->process);
}

static bool judge_process(struct conf *conf, const struct conf_track_process *process)
{
	if (process->process == NULL || process->process[0] == '\0') {
		conf_error(conf, &process->place, "vrrp_track_process '%s' has no 'process'",
			process->name);
		return false;
	}
	judge_process_name(conf, process);
	if (process->quorum_max != CONF_UNSET_U32 && process->quorum_max < process->quorum) {
		conf_error(conf, &process->quorum_max_place,
			"'quorum_max' is %u and 'quorum' %u: no number of processes is right",
			process->quorum_max, process->quorum);
		return false;
	}
	return true;
}

/* ---- by name ---- */

/* What is the same of them, whichever they are. */
struct thing {
	int weight;
	bool reverse;
	bool *tracked;
};

struct things {
	const char *word; /* "track_file" */
	struct conf_names names;
	struct thing *list; /* what the names are of */
};

static struct things things_new(const char *word, size_t count)
{
	struct things things = {
		word, conf_names_new(count), calloc(count + 1, sizeof(struct thing))};
	if (things.list == NULL)
		err(1, "configuration");
	return things;
}

static void things_free(struct things *things)
{
	free(things->names.list);
	free(things->list);
}

static void things_add(
	struct things *things, const char *name, const struct conf_place *place, struct thing thing)
{
	struct thing *own = &things->list[things->names.count];
	*own = thing;
	conf_names_add(&things->names, name, place, own);
}

static struct things collect_files(struct conf *conf)
{
	struct conf_track_file *file;
	size_t count = 0;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	count++;
	struct things things = things_new("track_file", count);
	TAILQ_FOREACH(file, &conf->track_files, entry)
	things_add(&things, file->name, &file->place,
		(struct thing){file->weight, file->reverse, &file->tracked});
	conf_names_sort(&things.names);
	return things;
}

static struct things collect_processes(struct conf *conf)
{
	struct conf_track_process *process;
	size_t count = 0;
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	count++;
	struct things things = things_new("vrrp_track_process", count);
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	things_add(&things, process->name, &process->place,
		(struct thing){process->weight, process->reverse, &process->tracked});
	conf_names_sort(&things.names);
	return things;
}

static void judge_repeated_things(struct conf *conf, const struct things *things)
{
	const struct conf_named *named = things->names.list;
	for (size_t i = 1; i < things->names.count; i++) {
		const struct thing *thing = named[i].thing;
		if (strcmp(named[i - 1].name, named[i].name) != 0)
			continue;
		conf_error(conf, named[i].place, "there is a %s '%s' on line %u already",
			things->word, named[i].name, named[i - 1].place->line);
		*thing->tracked = true; /* enough is said */
	}
}

/* Says what is wrong with an entry; false: it names nothing. */
static bool judge_track(struct conf *conf, const struct conf_instance *instance,
	const struct conf_track *track, const struct things *things)
{
	const struct conf_named *named = conf_names_find(&things->names, track->name);
	bool reverse;
	if (named == NULL) {
		conf_names_missing(&things->names, conf, &track->place, things->word, track->name);
		return false;
	}
	const struct thing *thing = named->thing;
	*thing->tracked = true;
	int weight = conf_track_weight_or(track, thing->weight, thing->reverse, &reverse);
	/* a file may say anything */
	if (track->kind == CONF_TRACK_PROCESS)
		conf_validate_weight(conf, instance, track, weight, reverse);
	else if (instance->priority == 255 && weight != 0)
		conf_warning(conf, &track->place,
			"the weight of '%s' has no effect: priority 255 never changes",
			track->name);
	return true;
}

static void judge_tracks(struct conf *conf, const struct conf_instance *instance,
	struct conf_tracks *tracks, const struct things *things)
{
	struct conf_track *track = TAILQ_FIRST(tracks);
	conf_validate_repeated(conf, tracks);
	while (track != NULL) {
		struct conf_track *next = TAILQ_NEXT(track, entry);
		if (!judge_track(conf, instance, track, things) && conf->lenient)
			TAILQ_REMOVE(tracks, track, entry);
		track = next;
	}
}

/* What cannot be watched is left out in lenient mode. */
static void judge_each(struct conf *conf)
{
	struct conf_track_file *file = TAILQ_FIRST(&conf->track_files);
	struct conf_track_process *process = TAILQ_FIRST(&conf->track_processes);
	while (file != NULL) {
		struct conf_track_file *next = TAILQ_NEXT(file, entry);
		if (!judge_file(conf, file) && conf->lenient)
			TAILQ_REMOVE(&conf->track_files, file, entry);
		file = next;
	}
	while (process != NULL) {
		struct conf_track_process *next = TAILQ_NEXT(process, entry);
		if (!judge_process(conf, process) && conf->lenient)
			TAILQ_REMOVE(&conf->track_processes, process, entry);
		process = next;
	}
}

void conf_validate_tracked(struct conf *conf)
{
	struct conf_instance *instance;
	struct conf_group *group;
	judge_each(conf);
	struct things files = collect_files(conf);
	struct things processes = collect_processes(conf);
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		judge_tracks(conf, instance, &instance->track_files, &files);
		judge_tracks(conf, instance, &instance->track_processes, &processes);
	}
	/* what a group tracks is judged with its first member */
	TAILQ_FOREACH(group, &conf->groups, entry)
	{
		instance = TAILQ_FIRST(&group->members)->instance;
		judge_tracks(conf, instance, &group->track_files, &files);
		judge_tracks(conf, instance, &group->track_processes, &processes);
	}
	judge_repeated_things(conf, &files);
	judge_repeated_things(conf, &processes);
	things_free(&files);
	things_free(&processes);
}

void conf_say_untracked(struct conf *conf)
{
	const struct conf_track_file *file;
	const struct conf_track_process *process;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	if (!file->tracked)
		conf_warning(conf, &file->place,
			"no instance tracks track_file '%s': name it in a 'track_file' block, or "
			"it has no effect",
			file->name);
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	if (!process->tracked)
		conf_warning(conf, &process->place,
			"no instance tracks vrrp_track_process '%s': name it in a 'track_process' "
			"block, or it has no effect",
			process->name);
}
