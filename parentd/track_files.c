#include "parentd/track_files.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/log.h"
#include "conf/conf.h"
#include "parentd/track_value.h"

/* Whoever replaces a file may remove or empty it first: nothing counts as 0 only when it is still
 * nothing after this time. */
#define SETTLE_MS 50

/* Folders that are not there are looked for, and those that are looked at, in case that another one
 * has taken their place. */
#define TICK_S 1

/* Written and closed, or put there under this name; or taken away. */
#define EVENTS                                                                                     \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB |        \
		IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define FOLDER_GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

/* Events are read in this many goes at most: others wait, too. */
#define READS 16

struct file {
	struct track_files *files;
	uint32_t number;
	char name[PROTO_NAME_LEN];
	char *path;
	char *folder;
	const char *base; /* of path */
	int watch;        /* of the folder; -1: none */
	int64_t value;
	bool assumed;
	bool complained; /* about the file as it is */
	struct event *settle;
};

struct track_files {
	struct event_base *base;
	track_file_changed *changed;
	void *arg;
	int inotify; /* -1: the kernel gives us none, then files are read once a second */
	struct event *readable;
	struct event *tick;
	struct file *list;
	uint32_t count;
};

/* ---- one file ---- */

/* True when it is there and well, or not there at all. */
static void read_value(struct file *file, int64_t *value, bool *something)
{
	const char *why = NULL;
	enum track_content content = track_value_read(file->path, value, &why);

	*something = content == TRACK_NUMBER;
	if (content == TRACK_UNUSABLE && !file->complained)
		log_line(LOG_WARNING, "track_file %s: %s %s: it counts as 0", file->name,
			file->path, why);
	file->complained = content == TRACK_UNUSABLE;
}

static void take_value(struct file *file, int64_t value)
{
	if (value == file->value)
		return;
	char before[24], now[24];
	snprintf(before, sizeof(before), "%" PRId64, file->value);
	snprintf(now, sizeof(now), "%" PRId64, value);
	log_change(LOG_INFO,
		&(struct log_change){.kind = LOG_TRACKED,
			.script = file->name,
			.old_state = before,
			.state = now},
		"track_file %s: %s says %s, before it was %s", file->name, file->path, now, before);
	file->value = value;
	file->files->changed(file->number, value, file->files->arg);
}

static void look(struct file *file, bool patient)
{
	static const struct timeval wait = {.tv_usec = SETTLE_MS * 1000L};
	int64_t value;
	bool something;

	if (file->assumed)
		return;
	read_value(file, &value, &something);
	if (!something && file->value != 0 && patient) {
		if (event_pending(file->settle, EV_TIMEOUT, NULL) == 0)
			event_add(file->settle, &wait);
		return;
	}
	event_del(file->settle);
	take_value(file, value);
}

static void settled(int fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	look(arg, false);
}

/* ---- folders ---- */

static bool is_watched(const struct track_files *files, int watch)
{
	for (uint32_t i = 0; i < files->count; i++)
		if (files->list[i].watch == watch)
			return true;
	return false;
}

/* Watches the folder that has its name now. Returns true when that is another one, or none. */
static bool watch_folder(struct file *file)
{
	struct track_files *files = file->files;
	int before = file->watch;

	if (files->inotify == -1)
		return true;
	file->watch = inotify_add_watch(files->inotify, file->folder, EVENTS);
	if (file->watch == before)
		return before == -1;
	if (before != -1 && !is_watched(files, before))
		inotify_rm_watch(files->inotify, before);
	return true;
}

static void tick(int fd, short events, void *arg)
{
	struct track_files *files = arg;

	(void)fd;
	(void)events;
	for (uint32_t i = 0; i < files->count; i++)
		if (watch_folder(&files->list[i]))
			look(&files->list[i], true);
}

/* ---- events ---- */

static void look_at_all(struct track_files *files)
{
	for (uint32_t i = 0; i < files->count; i++)
		look(&files->list[i], true);
}

static void happened(struct track_files *files, const struct inotify_event *event)
{
	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		look_at_all(files);
		return;
	}
	for (uint32_t i = 0; i < files->count; i++) {
		struct file *file = &files->list[i];
		if (file->watch != event->wd)
			continue;
		if ((event->mask & FOLDER_GONE) != 0) {
			file->watch = -1;
			watch_folder(file);
			look(file, true);
		} else if (event->len > 0 && strcmp(event->name, file->base) == 0) {
			look(file, true);
		}
	}
}

