/* The virtual addresses: adding them to the kernel and taking them away in batches, and noticing
 * when somebody else does. */
#ifndef HOLDFAST_VRRPD_ADDRESS_H
#define HOLDFAST_VRRPD_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/tree.h>

#include "proto/proto.h"
#include "vrrpd/pace.h"

struct addresses;
struct instance;
struct interface;
struct rtnl_address;
struct vrrpd;

/* One virtual address of an instance. */
struct vip {
	RB_ENTRY(vip) entry;
	struct instance *instance;
	struct interface *dev;
	const struct conf_vrrp_address *conf;
	uint32_t address;          /* network order */
	bool held;                 /* ours in the kernel */
	bool lost;                 /* held, but gone from the kernel */
	int held_index;            /* of the interface when it was added; 0 unknown */
	bool accepted;             /* the kernel took it at least once */
	unsigned refusals;         /* in a row, since then */
	uint64_t refused_until_ns; /* not to be tried again before; 0 not refused */
	/* putting right what somebody else did to it */
	struct pace pace;
	struct pace_log log_lost, log_renewed, log_removed;
};

struct addresses *addresses_new(struct vrrpd *vrrpd);
void addresses_free(struct addresses *addresses);

/* Makes a virtual address known; its address in memory stays until it is forgotten. */
void addresses_insert(struct addresses *addresses, struct vip *vip);
void addresses_forget(struct addresses *addresses, struct vip *vip);

/* Whether some instance has this as a virtual address on this interface. */
bool addresses_is_virtual(
	struct addresses *addresses, const struct interface *interface, uint32_t address);

/* To be added at the next flush; announced by gratuitous ARP when announce and it was not there. */
void addresses_take(struct addresses *addresses, struct vip *vip, bool announce);
/* To be removed at the next flush, unless another instance holds the same. */
void addresses_give_up(struct addresses *addresses, struct vip *vip);
void addresses_flush(struct addresses *addresses);
/* How many the next flush has to do with. */
size_t addresses_waiting(const struct addresses *addresses);

/* ---- what somebody else does to them (address_guard.c) ---- */

/* The kernel told of an address on one of our interfaces. */
void addresses_heard(struct addresses *addresses, const struct interface *interface,
	const struct rtnl_address *address);
/* An interface appeared anew: what was held on the one before it is lost. */
void addresses_compare(struct addresses *addresses, const struct interface *interface);
/* All addresses of all interfaces were read: what is held and not among them is lost. */
void addresses_compare_all(struct addresses *addresses);
/* Puts back what was lost. */
void addresses_restore(struct addresses *addresses, uint64_t now_ns);
/* Looks at every address that the kernel has on an interface: one of ours that got a lifetime loses
 * it, one that we do not hold, or not with this prefix length, is removed. Left alone are those of
 * the owner (priority 255), of instances that are not started yet, and other prefix lengths that
 * were there before we knew the virtual address. */
void addresses_check(struct addresses *addresses, struct interface *interface, uint64_t now_ns);
void addresses_check_all(struct addresses *addresses, uint64_t now_ns);
/* Announces what is held on an interface. Returns how many addresses that are. */
size_t addresses_announce(struct addresses *addresses, const struct interface *interface);
/* The instances with addresses on this interface look at what they depend on. */
void addresses_review(
	struct addresses *addresses, const struct interface *interface, uint64_t now_ns);
/* Faults of an instance (enum vrrp_fault) because an address that the kernel took before cannot be
 * put back. */
uint32_t addresses_faults(const struct instance *instance);

/* Removes what an earlier process left in the kernel and no MASTER owns: what the state page
 * remembers, and configured addresses that are there all the same. */
void addresses_remove_leftovers(struct addresses *addresses);

#endif
