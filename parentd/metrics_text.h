/* Metrics as text: OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), or the
 * older text format of Prometheus, 0.0.4. Pure. */
#ifndef HOLDFAST_METRICS_TEXT_H
#define HOLDFAST_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/state_tally.h"

struct metrics_snapshot;
struct metrics_text;

enum metrics_dialect { METRICS_OPEN, METRICS_PROMETHEUS };

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM, METRIC_INFO };

#define METRIC_LABELS_MAX 6

/* A family of metrics. */
struct metric {
	const char *name; /* without _total and the like; ends with the unit where there is one */
	enum metric_type type;
	const char *unit;                          /* "seconds", "bytes"; NULL: none */
	const char *labels[METRIC_LABELS_MAX + 1]; /* their names, ends with NULL */
	const char *help;                          /* one line without quotes and backslashes */
	/* How many things it is said of, and the samples of one. */
	size_t (*rows)(const struct metrics_snapshot *snapshot);
	void (*put)(struct metrics_text *text, const struct metric *metric,
		const struct metrics_snapshot *snapshot, size_t row);
	unsigned index; /* for put(): which of several that it knows */
};

/* "gauge", "counter", "histogram", "info" */
const char *metric_type_name(enum metric_type type);
/* Behind the name in samples: "_total", "_info", or nothing. */
const char *metric_suffix(enum metric_type type);

struct metrics_text {
	enum metrics_dialect dialect;
	char *bytes; /* to be freed */
	size_t length, room;
	bool failed; /* without memory: what follows is lost */
};

/* The lines in front of the samples of a family. */
void metrics_put_head(struct metrics_text *text, const struct metric *metric);

/* One sample. values are those of the labels, in the same order, and may hold any byte; an empty
 * one is left out. */
void metrics_put(struct metrics_text *text, const struct metric *metric, const char *const *values,
	uint64_t value);
void metrics_put_signed(struct metrics_text *text, const struct metric *metric,
	const char *const *values, int64_t value);
void metrics_put_us(struct metrics_text *text, const struct metric *metric,
	const char *const *values, uint64_t us);

/* A tally that is a histogram of microseconds, in seconds. */
void metrics_put_tally(struct metrics_text *text, const struct metric *metric,
	const char *const *values, const uint32_t bounds_us[TALLY_BUCKETS],
	const uint64_t words[TALLY_WORDS]);

/* What the text ends with. */
void metrics_put_end(struct metrics_text *text);

#endif
