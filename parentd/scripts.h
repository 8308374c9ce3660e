/* The scripts of the configuration in force: who runs which, how the last run went, and the way of
 * verdicts from checkerd to vrrpd. */
#ifndef HOLDFAST_SCRIPTS_H
#define HOLDFAST_SCRIPTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/items.h"
#include "parentd/runners.h"
#include "proto/proto.h"

struct parent;
struct scripts;

/* Fatal without memory. */
struct scripts *scripts_new(struct parent *parent);

/* Another configuration is in force from now on, parent->conf: runners are started and ended. What
 * is known of a script of the same name stays. */
void scripts_adopt(struct scripts *scripts);

/* Fills in what checkerd last concluded: its state page knows. */
void scripts_fill_verdicts(const struct scripts *scripts, const struct conf_items *items);

/* Tells vrrpd every verdict, when it has got a new configuration. */
void scripts_tell_vrrpd(struct scripts *scripts);

/* From checkerd. */
void scripts_run(struct scripts *scripts, uint32_t generation, const struct check_run *order);
void scripts_verdict(
	struct scripts *scripts, uint32_t generation, const struct check_verdict *verdict);

/* From a runner. */
void scripts_done(struct scripts *scripts, int slot, const struct runner_done *done);
void scripts_lost(struct scripts *scripts, int slot);

/* How a run ended: "exit status 3", "ended by signal 9". */
void scripts_describe(const struct runner_done *done, char *text, size_t size);
/* The last lines that it wrote as one, with '|' between them. */
void scripts_one_line(const struct runner_done *done, char *text, size_t size);

/* Seconds until then, 0 when it is over; null for 0. */
json_t *scripts_next_run_json(uint64_t due_ns);

/* For the operator: [{"name", "up", "verdict", "last_exit", "last_output", …}]. */
json_t *scripts_json(const struct scripts *scripts);

/* The last lines that it wrote, empty when it has not run: of a script by its number, also of those
 * of MISC_CHECKs, which come behind the others. */
const char *scripts_output(const struct scripts *scripts, uint32_t number);

#endif
