/* A regular expression over the body of a reply (PCRE2). The body is hostile, and backtracking can
 * take a time exponential in its length, so a match is given up when it has used too much
 * processor time or memory. There is no just-in-time compiler: it would need memory that is
 * writable and executable, which no process of the suite may have. */
#ifndef HOLDFAST_CHECKERD_BODY_REGEX_H
#define HOLDFAST_CHECKERD_BODY_REGEX_H

#include <stddef.h>
#include <stdint.h>

/* No more than this much of a body is kept for its regex. */
#define BODY_REGEX_MAX ((size_t)256 * 1024)

#define BODY_REGEX_NO_BOUND UINT32_MAX

struct body_regex_params {
	const char *pattern;
	size_t length;
	uint32_t options;    /* of pcre2_compile() */
	uint32_t min_offset; /* a match begins here or later */
	uint32_t max_offset; /* and no later than here; BODY_REGEX_NO_BOUND */
	uint32_t stack_max;  /* bytes for backtracking; 0: 4 MiB, which is also the least */
};

struct body_regex;

/* Compiles. NULL with a sentence in reason. */
struct body_regex *body_regex_new(
	const struct body_regex_params *params, char *reason, size_t size);
void body_regex_free(struct body_regex *regex);

/* 1: matches, 0: does not, -1: it cannot be said, with a sentence in reason. Takes 50 ms of
 * processor time at most. */
int body_regex_match(
	const struct body_regex *regex, const void *body, size_t length, char *reason, size_t size);

#endif
