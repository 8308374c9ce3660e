/* What a reload would do, without doing it. */
#ifndef HOLDFAST_DRY_RUN_H
#define HOLDFAST_DRY_RUN_H

#include <jansson.h>

struct parent;

/* Reads the configuration, judges it and compares it with the one in force. Returns a new reference
 * ("reload" of docs/JSON.md), or NULL when memory is short. */
json_t *dry_run_json(struct parent *parent);

#endif
