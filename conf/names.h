/* Things of the configuration by their names: sorted, so that many that name many stay quick to
 * judge. */
#ifndef HOLDFAST_CONF_NAMES_H
#define HOLDFAST_CONF_NAMES_H

#include <stddef.h>

#include "conf/conf.h"

struct conf_named {
	const char *name;
	const struct conf_place *place;
	void *thing; /* the caller's */
};

struct conf_names {
	struct conf_named *list; /* by name, then by place */
	size_t count;
};

/* Empty, with room for as many. Ends the process without memory. Freed by free(list). */
struct conf_names conf_names_new(size_t room);

/* Those of one name in their order in the file. To be sorted when all are there. */
void conf_names_add(
	struct conf_names *names, const char *name, const struct conf_place *place, void *thing);
void conf_names_sort(struct conf_names *names);

/* The first of this name; NULL: there is none. */
struct conf_named *conf_names_find(const struct conf_names *names, const char *name);

/* One that may have been meant; NULL: none is like it. */
const char *conf_names_nearest(const struct conf_names *names, const char *name);

/* Says that there is none: "there is no track_file 'x'; did you mean 'y'?", word being
 * "track_file".
 */
void conf_names_missing(const struct conf_names *names, struct conf *conf,
	const struct conf_place *place, const char *word, const char *name);

#endif
