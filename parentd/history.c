#include "parentd/history.h"

void history_add(struct history *history, const struct vrrp_state_changed *change)
{
	history->ring[history->next] = *change;
	history->next = (history->next + 1) % HISTORY_SIZE;
	if (history->count < HISTORY_SIZE)
		history->count++;
}

const struct vrrp_state_changed *history_get(const struct history *history, size_t index)
{
	if (index >= history->count)
		return NULL;
	return &history->ring[(history->next + HISTORY_SIZE - history->count + index) %
			      HISTORY_SIZE];
}
