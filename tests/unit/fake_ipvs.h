/* A model of the kernel's IPVS, by the interface of ipvsd/ipvs_netlink.h, with an ipvsd that works
 * on it: for tests of the balancer. */
#ifndef HOLDFAST_TESTS_FAKE_IPVS_H
#define HOLDFAST_TESTS_FAKE_IPVS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipvsd/balancer_internal.h"

/* ---- the kernel ---- */

#define KERNEL_SERVICES 64
#define KERNEL_DESTS    512

struct kernel_service {
	struct ipvs_service is;
	bool foreign; /* put there or changed by somebody else */
};

struct kernel_dest {
	struct ipvs_dest is;
	bool foreign;
};

struct ipvs_netlink {
	struct kernel_service services[KERNEL_SERVICES];
	struct kernel_dest dests[KERNEL_DESTS];
	size_t services_count, dests_count;
	size_t writes, reads;
	bool available;
	const char *refused_scheduler;
	struct ipvs_timeouts timeouts;
	struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS];
	int daemons_count;
	int least_dests; /* of the service with number 0, at any time */
};

extern struct ipvs_netlink kernel;
extern uint64_t now_ns; /* what the clock says */

struct kernel_service *kernel_service(const struct ipvs_key *key);
struct kernel_dest *kernel_dest(const struct ipvs_dest *dest);
void add_kernel_service(const struct ipvs_service *service, bool foreign);
void add_kernel_dest(const struct ipvs_dest *dest, bool foreign);
void delete_dest(struct kernel_dest *dest);
void delete_service(struct kernel_service *service);

/* ---- ipvsd ---- */

struct daemon {
	struct event_base *base;
	int page_fd;
	struct page *page;
	struct balancer *balancer;
	int log_fd;
};

extern struct daemon ipvsd;

/* For cmocka: an empty kernel, and an ipvsd with a new state page. */
int setup(void **state);
int teardown(void **state);

/* The same page is found again. die(): as kill -9 does, nothing is put away. */
void start(void);
void die(void);

/* Some turns of the event loop. */
void run(void);

/* Enough for every slice of the background reading, and for what waits a minute. */
void let_time_pass(void);

/* Has this been logged? */
bool logged(const char *text);

/* ---- configurations ---- */

#define MAX_REALS 5

struct server {
	unsigned number; /* which address it has */
	uint32_t weight, flags;
	enum told told;
	uint32_t told_weight;
};

struct service {
	unsigned keys; /* bit i: key number i */
	const char *scheduler;
	struct server reals[MAX_REALS], sorry;
	unsigned reals_count;
	bool has_sorry;
	uint32_t flags;
	enum told quorum;
};

#define KEYS              6
#define FOREIGN_KEYS      2 /* behind them: never configured */
#define ADDRESSES         5
#define FOREIGN_ADDRESSES 2

struct proto_addr address_of(unsigned number);
struct ipvs_key key_of(unsigned number);
struct ipvs_service service_of(const struct service *service, unsigned key);
struct ipvs_dest dest_of(unsigned key, unsigned number, uint32_t weight);

/* Puts services into force, without any state and before all is told. */
void configure(const struct service *services, unsigned count);
void configure_with(
	const struct conf_ipvs_global *global, const struct service *services, unsigned count);

/* What is known of its states, and nothing else. */
void tell(const struct service *services, unsigned count);

/* All of it, until the kernel has it. */
void force(const struct service *services, unsigned count);

/* All states are told: the kernel has what they say, and what is foreign. */
void assert_kernel(const struct service *services, unsigned count);

/* And nothing more is written, whatever time passes. */
void assert_stays(void);

#endif
