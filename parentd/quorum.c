#include "parentd/quorum.h"

void quorum_init(struct quorum *quorum, bool after_another)
{
	*quorum = (struct quorum){.verdict = VERDICT_UNKNOWN, .delays = after_another};
}

static uint64_t delay_of(
	const struct quorum *quorum, const struct quorum_params *params, enum proto_verdict next)
{
	if (quorum->verdict == VERDICT_UNKNOWN && !quorum->delays)
		return 0;
	return next == VERDICT_UP ? params->fork_delay_ns : params->terminate_delay_ns;
}

bool quorum_count(
	struct quorum *quorum, const struct quorum_params *params, uint32_t count, uint64_t now_ns)
{
	enum proto_verdict next =
		count >= params->min && count <= params->max ? VERDICT_UP : VERDICT_DOWN;

	if (next == quorum->verdict) {
		quorum->due_ns = 0;
		return false;
	}
	/* before anything is known both directions may be waited for, one after the other */
	if (quorum->verdict == VERDICT_UNKNOWN && next != quorum->waited_for)
		quorum->due_ns = 0;
	quorum->waited_for = next;
	if (quorum->due_ns == 0)
		quorum->due_ns = now_ns + delay_of(quorum, params, next);
	if (now_ns < quorum->due_ns)
		return false;
	quorum->verdict = next;
	quorum->due_ns = 0;
	return true;
}

uint64_t quorum_deadline(const struct quorum *quorum)
{
	return quorum->due_ns == 0 ? UINT64_MAX : quorum->due_ns;
}
