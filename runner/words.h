/* The command line of a script as it comes in RUNNER_RUN. Pure. */
#ifndef HOLDFAST_RUNNER_WORDS_H
#define HOLDFAST_RUNNER_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 512 /* with its NUL a word has at least one byte, most have more */

/* Points argv at the words strings that stand one behind the other in line, and ends it with NULL.
 * Returns NULL; or a text when they are not exactly so many, when the first is empty or when
 * anything but zero stands behind the last. */
const char *words_split(
	const char *line, size_t size, uint32_t words, const char *argv[WORDS_MAX + 1]);

#endif