static void readable(int fd, short events, void *arg)
{
	_Alignas(struct inotify_event) char buffer[4096];

	(void)events;
	for (int i = 0; i < READS; i++) {
		ssize_t length = read(fd, buffer, sizeof(buffer));
		if (length <= 0)
			return;
		for (size_t at = 0; at < (size_t)length;) {
			const struct inotify_event *event = (const void *)(buffer + at);
			happened(arg, event);
			at += sizeof(*event) + event->len;
		}
	}
}

/* ---- a configuration ---- */

struct track_files *track_files_new(struct event_base *base, track_file_changed *changed, void *arg)
{
	struct track_files *files = calloc(1, sizeof(*files));

	if (files == NULL)
		fatal("tracked files");
	*files = (struct track_files){.base = base, .changed = changed, .arg = arg, .inotify = -1};
	files->tick = event_new(base, -1, EV_PERSIST, tick, files);
	if (files->tick == NULL)
		fatal("tracked files");
	return files;
}

static void forget(struct file *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		event_free(list[i].settle);
		free(list[i].path);
		free(list[i].folder);
	}
	free(list);
}

static void open_inotify(struct track_files *files)
{
	if (files->readable != NULL)
		event_free(files->readable);
	if (files->inotify != -1)
		close(files->inotify);
	files->readable = NULL;
	files->inotify = -1;
	if (files->count == 0)
		return;
	files->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (files->inotify == -1) {
		log_warn("tracked files are read once a second only: inotify");
		return;
	}
	files->readable =
		event_new(files->base, files->inotify, EV_READ | EV_PERSIST, readable, files);
	if (files->readable == NULL || event_add(files->readable, NULL) == -1)
		fatal("tracked files");
}

static const struct file *find(const struct file *list, uint32_t count, const char *path)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(list[i].path, path) == 0)
			return &list[i];
	return NULL;
}

static void make(struct track_files *files, uint32_t number, const struct conf_track_file *conf)
{
	struct file *file = &files->list[number];
	const char *slash = strrchr(conf->file, '/'); /* it is an absolute path */

	file->files = files;
	file->number = number;
	proto_string_set(file->name, sizeof(file->name), conf->name);
	file->path = strdup(conf->file);
	file->folder = strndup(conf->file, slash == conf->file ? 1 : (size_t)(slash - conf->file));
	file->settle = event_new(files->base, -1, 0, settled, file);
	if (file->path == NULL || file->folder == NULL || file->settle == NULL)
		fatal("tracked files");
	file->base = file->path + (slash - conf->file) + 1;
	file->watch = -1;
}

void track_files_adopt(struct track_files *files, const struct conf *conf)
{
	static const struct timeval second = {.tv_sec = TICK_S};
	struct file *before = files->list;
	uint32_t before_count = files->count;
	const struct conf_track_file *one;
	uint32_t number = 0;
	bool something;

	files->count = 0;
	TAILQ_FOREACH(one, &conf->track_files, entry)
	files->count++;
	files->list = calloc(files->count + 1, sizeof(*files->list));
	if (files->list == NULL)
		fatal("tracked files");
	open_inotify(files);
	TAILQ_FOREACH(one, &conf->track_files, entry)
	make(files, number++, one);
	for (uint32_t i = 0; i < files->count; i++) {
		struct file *file = &files->list[i];
		const struct file *known = find(before, before_count, file->path);
		watch_folder(file);
		read_value(file, &file->value, &something);
		if (known != NULL && known->assumed) {
			file->assumed = true;
			file->value = known->value;
		}
	}
	forget(before, before_count);
	if (files->count > 0)
		event_add(files->tick, &second);
	else
		event_del(files->tick);
}

void track_files_free(struct track_files *files)
{
	forget(files->list, files->count);
	if (files->readable != NULL)
		event_free(files->readable);
	if (files->inotify != -1)
		close(files->inotify);
	event_free(files->tick);
	free(files);
}

int64_t track_files_value(const struct track_files *files, uint32_t file)
{
	return file < files->count ? files->list[file].value : 0;
}

void track_files_assume(struct track_files *files, uint32_t file, int64_t value)
{
	if (file >= files->count)
		return;
	files->list[file].assumed = true;
	files->list[file].value = value;
}

void track_files_look(struct track_files *files, uint32_t file)
{
	if (file >= files->count)
		return;
	files->list[file].assumed = false;
	look(&files->list[file], false);
}
