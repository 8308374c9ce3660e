#include "vrrpd/drop_log.h"

static struct drop_log_kind *kind_slot(
	struct drop_log *log, uint32_t source, int interface, unsigned reason)
{
	uint32_t hash = source * UINT32_C(2654435761);

	hash ^= (uint32_t)interface * UINT32_C(40503) + reason;
	return &log->kinds[(hash ^ hash >> 16) % DROP_LOG_KINDS];
}

static bool same_kind(
	const struct drop_log_kind *kind, uint32_t source, int interface, unsigned reason)
{
	return kind->logged_ns != 0 && kind->source == source && kind->interface == interface &&
	       kind->reason == reason;
}

static bool within_burst(struct drop_log *log, uint64_t now_ns)
{
	if (log->period_ns == 0 || now_ns - log->period_ns >= DROP_LOG_PERIOD) {
		log->period_ns = now_ns;
		log->lines = 0;
	}
	if (log->lines >= DROP_LOG_BURST)
		return false;
	log->lines++;
	return true;
}

bool drop_log_note(struct drop_log *log, uint32_t source, int interface, unsigned reason,
	uint64_t now_ns, uint32_t *suppressed)
{
	struct drop_log_kind *kind = kind_slot(log, source, interface, reason);
	bool known = same_kind(kind, source, interface, reason);

	if (known && now_ns - kind->logged_ns < DROP_LOG_PERIOD) {
		kind->suppressed++;
		return false;
	}
	if (!within_burst(log, now_ns)) {
		if (known)
			kind->suppressed++;
		return false;
	}
	*suppressed = known ? kind->suppressed : 0;
	*kind = (struct drop_log_kind){
		.source = source, .interface = interface, .reason = reason, .logged_ns = now_ns};
	return true;
}
