/* The only file of ipvsd that talks to the kernel's IPVS. Everything is asked and answered within
 * the call: the kernel carries a request out inside sendmsg(2). */
#ifndef HOLDFAST_IPVS_NETLINK_H
#define HOLDFAST_IPVS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipvsd/ipvs_message.h"
#include "ipvsd/ipvs_table.h"

struct event_base;
struct ipvs_netlink;

/* Called from the event loop alone, never from inside one of the calls below; each may be NULL. The
 * first turn of the loop tells how it is at the start. */
struct ipvs_netlink_handlers {
	/* IPVS can be used from now on. Whatever was known of its table is void. */
	void (*available)(void *arg);
	/* It cannot, or no longer: why is a sentence that says what to do. The log has it already.
	 */
	void (*unavailable)(const char *why, void *arg);
	/* Around work that may take seconds, because the kernel loads modules meanwhile. This one
	 * is called from inside the calls. */
	void (*busy)(bool busy, void *arg);
};

/* Opens the sockets and asks for the family IPVS, which has the kernel load its module. To be
 * called before the sandbox is entered. A kernel without IPVS is no error: it is asked again
 * now and then, and the module is noticed at once when somebody loads it. Returns NULL with
 * errno when there is no memory or no generic netlink. */
struct ipvs_netlink *ipvs_netlink_new(
	struct event_base *base, const struct ipvs_netlink_handlers *handlers, void *arg);
void ipvs_netlink_free(struct ipvs_netlink *netlink);

/* Whether the calls below have a kernel to go to; without it they fail with ENODEV. */
bool ipvs_netlink_available(const struct ipvs_netlink *netlink);
/* NULL then; else the sentence that `unavailable` is told. */
const char *ipvs_netlink_missing(const struct ipvs_netlink *netlink);

/* One change was not made. error is the kernel's errno value (ENODEV: IPVS is gone), why a sentence
 * with the cause and what to do about it. */
typedef void ipvs_refused_fn(
	const struct ipvs_change *change, int error, const char *why, void *arg);

/* Makes the changes, in their order, many per system call. When it returns, each has been made or
 * told to refused. One that fails does not keep the others from being made. Returns how many
 * failed. */
size_t ipvs_netlink_apply(struct ipvs_netlink *netlink, const struct ipvs_change *changes,
	size_t count, ipvs_refused_fn *refused, void *arg);

/* Reads all services, or all real servers of one, into an array in the order of ipvs_table_sort(),
 * which the caller frees; it may be empty. A service that does not exist has no real servers,
 * which is no error. counters: NULL, or where to put an array with one entry for each, to be
 * freed as well. Return 0, or -1 with errno and nothing to free. */
int ipvs_netlink_read_services(struct ipvs_netlink *netlink, struct ipvs_service **services,
	size_t *count, struct ipvs_counters **counters);
int ipvs_netlink_read_dests(struct ipvs_netlink *netlink, const struct ipvs_key *service,
	struct ipvs_dest **dests, size_t *count, struct ipvs_counters **counters);

/* The calls below return -1 with errno when they fail, and ipvs_netlink_why() then has a sentence
 * about it, valid until the next call. */
const char *ipvs_netlink_why(const struct ipvs_netlink *netlink);

/* Removes all services, whoever's they are. */
int ipvs_netlink_flush(struct ipvs_netlink *netlink);

int ipvs_netlink_get_info(struct ipvs_netlink *netlink, struct ipvs_info *info);

/* Setting leaves those alone that are 0. */
int ipvs_netlink_get_timeouts(struct ipvs_netlink *netlink, struct ipvs_timeouts *timeouts);
int ipvs_netlink_set_timeouts(struct ipvs_netlink *netlink, const struct ipvs_timeouts *timeouts);

/* The sync daemons that run in this network namespace, at most one of each state. Returns how many
 * there are. */
int ipvs_netlink_get_daemons(
	struct ipvs_netlink *netlink, struct ipvs_sync_daemon daemons[IPVS_SYNC_DAEMONS]);
int ipvs_netlink_start_daemon(struct ipvs_netlink *netlink, const struct ipvs_sync_daemon *daemon);
/* state: IP_VS_STATE_MASTER or IP_VS_STATE_BACKUP. */
int ipvs_netlink_stop_daemon(struct ipvs_netlink *netlink, uint32_t state);

#endif
