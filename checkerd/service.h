/* Real servers and the quorum of a virtual server, free of I/O. A real server is up when none of
 * its checkers fails; a virtual server has its quorum while enough weight is up. Every change is
 * O(1): nothing is added up anew. */
#ifndef HOLDFAST_CHECKERD_SERVICE_H
#define HOLDFAST_CHECKERD_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

struct service {
	uint64_t total; /* configured weights of all its servers */
	uint32_t quorum;
	uint32_t hysteresis;
	uint64_t weight_up; /* weights of those that are up */
	bool quorum_up;
};

struct service_server {
	uint32_t configured; /* weight */
	int64_t added;       /* to it, by its checkers */
	uint32_t failing;    /* checkers that fail */
	bool inhibit;
};

/* A virtual server without servers. quorum_up: what it is to begin with, without alpha true. */
void service_init(struct service *service, uint32_t quorum, uint32_t hysteresis, bool quorum_up);

/* Adds a server, which must not change otherwise until service_settle(). */
void service_add(struct service *service, const struct service_server *server);

/* All servers are there: cuts the quorum to what they can weigh, and judges it. Returns true when
 * the quorum is another one than before. */
bool service_settle(struct service *service);

bool service_server_up(const struct service_server *server);

/* What it counts for while it is up: 0 … INT32_MAX. */
uint32_t service_server_weight(const struct service_server *server);

/* The weight in force: 0 while it is down and inhibited. */
uint32_t service_server_weight_in_force(const struct service_server *server);

/* What became of the server of a service. */
struct service_change {
	bool server; /* it is up, or down, now */
	bool weight; /* the weight in force is another one */
	bool quorum;
};

/* A checker of the server began to fail (failing 1), ceased to (-1), or changes the weight by
 * added. */
struct service_change service_update(
	struct service *service, struct service_server *server, int failing, int64_t added);

/* Weight that it takes to gain the quorum, and below which it is lost. */
uint64_t service_gains_at(const struct service *service);
uint64_t service_lost_below(const struct service *service);

#endif
