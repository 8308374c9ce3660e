/* What the main() of every child shares: its arguments, its log, its channel to the launcher. */
#ifndef HOLDFAST_CHILD_H
#define HOLDFAST_CHILD_H

#include "common/log.h"
#include "common/sandbox.h"
#include "proto/proto.h"

struct child_options {
	enum sandbox_mode sandbox;
	struct log_settings log;
};

/* Reads the arguments that the launcher gives (`--sandbox=MODE -l -D -S N`), refuses to run from a
 * shell (the channel descriptor is missing: says which program to start instead), sets the process
 * title and starts the log. Fatal on anything unexpected. */
void child_init(enum proto_process self, int argc, char **argv, struct child_options *options);

#endif
