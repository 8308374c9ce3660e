/* What an HTTP client asks, from untrusted bytes (RFC 9110, RFC 9112). Free of I/O. */
#ifndef HOLDFAST_EXPORTER_HTTP_REQUEST_H
#define HOLDFAST_EXPORTER_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_MAX 8192 /* bytes of a request's head */

enum metrics_format { FORMAT_PROMETHEUS, FORMAT_OPENMETRICS };
#define METRICS_FORMATS 2

enum http_status {
	HTTP_OK = 200,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_METHOD_NOT_ALLOWED = 405,
	HTTP_TIMEOUT = 408,
	HTTP_HEAD_TOO_LARGE = 431,
	HTTP_UNAVAILABLE = 503,
	HTTP_WRONG_VERSION = 505,
};

/* Bytes up to and with the empty line that ends a head, 0 while that has not come. */
size_t http_request_length(const char *bytes, size_t length);

/* A whole head, of such a length. HTTP_OK: metrics are asked for, in *format, by GET /metrics. */
enum http_status http_request_parse(const char *head, size_t length, enum metrics_format *format);

#endif
