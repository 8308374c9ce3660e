/* The latest state changes of all instances, oldest forgotten first. */
#ifndef HOLDFAST_HISTORY_H
#define HOLDFAST_HISTORY_H

#include <stddef.h>

#include "proto/proto.h"

#define HISTORY_SIZE 512

struct history {
	struct vrrp_state_changed ring[HISTORY_SIZE];
	size_t next;
	size_t count;
};

void history_add(struct history *history, const struct vrrp_state_changed *change);

/* Number index from the oldest (0) to the newest; NULL beyond it. */
const struct vrrp_state_changed *history_get(const struct history *history, size_t index);

#endif
