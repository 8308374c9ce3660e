/* What differs between two configurations, block by block. Free of I/O. */
#ifndef HOLDFAST_CONF_CHANGES_H
#define HOLDFAST_CONF_CHANGES_H

#include <jansson.h>

/* Both in the canonical text of conf_print(). Returns a new array of {"block": "vrrp_instance
 * \"VI_1\"", "change": "added", "removed" or "changed", "removed": […], "added": […]}, in the order
 * of the blocks' names; of a block that changed also the lines that only one of the two has, with
 * the inner blocks that they are in before them. Fatal without memory. */
json_t *conf_changes_json(const char *before, const char *after);

#endif
