/* What the configurations of all nodes of a cluster amount to: who holds which address when all is
 * well, and who after each failure. Found out by having the routers of all nodes, built from the
 * configurations as vrrpd builds them, talk to each other over a network in virtual time
 * (plan/world.h). No I/O.
 *
 * What configurations do not say is assumed: interfaces of one virtual router are on one network,
 * everything else is up, and scripts succeed. */
#ifndef HOLDFAST_PLAN_H
#define HOLDFAST_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "conf/conf.h"
#include "proto/proto.h"

#define PLAN_NODES_MAX 32

enum plan_what {
	PLAN_ALL_WELL,     /* all nodes were started together */
	PLAN_NODE_DIES,    /* without a word */
	PLAN_NODE_RETURNS, /* the one that died before */
	PLAN_INTERFACE,
	PLAN_SCRIPT,
	PLAN_FILE,
	PLAN_PROCESS,
	PLAN_APART, /* the node and all others do not hear each other on one network */
};

struct plan_failure {
	enum plan_what what;
	size_t node;
	char name[PROTO_NAME_LEN]; /* of what fails; PLAN_APART: the network's interfaces */
	uint32_t number;           /* of the script, or among files and processes */
	int64_t value;             /* PLAN_FILE: what it says then */
	size_t network;            /* PLAN_APART */
	uint32_t others;           /* PLAN_APART: the other nodes on it */
	uint64_t noticed_ns;       /* how long it takes at most until the node knows */
};

/* Sets of nodes, a bit for each. Who is master among equals is left to addresses; where the
 * configurations do not say these, both ways were tried, and the sets may differ. */
struct plan_holders {
	uint32_t sets[2];
};

/* Addresses that always move together. */
struct plan_bundle {
	const struct proto_addr *addresses;
	size_t addresses_count;
	const size_t *routers; /* the instances that have them */
	size_t routers_count;
	size_t component;
};

enum plan_end {
	PLAN_SETTLED,
	PLAN_UNSETTLED, /* it goes on changing */
	PLAN_GIVEN_UP,  /* it took too long to find out */
};

/* What a failure does to a bundle. */
struct plan_move {
	size_t failure, bundle;
	struct plan_holders before, after;
	uint64_t after_ns; /* from the failure to the last change; 0 when nothing changed */
	enum plan_end end;
	bool wrong; /* a finding says so */
};

struct plan_finding {
	TAILQ_ENTRY(plan_finding) entry;
	const char *kind; /* "two-holders" …: docs/PLAN.md lists them */
	bool wrong;       /* otherwise it is only good to know */
	char *head;       /* "script chk_nginx fails on lb1" */
	const char *verb_one, *verb_many;
	char *rest;
	struct proto_addr *addresses; /* may be none */
	size_t addresses_count;
	struct conf_place place; /* file NULL: none */
};
TAILQ_HEAD(plan_findings, plan_finding);

/* What becomes of a virtual server. */
struct plan_service {
	char name[PROTO_NAME_LEN];
	uint32_t nodes; /* whose configuration says so */
	char *failure;
	char *outcome;
	bool lost; /* nobody serves any more */
};

struct plan_node {
	const char *name;
	const struct conf *conf;
	struct config *config; /* as vrrpd gets it */
};

struct plan_router;

struct plan {
	struct plan_node nodes[PLAN_NODES_MAX];
	size_t nodes_count;
	struct plan_router *routers; /* all instances of all nodes */
	size_t routers_count;
	struct proto_addr *addresses;
	size_t *address_routers; /* what the bundles refer to */
	struct plan_bundle *bundles;
	size_t bundles_count;
	struct plan_failure *failures;
	size_t failures_count;
	struct plan_move *moves; /* in the order of failures, for each in that of bundles; all of
				  * them have one for PLAN_ALL_WELL, which is the first */
	size_t moves_count;
	struct plan_service *services;
	size_t services_count;
	struct plan_findings findings; /* what is wrong first */
};

/* Configurations without errors, which must stay as long as the plan, as must the names. At most
 * PLAN_NODES_MAX. Ends the program when memory is short. The caller frees with plan_free(). Returns
 * NULL with a sentence in why when a configuration cannot be run. */
struct plan *plan_make(const struct conf *const *confs, const char *const *names, size_t count,
	char *why, size_t why_size);
void plan_free(struct plan *plan);

/* Is anything wrong? */
bool plan_is_wrong(const struct plan *plan);

/* "script chk_nginx fails on lb1"; returns text. */
#define PLAN_TEXT_LEN 256
const char *plan_failure_text(
	const struct plan *plan, const struct plan_failure *failure, char text[PLAN_TEXT_LEN]);

/* "lb1", "lb1 and lb2", "lb1 or lb2", "nobody"; returns text. */
const char *plan_holders_text(
	const struct plan *plan, const struct plan_holders *holders, char text[PLAN_TEXT_LEN]);

/* The same of a set: "lb1 and lb2"; returns text. */
const char *plan_nodes_text(const struct plan *plan, uint32_t nodes, char text[PLAN_TEXT_LEN]);

/* "192.0.2.10, 192.0.2.11 and 3 more": at most so many by name. */
const char *plan_addresses_text(
	const struct proto_addr *addresses, size_t count, size_t most, char text[PLAN_TEXT_LEN]);

/* The whole sentence; the caller frees. */
char *plan_finding_text(const struct plan_finding *finding);

#endif
