#include "runner/words.h"

#include <string.h>

const char *words_split(
	const char *line, size_t size, uint32_t words, const char *argv[WORDS_MAX + 1])
{
	size_t at = 0;

	if (words == 0)
		return "no words";
	if (words > WORDS_MAX)
		return "too many words";
	for (uint32_t i = 0; i < words; i++) {
		size_t length = strnlen(line + at, size - at);
		if (length == size - at)
			return "fewer words than announced";
		argv[i] = line + at;
		at += length + 1;
	}
	argv[words] = NULL;
	if (argv[0][0] == '\0')
		return "the first word is empty";
	for (; at < size; at++) {
		if (line[at] != '\0')
			return "more words than announced";
	}
	return NULL;
}
