/* State pages: what a child leaves behind for its successor. A memfd of fixed, sealed size, made
 * and kept by the launcher, mapped read-write by the child and read-only by parentd. A process
 * killed in the middle of a write leaves a valid older copy: records are double-buffered, each copy
 * with its own sequence number and checksum. PROTOCOL.md holds the layout. */
#ifndef HOLDFAST_STATE_PAGE_H
#define HOLDFAST_STATE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/proto.h"

#define STATE_PAGE_MAGIC     UINT32_C(0x48465350)
#define STATE_PAGE_VERSION   3
#define STATE_VRRP_INSTANCES 1024 /* records; the configuration may not have more instances */
#define STATE_VRRP_ADDRESSES 8192
#define STATE_CHECKS         1024
#define STATE_CHECKERS       16384
#define STATE_SERVERS        20480  /* real and virtual ones together */
#define STATE_IPVS_ENTRIES   131072 /* services and their real servers */
#define STATE_CHANGES        512    /* the latest; older ones are overwritten */

enum vrrp_counter {
	VRRP_COUNT_SENT,
	VRRP_COUNT_SEND_ERRORS,
	VRRP_COUNT_RECEIVED, /* accepted */
	VRRP_COUNT_PRIORITY_ZERO_SENT,
	VRRP_COUNT_PRIORITY_ZERO_RECEIVED,
	VRRP_COUNT_BECAME_MASTER,
	VRRP_COUNT_GARP_SENT,
	VRRP_COUNT_ADDRESS_LIST_MISMATCH, /* accepted all the same, as keepalived does */
	/* dropped, by reason (enum vrrp_drop in vrrpd/vrrp_packet.h, same order) */
	VRRP_COUNT_DROP_FIRST,
	VRRP_COUNT_DROP_LENGTH = VRRP_COUNT_DROP_FIRST,
	VRRP_COUNT_DROP_TTL,
	VRRP_COUNT_DROP_VERSION,
	VRRP_COUNT_DROP_TYPE,
	VRRP_COUNT_DROP_CHECKSUM,
	VRRP_COUNT_DROP_VRID, /* counted once per interface, in the record of its first instance */
	VRRP_COUNT_DROP_AUTH_TYPE,
	VRRP_COUNT_DROP_AUTH_DATA,
	VRRP_COUNT_DROP_INTERVAL,
	VRRP_COUNT_DROP_DESTINATION, /* multicast where unicast is configured or the reverse */
	VRRP_COUNT_DROP_SOURCE,      /* not a configured peer, or our own address */
	VRRP_COUNTERS
};

/* Names as in JSON and metrics: "sent", "drop_ttl" …; NULL beyond the end. */
const char *vrrp_counter_name(enum vrrp_counter counter);

/* One instance. Key: (ifname, family, vrid). */
struct state_vrrp_instance {
	char ifname[PROTO_IFNAME_LEN];
	uint8_t family;
	uint8_t vrid;
	uint8_t state; /* enum vrrp_state */
	uint8_t effective_priority;
	uint8_t last_from; /* the last change: state before */
	uint8_t master_priority;
	uint8_t reserved[2];
	uint32_t fault_reasons;
	uint32_t master_adver_interval_cs;
	uint64_t timer_ns;       /* Adver_Timer or Master_Down_Timer deadline, CLOCK_BOOTTIME */
	uint64_t preempt_ns;     /* end of a running preempt delay, 0 none */
	uint64_t garp_ns;        /* next delayed or refreshing burst of gratuitous ARP, 0 none */
	uint64_t last_advert_ns; /* last advertisement sent (MASTER) or accepted (BACKUP) */
	uint64_t changed_ns;
	int64_t changed_wall_s;
	struct proto_addr master;
	uint32_t garp_left; /* what the burst at garp_ns is */
	uint64_t counters[VRRP_COUNTERS];
	char name[PROTO_NAME_LEN];
	char reason[PROTO_REASON_LEN];
};

/* An address that this node may have in its kernel on behalf of VRRP: written before it is added,
 * cleared after it is removed. */
