/* Metrics as text, and docs/METRICS.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "parentd/metrics.h"
#include "parentd/metrics_snapshot.h"

static size_t one_row(const struct metrics_snapshot *snapshot)
{
	(void)snapshot;
	return 1;
}

static const struct metric counter = {.name = "holdfast_x_seconds",
	.type = METRIC_COUNTER,
	.unit = "seconds",
	.labels = {"a", "b", NULL},
	.help = "Help.",
	.rows = one_row};

/* What was written since the last look. */
static const char *written(struct metrics_text *text)
{
	static char copy[8192];

	assert_false(text->failed);
	assert_true(text->length < sizeof(copy));
	memcpy(copy, text->bytes, text->length);
	copy[text->length] = '\0';
	text->length = 0;
	return copy;
}

static void test_samples(void **state)
{
	struct metrics_text text = {.dialect = METRICS_OPEN};
	const char *const values[] = {"1", "2"};
	const char *const some[] = {"", "2"};
	const char *const none[] = {"", ""};

	(void)state;
	metrics_put(&text, &counter, values, UINT64_MAX);
	assert_string_equal(
		written(&text), "holdfast_x_seconds_total{a=\"1\",b=\"2\"} 18446744073709551615\n");
	metrics_put_signed(&text, &counter, some, -7);
	assert_string_equal(written(&text), "holdfast_x_seconds_total{b=\"2\"} -7\n");
	metrics_put_us(&text, &counter, none, 1000042);
	assert_string_equal(written(&text), "holdfast_x_seconds_total 1.000042\n");
	free(text.bytes);
}

/* Whatever a name holds, its line is one line, and UTF-8. */
static void test_hostile_values(void **state)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
		{"a\"b\\c\nd", "a\\\"b\\\\c\\nd"},
		{"\x01\x1b[2J\x7f", "??[2J?"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\xc3", "?"},
		{"\xe2\x82", "??"},
		{"\xc0\xaf", "??"},           /* overlong */
		{"\xed\xa0\x80", "???"},      /* a surrogate */
		{"\xf4\x90\x80\x80", "????"}, /* beyond Unicode */
		{"\xff", "?"},
	};
	struct metrics_text text = {.dialect = METRICS_OPEN};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const values[] = {cases[i].value, ""};
		char wanted[128];
		snprintf(wanted, sizeof(wanted), "holdfast_x_seconds_total{a=\"%s\"} 1\n",
			cases[i].text);
		metrics_put(&text, &counter, values, 1);
		assert_string_equal(written(&text), wanted);
	}
	free(text.bytes);
}

static void test_heads(void **state)
{
	const struct metric info = {.name = "holdfast_y", .type = METRIC_INFO, .help = "Help."};
	struct metrics_text text = {.dialect = METRICS_OPEN};

	(void)state;
	metrics_put_head(&text, &counter);
	metrics_put_head(&text, &info);
	metrics_put_end(&text);
	assert_string_equal(written(&text),
		"# HELP holdfast_x_seconds Help.\n# TYPE holdfast_x_seconds counter\n"
		"# UNIT holdfast_x_seconds seconds\n"
		"# HELP holdfast_y Help.\n# TYPE holdfast_y info\n# EOF\n");
	text.dialect = METRICS_PROMETHEUS;
	metrics_put_head(&text, &counter);
	metrics_put_head(&text, &info);
	metrics_put_end(&text);
	assert_string_equal(written(&text),
		"# HELP holdfast_x_seconds_total Help.\n# TYPE holdfast_x_seconds_total counter\n"
		"# HELP holdfast_y_info Help.\n# TYPE holdfast_y_info gauge\n");
	free(text.bytes);
}

