/* The files and processes that instances track: what parentd sees of them, for
 * vrrpd, and for the FILE_CHECKs of checkerd. */
#ifndef HOLDFAST_TRACKS_H
#define HOLDFAST_TRACKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/items.h"
#include "proto/proto.h"

struct parent;
struct tracks;

/* Fatal without memory. */
struct tracks *tracks_new(struct parent *parent);

/* Another configuration is in force from now on, parent->conf. */
void tracks_adopt(struct tracks *tracks);

/* Fills the values into the items of a configuration that may be the next one. */
void tracks_fill(
	const struct tracks *tracks, const struct conf *conf, const struct conf_items *items);

/* Tells vrrpd every value: when it has got a new configuration, and when we are new, for what
 * changed while nobody looked. */
void tracks_tell_vrrpd(struct tracks *tracks);

/* Tells checkerd the numbers of all files, likewise. */
void tracks_tell_checkerd(struct tracks *tracks);

/* From runners, which make files. Returns true when it is about one. */
bool tracks_done(struct tracks *tracks, int slot, const struct runner_done *done);
void tracks_runner_up(struct tracks *tracks, int slot);
void tracks_runner_lost(struct tracks *tracks, int slot);

/* The number in a file of the configuration in force, by its place in conf->track_files. */
int64_t tracks_file_value(const struct tracks *tracks, uint32_t file);

/* For the operator: [{"name", "kind", "value" or "verdict" and "count"}]. */
json_t *tracks_json(const struct tracks *tracks);

#endif
