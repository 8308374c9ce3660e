/* HTTP_GET and SSL_GET as kinds of checkers (checkerd/kind.h): one step for every url. */
#ifndef HOLDFAST_CHECKERD_KIND_HTTP_H
#define HOLDFAST_CHECKERD_KIND_HTTP_H

#include "checkerd/kind.h"

int kind_http_prepare(const struct kind_tools *tools, const struct check_spec *spec,
	void **prepared, char *reason, size_t size);
void kind_http_release(void *prepared);
struct probe *kind_http_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg);

#endif
