/* Answers of the suite as an operator reads them: aligned, what is wrong first. Each returns
 * CTL_FINE or CTL_WRONG. A reply comes from another process: what is missing in it or of another
 * type is shown as "-". */
#ifndef HOLDFAST_CTL_SHOW_H
#define HOLDFAST_CTL_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct view {
	FILE *out;
	bool color; /* the terminal shows colours */
};

enum tone { TONE_PLAIN, TONE_GOOD, TONE_BAD, TONE_FAINT };

/* Prints text at least width columns wide (negative: flush right), in colour where there is. */
void show_word(const struct view *view, enum tone tone, int width, const char *text);

/* Member of an object as text; "-" when it is not a string. */
const char *show_text(const json_t *object, const char *key);
long long show_number(const json_t *object, const char *key);

/* "3 d 4 h", "2 h 5 min", "7 min 3 s", "12 s" */
void show_duration(double seconds, char *text, size_t size);

/* An array in the order of badness, the worst first, what is equally bad as it was. */
struct show_ranked {
	const json_t *object;
	size_t place;
	int bad;
};

/* Returns the number; *list is the caller's to free. */
size_t show_rank(const json_t *array, int (*badness)(const json_t *), struct show_ranked **list);

int show_status(const struct view *view, const json_t *reply);
/* Virtual servers with their real servers, the worst first; with detail also the checks of each,
 * without it only real servers with which something is wrong. */
int show_services(const struct view *view, const json_t *reply, bool detail);
/* What ipvsd cannot do at all. */
int show_ipvs_problems(const struct view *view, const json_t *reply);

/* One line for each instance; with detail also counters, addresses and the last change of each. */
int show_vrrp(const struct view *view, const json_t *reply, bool detail);

#endif
