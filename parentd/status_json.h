/* What parentd knows, as JSON. */
#ifndef HOLDFAST_STATUS_JSON_H
#define HOLDFAST_STATUS_JSON_H

#include <jansson.h>

struct parent;

/* Each returns a new reference, or NULL when memory is short. */
json_t *status_json(struct parent *parent);

/* name is that of an instance, or empty for all. An instance that does not exist: "ok": false. */
json_t *status_json_vrrp_only(struct parent *parent, const char *name);
json_t *status_json_processes_only(struct parent *parent);
json_t *status_json_checks(const struct parent *parent, const char *name);
json_t *status_json_history(struct parent *parent, const char *name);

#endif
