/* The interfaces that the configuration names, with what the kernel says about them. One that does
 * not exist yet has index 0. The interface with the empty name stands for unicast by route: it is
 * always up. */
#ifndef HOLDFAST_VRRPD_INTERFACE_H
#define HOLDFAST_VRRPD_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "common/timers.h"
#include "vrrpd/rtnl.h"

struct event;
struct instance;
struct tracker;

struct if_address {
	uint32_t address; /* network order */
	uint8_t prefixlen;
	bool expires;   /* it has a lifetime */
	bool tolerated; /* looks like a virtual one, but was there before us */
	bool seen;      /* in the dump under way */
};

/* A gratuitous ARP that waits for its turn. */
struct garp_entry {
	STAILQ_ENTRY(garp_entry) entry;
	struct instance *instance;
	uint32_t address;
	uint32_t rounds;
};
STAILQ_HEAD(garp_queue, garp_entry);

/* A multicast group joined on the receive socket. */
struct if_group {
	uint32_t group;
	unsigned users;
};

enum interface_change {
	INTERFACE_LINK = 1 << 0, /* appeared, vanished, went up or down, another MAC or MTU */
	INTERFACE_ADDRESSES = 1 << 1,
	INTERFACE_RETURNED = 1 << 2, /* was down and is up again */
	INTERFACE_MOVED = 1 << 3,    /* another MAC */
};

struct interface {
	RB_ENTRY(interface) by_name;
	RB_ENTRY(interface) by_index;
	char name[IFNAMSIZ];
	int index; /* 0: does not exist */
	unsigned flags;
	uint32_t mtu;
	uint64_t down_ns; /* since when it does not carry traffic; 0: it does */
	uint64_t away_ns; /* how long that was, the last time */
	bool has_mac;     /* Ethernet */
	uint8_t mac[6];
	bool seen; /* in the dump under way */
	struct if_address *addresses;
	size_t addresses_count;
	size_t addresses_room;

	unsigned users; /* instances, trackers and virtual addresses that name it */
	LIST_HEAD(, instance) instances;
	size_t instances_count;
	LIST_HEAD(, tracker) trackers;
	struct instance *by_vrid[256];

	int receive_fd;      /* -1: none */
	int receive_index;   /* what it is bound to */
	bool receive_failed; /* the last attempt, already told */
	struct event *readable;
	struct if_group *groups;
	size_t groups_count;
	uint64_t drained_ns; /* the timer run in which nothing was left to read */
	/* receive.c: many packets a second are waited for a moment, and read together */
	struct timer gather_timer;
	uint64_t window_ns; /* since when packets are counted */
	unsigned window_count;
	bool busy; /* there were many in the window before */

	struct garp_queue garps;
	struct timer garp_timer;
	uint64_t garp_ns; /* the next may not leave before */

	bool unchecked;   /* its addresses are yet to be compared with the virtual ones */
	unsigned changes; /* INTERFACE_… since the last conclusions */
	TAILQ_ENTRY(interface) changed_entry;
	void *owner; /* struct vrrpd, for event handlers */
};

RB_HEAD(interfaces_by_name, interface);
RB_HEAD(interfaces_by_index, interface);

struct interfaces {
	struct interfaces_by_name by_name;
	struct interfaces_by_index by_index;
	TAILQ_HEAD(, interface) changed; /* since the last conclusions were drawn */
	bool reading;                    /* everything is read */
	bool missed;                     /* because changes were lost */
};

void interfaces_init(struct interfaces *interfaces);

/* The interface of this name, made when nobody asked for it before, with one more user. *is_new
 * then says that the kernel has yet to be asked about it. NULL with errno. */
struct interface *interface_get(struct interfaces *interfaces, const char *name, bool *is_new);
/* One user less; without any it is forgotten. It must have no socket, timer or queue any more. */
void interface_put(struct interfaces *interfaces, struct interface *interface);
struct interface *interface_find(struct interfaces *interfaces, const char *name);
struct interface *interface_find_index(struct interfaces *interfaces, int index);

/* Exists, and carries traffic. */
bool interface_exists(const struct interface *interface);
bool interface_up(const struct interface *interface);
bool interface_has_address(const struct interface *interface, uint32_t address, uint8_t prefixlen);

/* What rtnl tells. Interfaces that changed are put on the list; the index of one that vanished or
 * was replaced is taken away at once. */
void interfaces_link(struct interfaces *interfaces, const struct rtnl_link *link);
/* Returns the interface when it is one of ours, else NULL. */
struct interface *interfaces_address(
	struct interfaces *interfaces, const struct rtnl_address *address);
/* Takes the next interface from the list of those that changed, with what did (enum
 * interface_change); NULL at its end. */
struct interface *interfaces_next_changed(struct interfaces *interfaces, unsigned *changes);
/* Changes were lost: every interface may be another one of the same index. */
void interfaces_missed(struct interfaces *interfaces);
void interfaces_dumping(struct interfaces *interfaces);
void interfaces_dumped(struct interfaces *interfaces);

#endif
