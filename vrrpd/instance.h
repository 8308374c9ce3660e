/* One virtual router: its state machine together with the sockets, timers, addresses and counters
 * that the machine itself knows nothing of. */
#ifndef HOLDFAST_VRRPD_INSTANCE_H
#define HOLDFAST_VRRPD_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/timers.h"
#include "proto/state_page.h"
#include "vrrpd/address.h"
#include "vrrpd/config.h"
#include "vrrpd/sync_group.h"
#include "vrrpd/vrrp_fsm.h"
#include "vrrpd/vrrp_packet.h"

struct group;
struct interface;
struct packet;
struct vrrpd;

/* track_interface */
struct tracker {
	LIST_ENTRY(tracker) on_interface;
	struct instance *instance;
	struct interface *interface;
	int weight;
	bool reverse;
};

struct instance {
	struct vrrpd *vrrpd;
	struct config_instance *conf; /* owned */
	uint32_t slot;                /* of its record in the state page */
	struct interface *interface;
	LIST_ENTRY(instance) on_interface;

	struct group *group;       /* its sync group; NULL: none */
	struct sync_member member; /* as the group knows it */
	uint32_t own_faults;       /* without those of its group */

	struct vrrp_params params;
	struct vrrp_fsm fsm;
	struct timer timer;
	struct timer link_timer; /* a MASTER whose interface is down waits that long for it */
	bool excused; /* the running Master_Down_Timer was prolonged once, for a stall of ours */
	bool silent;  /* while a stall is handled: it is MASTER and others may have given it up */

	/* what follows from conf */
	struct vip *vips;
	size_t vips_count;
	struct tracker *trackers;
	size_t trackers_count;
	uint32_t *advertised; /* addresses, network order */
	size_t advertised_count;
	struct vrrp_expect_peer *peers;
	struct vrrp_expect expect;

	/* one advertisement, or one for every unicast peer; made anew when stale */
	struct packet **packets;
	size_t packets_count;
	bool packets_stale;
	uint32_t mismatch_source; /* whose address list was complained about */
	uint64_t heard_lower_ns;  /* when parentd was last told so; 0 never */

	uint64_t counters[VRRP_COUNTERS];
	bool dirty; /* the record in the state page is older than this */
	uint8_t last_from;
	uint64_t changed_ns;
	int64_t changed_wall_s;
	char reason[PROTO_REASON_LEN];

	bool started; /* its machine runs; until then nothing is reviewed */
	bool kept;    /* while a configuration is applied: it is in the new one as well */
};

/* Makes an instance in INIT; takes over conf. Its interfaces may be new to the kernel side: then
 * *is_new. NULL with errno (conf then stays the caller's). */
struct instance *instance_new(
	struct vrrpd *vrrpd, struct config_instance *conf, uint32_t slot, bool *is_new);

/* Forgets everything; the instance must be in INIT and flushed. */
void instance_free(struct instance *instance);

/* Takes over a changed configuration for the same virtual router: the state stays, addresses
 * that it no longer has are given up. Returns 0, or -1 with errno and nothing changed (conf then
 * stays the caller's). */
int instance_reconfigure(struct instance *instance, struct config_instance *conf, bool *is_new);

/* Adds, when MASTER, the addresses that a new configuration brought, once the kernel was asked
 * about their interfaces. */
void instance_hold(struct instance *instance);

/* A new instance, its fsm restored or not, finds out what is wrong with it; then it may be put into
 * a group, and started. */
void instance_prepare(struct instance *instance, uint64_t now_ns);

/* First event of a new instance. delayed_until_ns: nothing is sent before; 0 none. */
void instance_start(struct instance *instance, uint64_t delayed_until_ns, uint64_t now_ns);
/* The same for one whose fsm was restored from a record. */
void instance_resume(struct instance *instance, uint64_t now_ns);
/* Priority 0 when MASTER; no event comes afterwards. */
void instance_stop(struct instance *instance, uint64_t now_ns);

/* Looks at what the machine depends on (interfaces, addresses, trackers, configuration) and tells
 * it what has changed. */
void instance_review(struct instance *instance, uint64_t now_ns);

/* Tells the machine what its sync group says: VRRP_EVENT_SYNC_MASTER or _BACKUP. */
void instance_sync(struct instance *instance, enum vrrp_event_type type, uint64_t now_ns);

/* Gives the machine an advertisement that passed every check. */
void instance_advert(struct instance *instance, const struct vrrp_advert *advert, uint64_t now_ns);

#endif
