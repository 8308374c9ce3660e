/* Whatever a client sends to the exporter. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	size_t length = http_request_length(bytes, size);
	enum metrics_format format = METRICS_FORMATS;

	require(length <= size && (length == 0 || length >= 4));
	if (length == 0)
		return 0;
	/* in memory of its own, so that a look beyond its end is seen */
	char *head = malloc(length);
	require(head != NULL);
	memcpy(head, bytes, length);
	if (http_request_parse(head, length, &format) == HTTP_OK)
		require(format < METRICS_FORMATS && memcmp(head, "GET /metrics", 12) == 0);
	free(head);
	return 0;
}
