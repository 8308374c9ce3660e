/* What the files of ipvs_netlink.h share. */
#ifndef HOLDFAST_IPVS_NETLINK_INTERNAL_H
#define HOLDFAST_IPVS_NETLINK_INTERNAL_H

#include "ipvsd/genl.h"
#include "ipvsd/ipvs_explain.h"
#include "ipvsd/ipvs_netlink.h"

#define IPVS_WORDS_LEN      96
#define IPVS_SCHEDULERS_MAX 32 /* names that are remembered; there are 14 in Linux 6.1 */

struct event;
struct nl_msg;
struct nl_sock;

/* A scheduler and a persistence engine that a service was accepted with, or NULL bytes. */
struct ipvs_modules {
	char scheduler[IPVS_NAME_LEN];
	char engine[IPVS_NAME_LEN];
};

struct ipvs_netlink {
	struct genl *genl;
	int family; /* number in this kernel; 0: it has none */
	int told;   /* the family that the handlers know of; -1: nothing yet */
	char why[IPVS_WHY_LEN];
	struct ipvs_netlink_handlers handlers;
	void *arg;
	/* how the kernel comes to have IPVS, and to lose it */
	struct nl_sock *notices;
	struct event *readable;
	struct event *retry;
	struct event *tell; /* calls a handler from the loop */
	unsigned retries;
	int table_fd; /* /proc/net/ip_vs; -1: there was no IPVS at the start */
	/* The one beside TCP and UDP, SCTP; 0: nothing is known of any. */
	uint16_t protocol;
	bool protocol_missing; /* this kernel's IPVS was built without it */
	/* of which it is known that the kernel has them, so that nothing is loaded any more */
	struct ipvs_modules known[IPVS_SCHEDULERS_MAX];
	size_t known_count;
};

/* Reads one part of an answer into arg. 0, or -1 with errno. */
typedef int ipvs_part_fn(const struct nlmsghdr *header, void *arg);

/* Sends a request and tells every part of the answer. Returns what ended it: 0 or an errno value,
 * EINTR when the table changed while it was read, or nobody knows whether the request was carried
 * out. What the kernel says about an error is copied to
 * words, which is empty otherwise. */
int ipvs_netlink_exchange(struct ipvs_netlink *netlink, struct nl_msg *message, ipvs_part_fn *part,
	void *arg, char words[IPVS_WORDS_LEN]);

/* The same for requests to IPVS: sees to the family when that is what is missing (ENODEV). */
int ipvs_netlink_call(struct ipvs_netlink *netlink, struct nl_msg *message, ipvs_part_fn *part,
	void *arg, char words[IPVS_WORDS_LEN]);

/* Ends a public call: frees the message, explains the error and makes it errno. Returns 0 or -1. */
int ipvs_netlink_finish(
	struct ipvs_netlink *netlink, struct nl_msg *message, int error, const char *words);

/* Asks for the family now. Returns whether there is one and it is the same as before. */
bool ipvs_netlink_check_family(struct ipvs_netlink *netlink);

int ipvs_netlink_follow_family(struct ipvs_netlink *netlink, struct event_base *base);
void ipvs_netlink_unfollow_family(struct ipvs_netlink *netlink);

/* Tells the handlers, where there are any, of work that may take long. */
void ipvs_netlink_busy(const struct ipvs_netlink *netlink, bool busy);

#endif
