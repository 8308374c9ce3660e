#include <stdlib.h>

#include "holdfastctl/show.h"

static int compare(const void *left, const void *right)
{
	const struct show_ranked *a = left, *b = right;

	if (a->bad != b->bad)
		return a->bad > b->bad ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

size_t show_rank(const json_t *array, int (*badness)(const json_t *), struct show_ranked **list)
{
	const json_t *object;
	size_t i, count = json_array_size(array);

	*list = calloc(count + 1, sizeof(**list));
	if (*list == NULL)
		return 0;
	json_array_foreach(array, i, object)
	{
		(*list)[i] =
			(struct show_ranked){.object = object, .place = i, .bad = badness(object)};
	}
	qsort(*list, count, sizeof(**list), compare);
	return count;
}
