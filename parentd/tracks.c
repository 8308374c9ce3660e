#include "parentd/tracks.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/log.h"
#include "parentd/parent.h"
#include "parentd/track_files.h"
#include "parentd/track_init.h"
#include "parentd/track_processes.h"
#include "parentd/track_value.h"

struct tracks {
	struct parent *parent;
	struct track_files *files;
	struct track_init *init;
	struct track_processes *processes;
	bool adopted; /* a configuration */
};

static uint32_t files_count(const struct conf *conf)
{
	const struct conf_track_file *file;
	uint32_t count = 0;

	TAILQ_FOREACH(file, &conf->track_files, entry)
	count++;
	return count;
}

static uint32_t processes_count(const struct conf *conf)
{
	const struct conf_track_process *process;
	uint32_t count = 0;

	TAILQ_FOREACH(process, &conf->track_processes, entry)
	count++;
	return count;
}

static void tell(struct tracks *tracks, uint32_t number, enum proto_tracked kind, int64_t value)
{
	const struct vrrp_tracked_value body = {.tracked = number, .kind = kind, .value = value};

	parent_child_send(&tracks->parent->children[PROTO_VRRP], VRRP_TRACKED_VALUE,
		tracks->parent->transaction.current, &body);
}

static void tell_checkerd(struct tracks *tracks, uint32_t file, int64_t value)
{
	const struct check_file_value body = {.file = file, .known = 1, .value = value};

	parent_child_send(&tracks->parent->children[PROTO_CHECK], CHECK_FILE_VALUE,
		tracks->parent->transaction.current, &body);
}

static void file_changed(uint32_t file, int64_t value, void *arg)
{
	tell(arg, file, TRACKED_FILE, value);
	tell_checkerd(arg, file, value);
}

static void process_changed(uint32_t process, enum proto_verdict verdict, void *arg)
{
	struct tracks *tracks = arg;

	tell(tracks, files_count(tracks->parent->conf) + process, TRACKED_PROCESS, verdict);
}

struct tracks *tracks_new(struct parent *parent)
{
	struct tracks *tracks = calloc(1, sizeof(*tracks));

	if (tracks == NULL)
		fatal("tracked files and processes");
	tracks->parent = parent;
	tracks->files = track_files_new(parent->base, file_changed, tracks);
	tracks->init = track_init_new(parent->runners, tracks->files);
	tracks->processes = track_processes_new(parent->base, process_changed, tracks);
	return tracks;
}

void tracks_adopt(struct tracks *tracks)
{
	const struct parent *parent = tracks->parent;
	bool in_force_before = parent->options.replacement && !tracks->adopted;

	track_files_adopt(tracks->files, parent->conf);
	track_init_adopt(tracks->init, parent->conf, in_force_before);
	track_processes_adopt(tracks->processes, parent->conf, in_force_before);
	tracks->adopted = true;
}

/* Files are numbered before processes, in the items as in the configuration. */
void tracks_fill(
	const struct tracks *tracks, const struct conf *conf, const struct conf_items *items)
{
	const struct conf_track_file *file = TAILQ_FIRST(&conf->track_files);
	enum proto_verdict *verdicts = calloc(processes_count(conf) + 1, sizeof(*verdicts));
	size_t process = 0;
	const char *why;

	if (verdicts == NULL)
		fatal("tracked processes");
	track_processes_foresee(tracks->processes, conf, verdicts);
	for (size_t i = 0; i < items->count; i++) {
		if (items->list[i].type != CONF_VRRP_TRACKED)
			continue;
		struct conf_vrrp_tracked *item = &items->list[i].body->tracked;
		if (item->kind == TRACKED_PROCESS) {
			item->value = verdicts[process++];
		} else {
			track_value_read(file->file, &item->value, &why);
			if (track_init_foresee(tracks->init, file))
				item->value = file->init_value;
			file = TAILQ_NEXT(file, entry);
		}
	}
	free(verdicts);
}

void tracks_tell_vrrpd(struct tracks *tracks)
{
	if (tracks->parent->conf == NULL)
		return; /* not taken over yet: then all is told */
	uint32_t files = files_count(tracks->parent->conf);
	uint32_t processes = processes_count(tracks->parent->conf);

	for (uint32_t i = 0; i < files; i++)
		tell(tracks, i, TRACKED_FILE, track_files_value(tracks->files, i));
	for (uint32_t i = 0; i < processes; i++)
		tell(tracks, files + i, TRACKED_PROCESS,
			track_processes_verdict(tracks->processes, i));
}

void tracks_tell_checkerd(struct tracks *tracks)
{
	uint32_t files = files_count(tracks->parent->conf);

	for (uint32_t i = 0; i < files; i++)
		tell_checkerd(tracks, i, track_files_value(tracks->files, i));
}

bool tracks_done(struct tracks *tracks, int slot, const struct runner_done *done)
{
	return track_init_done(tracks->init, slot, done);
}

void tracks_runner_up(struct tracks *tracks, int slot)
{
	track_init_up(tracks->init, slot);
}

void tracks_runner_lost(struct tracks *tracks, int slot)
{
	track_init_lost(tracks->init, slot);
}

int64_t tracks_file_value(const struct tracks *tracks, uint32_t file)
{
	return track_files_value(tracks->files, file);
}

json_t *tracks_json(const struct tracks *tracks)
{
	static const char *const words[] = {"unknown", "down", "up"};
	const struct conf *conf = tracks->parent->conf;
	const struct conf_track_file *file;
	const struct conf_track_process *process;
	json_t *array = json_array();
	uint32_t number = 0;

	if (conf == NULL)
		return array;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	json_array_append_new(
		array, json_pack("{s:s, s:s, s:s, s:I}", "name", file->name, "kind", "file", "file",
			       file->file, "value",
			       (json_int_t)track_files_value(tracks->files, number++)));
	number = 0;
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	{
		enum proto_verdict verdict = track_processes_verdict(tracks->processes, number);
		json_array_append_new(array,
			json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", process->name, "kind",
				"process", "process", process->process, "verdict", words[verdict],
				"count",
				(json_int_t)track_processes_count(tracks->processes, number++)));
	}
	return array;
}
