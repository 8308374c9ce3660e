#include "checkerd/body_regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/clock.h"

#define CPU_MAX_NS       (50 * NSEC_PER_MSEC)
#define CALLOUTS_A_LOOK  64 /* callouts from one look at the clock to the next */
#define HEAP_KIB_LEAST   UINT32_C(4096)
#define HEAP_KIB_MOST    UINT32_C(65536)
#define ERROR_TEXT_MAX   120
#define BYTES_PER_KIB    1024
#define MATCH_LIMIT_NONE UINT32_MAX /* the clock decides */

struct body_regex {
	pcre2_code *code;
	pcre2_match_context *context;
	uint32_t min_offset;
};

/* One match under way. */
struct effort {
	uint64_t end_ns; /* of processor time */
	unsigned callouts;
};

static uint64_t processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* PCRE2 counts steps too, but anew at every place where a match could begin, which bounds nothing.
 */
static int callout(pcre2_callout_block *block, void *arg)
{
	struct effort *effort = arg;

	(void)block;
	if (++effort->callouts % CALLOUTS_A_LOOK != 0 || processor_ns() < effort->end_ns)
		return 0;
	return PCRE2_ERROR_CALLOUT;
}

static uint32_t heap_kib(uint32_t stack_max)
{
	uint32_t kib = stack_max / BYTES_PER_KIB;

	if (kib < HEAP_KIB_LEAST)
		return HEAP_KIB_LEAST;
	return kib < HEAP_KIB_MOST ? kib : HEAP_KIB_MOST;
}

static uint32_t compile_options(const struct body_regex_params *params)
{
	uint32_t options = params->options | PCRE2_AUTO_CALLOUT;

	if (params->max_offset != BODY_REGEX_NO_BOUND)
		options |= PCRE2_USE_OFFSET_LIMIT;
	if ((options & PCRE2_UTF) != 0)
		options |= PCRE2_MATCH_INVALID_UTF;
	return options;
}

static int compile(
	struct body_regex *regex, const struct body_regex_params *params, char *reason, size_t size)
{
	PCRE2_UCHAR text[ERROR_TEXT_MAX];
	PCRE2_SIZE offset;
	int error;

	regex->code = pcre2_compile((PCRE2_SPTR)params->pattern, params->length,
		compile_options(params), &error, &offset, NULL);
	if (regex->code != NULL)
		return 0;
	pcre2_get_error_message(error, text, sizeof(text));
	snprintf(reason, size, "the regex is wrong at character %zu: %s", (size_t)offset + 1,
		(const char *)text);
	return -1;
}

static int limit(
	struct body_regex *regex, const struct body_regex_params *params, char *reason, size_t size)
{
	regex->context = pcre2_match_context_create(NULL);
	if (regex->context == NULL) {
		snprintf(reason, size, "out of memory");
		return -1;
	}
	pcre2_set_heap_limit(regex->context, heap_kib(params->stack_max));
	pcre2_set_match_limit(regex->context, MATCH_LIMIT_NONE);
	pcre2_set_depth_limit(regex->context, MATCH_LIMIT_NONE);
	if (params->max_offset != BODY_REGEX_NO_BOUND)
		pcre2_set_offset_limit(regex->context, params->max_offset);
	return 0;
}

struct body_regex *body_regex_new(const struct body_regex_params *params, char *reason, size_t size)
{
	struct body_regex *regex = calloc(1, sizeof(*regex));

	if (regex == NULL) {
		snprintf(reason, size, "out of memory");
		return NULL;
	}
	regex->min_offset = params->min_offset;
	if (compile(regex, params, reason, size) == 0 && limit(regex, params, reason, size) == 0)
		return regex;
	body_regex_free(regex);
	return NULL;
}

void body_regex_free(struct body_regex *regex)
{
	if (regex == NULL)
		return;
	pcre2_match_context_free(regex->context);
	pcre2_code_free(regex->code);
	free(regex);
}

static int cannot_say(int error, char *reason, size_t size)
{
	PCRE2_UCHAR text[ERROR_TEXT_MAX];

	if (error == PCRE2_ERROR_CALLOUT)
		snprintf(reason, size, "the regex takes more than 50 ms on this body");
	else if (error == PCRE2_ERROR_HEAPLIMIT)
		snprintf(reason, size, "the regex needs too much memory on this body");
	else {
		pcre2_get_error_message(error, text, sizeof(text));
		snprintf(reason, size, "the regex failed on this body: %s", (const char *)text);
	}
	return -1;
}

int body_regex_match(
	const struct body_regex *regex, const void *body, size_t length, char *reason, size_t size)
{
	struct effort effort = {.end_ns = processor_ns() + CPU_MAX_NS};

	if (regex->min_offset > length)
		return 0;
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	if (match == NULL) {
		snprintf(reason, size, "out of memory");
		return -1;
	}
	pcre2_set_callout(regex->context, callout, &effort);
	int result =
		pcre2_match(regex->code, body, length, regex->min_offset, 0, match, regex->context);
	pcre2_set_callout(regex->context, NULL, NULL);
	pcre2_match_data_free(match);
	if (result >= 0) /* 0: there are groups, which nobody asks for */
		return 1;
	return result == PCRE2_ERROR_NOMATCH ? 0 : cannot_say(result, reason, size);
}
