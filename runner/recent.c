#include "runner/recent.h"

void recent_add(struct recent *recent, const struct runner_done *done)
{
	recent->answers[recent->next] =
		(struct recent_answer){done->run, done->duration_us, done->outcome, done->status};
	recent->next = (recent->next + 1) % RECENT_MAX;
	if (recent->count < RECENT_MAX)
		recent->count++;
}

bool recent_find(const struct recent *recent, uint64_t run, struct runner_done *done)
{
	for (unsigned i = 0; i < recent->count; i++) {
		const struct recent_answer *answer = &recent->answers[i];
		if (answer->run != run)
			continue;
		*done = (struct runner_done){.run = run,
			.duration_us = answer->duration_us,
			.outcome = answer->outcome,
			.status = answer->status};
		return true;
	}
	return false;
}
