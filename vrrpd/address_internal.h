/* What the two halves of addresses share: address.c changes the kernel's tables, address_guard.c
 * notices when somebody else does. */
#ifndef HOLDFAST_VRRPD_ADDRESS_INTERNAL_H
#define HOLDFAST_VRRPD_ADDRESS_INTERNAL_H

#include "common/timers.h"
#include "vrrpd/address.h"
#include "vrrpd/rtnl.h"

RB_HEAD(vip_tree, vip);

enum address_job {
	ADDRESS_TAKE,
	ADDRESS_PUT_BACK,
	ADDRESS_RENEW, /* takes its lifetime away */
	ADDRESS_GIVE_UP,
	ADDRESS_REMOVE, /* added by somebody else */
	ADDRESS_CLEAR,  /* left by an earlier process */
};

struct job {
	struct vip *vip;
	enum address_job what;
	uint32_t announce; /* rounds of gratuitous ARP when it was not there */
	/* REMOVE, told when it succeeded: whether, and how often it was not */
	bool quiet;
	uint32_t left_out;
};

struct addresses {
	struct vrrpd *vrrpd;
	struct vip_tree tree; /* by interface, address, prefix length, instance */
	size_t lost;
	struct timer again; /* the guard had to wait, or a refusal is over */
	/* what the next flush does; jobs and requests go in parallel */
	struct job *jobs;
	struct rtnl_request *requests;
	size_t count;
	size_t room;
};

/* The first virtual address on an interface that is not below this one. */
struct vip *addresses_first_from(struct addresses *addresses, const struct interface *interface,
	uint32_t address, uint8_t prefixlen);
/* All of them, in the order of the tree. */
struct vip *addresses_first(struct addresses *addresses);
struct vip *addresses_next(struct vip *vip);
/* The one that is held in the kernel like this, or NULL. */
struct vip *addresses_find_held(struct addresses *addresses, const struct interface *interface,
	uint32_t address, uint8_t prefixlen);

void addresses_set_lost(struct addresses *addresses, struct vip *vip, bool lost);
/* For the next flush. */
void addresses_add_job(
	struct addresses *addresses, const struct job *job, const struct rtnl_request *request);
struct rtnl_request addresses_request(const struct vip *vip, bool add);
/* Takes it, with the job's way of telling. */
void addresses_take_as(struct addresses *addresses, const struct job *job);

/* The kernel refused to take back what it held before: the guard looks again after a while. */
void addresses_refused(struct addresses *addresses, struct vip *vip, uint64_t now_ns);
/* The guard looks again then, if not earlier. */
void addresses_arm(struct addresses *addresses, uint64_t at_ns);
void addresses_look_again(void *arg, uint64_t now_ns);

#endif
