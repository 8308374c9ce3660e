#include "checkerd/key_table.h"

#include <stdlib.h>

/* Open addressing, at most half full. The keys are hashes already. */
struct key_table {
	size_t mask;
	struct {
		uint64_t key; /* 0: vacant */
		uint32_t value;
	} places[];
};

struct key_table *key_table_new(size_t count)
{
	size_t room = 16;

	while (room < count * 2)
		room *= 2;
	struct key_table *table = calloc(1, sizeof(*table) + room * sizeof(table->places[0]));
	if (table != NULL)
		table->mask = room - 1;
	return table;
}

void key_table_free(struct key_table *table)
{
	free(table);
}

/* Where the key is, or the vacant place where it belongs. */
static size_t place_of(const struct key_table *table, uint64_t key)
{
	size_t place = (size_t)key & table->mask;

	while (table->places[place].key != 0 && table->places[place].key != key)
		place = (place + 1) & table->mask;
	return place;
}

bool key_table_add(struct key_table *table, uint64_t key, uint32_t value)
{
	size_t place = place_of(table, key);

	if (table->places[place].key != 0)
		return false;
	table->places[place].key = key;
	table->places[place].value = value;
	return true;
}

bool key_table_find(const struct key_table *table, uint64_t key, uint32_t *value)
{
	size_t place = place_of(table, key);

	if (table->places[place].key == 0)
		return false;
	*value = table->places[place].value;
	return true;
}