struct state_vrrp_address {
	uint32_t used;
	uint32_t prefixlen;
	char ifname[PROTO_IFNAME_LEN];
	struct proto_addr address;
	uint32_t checksum; /* of all fields before it */
};

/* What of an instance changes with every advertisement: words that are written alone, so that their
 * writing costs nothing. What a writer left may be of two moments, or be nonsense. */
struct state_vrrp_clock {
	uint64_t timer_ns;       /* as in the record, and newer */
	uint64_t last_advert_ns; /* the same */
};

/* An instance changed its state. */
struct state_change {
	char instance[PROTO_NAME_LEN];
	uint8_t from; /* enum vrrp_state */
	uint8_t to;
	uint8_t vrid;
	uint8_t priority;       /* effective */
	uint32_t fault_reasons; /* enum vrrp_fault, then */
	uint64_t at_ns;         /* CLOCK_BOOTTIME */
	int64_t wall_s;         /* CLOCK_REALTIME, seconds */
	struct proto_addr master;
	char reason[PROTO_REASON_LEN];
	uint32_t reserved2;
};

/* A vrrp_script as checkerd knows it. Key: name. */
struct state_check {
	char name[PROTO_NAME_LEN];
	uint32_t verdict; /* enum proto_verdict */
	uint32_t streak;  /* the latest results in a row that were the same */
	uint32_t streak_good;
	uint32_t run;           /* number of the latest run */
	uint64_t due_ns;        /* next start */
	uint64_t changed_ns;    /* last change of the verdict; 0: none yet */
	int64_t changed_wall_s; /* CLOCK_REALTIME, seconds */
};

/* A checker of a real server. */
struct state_checker {
	uint64_t key;     /* of what it checks and how; never 0 */
	uint32_t verdict; /* enum proto_verdict */
	uint32_t retries; /* failed attempts in a row that have not counted */
	uint32_t step;    /* number of the url that is next */
	uint32_t passed;  /* urls in a row that were good */
	int64_t added;    /* to the weight of its server */
	uint64_t due_ns;  /* next attempt */
	uint64_t changed_ns;
	int64_t changed_wall_s; /* CLOCK_REALTIME, seconds */
	uint64_t latency_us;    /* of the latest attempt */
	uint64_t attempts;      /* that had a result */
	uint64_t failures;      /* of them: the result was bad */
	char result[PROTO_REASON_LEN];
};

/* What parentd was told last of a real or a virtual server. */
struct state_server {
	uint64_t key; /* of its name; never 0 */
	uint32_t up;
	uint32_t reserved;
	int64_t weight;
};

enum state_ipvs_kind {
	STATE_IPVS_FREE,
	STATE_IPVS_SERVICE,
	STATE_IPVS_DEST,
	STATE_IPVS_STARTED,     /* a configuration was put into force; nothing else in the record */
	STATE_IPVS_SYNC_MASTER, /* a sync daemon; the same */
	STATE_IPVS_SYNC_BACKUP,
	STATE_IPVS_KEEP, /* nothing is to be removed at a stop; the same */
};

/* A service or a real server that ipvsd may have in the kernel: written before it is added, cleared
 * after it is deleted. */
struct state_ipvs_entry {
	uint32_t kind;             /* enum state_ipvs_kind */
	struct proto_addr service; /* with a mark: the family alone */
	uint32_t fwmark;           /* 0: known by its address */
	uint16_t protocol;
	uint16_t port;
	struct proto_addr real; /* of STATE_IPVS_DEST */
	uint16_t real_port;
	uint16_t reserved;
	uint32_t checksum; /* of all fields before it */
};

struct state_page;

/* Size in bytes of the page of a process: whole pages, constant per version. */
size_t state_page_size(enum proto_process process);

/* Creates the sealed memfd (launcher). Returns the descriptor, or -1 with errno. */
int state_page_create(enum proto_process process);