static void test_histogram(void **state)
{
	struct metric histogram = counter;
	struct metrics_text text = {.dialect = METRICS_OPEN};
	const char *const values[] = {"1", ""};
	uint64_t words[TALLY_WORDS] = {2, 0, 1, [TALLY_ABOVE] = 4, [TALLY_SUM] = 12500000};

	(void)state;
	histogram.type = METRIC_HISTOGRAM;
	metrics_put_tally(&text, &histogram, values, tally_lateness_us, words);
	const char *all = written(&text);
	assert_non_null(strstr(all, "_bucket{a=\"1\",le=\"5e-05\"} 2\n"));
	assert_non_null(strstr(all, "_bucket{a=\"1\",le=\"0.00025\"} 3\n"));
	assert_non_null(strstr(all, "_bucket{a=\"1\",le=\"1.0\"} 3\n"));
	assert_non_null(strstr(all, "_bucket{a=\"1\",le=\"+Inf\"} 7\n"));
	assert_non_null(strstr(all, "_count{a=\"1\"} 7\n"));
	assert_non_null(strstr(all, "_sum{a=\"1\"} 12.500000\n"));
	free(text.bytes);
}

/* ---- all of it ---- */

static struct metrics_instance instances[2] = {{.name = "VI_1", .known = true}, {.name = "VI_2"}};
static struct metrics_virtual virtuals[1] = {{.name = "V", .up = true}};
static struct metrics_real reals[2] = {{.name = "R1"}, {.name = "R2", .up = true}};
static struct metrics_checker checkers[2] = {
	{.type = "TCP_CHECK", .known = true, .attempts = 3, .verdict = VERDICT_UP},
	{.type = "TCP_CHECK", .real = 1}};
static struct metrics_script scripts[1] = {{.name = "S", .verdict = VERDICT_DOWN}};
static struct ipvs_tally_service services[2] = {
	{.address = {.family = AF_INET, .bytes = {10, 0, 0, 1}}, .protocol = 6, .port = 80},
	{.address = {.family = AF_INET6}, .fwmark = 7, .virtual_server = IPVS_NONE}};
static struct ipvs_tally_real dests[1] = {
	{.service = 1, .address = {.family = AF_INET6, .bytes = {[15] = 1}}, .port = 80}};
static struct ipvs_tally tally = {
	.services = services, .services_count = 2, .reals = dests, .reals_count = 1};
static const struct metrics_snapshot snapshot = {.generation = 1,
	.processes = {{.name = "vrrpd", .up = true, .counted = true},
		{.name = "runner", .user = "u"}},
	.processes_count = 2,
	.check_types = {[CHECK_TCP] = {.name = "TCP_CHECK", .results = {1}}},
	.instances = instances,
	.instances_count = 2,
	.scripts = scripts,
	.scripts_count = 1,
	.virtuals = virtuals,
	.virtuals_count = 1,
	.reals = reals,
	.reals_count = 2,
	.checkers = checkers,
	.checkers_count = 2,
	.ipvs_wanted = true,
	.ipvs = &tally};

static struct metrics_text render(size_t enough, size_t *parts)
{
	struct metrics_text whole = {.dialect = METRICS_OPEN};
	struct metrics_place place = {0};
	bool more = true;

	for (*parts = 0; more; (*parts)++)
		more = metrics_render(&snapshot, &place, whole.length + enough, &whole);
	return whole;
}

/* Parts are as short as they can be asked to be, and together they are the whole. */
static void test_parts(void **state)
{
	size_t one, many;
	struct metrics_text whole = render(SIZE_MAX / 2, &one);
	struct metrics_text pieces = render(1, &many);

	(void)state;
	assert_int_equal(one, 1);
	assert_true(many > 50);
	assert_int_equal(whole.length, pieces.length);
	assert_memory_equal(whole.bytes, pieces.bytes, whole.length);
	assert_memory_equal(whole.bytes + whole.length - 6, "# EOF\n", 6);
	free(whole.bytes);
	free(pieces.bytes);
}

static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
		if ((at == text || at[-1] == '\n') && at[length] == '\n')
			return true;
	}
	return false;
}

