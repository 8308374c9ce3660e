#include "conf/arena.h"

#include <err.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* One malloc per object rather than large chunks: AddressSanitizer then sees every overrun. */
struct piece {
	alignas(max_align_t) struct piece *next;
};

struct conf_arena {
	struct piece *pieces;
};

struct conf_arena *conf_arena_new(void)
{
	struct conf_arena *arena = calloc(1, sizeof(*arena));
	if (arena == NULL)
		err(1, "configuration");
	return arena;
}

void conf_arena_free(struct conf_arena *arena)
{
	while (arena->pieces != NULL) {
		struct piece *piece = arena->pieces;
		arena->pieces = piece->next;
		free(piece);
	}
	free(arena);
}

void *conf_arena_alloc(struct conf_arena *arena, size_t size)
{
	struct piece *piece = calloc(1, sizeof(*piece) + size);
	if (piece == NULL)
		err(1, "configuration");
	piece->next = arena->pieces;
	arena->pieces = piece;
	return piece + 1;
}

char *conf_arena_copy(struct conf_arena *arena, const char *text, size_t length)
{
	char *copy = conf_arena_alloc(arena, length + 1);
	memcpy(copy, text, length);
	return copy;
}
