#include "conf/keyword.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX 64

const struct conf_keyword *conf_keyword_find(const struct conf_block *block, const char *word)
{
	for (; block != NULL; block = block->also)
		for (size_t i = 0; i < block->count; i++)
			if (strcmp(block->keywords[i].name, word) == 0)
				return &block->keywords[i];
	return NULL;
}

static const struct conf_block *block_of(const struct conf_block *block, const char *word)
{
	if (conf_keyword_find(block, word) != NULL)
		return block;
	for (const struct conf_block *part = block; part != NULL; part = part->also) {
		for (size_t i = 0; i < part->count; i++) {
			const struct conf_block *inner = part->keywords[i].block;
			const struct conf_block *found =
				inner != NULL ? block_of(inner, word) : NULL;
			if (found != NULL)
				return found;
		}
	}
	return NULL;
}

const struct conf_block *conf_block_of(const char *word)
{
	return block_of(&conf_block_root, word);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned conf_edit_distance(const char *a, const char *b)
{
	/* The last three rows of the table of distances between the words' beginnings. */
	unsigned rows[3][WORD_MAX];
	size_t length = strnlen(b, WORD_MAX - 1);
	for (unsigned j = 0; j <= length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3];
		const unsigned *twice = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= length; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], twice[j - 2] + 1);
		}
	}
	return rows[strlen(a) % 3][length];
}

const char *conf_keyword_nearest(const struct conf_block *block, const char *word)
{
	size_t length = strlen(word);
	if (length >= WORD_MAX)
		return NULL;
	/* More than a third of the letters wrong is no typing mistake. */
	unsigned limit = (unsigned)(length < 3 ? 1 : length / 3 + 1);
	const char *nearest = NULL;
	for (; block != NULL; block = block->also) {
		for (size_t i = 0; i < block->count; i++) {
			const char *name = block->keywords[i].name;
			if (strcasecmp(name, word) == 0)
				return name;
			unsigned distance = conf_edit_distance(word, name);
			if (distance < limit) {
				limit = distance;
				nearest = name;
			}
		}
	}
	return nearest;
}
