/* The bytes of a state page as PROTOCOL.md specifies them; private to this folder. */
#ifndef HOLDFAST_STATE_LAYOUT_H
#define HOLDFAST_STATE_LAYOUT_H

#include <stdbool.h>

#include "proto/state_page.h"

#define STATE_UNIT                                                                                 \
	((size_t)4096) /* granularity of the map of written units; not the kernel's page size */

#define STATE_INSTANCE_COPY   ((size_t)512) /* bytes per copy, two copies per record */
#define STATE_INSTANCE_SLOT   (2 * STATE_INSTANCE_COPY)
#define STATE_ADDRESS_SLOT    ((size_t)64)
#define STATE_INSTANCES_AT    STATE_UNIT
#define STATE_ADDRESSES_AT    (STATE_INSTANCES_AT + STATE_VRRP_INSTANCES * STATE_INSTANCE_SLOT)
#define STATE_CLOCK_SLOT      ((size_t)16)
#define STATE_CLOCKS_AT       (STATE_ADDRESSES_AT + STATE_VRRP_ADDRESSES * STATE_ADDRESS_SLOT)
#define STATE_CHANGE_SLOT     ((size_t)512)
#define STATE_CHANGES_AT      (STATE_CLOCKS_AT + STATE_VRRP_INSTANCES * STATE_CLOCK_SLOT)
#define STATE_TALLY_SLOT      ((size_t)128)
#define STATE_VRRP_TALLIES    ((size_t)1056) /* groups: whole units of them */
#define STATE_CHECK_TALLIES   ((size_t)32)
#define STATE_VRRP_TALLIES_AT (STATE_CHANGES_AT + STATE_CHANGES * STATE_CHANGE_SLOT)
#define STATE_VRRP_PAGE_SIZE  (STATE_VRRP_TALLIES_AT + STATE_VRRP_TALLIES * STATE_TALLY_SLOT)
/* That of checkerd holds checks, at the same place as the instances of vrrpd, then checkers and
 * servers. */
#define STATE_RECORDS_MAX      (STATE_CHECKS + STATE_CHECKERS + STATE_SERVERS) /* in any page */
#define STATE_CHECKS_AT        STATE_UNIT
#define STATE_CHECK_COPY       ((size_t)256)
#define STATE_CHECKERS_AT      (STATE_CHECKS_AT + (size_t)STATE_CHECKS * 2 * STATE_CHECK_COPY)
#define STATE_CHECKER_COPY     ((size_t)256)
#define STATE_SERVERS_AT       (STATE_CHECKERS_AT + (size_t)STATE_CHECKERS * 2 * STATE_CHECKER_COPY)
#define STATE_SERVER_COPY      ((size_t)64)
#define STATE_CHECK_TALLIES_AT (STATE_SERVERS_AT + (size_t)STATE_SERVERS * 2 * STATE_SERVER_COPY)
#define STATE_CHECK_PAGE_SIZE  (STATE_CHECK_TALLIES_AT + STATE_CHECK_TALLIES * STATE_TALLY_SLOT)
#define STATE_MAILS_AT         ((size_t)40) /* of checkerd: behind the header, in front of the map */
#define STATE_IPVS_AT          STATE_UNIT   /* entries of ipvsd */
#define STATE_IPVS_SLOT        ((size_t)64)
#define STATE_IPVS_PAGE_SIZE   (STATE_IPVS_AT + (size_t)STATE_IPVS_ENTRIES * STATE_IPVS_SLOT)
#define STATE_MAP_AT           64
#define STATE_MAP_SIZE         (STATE_VRRP_PAGE_SIZE / STATE_UNIT / 8 + 1)
#define STATE_CHECK_MAP_SIZE   (STATE_CHECK_PAGE_SIZE / STATE_UNIT / 8 + 1)
#define STATE_IPVS_MAP_SIZE    (STATE_IPVS_PAGE_SIZE / STATE_UNIT / 8 + 1)

struct state_header {
	uint32_t magic;
	uint16_t version;
	uint16_t process; /* enum proto_process */
	uint32_t size;    /* of the whole page */
	uint32_t instances;
	uint32_t instance_size; /* sizeof(struct state_vrrp_instance) */
	uint32_t addresses;
	uint32_t address_size; /* sizeof(struct state_vrrp_address) */
	uint32_t changes;
	uint32_t change_size; /* sizeof(struct state_change) */
	uint32_t checksum;    /* of all fields before it */
};

/* In front of each copy of an instance record. Copy number sequence % 2 of its slot. */
struct state_copy {
	uint64_t sequence; /* 0: never written */
	uint32_t kind;     /* enum state_copy_kind */
	uint32_t checksum; /* of sequence, kind and the record */
};

enum state_copy_kind {
	STATE_COPY_RECORD = 1,
	STATE_COPY_CLEARED = 2,
};

/* In front of a change. Number n is in slot n % STATE_CHANGES. */
struct state_change_head {
	uint64_t number; /* counted from 1; 0: never written */
	uint32_t reserved;
	uint32_t checksum; /* of number, reserved and the change */
};

struct state_page {
	uint8_t *bytes;
	size_t size;
	bool writable;
	size_t tallies_at;
	uint32_t tallies; /* groups; 0: it has none */
	/* Sequence number of the newest copy of each record, 0 where it is not known yet: spares
	 * the writer from verifying both copies at every store. NULL when not writable. */
	uint64_t *newest;
	uint64_t last_change; /* number of the newest change, as far as a writer has looked */
};

/* The map of written units: a bit is set before the first write into its unit. It lets a reader
 * pass over what was never written without touching (and so allocating) its memory. */
bool state_map_test(const struct state_page *page, size_t offset);
void state_map_set(struct state_page *page, size_t offset);

#endif
