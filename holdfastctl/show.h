/* Answers of the suite as an operator reads them: what is wrong first, in words. All of it is pure
 * but for what it writes to view->out. A reply comes from another process: what is missing in it or
 * of another type is shown as "-". */
#ifndef HOLDFAST_CTL_SHOW_H
#define HOLDFAST_CTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct view {
	FILE *out;
	bool color; /* the terminal shows colours, which never say what words do not */
	int width;  /* columns; 0: lines may be as long as they like */
};

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_WARN, TONE_FAINT, TONE_HEAD };

/* ---- show_text.c: words and numbers ---- */

/* Prints text at least width columns wide (negative: flush right), in colour where there is. */
void show_word(const struct view *view, enum tone tone, int width, const char *text);

/* Prints text from column indent on, wrapped between words at the width of the view, and ends the
 * line. column: where the cursor is already. */
void show_wrapped(
	const struct view *view, enum tone tone, int column, int indent, const char *text);

/* The columns that a text takes on the screen: characters, not bytes. */
int show_columns(const char *text);

/* Member of an object as text; "-" when it is not a string. */
const char *show_text(const json_t *object, const char *key);
long long show_number(const json_t *object, const char *key);
bool show_has_text(const json_t *object, const char *key);
bool show_is_true(const json_t *object, const char *key);

/* "3 d 4 h", "2 h 5 min", "7 min 3 s", "12 s" */
void show_duration(double seconds, char *text, size_t size);
/* "3 d ago", "2 h ago", "7 min ago", "12 s ago"; "-" when the member is no number. */
void show_ago(const json_t *object, const char *key, char *text, size_t size);
/* " for 3 min"; empty when the member is no number. */
void show_for(const json_t *object, const char *key, char *text, size_t size);
/* "9999", "12.3k", "456M" */
void show_human(long long number, char *text, size_t size);
/* "2026-11-21 17:38:16" of "2026-11-21T17:38:16+0000" */
void show_moment(const json_t *object, const char *key, char *text, size_t size);

/* Puts a question mark in the place of every control character in a reply's strings: a script or a
 * server may have written them to play with the operator's terminal. Lines of output stay lines. */
void show_clean(json_t *reply);

/* ---- show_table.c: aligned columns ---- */

#define TABLE_COLUMNS 12

struct table;

/* heads ends with NULL; one that begins with '>' is flush right. Ends the program without memory,
 * as the following do. */
struct table *table_new(const char *const *heads);
/* Begins a row; its cells follow. */
void table_row(struct table *table);
void table_cell(struct table *table, enum tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line of its own below the row, indented so far. */
void table_note(struct table *table, enum tone tone, int indent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Prints and frees it. Columns in which no row has anything are left out. */
void table_print(struct table *table, const struct view *view);

/* ---- show_rank.c ---- */

/* An array in the order of badness, the worst first, what is equally bad as it was. */
struct show_ranked {
	const json_t *object;
	size_t place;
	int bad;
};

/* Returns the number; *list is the caller's to free. */
size_t show_rank(const json_t *array, int (*badness)(const json_t *), struct show_ranked **list);

/* ---- parts of the status ---- */

/* The most rows of one kind that the status shows. */
#define SHOW_STATUS_ROWS 20

/* What is wrong, in a sentence each, the worst first; the first line says how much, or that nothing
 * is. Returns CTL_FINE or CTL_WRONG. */
int show_problems(const struct view *view, const json_t *reply);

/* The worst first, limit of them at most (0: all). */
void show_instances(const struct view *view, const json_t *reply, size_t limit);
void show_services(const struct view *view, const json_t *reply, size_t limit);

/* From here on, something is wrong with an instance, a virtual server, a real server. */
#define BAD_WRONG 4
int show_instance_badness(const json_t *instance);
int show_virtual_badness(const json_t *server);
int show_real_badness(const json_t *real);

/* It runs and is confined. */
bool show_process_is_well(const json_t *process);

/* The whole of `holdfastctl status`; returns CTL_FINE or CTL_WRONG. */
int show_status(const struct view *view, const json_t *reply);

#endif
