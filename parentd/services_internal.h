/* What services.c keeps, for the file that shows it. */
#ifndef HOLDFAST_SERVICES_INTERNAL_H
#define HOLDFAST_SERVICES_INTERNAL_H

#include "conf/conf.h"
#include "parentd/services.h"

/* What was told of a server. */
struct service_seen {
	bool known;
	bool up;             /* or: has its quorum */
	uint64_t changed_ns; /* 0: not while this parentd listened */
	char reason[PROTO_REASON_LEN];
};

struct service_virtual {
	const struct conf_virtual_server *conf;
	char name[PROTO_NAME_LEN];
	char id[PROTO_NAME_LEN + 16]; /* several may have one name, as "FWM 5" of both families */
	struct service_seen seen;
	uint64_t weight_up;
	size_t first_real, reals;
};

struct service_real {
	const struct conf_real_server *conf;
	char name[PROTO_NAME_LEN];
	size_t virtual_server;
	struct service_seen seen;
	int64_t weight;      /* in force */
	uint32_t configured; /* as conf says, which is gone when another one is adopted */
	size_t first_checker, checkers;
};

struct service_checker {
	const struct conf_checker *conf;
	size_t real; /* its server */
	enum conf_checker_type type;
	uint32_t verdict;
	uint64_t latency_us;
	uint32_t record;     /* in the state page of checkerd; UINT32_MAX: none */
	uint64_t changed_ns; /* 0: not while this parentd listened */
	char result[PROTO_REASON_LEN];
	uint32_t command; /* MISC_CHECK: number of its script */
};

/* Numbered as checkerd numbers them. */
struct services {
	struct parent *parent;
	struct service_virtual *virtuals;
	struct service_real *reals;
	struct service_checker *checkers;
	size_t virtuals_count, reals_count, checkers_count;
};

/* What it is while checkerd has said nothing. */
bool service_virtual_up(const struct service_virtual *virtual_server);
bool service_real_up(const struct service_real *real);

/* By its name, or its address alone. */
bool service_virtual_is_called(const struct service_virtual *virtual_server, const char *name);

#endif
