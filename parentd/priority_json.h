/* Why the priority of an instance is what it is. */
#ifndef HOLDFAST_PRIORITY_JSON_H
#define HOLDFAST_PRIORITY_JSON_H

#include <jansson.h>

#include "conf/conf.h"

/* Does it track scripts, files or processes? */
bool priority_is_tracked(const struct conf_instance *instance);

/* scripts and tracked: as scripts_json() and tracks_json() say it. Returns a new array of {"kind":
 * "script", "file" or "process", "name", "by"}: what is added to the priority of the instance now,
 * and by which of them. What interfaces add is vrrpd's to know, and not in it. */
json_t *priority_changes_json(const struct conf *conf, const struct conf_instance *instance,
	const json_t *scripts, const json_t *tracked);

#endif
