/* The VRRP state machine (RFC 9568 §6.4, RFC 3768 §6.4), free of I/O: (instance, event, now) in,
 * actions out. No clock, no socket, no event loop, no log. What keepalived adds to the RFC (FAULT,
 * nopreempt, preempt_delay, delayed and refreshing gratuitous ARP) is here too.
 *
 * Times are nanoseconds of CLOCK_BOOTTIME, intervals on the wire are centiseconds. */
#ifndef HOLDFAST_VRRP_FSM_H
#define HOLDFAST_VRRP_FSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vrrp_state { VRRP_INIT, VRRP_BACKUP, VRRP_MASTER, VRRP_FAULT, VRRP_STATES };

/* Why an instance is in FAULT; several may hold at once. */
enum vrrp_fault {
	VRRP_FAULT_INTERFACE_MISSING = 1 << 0,
	VRRP_FAULT_INTERFACE_DOWN = 1 << 1, /* administratively or no carrier */
	VRRP_FAULT_NO_SOURCE = 1 << 2,      /* no IPv4 address to send from */
	VRRP_FAULT_TRACKED_INTERFACE = 1 << 3,
	VRRP_FAULT_SOCKET = 1 << 4, /* the kernel refused a socket or address */
	VRRP_FAULT_TRACKED_SCRIPT = 1 << 6,
	VRRP_FAULT_SCRIPT_PENDING = 1 << 7, /* its first result is waited for */
	VRRP_FAULT_TRACKED_FILE = 1 << 8,
	VRRP_FAULT_TRACKED_PROCESS = 1 << 9,
	VRRP_FAULT_SYNC_GROUP = 1 << 10, /* of another member of its group */
	VRRP_FAULT_KEEPS_DYING = 1 << 5, /* vrrpd itself: it is run to give its addresses up */
};

/* What a BACKUP would do if it were not for its sync group. */
enum vrrp_will {
	VRRP_LISTENS, /* its Master_Down_Timer runs */
	VRRP_WANTS,   /* the timer ran out: nobody is Master whom it would not displace */
	VRRP_DEFERS,  /* somebody is */
};

/* The virtual router as configured, after defaults. */
struct vrrp_params {
	uint8_t version;
	uint8_t base_priority;
	uint8_t priority; /* effective: base plus trackers, 1..254; 255 only for the owner */
	bool preempt;
	bool grouped; /* in a sync group, which says when it becomes MASTER */
	bool lower_prio_no_advert;
	bool higher_prio_send_advert;
	uint16_t advert_interval_cs;
	uint16_t down_timer_adverts;
	uint64_t preempt_delay_ns;
	uint32_t source; /* our primary IPv4 address, network order: decides between equals */
	uint64_t garp_delay_ns;
	uint32_t garp_repeat;
	uint64_t garp_refresh_ns;
	uint32_t garp_refresh_repeat;
	uint64_t garp_lower_prio_delay_ns;
	uint32_t garp_lower_prio_repeat;
};

struct vrrp_fsm {
	enum vrrp_state state;
	enum vrrp_will will;    /* in BACKUP */
	uint32_t fault_reasons; /* enum vrrp_fault */
	uint16_t master_adver_interval_cs;
	uint8_t master_priority; /* of the last advertisement heard; 0: it was released */
	uint32_t master;     /* its source, network order; ourselves while MASTER; 0 none heard */
	uint64_t timer_ns;   /* Adver_Timer (MASTER) or Master_Down_Timer (BACKUP); 0 not running */
	uint64_t preempt_ns; /* end of the preempt delay, may lie in the past; 0 not started */
	uint64_t garp_ns;    /* next burst of gratuitous ARP; 0 none */
	uint32_t garp_rounds; /* its size; 0: it is a refresh, as large as configured then */
	/* Last advertisement heard (BACKUP, FAULT) or sent (MASTER). While none was heard: when we
	 * began to listen. */
	uint64_t last_advert_ns;
	uint64_t delayed_until_ns; /* end of the startup delay; 0 none */
	uint64_t answered_ns;      /* MASTER: advertisements read at this time were answered */
};

enum vrrp_event_type {
	VRRP_EVENT_STARTUP,  /* configuration applied; faults are already in the event. Once the
			      * instance runs, the same as FAULTS. */
	VRRP_EVENT_SHUTDOWN, /* stop, or the instance was removed by a reload */
	VRRP_EVENT_TIMER,    /* now >= fsm->timer_ns or now >= fsm->garp_ns */
	VRRP_EVENT_ADVERT,   /* a checked advertisement from another router */
	VRRP_EVENT_FAULTS,   /* the set of fault reasons changed */
	VRRP_EVENT_PARAMS, /* the parameters changed (tracking, reload); previous ones in the event
			    */
	VRRP_EVENT_SYNC_MASTER, /* the sync group lets those that want it become MASTER */
	VRRP_EVENT_SYNC_BACKUP, /* another member went to BACKUP: MASTER no longer */
};
#define VRRP_EVENTS 8

