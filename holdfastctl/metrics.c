/* Metrics as text. */
#include <stdio.h>
#include <string.h>

#include "holdfastctl/command.h"
#include "holdfastctl/request.h"

static bool take_part(const json_t *reply, void *arg)
{
	int *result = arg;
	const json_t *text = json_object_get(reply, "text");

	*result = CTL_WRONG;
	if (!json_is_true(json_object_get(reply, "ok")) || !json_is_string(text)) {
		fprintf(stderr, "holdfastctl: metrics: %s\n", show_text(reply, "error"));
		return false;
	}
	size_t length = json_string_length(text);
	if (fwrite(json_string_value(text), 1, length, stdout) != length || fflush(stdout) == EOF)
		return false;
	*result = CTL_FINE;
	return json_is_true(json_object_get(reply, "more"));
}

static int run_metrics(const struct ctl_call *call)
{
	int result = CTL_WRONG;
	const char *format = ctl_option(call, "format");
	char why[4352];

	if (call->json) {
		fprintf(stderr,
			"holdfastctl: metrics are not JSON; `holdfastctl status --json` is\n");
		return CTL_UNREACHABLE;
	}
	if (ctl_request_parts(call->runtime_dir, "metrics", format, take_part, &result, why,
		    sizeof(why)) == -1) {
		fprintf(stderr, "holdfastctl: %s\n", why);
		return CTL_UNREACHABLE;
	}
	return result;
}

static const struct ctl_option options[] = {
	{"format", 0, "FORMAT", "openmetrics (default), prometheus (its older text format)"},
	{NULL, 0, NULL, NULL},
};

const struct ctl_command metrics_command = {
	.name = "metrics",
	.arguments = "",
	.summary = "what Prometheus would scrape, as OpenMetrics text",
	.help = "docs/METRICS.md lists what is in it.\n",
	.options = options,
	.run = run_metrics,
};
