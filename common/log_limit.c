#include "common/log_limit.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define PERIOD_NS (LOG_LIMIT_PERIOD_S * NSEC_PER_SEC)

static struct log_limit_kind *kind_slot(struct log_limits *limits, const struct log_source *source)
{
	uint64_t hash = source->key * UINT64_C(0x9e3779b97f4a7c15);

	for (const char *c = source->topic; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	return &limits->kinds[(hash >> 32) % LOG_LIMIT_KINDS];
}

static bool same_kind(const struct log_limit_kind *kind, const struct log_source *source)
{
	return kind->topic != NULL && kind->key == source->key &&
	       strcmp(kind->topic, source->topic) == 0;
}

static bool is_over(uint64_t since_ns, uint64_t period_ns, uint64_t now_ns)
{
	return now_ns - since_ns >= period_ns;
}

/* All together, except sources with an allowance of their own. */
static bool within_burst(struct log_limits *limits, uint64_t now_ns)
{
	if (limits->since_ns == 0 || is_over(limits->since_ns, PERIOD_NS, now_ns)) {
		limits->since_ns = now_ns;
		limits->lines = 0;
	}
	if (limits->lines >= LOG_LIMIT_BURST)
		return false;
	limits->lines++;
	return true;
}

static void leave_out(
	struct log_limits *limits, struct log_limit_kind *kind, bool known, uint64_t now_ns)
{
	limits->pending = true;
	if (known) {
		kind->left_out++;
		return;
	}
	if (limits->others == 0)
		limits->others_since_ns = now_ns;
	limits->others++;
}

static void note_kind(struct log_limit_kind *kind, struct log_left_out *note)
{
	*note = (struct log_left_out){
		.lines = kind->left_out, .since_ns = kind->since_ns, .level = kind->level};
	memcpy(note->text, kind->text, sizeof(note->text));
	kind->left_out = 0;
}

static void begin(struct log_limit_kind *kind, const struct log_source *source, uint64_t now_ns)
{
	const unsigned period_s = source->period_s != 0 ? source->period_s : LOG_LIMIT_PERIOD_S;

	*kind = (struct log_limit_kind){.topic = source->topic,
		.key = source->key,
		.period_ns = period_s * NSEC_PER_SEC,
		.since_ns = now_ns,
		.lines = 1};
}

bool log_limits_take(struct log_limits *limits, const struct log_source *source, uint64_t now_ns,
	struct log_left_out *note)
{
	const uint32_t most = source->most != 0 ? source->most : 1;
	struct log_limit_kind *kind = kind_slot(limits, source);
	bool known = same_kind(kind, source);
	bool running = known && !is_over(kind->since_ns, kind->period_ns, now_ns);

	note->lines = 0;
	if (running && kind->lines < most) {
		kind->lines++;
		return true;
	}
	if (running || (most == 1 && !within_burst(limits, now_ns))) {
		leave_out(limits, kind, known, now_ns);
		return false;
	}
	/* Of its last period, or of the source that gives way. */
	note_kind(kind, note);
	begin(kind, source, now_ns);
	return true;
}

void log_limits_wrote(
	struct log_limits *limits, const struct log_source *source, int level, const char *text)
{
	struct log_limit_kind *kind = kind_slot(limits, source);

	kind->level = level;
	snprintf(kind->text, sizeof(kind->text), "%s", text);
}

bool log_limits_due(struct log_limits *limits, uint64_t now_ns, struct log_left_out *note)
{
	bool waiting = false;

	if (!limits->pending)
		return false;
	for (size_t i = 0; i < LOG_LIMIT_KINDS; i++) {
		struct log_limit_kind *kind = &limits->kinds[i];
		if (kind->left_out == 0)
			continue;
		if (is_over(kind->since_ns, kind->period_ns, now_ns)) {
			note_kind(kind, note);
			kind->topic = NULL; /* it is said: what comes now begins anew */
			return true;
		}
		waiting = true;
	}
	if (limits->others != 0 && is_over(limits->others_since_ns, PERIOD_NS, now_ns)) {
		*note = (struct log_left_out){.lines = limits->others,
			.since_ns = limits->others_since_ns,
			.level = LOG_WARNING};
		limits->others = 0;
		return true;
	}
	limits->pending = waiting || limits->others != 0;
	return false;
}
