#include "parentd/track_init.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/log.h"
#include "conf/command.h"
#include "parentd/runners.h"
#include "parentd/track_files.h"

#define TIMEOUT_MS 10000

/* Behind the numbers of scripts (parentd/scripts.c), which are never so many; without NOTIFIED_RUN.
 */
#define RUNS (UINT64_C(0x7fff) << 32)

/* $1 is the file and $2 what is to be in it. Neither follows a link that somebody put there. */
static const char create[] = "[ -e \"$1\" ] || { set -C; printf '%s\\n' \"$2\" >\"$1\"; }";
static const char overwrite[] =
	"t=\"$1.$$\"; { (set -C; printf '%s\\n' \"$2\" >\"$t\") && mv -fT -- \"$t\" \"$1\"; } "
	"2>/dev/null || printf '%s\\n' \"$2\" >\"$1\"";

enum progress { INIT_NONE, INIT_WAITS, INIT_RUNS };

struct entry {
	char *path;
	enum progress progress;
	bool overwrite;
	char value[24];
	int slot;
	uint64_t run;
};

struct track_init {
	struct runners *runners;
	struct track_files *files;
	uint32_t runs;      /* so far */
	struct entry *list; /* by the number of the file */
	uint32_t count;
};

struct track_init *track_init_new(struct runners *runners, struct track_files *files)
{
	struct track_init *init = calloc(1, sizeof(*init));

	if (init == NULL)
		fatal("tracked files");
	init->runners = runners;
	init->files = files;
	/* no number is that of a run which a parentd before this one ordered */
	init->runs = (uint32_t)(clock_now_ns() >> 20);
	return init;
}

static const struct entry *find(const struct entry *list, uint32_t count, const char *path)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(list[i].path, path) == 0)
			return &list[i];
	return NULL;
}

static bool is_to_be_made(const struct conf_track_file *file)
{
	struct stat status;

	return file->init && (file->init_overwrite || lstat(file->file, &status) == -1);
}

bool track_init_foresee(const struct track_init *init, const struct conf_track_file *file)
{
	return find(init->list, init->count, file->file) == NULL && is_to_be_made(file);
}

static void give_up(struct track_init *init, uint32_t number, const char *why)
{
	log_line(LOG_ERR, "init_file: %s is not made: %s", init->list[number].path, why);
	init->list[number].progress = INIT_NONE;
	track_files_look(init->files, number);
}

/* A runner that is not there yet says when it is. */
static void start(struct track_init *init, uint32_t number)
{
	struct entry *entry = &init->list[number];
	const char *const words[] = {"/bin/sh", "-c", entry->overwrite ? overwrite : create, "sh",
		entry->path, entry->value};
	const struct runner_order order = {.run = RUNS | ++init->runs,
		.timeout_ms = TIMEOUT_MS,
		.words_count = sizeof(words) / sizeof(words[0]),
		.words = words};

	if (runners_run(init->runners, entry->slot, &order) == 0) {
		entry->progress = INIT_RUNS;
		entry->run = order.run;
	} else if (errno != ENOTCONN && errno != ENOBUFS) {
		give_up(init, number, strerror(errno));
	}
}

static void make(struct track_init *init, uint32_t number, const struct conf *conf,
	const struct conf_track_file *file)
{
	const struct conf_command command = {.place = file->file_place};
	struct entry *entry = &init->list[number];
	char why[160] = "";
	uid_t uid;
	gid_t gid;

	if (conf_command_user(conf, &command, &uid, &gid, why, sizeof(why)) == NULL) {
		give_up(init, number, why);
		return;
	}
	entry->slot = runners_slot(init->runners, uid, gid);
	if (entry->slot == -1) {
		give_up(init, number, "its user has no runner");
		return;
	}
	entry->progress = INIT_WAITS;
	entry->overwrite = file->init_overwrite;
	snprintf(entry->value, sizeof(entry->value), "%" PRId64, file->init_value);
	track_files_assume(init->files, number, file->init_value);
	start(init, number);
}

void track_init_adopt(struct track_init *init, const struct conf *conf, bool in_force_before)
{
	struct entry *before = init->list;
	uint32_t before_count = init->count;
	const struct conf_track_file *file;
	uint32_t number = 0;

	init->count = 0;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	init->count++;
	init->list = calloc(init->count + 1, sizeof(*init->list));
	if (init->list == NULL)
		fatal("tracked files");
	TAILQ_FOREACH(file, &conf->track_files, entry)
	{
		const struct entry *known = find(before, before_count, file->file);
		if (known != NULL)
			init->list[number] = *known;
		init->list[number].path = strdup(file->file);
		if (init->list[number].path == NULL)
			fatal("tracked files");
		number++;
	}
	number = 0;
	TAILQ_FOREACH(file, &conf->track_files, entry)
	{
		if (!in_force_before && find(before, before_count, file->file) == NULL &&
			is_to_be_made(file))
			make(init, number, conf, file);
		number++;
	}
	for (uint32_t i = 0; i < before_count; i++)
		free(before[i].path);
	free(before);
}

static void describe(const struct runner_done *done, char *why, size_t size)
{
	if (done->output[0] != '\0')
		snprintf(why, size, "%.*s", (int)strcspn(done->output, "\n"), done->output);
	else
		snprintf(why, size, "the command that makes it has failed (%d, %d)",
			(int)done->outcome, (int)done->status);
}

bool track_init_done(struct track_init *init, int slot, const struct runner_done *done)
{
	char why[PROTO_OUTPUT_LEN];

	for (uint32_t i = 0; i < init->count; i++) {
		struct entry *entry = &init->list[i];
		if (entry->progress != INIT_RUNS || entry->slot != slot || entry->run != done->run)
			continue;
		describe(done, why, sizeof(why));
		if (done->outcome != RAN_EXITED || done->status != 0) {
			give_up(init, i, why);
		} else {
			entry->progress = INIT_NONE;
			track_files_look(init->files, i);
		}
		return true;
	}
	return false;
}

void track_init_up(struct track_init *init, int slot)
{
	for (uint32_t i = 0; i < init->count; i++)
		if (init->list[i].progress == INIT_WAITS && init->list[i].slot == slot)
			start(init, i);
}

void track_init_lost(struct track_init *init, int slot)
{
	for (uint32_t i = 0; i < init->count; i++)
		if (init->list[i].progress == INIT_RUNS && init->list[i].slot == slot)
			init->list[i].progress = INIT_WAITS;
}
