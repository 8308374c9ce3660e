/* Which of the lines that others can cause are worth writing. Free of I/O. */
#ifndef HOLDFAST_LOG_LIMIT_H
#define HOLDFAST_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/log.h"

#define LOG_LIMIT_KINDS    64
#define LOG_LIMIT_BURST    16 /* lines in one period of ten seconds, over all sources */
#define LOG_LIMIT_PERIOD_S 10
#define LOG_LIMIT_TEXT     160

struct log_limit_kind {
	const char *topic; /* NULL: free */
	uint64_t key;
	uint64_t period_ns; /* of its source */
	uint64_t since_ns;  /* when its period began */
	uint32_t lines;     /* in it */
	uint32_t left_out;
	int level;
	char text[LOG_LIMIT_TEXT]; /* of the last line that was written */
};

struct log_limits {
	struct log_limit_kind kinds[LOG_LIMIT_KINDS];
	uint64_t since_ns; /* the period of all together; 0: none yet */
	uint32_t lines;
	uint32_t others; /* left out, of sources that have no line of their own */
	uint64_t others_since_ns;
	bool pending; /* something was left out that is not said yet */
};

/* What is to be said of lines that were left out. */
struct log_left_out {
	uint32_t lines; /* 0: nothing */
	uint64_t since_ns;
	int level;
	char text[LOG_LIMIT_TEXT]; /* a line like them; empty: there were different ones */
};

/* May a line of this source be written? *note is what has to be written before it. Then
 * log_limits_wrote() keeps its text, for what may be left out after it. */
bool log_limits_take(struct log_limits *limits, const struct log_source *source, uint64_t now_ns,
	struct log_left_out *note);
void log_limits_wrote(
	struct log_limits *limits, const struct log_source *source, int level, const char *text);

/* Whatever was left out in a period that is over, one note a call; false: there is no more. */
bool log_limits_due(struct log_limits *limits, uint64_t now_ns, struct log_left_out *note);

#endif