/* Maps a page received as a descriptor, which may be closed afterwards. Checks size and seals, and
 * the header; an empty page is formatted when writable, a page of another version or with a bad
 * header is refused: NULL with errno EPROTO and *why saying what is wrong (then a writable caller
 * may state_page_reset() the descriptor and open it again). */
struct state_page *state_page_open(
	enum proto_process process, int fd, bool writable, const char **why);
int state_page_reset(enum proto_process process, int fd);
void state_page_close(struct state_page *page);

/* Writes record index, which is below STATE_VRRP_INSTANCES (atomically for a reader and for a
 * successor). */
void state_vrrp_store(
	struct state_page *page, uint32_t index, const struct state_vrrp_instance *record);

/* Newest valid copy of record index into *record. 1: found, 0: never written or cleared, -1: both
 * copies are damaged. */
int state_vrrp_load(
	const struct state_page *page, uint32_t index, struct state_vrrp_instance *record);
void state_vrrp_clear(struct state_page *page, uint32_t index);

/* The same for the page of checkerd; index is below STATE_CHECKS. */
void state_check_store(struct state_page *page, uint32_t index, const struct state_check *record);
int state_check_load(const struct state_page *page, uint32_t index, struct state_check *record);
void state_check_clear(struct state_page *page, uint32_t index);

/* The same for checkers (index below STATE_CHECKERS) and servers (below STATE_SERVERS). */
void state_checker_store(
	struct state_page *page, uint32_t index, const struct state_checker *record);
int state_checker_load(const struct state_page *page, uint32_t index, struct state_checker *record);
void state_checker_clear(struct state_page *page, uint32_t index);
void state_server_store(struct state_page *page, uint32_t index, const struct state_server *record);
int state_server_load(const struct state_page *page, uint32_t index, struct state_server *record);
void state_server_clear(struct state_page *page, uint32_t index);

/* How many mails wait in checkerd: a word that is written alone, as they are lost with it. */
void state_mails_store(struct state_page *page, uint64_t mails);
uint64_t state_mails_load(const struct state_page *page);

/* The clock of record index. Loading returns false when it was never stored. */
void state_clock_store(
	struct state_page *page, uint32_t index, const struct state_vrrp_clock *clock);
bool state_clock_load(
	const struct state_page *page, uint32_t index, struct state_vrrp_clock *clock);

/* Adds to the history, which goes on where that of a predecessor ended. */
void state_change_add(struct state_page *page, const struct state_change *change);
/* Number of the newest change; 0: there is none. Looks at every slot. */
uint64_t state_change_newest(const struct state_page *page);
/* Change number, counted from 1: 1 found, 0 overwritten or not written yet, -1 damaged. Its texts
 * are the writer's: they may lack their NUL. */
int state_change_load(const struct state_page *page, uint64_t number, struct state_change *change);
/* Copies the latest changes, oldest first, and returns how many. Such as are damaged, or are being
 * written, are left out; *damaged is their number. */
size_t state_changes_load(
	const struct state_page *page, struct state_change changes[STATE_CHANGES], size_t *damaged);

/* Remembers an address; returns its slot, or -1 with errno ENOSPC. Idempotent. */
int state_address_add(struct state_page *page, const char *ifname, const struct proto_addr *address,
	uint8_t prefixlen);
void state_address_remove(struct state_page *page, const char *ifname,
	const struct proto_addr *address, uint8_t prefixlen);
/* Slot index in 0 .. STATE_VRRP_ADDRESSES - 1: 1 used, 0 free, -1 damaged. */
int state_address_get(
	const struct state_page *page, uint32_t slot, struct state_vrrp_address *address);

/* Writes slot index, below STATE_IPVS_ENTRIES; the checksum is filled in. */
void state_ipvs_store(
	struct state_page *page, uint32_t index, const struct state_ipvs_entry *entry);
void state_ipvs_clear(struct state_page *page, uint32_t index);
/* 1 used, 0 free, -1 damaged: it was being written, so the kernel does not have it. */
int state_ipvs_load(const struct state_page *page, uint32_t index, struct state_ipvs_entry *entry);

#endif
