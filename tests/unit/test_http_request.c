/* What HTTP clients say to the exporter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "exporter/accept.h"
#include "exporter/http_request.h"

static enum http_status parse(const char *head)
{
	enum metrics_format format;

	return http_request_parse(head, strlen(head), &format);
}

static void test_lengths(void **state)
{
	static const char two[] = "GET / HTTP/1.1\r\n\r\nmore";

	(void)state;
	assert_int_equal(http_request_length("", 0), 0);
	for (size_t i = 0; i < 18; i++)
		assert_int_equal(http_request_length(two, i), 0);
	assert_int_equal(http_request_length(two, 18), 18);
	assert_int_equal(http_request_length(two, sizeof(two)), 18);
}

static void test_requests(void **state)
{
	static const struct {
		const char *head;
		enum http_status status;
	} cases[] = {
		{"GET /metrics HTTP/1.1\r\n\r\n", HTTP_OK},
		{"GET /metrics HTTP/1.0\r\nHost: a\r\nX: \r\n\r\n", HTTP_OK},
		{"GET /metrics?name=x HTTP/1.1\r\n\r\n", HTTP_OK},
		{"GET /metricsx HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"GET / HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"GET /../metrics HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"GET http://a/metrics HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"HEAD /metrics HTTP/1.1\r\n\r\n", HTTP_METHOD_NOT_ALLOWED},
		{"POST /metrics HTTP/1.1\r\n\r\n", HTTP_METHOD_NOT_ALLOWED},
		{"get /metrics HTTP/1.1\r\n\r\n", HTTP_METHOD_NOT_ALLOWED},
		{"GETS /metrics HTTP/1.1\r\n\r\n", HTTP_METHOD_NOT_ALLOWED},
		{"GET /metrics HTTP/2.0\r\n\r\n", HTTP_WRONG_VERSION},
		{"GET /metrics HTTP/1.12\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET  HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1 x\r\n\r\n", HTTP_BAD_REQUEST},
		{"\r\n\r\n", HTTP_BAD_REQUEST},
		{" \r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1\r\nno colon\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1\r\n: none\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1\r\nAccept : a\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1\r\nA: b\nC: d\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /metrics HTTP/1.1\r\nA: \x1b\r\n\r\n", HTTP_BAD_REQUEST},
		{"GET /m\xc3\xa9trics HTTP/1.1\r\n\r\n", HTTP_BAD_REQUEST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].head) != cases[i].status)
			fail_msg("%s: %d", cases[i].head, parse(cases[i].head));
	}
}

/* A NUL is no end, and no reason to look further. */
static void test_nul(void **state)
{
	static const char head[] = "GET /metrics HTTP/1.1\r\nA: \0\r\n\r\n";
	enum metrics_format format;

	(void)state;
	assert_int_equal(http_request_parse(head, sizeof(head) - 1, &format), HTTP_BAD_REQUEST);
}

static void test_formats(void **state)
{
	static const struct {
		const char *value;
		enum metrics_format format;
	} cases[] = {
		/* as Prometheus says */
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
			FORMAT_OPENMETRICS},
		{"application/openmetrics-text; "
		 "version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
			FORMAT_PROMETHEUS},
		{"application/openmetrics-text", FORMAT_OPENMETRICS},
		{"Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9 , text/plain;q=0.8",
			FORMAT_OPENMETRICS},
		{"application/openmetrics-text;q=0.5,text/plain", FORMAT_PROMETHEUS},
		{"application/openmetrics-text;q=0", FORMAT_PROMETHEUS},
		{"application/openmetrics-text;q=2", FORMAT_PROMETHEUS},
		{"application/openmetrics-text;q=x", FORMAT_PROMETHEUS},
		{"application/openmetrics-text;q=0.0001", FORMAT_PROMETHEUS},
		{"application/openmetrics-text;q=1.000", FORMAT_OPENMETRICS},
		{"*/*", FORMAT_PROMETHEUS},
		{"text/html,;,;;,=,q=1", FORMAT_PROMETHEUS},
		{"", FORMAT_PROMETHEUS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct accept accept = {0};
		accept_take(&accept, cases[i].value, strlen(cases[i].value));
		if (accept_format(&accept) != cases[i].format)
			fail_msg("%s", cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
