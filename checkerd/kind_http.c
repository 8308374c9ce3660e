#include "checkerd/kind_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "checkerd/http_check.h"
#include "checkerd/probe_http.h"

struct pages {
	uint32_t count;
	struct http_check *checks[];
};

/* The regexes stand in the order of the urls that have one; *next is the first not yet used. */
static struct http_check *page_new(const struct kind_tools *tools, const struct check_spec *spec,
	uint32_t url, uint32_t *next, char *reason, size_t size)
{
	const struct conf_check_bytes *regex = NULL;

	if ((spec->urls[url].flags & URL_REGEX) != 0) {
		if (*next == spec->checker->bytes || spec->bytes[*next].what != BYTES_REGEX) {
			snprintf(reason, size, "the regex of %s is missing", spec->urls[url].path);
			return NULL;
		}
		regex = &spec->bytes[(*next)++];
	}
	return http_check_new(tools->tls, spec->checker, &spec->urls[url],
		regex == NULL ? NULL : regex->bytes, regex == NULL ? 0 : regex->length, reason,
		size);
}

int kind_http_prepare(const struct kind_tools *tools, const struct check_spec *spec,
	void **prepared, char *reason, size_t size)
{
	uint32_t urls = spec->checker->urls;
	uint32_t next = 0;
	struct pages *pages = calloc(1, sizeof(*pages) + urls * sizeof(struct http_check *));

	if (pages == NULL) {
		snprintf(reason, size, "out of memory");
		return -1;
	}
	for (; pages->count < urls; pages->count++) {
		pages->checks[pages->count] =
			page_new(tools, spec, pages->count, &next, reason, size);
		if (pages->checks[pages->count] == NULL) {
			kind_http_release(pages);
			return -1;
		}
	}
	*prepared = pages;
	return 0;
}

void kind_http_release(void *prepared)
{
	struct pages *pages = prepared;

	for (uint32_t i = 0; i < pages->count; i++)
		http_check_free(pages->checks[i]);
	free(pages);
}

struct probe *kind_http_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg)
{
	const struct pages *pages = prepared;

	if (step >= pages->count) {
		errno = EINVAL;
		return NULL;
	}
	return probe_http_start(tools->base, target, pages->checks[step], done, arg);
}
