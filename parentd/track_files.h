/* The files that are tracked: their numbers, and when these change. */
#ifndef HOLDFAST_TRACK_FILES_H
#define HOLDFAST_TRACK_FILES_H

#include <stddef.h>
#include <stdint.h>

struct conf;
struct event_base;
struct track_files;

/* The file of this number (as in conf->track_files) has another value now. */
typedef void track_file_changed(uint32_t file, int64_t value, void *arg);

/* Fatal without memory. */
struct track_files *track_files_new(
	struct event_base *base, track_file_changed *changed, void *arg);

/* What was assumed or is not told yet is lost. */
void track_files_free(struct track_files *files);

/* Watches the files of this configuration, and no others, from now on. Nothing is told: the caller
 * asks for all values. */
void track_files_adopt(struct track_files *files, const struct conf *conf);

/* The value of a file. */
int64_t track_files_value(const struct track_files *files, uint32_t file);

/* Counts as this until it is read again, though it may not say so yet; track_files_look() ends
 * that. */
void track_files_assume(struct track_files *files, uint32_t file, int64_t value);

/* Reads it now and tells a change. */
void track_files_look(struct track_files *files, uint32_t file);

#endif
