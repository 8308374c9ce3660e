/* The processes that are tracked: how many there are, and what follows. That one has ended is known
 * at once; new ones are looked for once a second, and for a while after an end more often. */
#ifndef HOLDFAST_TRACK_PROCESSES_H
#define HOLDFAST_TRACK_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

struct conf;
struct event_base;
struct track_processes;

/* The kind of this number (as in conf->track_processes) has another verdict now. */
typedef void track_process_changed(uint32_t process, enum proto_verdict verdict, void *arg);

/* Fatal without memory. */
struct track_processes *track_processes_new(
	struct event_base *base, track_process_changed *changed, void *arg);

void track_processes_free(struct track_processes *processes);

/* Counts those of this configuration, and no others, from now on. One that is unchanged goes on
 * where it was. Nothing is told: the caller asks for all verdicts. after_another: this parentd
 * replaces one whose verdicts hold until the delays are over. */
void track_processes_adopt(
	struct track_processes *processes, const struct conf *conf, bool after_another);

enum proto_verdict track_processes_verdict(
	const struct track_processes *processes, uint32_t process);

/* How many there are. */
uint32_t track_processes_count(const struct track_processes *processes, uint32_t process);

/* What the verdicts of another configuration would be, by its numbers; verdicts has room for all of
 * its track_processes. */
void track_processes_foresee(const struct track_processes *processes, const struct conf *conf,
	enum proto_verdict *verdicts);

#endif