static void test_names(void **state)
{
	size_t parts;
	struct metrics_text whole = render(SIZE_MAX / 2, &parts);

	(void)state;
	whole.bytes = realloc(whole.bytes, whole.length + 1);
	assert_non_null(whole.bytes);
	whole.bytes[whole.length] = '\0';
	assert_true(has_line(whole.bytes, "holdfast_ipvs_service_connections_total{virtual_server="
					  "\"V\",service=\"[10.0.0.1]:tcp:80\"} 0"));
	assert_true(has_line(whole.bytes, "holdfast_ipvs_real_server_weight{service=\"FWM 7 "
					  "ipv6\",real_server=\"[::1]:80\"} 0"));
	assert_true(has_line(whole.bytes, "holdfast_check_up{virtual_server=\"V\",real_server="
					  "\"R1\",type=\"TCP_CHECK\",check=\"1\"} 1"));
	/* nothing is said of what is not known */
	assert_null(
		strstr(whole.bytes, "holdfast_check_up{virtual_server=\"V\",real_server=\"R2\""));
	assert_null(strstr(whole.bytes, "holdfast_vrrp_effective_priority{vrrp_instance=\"VI_2\""));
	assert_true(has_line(
		whole.bytes, "holdfast_vrrp_state{vrrp_instance=\"VI_2\",state=\"INIT\"} 1"));
	assert_true(has_line(whole.bytes, "holdfast_process_up{process=\"runner\",user=\"u\"} 0"));
	free(whole.bytes);
}

/* ---- the manual ---- */

static char *read_manual(void)
{
	FILE *file = fopen(TESTS_DIR "/../docs/METRICS.md", "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

/* Its row in the table: | `name` | type | labels | help | */
static void row_of(const struct metric *metric, char *row, size_t size)
{
	snprintf(row, size, "| `%s%s` | %s |", metric->name, metric_suffix(metric->type),
		metric_type_name(metric->type));
	for (size_t i = 0; metric->labels[i] != NULL; i++) {
		strlcat(row, i == 0 ? " `" : ", `", size);
		strlcat(row, metric->labels[i], size);
		strlcat(row, "`", size);
	}
	strlcat(row, " | ", size);
	strlcat(row, metric->help, size);
	strlcat(row, " |", size);
}

static void test_manual(void **state)
{
	char *manual = read_manual();
	const struct metric *metric;
	size_t families = 0, rows = 0;
	bool complete = true;

	(void)state;
	for (; (metric = metrics_family(families)) != NULL; families++) {
		char row[1024];
		row_of(metric, row, sizeof(row));
		if (has_line(manual, row))
			continue;
		print_message("docs/METRICS.md lacks: %s\n", row);
		complete = false;
	}
	assert_true(complete);
	for (const char *at = manual; (at = strstr(at, "\n| `holdfast_")) != NULL; at++)
		rows++;
	assert_int_equal(rows, families);
	free(manual);
}

/* What OpenMetrics demands of families. */
static void test_families(void **state)
{
	const struct metric *metric, *other;

	(void)state;
	for (size_t i = 0; (metric = metrics_family(i)) != NULL; i++) {
		size_t length = strlen(metric->name);
		assert_int_equal(strncmp(metric->name, "holdfast_", 9), 0);
		assert_null(strstr(metric->name, "_total"));
		assert_null(strpbrk(metric->help, "\"\\\n"));
		if (metric->unit != NULL) {
			size_t unit = strlen(metric->unit);
			assert_true(length > unit && metric->name[length - unit - 1] == '_');
			assert_string_equal(metric->name + length - unit, metric->unit);
		}
		for (size_t n = 0; n < i && (other = metrics_family(n)) != NULL; n++)
			assert_string_not_equal(other->name, metric->name);
		for (size_t n = 0; metric->labels[n] != NULL; n++) {
			/* Prometheus has these of its own */
			assert_string_not_equal(metric->labels[n], "instance");
			assert_string_not_equal(metric->labels[n], "job");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
