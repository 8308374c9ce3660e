/* The scripts of the configuration in force: their timers, their records in the state page, and
 * what is asked of parentd and told to it. */
#ifndef HOLDFAST_CHECKERD_CHECKS_H
#define HOLDFAST_CHECKERD_CHECKS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

struct child;
struct state_page;
struct timers;

struct checks;

/* map is the writable state page; it and timers stay the caller's. Fatal when memory is out. */
struct checks *checks_new(struct state_page *map, struct timers *timers);

/* Messages go through this channel; before it is set, nothing runs. */
void checks_set_child(struct checks *checks, struct child *child);

/* Number of records left by a predecessor. */
size_t checks_left(const struct checks *checks);

/* Can these be run as they say? Returns 0, or -1 with what is wrong in reason. */
int checks_judge(const struct conf_check_script *scripts, size_t count, char *reason, size_t size);

/* Takes over a configuration: a script of a known name goes on where it was, the others are new and
 * run at once. Tells parentd every verdict. */
void checks_apply(struct checks *checks, const struct conf_check_script *scripts, size_t count);

/* parentd tells of a run. One that is not waited for is passed over. */
void checks_ran(struct checks *checks, const struct check_ran *ran);

#endif
