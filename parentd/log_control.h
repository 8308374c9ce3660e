/* What the operator is told of the logs, and may change about them. */
#ifndef HOLDFAST_LOG_CONTROL_H
#define HOLDFAST_LOG_CONTROL_H

#include <jansson.h>

#include "parentd/parent.h"

/* Where every process logs, and which debug topics it has. NULL: no memory. */
json_t *log_control_json(const struct parent *parent);

/* "vrrpd packets,state", or only topics, which are then those of every process. Returns 0, or -1
 * with what is wrong with it in why. */
int log_control_debug(struct parent *parent, const char *words, char *why, size_t size);

#endif
