/* Metrics of scripts, virtual and real servers, and their checks. */
#include <stdio.h>

#include "parentd/metrics.h"
#include "parentd/metrics_snapshot.h"

static size_t scripts(const struct metrics_snapshot *snapshot)
{
	return snapshot->scripts_count;
}

static size_t virtuals(const struct metrics_snapshot *snapshot)
{
	return snapshot->virtuals_count;
}

static size_t reals(const struct metrics_snapshot *snapshot)
{
	return snapshot->reals_count;
}

static size_t checkers(const struct metrics_snapshot *snapshot)
{
	return snapshot->checkers_count;
}

static size_t check_types(const struct metrics_snapshot *snapshot)
{
	for (size_t i = 0; i < TALLY_CHECK_TYPES; i++) {
		if (snapshot->check_types[i].name != NULL)
			return TALLY_CHECK_TYPES;
	}
	return 0;
}

static void put_script(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_script *script = &snapshot->scripts[row];
	const char *const values[] = {script->name};

	if (script->verdict != VERDICT_UNKNOWN)
		metrics_put(text, metric, values, script->verdict == VERDICT_UP);
}

enum virtual_number { VIRTUAL_UP, VIRTUAL_WEIGHT, VIRTUAL_QUORUM };

static void put_virtual(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_virtual *virtual_server = &snapshot->virtuals[row];
	const char *const values[] = {virtual_server->name};
	const uint64_t numbers[] = {[VIRTUAL_UP] = virtual_server->up,
		[VIRTUAL_WEIGHT] = virtual_server->weight_up,
		[VIRTUAL_QUORUM] = virtual_server->quorum};

	metrics_put(text, metric, values, numbers[metric->index]);
}

enum real_number { REAL_UP, REAL_WEIGHT };

static void put_real(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_real *real = &snapshot->reals[row];
	const char *const values[] = {snapshot->virtuals[real->virtual_server].name, real->name};

	if (metric->index == REAL_UP)
		metrics_put(text, metric, values, real->up);
	else
		metrics_put_signed(text, metric, values, real->weight);
}

enum checker_number { CHECKER_IS_UP, CHECKER_ATTEMPTS, CHECKER_FAILURES, CHECKER_LATENCY };

static void put_checker(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_checker *checker = &snapshot->checkers[row];
	const struct metrics_real *real = &snapshot->reals[checker->real];
	char number[24];
	const char *const values[] = {
		snapshot->virtuals[real->virtual_server].name, real->name, checker->type, number};

	snprintf(number, sizeof(number), "%zu", checker->number + 1);
	if (metric->index == CHECKER_IS_UP && checker->verdict != VERDICT_UNKNOWN)
		metrics_put(text, metric, values, checker->verdict == VERDICT_UP);
	else if (metric->index == CHECKER_ATTEMPTS && checker->known)
		metrics_put(text, metric, values, checker->attempts);
	else if (metric->index == CHECKER_FAILURES && checker->known)
		metrics_put(text, metric, values, checker->failures);
	else if (metric->index == CHECKER_LATENCY && checker->attempts > 0)
		metrics_put_us(text, metric, values, checker->latency_us);
}

static void put_results(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	static const char *const results[TALLY_RESULTS_END] = {
		[TALLY_GOOD] = "good", [TALLY_BAD] = "bad", [TALLY_UNKNOWN] = "unknown"};
	const struct metrics_check_type *type = &snapshot->check_types[row];

	for (size_t i = 0; type->name != NULL && i < TALLY_RESULTS_END; i++) {
		const char *const values[] = {type->name, results[i]};
		metrics_put(text, metric, values, type->results[i]);
	}
}

static void put_latency(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_check_type *type = &snapshot->check_types[row];
	const char *const values[] = {type->name};

	if (type->name != NULL)
		metrics_put_tally(text, metric, values, tally_latency_us, type->latency);
}

#define VIRTUAL                                                                                    \
	{                                                                                          \
		"virtual_server", NULL                                                             \
	}
#define REAL                                                                                       \
	{                                                                                          \
		"virtual_server", "real_server", NULL                                              \
	}
#define CHECKER                                                                                    \
	{                                                                                          \
		"virtual_server", "real_server", "type", "check", NULL                             \
	}

const struct metric metrics_of_servers[] = {
	{"holdfast_script_up", METRIC_GAUGE, NULL, {"script", NULL},
		"1 while the vrrp_script succeeds, 0 while it fails; nothing before its first "
		"result.",
		scripts, put_script, 0},
	{"holdfast_virtual_server_up", METRIC_GAUGE, NULL, VIRTUAL,
		"1 while the virtual server has its quorum.", virtuals, put_virtual, VIRTUAL_UP},
	{"holdfast_virtual_server_weight_up", METRIC_GAUGE, NULL, VIRTUAL,
		"Sum of the weights of its real servers that are up.", virtuals, put_virtual,
		VIRTUAL_WEIGHT},
	{"holdfast_virtual_server_quorum", METRIC_GAUGE, NULL, VIRTUAL,
		"Weight that the virtual server needs.", virtuals, put_virtual, VIRTUAL_QUORUM},
	{"holdfast_real_server_up", METRIC_GAUGE, NULL, REAL,
		"1 while none of its checks has the real server down.", reals, put_real, REAL_UP},
	{"holdfast_real_server_weight", METRIC_GAUGE, NULL, REAL, "Its weight that is in force.",
		reals, put_real, REAL_WEIGHT},
	{"holdfast_check_up", METRIC_GAUGE, NULL, CHECKER,
		"1 while the check has the real server up; nothing before its first result. "
		"Checks are numbered from 1 for each real server.",
		checkers, put_checker, CHECKER_IS_UP},
	{"holdfast_check_attempts", METRIC_COUNTER, NULL, CHECKER,
		"Attempts of the check that had a result.", checkers, put_checker,
		CHECKER_ATTEMPTS},
	{"holdfast_check_failures", METRIC_COUNTER, NULL, CHECKER,
		"Attempts of the check whose result was bad.", checkers, put_checker,
		CHECKER_FAILURES},
	{"holdfast_check_last_duration_seconds", METRIC_GAUGE, "seconds", CHECKER,
		"How long the latest attempt of the check took.", checkers, put_checker,
		CHECKER_LATENCY},
	{"holdfast_check_results", METRIC_COUNTER, NULL, {"type", "result", NULL},
		"Attempts of all checks of a type: good, bad, or unknown (this host could not make "
		"them).",
		check_types, put_results, 0},
	{"holdfast_check_duration_seconds", METRIC_HISTOGRAM, "seconds", {"type", NULL},
		"How long attempts of all checks of a type took.", check_types, put_latency, 0},
	{.name = NULL},
};
