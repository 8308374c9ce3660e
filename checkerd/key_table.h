/* 64-bit keys to numbers, in constant time. Its size is chosen once. */
#ifndef HOLDFAST_CHECKERD_KEY_TABLE_H
#define HOLDFAST_CHECKERD_KEY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_table;

/* For up to count keys. NULL with errno. */
struct key_table *key_table_new(size_t count);
void key_table_free(struct key_table *table);

/* key is not 0. False, and nothing changes, when it is there already. */
bool key_table_add(struct key_table *table, uint64_t key, uint32_t value);

/* False when it is not there. */
bool key_table_find(const struct key_table *table, uint64_t key, uint32_t *value);

#endif
