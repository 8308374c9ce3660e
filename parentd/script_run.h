/* The run of a script that its runner was given: at most one is under way, over changes of the
 * configuration and over checkerds, and what else is said of runs is not believed. Free of I/O. */
#ifndef HOLDFAST_SCRIPT_RUN_H
#define HOLDFAST_SCRIPT_RUN_H

#include <stdbool.h>
#include <stdint.h>

struct script_run {
	uint64_t number; /* by which the runner knows it; 0: none is under way */
	uint32_t asked;  /* by which checkerd waits for the result */
	bool heard;      /* of one result at least, since this parentd has been there */
};

/* checkerd asks for a run. Returns true when one is under way already, from before a reload or
 * another checkerd: its result will be the answer. */
bool script_run_join(struct script_run *run, uint32_t asked);

/* A runner was given it. */
void script_run_begin(struct script_run *run, uint64_t number, uint32_t asked);

/* The runner says that it is over. Returns false when nobody waits for that. One that a parentd
 * before this one ordered is believed once, with the lower half of its number as what checkerd
 * calls it. */
bool script_run_end(struct script_run *run, uint64_t number);

#endif