struct vrrp_event {
	enum vrrp_event_type type;
	/* ADVERT */
	uint8_t priority;
	uint16_t interval_cs;
	uint32_t source; /* network order */
	/* STARTUP, FAULTS */
	uint32_t fault_reasons;
	/* STARTUP: nothing is sent and nobody becomes master before this time; 0 none */
	uint64_t delayed_until_ns;
	/* PARAMS */
	const struct vrrp_params *previous;
};

enum vrrp_action_type {
	VRRP_ACTION_SEND_ADVERT, /* with .priority (0: releasing) */
	VRRP_ACTION_ADD_ADDRESSES,
	VRRP_ACTION_REMOVE_ADDRESSES,
	VRRP_ACTION_GARP,          /* .rounds over all addresses */
	VRRP_ACTION_STATE_CHANGED, /* .from, .to, .cause */
};

/* Why a state changed; vrrp_cause_text() makes the sentence. */
enum vrrp_cause {
	VRRP_CAUSE_STARTED,
	VRRP_CAUSE_OWNER,           /* priority 255: master at once */
	VRRP_CAUSE_MASTER_DOWN,     /* nothing heard for Master_Down_Interval */
	VRRP_CAUSE_NO_MASTER,       /* the same, and no other router known */
	VRRP_CAUSE_MASTER_RELEASED, /* priority 0 heard, skew time over */
	VRRP_CAUSE_PREEMPTED_LOWER, /* we took over from a lower priority */
	VRRP_CAUSE_HIGHER_PRIORITY, /* another router is better */
	VRRP_CAUSE_HIGHER_ADDRESS,  /* equal priority, higher address */
	VRRP_CAUSE_FAULT,
	VRRP_CAUSE_FAULT_CLEARED,
	VRRP_CAUSE_SHUTDOWN,
	VRRP_CAUSE_SYNC_GROUP, /* another member went to BACKUP */
};

struct vrrp_action {
	enum vrrp_action_type type;
	uint8_t priority; /* STATE_CHANGED: our own */
	uint32_t rounds;
	enum vrrp_state from;
	enum vrrp_state to;
	enum vrrp_cause cause;
	uint64_t silence_ns; /* MASTER_DOWN, NO_MASTER: how long nothing was heard */
	uint32_t other;      /* the other router, network order; 0 none */
	uint8_t other_priority;
	uint32_t cleared_faults; /* FAULT_CLEARED: what was wrong */
};

#define VRRP_ACTIONS_MAX 8
struct vrrp_actions {
	size_t count;
	struct vrrp_action list[VRRP_ACTIONS_MAX];
};

const char *vrrp_state_name(enum vrrp_state state); /* "INIT", "BACKUP", "MASTER", "FAULT" */

/* An instance in INIT that has seen nothing. */
void vrrp_fsm_init(struct vrrp_fsm *fsm, const struct vrrp_params *params);

/* Handles one event; actions are to be carried out in order. Every event is legal in every state.
 */
void vrrp_fsm_event(struct vrrp_fsm *fsm, const struct vrrp_params *params,
	const struct vrrp_event *event, uint64_t now_ns, struct vrrp_actions *actions);

/* Continues with an instance whose fields were restored from what a predecessor left: what cannot
 * be is put right, a BACKUP waits the rest of its Master_Down_Timer, but one interval and its skew
 * at least (nobody listened in the meantime), a MASTER's next advertisement is due at once. A FAULT
 * stays until the next FAULTS event says otherwise. Returns false when there is nothing to go on
 * with (INIT, or no state at all): then the instance is as after vrrp_fsm_init(). */
bool vrrp_fsm_resume(struct vrrp_fsm *fsm, const struct vrrp_params *params, uint64_t now_ns);

/* The earliest time at which VRRP_EVENT_TIMER is due; UINT64_MAX when none runs. Advertisements
 * that wait in a socket are to be given to the machine before its timer: a process that was late
 * must not take a master for dead that it has not listened to. */
uint64_t vrrp_fsm_deadline(const struct vrrp_fsm *fsm);

/* RFC 9568 §6.1: Skew_Time and Master_Down_Interval in nanoseconds. Version 2 after RFC 3768 §6.1.
 */
uint64_t vrrp_skew_time_ns(const struct vrrp_params *params, uint16_t master_adver_interval_cs);
uint64_t vrrp_master_down_interval_ns(
	const struct vrrp_params *params, uint16_t master_adver_interval_cs);

/* The reason as in `VI_1: BACKUP -> MASTER: no advertisement from 10.0.0.2 for 3.61 s`: the part
 * after the second colon. faults is the instance's current set. */
void vrrp_cause_text(const struct vrrp_action *change, uint32_t faults, char *text, size_t size);

/* Words for a set of fault reasons: "interface down, no source address". */
void vrrp_fault_text(uint32_t faults, char *text, size_t size);

#endif
