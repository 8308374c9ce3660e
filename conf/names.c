#include "conf/names.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/keyword.h"

/* The names of a large configuration are not all looked at for what may have been meant. */
#define LOOKED_AT 100
#define NAME_MAX_ 64 /* bytes, of what conf_edit_distance() takes */

struct conf_names conf_names_new(size_t room)
{
	struct conf_names names = {.list = calloc(room + 1, sizeof(*names.list))};
	if (names.list == NULL)
		err(1, "configuration");
	return names;
}

void conf_names_add(
	struct conf_names *names, const char *name, const struct conf_place *place, void *thing)
{
	names->list[names->count++] = (struct conf_named){name, place, thing};
}

static int compare(const void *left, const void *right)
{
	const struct conf_named *a = left;
	const struct conf_named *b = right;
	int difference = strcmp(a->name, b->name);
	return difference != 0 ? difference : a->place->order < b->place->order ? -1 : 1;
}

void conf_names_sort(struct conf_names *names)
{
	if (names->count > 1)
		qsort(names->list, names->count, sizeof(*names->list), compare);
}

struct conf_named *conf_names_find(const struct conf_names *names, const char *name)
{
	size_t low = 0;
	size_t high = names->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(names->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < names->count && strcmp(names->list[low].name, name) == 0;
	return found ? &names->list[low] : NULL;
}

/* More than a third of the letters wrong is no typing mistake. */
const char *conf_names_nearest(const struct conf_names *names, const char *name)
{
	const char *nearest = NULL;
	unsigned limit = (unsigned)strlen(name) / 3 + 1;
	for (size_t i = 0; i < names->count && i < LOOKED_AT && strlen(name) < NAME_MAX_; i++) {
		unsigned distance = conf_edit_distance(name, names->list[i].name);
		if (distance < limit) {
			limit = distance;
			nearest = names->list[i].name;
		}
	}
	return nearest;
}

void conf_names_missing(const struct conf_names *names, struct conf *conf,
	const struct conf_place *place, const char *word, const char *name)
{
	const char *nearest = conf_names_nearest(names, name);
	if (nearest != NULL)
		conf_error(conf, place, "there is no %s '%s'; did you mean '%s'?", word, name,
			nearest);
	else
		conf_error(
			conf, place, "there is no %s '%s': write one at the top level", word, name);
}
