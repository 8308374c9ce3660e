#include "vrrpd/pace.h"

bool pace_allows(struct pace *pace, uint64_t now_ns, uint64_t *again_ns)
{
	uint64_t from_ns = pace->paid_ns > now_ns ? pace->paid_ns : now_ns;

	if (from_ns - now_ns > (PACE_BURST - 1) * PACE_GAP_NS) {
		*again_ns = from_ns - (PACE_BURST - 1) * PACE_GAP_NS;
		return false;
	}
	pace->paid_ns = from_ns + PACE_GAP_NS;
	pace->done_ns = now_ns;
	return true;
}

bool pace_in_a_row(const struct pace *pace, uint64_t now_ns)
{
	return pace->done_ns != 0 && now_ns - pace->done_ns < PACE_ROW_NS;
}

bool pace_logs(struct pace_log *log, uint64_t now_ns, uint32_t *left_out)
{
	if (log->logged_ns != 0 && now_ns - log->logged_ns < PACE_LOG_GAP_NS) {
		log->unlogged++;
		return false;
	}
	*left_out = log->unlogged;
	log->unlogged = 0;
	log->logged_ns = now_ns;
	return true;
}
