/* The kernel's table for an operator, beside what is wanted. */
#ifndef HOLDFAST_IPVS_SHOW_H
#define HOLDFAST_IPVS_SHOW_H

#include "proto/proto.h"

struct balancer;
struct show_state;

struct show {
	struct show_state *state; /* of the question that is not answered to its end; NULL: none */
};

void show_answer(struct balancer *balancer, const struct ipvs_show *question);
void show_clear(struct show *show);

#endif
