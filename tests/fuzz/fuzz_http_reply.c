/* The head of a reply of an HTTP server, in pieces of every size. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checkerd/http_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static size_t read_reply(struct http_reply *reply, const char *bytes, size_t count, size_t piece)
{
	size_t used = 0;

	http_reply_init(reply);
	while (used < count && (reply->stage == HTTP_STATUS_LINE || reply->stage == HTTP_FIELDS)) {
		size_t part = count - used < piece ? count - used : piece;
		size_t taken = http_reply_head(reply, bytes + used, part);
		require(taken == part || reply->stage >= HTTP_BODY);
		used += taken;
	}
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_reply reply;
	struct http_reply other;

	if (size < 1)
		return 0;
	const char *bytes = (const char *)data + 1;
	size_t used = read_reply(&reply, bytes, size - 1, size);
	require(used <= HTTP_HEAD_MAX + 1 && reply.status >= 0 && reply.status <= 999);
	require((reply.stage == HTTP_MALFORMED) == (reply.error != NULL));
	require(reply.stage != HTTP_BODY || (used > 0 && bytes[used - 1] == '\n'));
	require(read_reply(&other, bytes, size - 1, 1 + data[0]) == used);
	require(other.stage == reply.stage && other.status == reply.status &&
		other.length == reply.length && other.error == reply.error);
	return 0;
}
