/* What the kernel's table has of the services that are or were configured, as far as this process
 * knows: from the last reading, and from its own changes that the kernel has confirmed. Free of
 * I/O. */
#ifndef HOLDFAST_IPVS_MODEL_H
#define HOLDFAST_IPVS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ipvsd/ipvs_conf.h"
#include "ipvsd/ipvs_table.h"

enum presence {
	PRESENCE_UNKNOWN, /* to be read before anything is written */
	PRESENCE_ABSENT,
	PRESENCE_PRESENT,
};

struct model_service;

/* A virtual server wants a service. Several may want the same, known by a mark. */
struct model_claim {
	struct model_service *service;
	uint32_t virtual_server;
	struct model_claim *next; /* on the same service */
};

struct model_service {
	struct ipvs_service kernel; /* key: always; the rest while it is present */
	struct ipvs_dest *dests;    /* what the kernel has, sorted */
	uint32_t dests_count;
	uint32_t sorted; /* those behind are new, see model_settle() */
	enum presence presence;
	struct model_claim *claims; /* NULL: not configured (any more) */
	/* kept by the balancer */
	bool dirty;
	bool found;             /* the kernel's side is not what this process made it */
	uint8_t fights;         /* times in a row that it was found so */
	uint8_t surprises;      /* times in a row that the kernel's answer fitted no reading */
	uint32_t delay_s;       /* while something is refused: how long until the next attempt */
	uint64_t not_before_ns; /* 0: at once */
	uint64_t fought_ns;     /* when it was found so last */
	char *trouble;          /* what is refused and why; NULL: nothing */
	TAILQ_ENTRY(model_service) queue; /* while dirty */
};

struct model {
	struct model_service **services; /* by key */
	size_t count;
	struct model_claim *claims; /* of one virtual server after the other */
	uint32_t *first_claim;      /* of each virtual server, and one more */
};

/* The claims of conf take the place of those before. Services that nobody claims stay, unless they
 * are absent; they must not be dirty. Returns 0, or -1 when memory is out: nothing has changed. */
int model_configure(struct model *model, const struct ipvs_conf *conf);

/* Adds a service that nobody claims, if it is not there yet. The same. */
int model_add(struct model *model, const struct ipvs_key *key);

/* Forgets everything. */
void model_clear(struct model *model);

/* NULL: none. */
struct model_service *model_find(const struct model *model, const struct ipvs_key *key);

/* NULL: the kernel does not have it. */
const struct ipvs_dest *model_find_dest(
	const struct model_service *service, const struct ipvs_dest *dest);

/* The kernel was read: this is what it has. Takes over dests, which are sorted. */
void model_read(struct model_service *service, const struct ipvs_service *kernel,
	struct ipvs_dest *dests, size_t count);
void model_absent(struct model_service *service);
void model_unknown(struct model_service *service);

/* The kernel has made a change to this service. Fatal when memory is out. After the last one of
 * several model_settle() is to be called; until then dests are not in order. */
void model_made(struct model_service *service, const struct ipvs_change *change);
void model_settle(struct model_service *service);

#endif
