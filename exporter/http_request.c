#include "exporter/http_request.h"

#include <string.h>
#include <strings.h>

#include "exporter/accept.h"

size_t http_request_length(const char *bytes, size_t length)
{
	const char *end = length == 0 ? NULL : memmem(bytes, length, "\r\n\r\n", 4);

	return end == NULL ? 0 : (size_t)(end - bytes) + 4;
}

static bool begins(const char *text, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

/* Neither control characters nor bytes beyond ASCII, which nobody who wants metrics sends. */
static bool is_clean(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((line[i] < ' ' && line[i] != '\t') || line[i] > '~')
			return false;
	}
	return true;
}

/* "HTTP/1.1" or another one of version 1 */
static enum http_status judge_version(const char *text, size_t length)
{
	if (length != 8 || !begins(text, length, "HTTP/") || text[6] != '.' || text[5] < '0' ||
		text[5] > '9' || text[7] < '0' || text[7] > '9')
		return HTTP_BAD_REQUEST;
	return text[5] == '1' ? HTTP_OK : HTTP_WRONG_VERSION;
}

static enum http_status judge_target(const char *target, size_t length)
{
	static const char path[] = "/metrics";

	if (length == 0)
		return HTTP_BAD_REQUEST;
	if (!begins(target, length, path) || (length > strlen(path) && target[strlen(path)] != '?'))
		return HTTP_NOT_FOUND;
	return HTTP_OK;
}

/* METHOD SP TARGET SP VERSION */
static enum http_status judge_request_line(const char *line, size_t length)
{
	const char *first = memchr(line, ' ', length);

	if (first == NULL || first == line)
		return HTTP_BAD_REQUEST;
	const char *target = first + 1;
	const char *second = memchr(target, ' ', length - (size_t)(target - line));
	if (second == NULL)
		return HTTP_BAD_REQUEST;
	enum http_status status = judge_version(second + 1, length - (size_t)(second + 1 - line));
	if (status != HTTP_OK)
		return status;
	if (first - line != 3 || memcmp(line, "GET", 3) != 0)
		return HTTP_METHOD_NOT_ALLOWED;
	return judge_target(target, (size_t)(second - target));
}

/* NAME ":" VALUE */
static bool take_field(struct accept *accept, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);
	size_t name = colon == NULL ? 0 : (size_t)(colon - line);

	if (name == 0 || memchr(line, ' ', name) != NULL || memchr(line, '\t', name) != NULL)
		return false;
	if (name == strlen("accept") && strncasecmp(line, "accept", name) == 0)
		accept_take(accept, colon + 1, length - name - 1);
	return true;
}

enum http_status http_request_parse(const char *head, size_t length, enum metrics_format *format)
{
	enum http_status status = HTTP_OK;
	struct accept accept = {0};
	const char *line = head;
	const char *end;

	for (; (end = memmem(line, length - (size_t)(line - head), "\r\n", 2)) != line;
		line = end + 2) {
		if (end == NULL || !is_clean(line, (size_t)(end - line)))
			return HTTP_BAD_REQUEST;
		if (line == head)
			status = judge_request_line(line, (size_t)(end - line));
		else if (!take_field(&accept, line, (size_t)(end - line)))
			return HTTP_BAD_REQUEST;
	}
	if (line == head)
		return HTTP_BAD_REQUEST;
	*format = accept_format(&accept);
	return status;
}
