/* The command line of a script, as RUNNER_RUN brings it, and the last lines of what it writes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/proto.h"
#include "runner/tail.h"
#include "runner/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_words(const char *line, size_t size, uint32_t words)
{
	static const char *argv[WORDS_MAX + 1];
	size_t used = 0;

	if (words_split(line, size, words, argv) != NULL)
		return;
	for (uint32_t i = 0; i < words; i++) {
		require(argv[i] == line + used);
		used += strlen(argv[i]) + 1;
	}
	require(used <= size && argv[words] == NULL && argv[0][0] != '\0');
}

static void check_tail(const char *bytes, size_t size)
{
	struct tail tail = {0};
	char text[PROTO_OUTPUT_LEN];

	for (size_t at = 0; at < size;) {
		size_t part = 1 + (unsigned char)bytes[at] % 64;
		if (part > size - at)
			part = size - at;
		tail_add(&tail, bytes + at, part);
		at += part;
	}
	tail_text(&tail, text, sizeof(text));
	size_t length = strnlen(text, sizeof(text));
	require(length < sizeof(text));
	for (size_t i = 0; i < length; i++)
		require(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	for (size_t i = length; i < sizeof(text); i++)
		require(text[i] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	check_words((const char *)data + 1, size - 1, data[0]);
	check_tail((const char *)data, size);
	return 0;
}
