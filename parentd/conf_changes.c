#include "parentd/conf_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define DEPTH 8 /* of blocks in blocks; conf_print() needs four */

struct line {
	const char *block; /* the outermost that it is in */
	char *text;        /* with those between before it; empty: of the block itself */
};

struct lines {
	struct line *list;
	size_t count, room;
};

static void add(
	struct lines *lines, const char *block, char *const path[], size_t depth, const char *text)
{
	char whole[4096] = "";

	if (lines->count == lines->room) {
		lines->room = lines->room == 0 ? 64 : lines->room * 2;
		lines->list = realloc(lines->list, lines->room * sizeof(*lines->list));
	}
	for (size_t i = 1; i < depth; i++) {
		strlcat(whole, path[i], sizeof(whole));
		strlcat(whole, ": ", sizeof(whole));
	}
	strlcat(whole, text, sizeof(whole));
	char *kept = strdup(whole);
	if (lines->list == NULL || kept == NULL)
		fatal("configuration");
	lines->list[lines->count++] = (struct line){.block = block, .text = kept};
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *left = a, *right = b;
	int order = strcmp(left->block, right->block);

	return order != 0 ? order : strcmp(left->text, right->text);
}

/* "vrrp_instance \"VI_1\" {" without the brace. */
static bool opens_block(char *line)
{
	size_t length = strlen(line);

	if (length < 2 || strcmp(line + length - 2, " {") != 0)
		return false;
	line[length - 2] = '\0';
	return true;
}

/* lines is empty; afterwards blocks point into text, which is cut into pieces. */
static void read_lines(struct lines *lines, char *text)
{
	char *path[DEPTH], *next;
	size_t depth = 0;

	for (char *line = text; *line != '\0'; line = next) {
		size_t length = strcspn(line, "\n");
		next = line + length + (line[length] != '\0');
		line[length] = '\0';
		line += strspn(line, "\t ");
		if (line[0] == '\0')
			continue;
		if (strcmp(line, "}") == 0) {
			depth -= depth > 0;
		} else if (depth < DEPTH && opens_block(line)) {
			path[depth++] = line;
			if (depth == 1)
				add(lines, path[0], path, 0, "");
		} else if (depth == 0) {
			add(lines, line, path, 0, "");
		} else {
			add(lines, path[0], path, depth, line);
		}
	}
	if (lines->count > 0)
		qsort(lines->list, lines->count, sizeof(*lines->list), compare_lines);
}

static void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i].text);
	free(lines->list);
}

/* The block at the front of what is left; NULL: nothing is left. */
static const char *front(const struct lines *lines, size_t at)
{
	return at < lines->count ? lines->list[at].block : NULL;
}

static bool is_in(const struct lines *lines, size_t at, const char *block)
{
	return block != NULL && at < lines->count && strcmp(lines->list[at].block, block) == 0;
}

/* Passes over a block that only one of both has. */
static json_t *whole_block(const struct lines *lines, size_t *at, const char *change)
{
	const char *block = front(lines, *at);

	while (is_in(lines, *at, block))
		(*at)++;
	return json_pack(
		"{s:s, s:s, s:[], s:[]}", "block", block, "change", change, "removed", "added");
}

/* The same for one that both have; NULL when it is the same in both. */
static json_t *common_block(
	const struct lines *before, size_t *i, const struct lines *after, size_t *j)
{
	const char *block = front(before, *i);
	json_t *removed = json_array(), *added = json_array();

	while (is_in(before, *i, block) || is_in(after, *j, block)) {
		int order = !is_in(after, *j, block) ? -1
			    : !is_in(before, *i, block)
				    ? 1
				    : strcmp(before->list[*i].text, after->list[*j].text);
		if (order < 0)
			json_array_append_new(removed, json_string(before->list[*i].text));
		else if (order > 0)
			json_array_append_new(added, json_string(after->list[*j].text));
		*i += order <= 0;
		*j += order >= 0;
	}
	if (json_array_size(removed) > 0 || json_array_size(added) > 0)
		return json_pack("{s:s, s:s, s:o, s:o}", "block", block, "change", "changed",
			"removed", removed, "added", added);
	json_decref(removed);
	json_decref(added);
	return NULL;
}

json_t *conf_changes_json(const char *before, const char *after)
{
	struct lines old = {0}, new = {0};
	char *old_text = strdup(before), *new_text = strdup(after);
	json_t *changes = json_array(), *change;
	size_t i = 0, j = 0;

	if (old_text == NULL || new_text == NULL)
		fatal("configuration");
	read_lines(&old, old_text);
	read_lines(&new, new_text);

	while (i < old.count || j < new.count) {
		const char *left = front(&old, i), *right = front(&new, j);
		int order = left == NULL ? 1 : right == NULL ? -1 : strcmp(left, right);
		if (order < 0)
			change = whole_block(&old, &i, "removed");
		else if (order > 0)
			change = whole_block(&new, &j, "added");
		else
			change = common_block(&old, &i, &new, &j);
		if (change != NULL)
			json_array_append_new(changes, change);
	}
	lines_free(&old);
	lines_free(&new);
	free(old_text);
	free(new_text);
	return changes;
}
