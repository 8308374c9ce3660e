/* What one tracked thing does to an instance. Pure. */
#ifndef HOLDFAST_VRRPD_WEIGHT_H
#define HOLDFAST_VRRPD_WEIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/proto.h"

/* A file whose value times weight is not above this is a FAULT; one above the other counts as it.
 * The bounds are keepalived's. */
#define WEIGHT_FAULT (-254)
#define WEIGHT_MAX   253

struct weight {
	int weight;
	bool reverse;
};

struct effect {
	int addition; /* to the priority */
	bool fault;
};

/* Of something that is up or down. A weight above 0 is added while it is up, one below 0 while it
 * is down, reverse negates what is added. Weight 0: FAULT while it is down (reverse: up). */
struct effect weight_of_verdict(struct weight weight, enum proto_verdict verdict);

/* Of a number: it is multiplied by the weight, reverse negates that, and the result is added.
 * Weight 0: FAULT while it is not 0 (reverse: while it is). */
struct effect weight_of_value(struct weight weight, int64_t value);

/* A priority with all that is added: 1 … 254. That of the owner stays 255. */
uint8_t weight_priority(uint8_t base, int additions);

#endif
