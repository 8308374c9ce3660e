/* Metrics of the suite itself. */
#include <string.h>

#include "parentd/metrics.h"
#include "parentd/metrics_snapshot.h"

static size_t one(const struct metrics_snapshot *snapshot)
{
	(void)snapshot;
	return 1;
}

static size_t configured(const struct metrics_snapshot *snapshot)
{
	return snapshot->generation != 0 ? 1 : 0;
}

static size_t processes(const struct metrics_snapshot *snapshot)
{
	return snapshot->processes_count;
}

static void put_version(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const char *const values[] = {HOLDFAST_VERSION};

	(void)snapshot;
	(void)row;
	metrics_put(text, metric, values, 1);
}

enum suite_number { GENERATION, RELOAD_FAILED, MAILS };

static void put_number(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const uint64_t numbers[] = {[GENERATION] = snapshot->generation,
		[RELOAD_FAILED] = snapshot->reload_failed,
		[MAILS] = snapshot->mails};

	(void)row;
	metrics_put(text, metric, NULL, numbers[metric->index]);
}

static void put_conf_time(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	(void)row;
	metrics_put_signed(text, metric, NULL, snapshot->conf_wall_s);
}

/* ---- processes ---- */

enum process_number { UP, WORKING, RESIDENT };

static void put_process(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_process *process = &snapshot->processes[row];
	const char *const values[] = {process->name, process->user};
	const uint64_t numbers[] = {
		[UP] = process->up, [WORKING] = process->working, [RESIDENT] = process->rss};

	if (process->up || metric->index != RESIDENT)
		metrics_put(text, metric, values, numbers[metric->index]);
}

static void put_start(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_process *process = &snapshot->processes[row];
	const char *const values[] = {process->name, process->user};

	if (process->up)
		metrics_put_signed(text, metric, values, process->started_wall_s);
}

static void put_cpu(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct metrics_process *process = &snapshot->processes[row];
	const char *const values[] = {process->name, process->user};

	if (process->up)
		metrics_put_us(text, metric, values, process->cpu_us);
}

static void put_memory(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	static const char *const kinds[] = {"anonymous", "file", "shared"};
	const struct metrics_process *process = &snapshot->processes[row];
	const uint64_t numbers[] = {process->anon, process->file, process->shmem};

	for (size_t i = 0; process->up && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *const values[] = {process->name, process->user, kinds[i]};
		metrics_put(text, metric, values, numbers[i]);
	}
}

static void put_restarts(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	static const char *const causes[ENDED_CAUSES] = {[ENDED_SIGNAL] = "signal",
		[ENDED_EXITED] = "exited",
		[ENDED_SANDBOX] = "sandbox",
		[ENDED_HUNG] = "hung",
		[ENDED_MISBEHAVED] = "misbehaved",
		[ENDED_ORDERED] = "ordered"};
	const struct metrics_process *process = &snapshot->processes[row];

	for (size_t i = 0; process->counted && i < ENDED_CAUSES; i++) {
		const char *const values[] = {process->name, process->user, causes[i]};
		metrics_put(text, metric, values, process->ended[i]);
	}
}

#define PROCESS_LABELS                                                                             \
	{                                                                                          \
		"process", "user", NULL                                                            \
	}

const struct metric metrics_of_suite[] = {
	{"holdfast_build", METRIC_INFO, NULL, {"version", NULL}, "Version of parentd.", one,
		put_version, 0},
	{"holdfast_configuration_generation", METRIC_GAUGE, NULL, {NULL},
		"Number of the configuration in force, which grows with every one that is read; 0: "
		"none.",
		one, put_number, GENERATION},
	{"holdfast_configuration_loaded_timestamp_seconds", METRIC_GAUGE, "seconds", {NULL},
		"When the configuration in force came into force, in seconds since 1970.",
		configured, put_conf_time, 0},
	{"holdfast_configuration_reload_failed", METRIC_GAUGE, NULL, {NULL},
		"1 when the last reload was refused, and the configuration before it is in force.",
		one, put_number, RELOAD_FAILED},
	{"holdfast_mails_waiting", METRIC_GAUGE, NULL, {NULL},
		"Mails that checkerd has not delivered yet.", one, put_number, MAILS},
	{"holdfast_process_up", METRIC_GAUGE, NULL, PROCESS_LABELS,
		"1 while the process runs. Only processes that the configuration needs are here.",
		processes, put_process, UP},
	{"holdfast_process_working", METRIC_GAUGE, NULL, PROCESS_LABELS,
		"1 while the process works with the configuration in force.", processes,
		put_process, WORKING},
	{"holdfast_process_start_time_seconds", METRIC_GAUGE, "seconds", PROCESS_LABELS,
		"When the process was started, in seconds since 1970.", processes, put_start, 0},
	{"holdfast_process_cpu_seconds", METRIC_COUNTER, "seconds", PROCESS_LABELS,
		"Processor time that the process has used, user and system.", processes, put_cpu,
		0},
	{"holdfast_process_resident_memory_bytes", METRIC_GAUGE, "bytes", PROCESS_LABELS,
		"Memory of the process that is resident, shared with others or not.", processes,
		put_process, RESIDENT},
	{"holdfast_process_memory_bytes", METRIC_GAUGE, "bytes", {"process", "user", "kind", NULL},
		"The same by kind: anonymous (its own), file (programs and libraries, shared), "
		"shared (state pages).",
		processes, put_memory, 0},
	{"holdfast_process_restarts", METRIC_COUNTER, NULL, {"process", "user", "reason", NULL},
		"How often the process was replaced since the launcher started, by the reason of "
		"its end.",
		processes, put_restarts, 0},
	{.name = NULL},
};
