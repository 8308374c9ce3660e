/* Memory that is released all at once with the configuration it belongs to. */
#ifndef HOLDFAST_CONF_ARENA_H
#define HOLDFAST_CONF_ARENA_H

#include <stddef.h>

struct conf_arena;

/* Ends the process with a message when memory is out, as everything here does: what a
 * configuration may ask for is bounded (lexer.h). */
struct conf_arena *conf_arena_new(void);
void conf_arena_free(struct conf_arena *arena);

/* Zeroed memory. */
void *conf_arena_alloc(struct conf_arena *arena, size_t size);

/* A copy of length bytes of text, terminated. */
char *conf_arena_copy(struct conf_arena *arena, const char *text, size_t length);

#endif
