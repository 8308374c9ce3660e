/* init_file: files that are made when what tracks them is new. parentd may write none, so a runner
 * of the script user does it. */
#ifndef HOLDFAST_TRACK_INIT_H
#define HOLDFAST_TRACK_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

struct conf;
struct conf_track_file;
struct runners;
struct track_files;
struct track_init;

/* Fatal without memory. */
struct track_init *track_init_new(struct runners *runners, struct track_files *files);

/* Would the file of a configuration to come be made: is it new, and not there? Then its value is
 * init_value from the start. */
bool track_init_foresee(const struct track_init *init, const struct conf_track_file *file);

/* This configuration is in force, and track_files have adopted it. Has those files made that are
 * new to it; none when it was in force before this parentd. */
void track_init_adopt(struct track_init *init, const struct conf *conf, bool in_force_before);

/* From runners. Returns true when it is about a file. */
bool track_init_done(struct track_init *init, int slot, const struct runner_done *done);
void track_init_up(struct track_init *init, int slot);
void track_init_lost(struct track_init *init, int slot);

#endif
