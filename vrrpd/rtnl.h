/* The kernel's links and IPv4 addresses over rtnetlink: one socket that follows changes, one for
 * requests. Only messages that come from the kernel itself are believed. */
#ifndef HOLDFAST_VRRPD_RTNL_H
#define HOLDFAST_VRRPD_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct rtnl;

struct rtnl_link {
	int index;
	bool gone;
	unsigned flags; /* IFF_… */
	uint16_t type;  /* ARPHRD_… */
	uint32_t mtu;
	char name[IFNAMSIZ];
	uint8_t mac[6]; /* of Ethernet links */
	bool has_mac;
};

struct rtnl_address {
	int index;
	bool gone;
	bool expires;     /* it has a lifetime */
	uint32_t address; /* network order */
	uint8_t prefixlen;
};

struct rtnl_handlers {
	void (*link)(const struct rtnl_link *link, void *arg);
	void (*address)(const struct rtnl_address *address, void *arg);
	/* Changes were lost, nobody knows which. Everything is read anew next. */
	void (*missed)(void *arg);
	/* Everything known so far is to be forgotten unless it comes again before dumped(). */
	void (*dumping)(void *arg);
	void (*dumped)(void *arg);
	/* All changes that waited have been told: time to draw conclusions. */
	void (*settled)(void *arg);
};

/* One address to add to or remove from an interface. */
struct rtnl_request {
	bool add;
	bool replace; /* add: one that exists loses its lifetime */
	int index;
	uint32_t address; /* network order */
	uint8_t prefixlen;
	uint8_t scope;
	uint32_t broadcast; /* 0 none */
	const char *label;  /* empty: none */
	int error;          /* the answer: 0 or an errno value */
};

/* Opens both sockets and joins the link and address groups. NULL with errno. */
struct rtnl *rtnl_new(struct event_base *base, const struct rtnl_handlers *handlers, void *arg);
void rtnl_free(struct rtnl *rtnl);

/* Asks for all links and addresses and tells the handlers, dumping() first and settled() last.
 * Returns 0, or -1 with errno. */
int rtnl_dump(struct rtnl *rtnl);

/* Carries out requests in order, many per system call, and fills in every error. */
void rtnl_addresses(struct rtnl *rtnl, struct rtnl_request *requests, size_t count);

#endif
