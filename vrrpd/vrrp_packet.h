/* VRRP advertisements on the wire: RFC 3768 §5.1 (version 2), RFC 2338 §5.3.6 (its simple text
 * password), RFC 9568 §5.1 and §5.2 (version 3). Encode and decode and nothing else. */
#ifndef HOLDFAST_VRRP_PACKET_H
#define HOLDFAST_VRRP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VRRP_PROTOCOL      112 /* IPPROTO_VRRP */
#define VRRP_TTL           255
#define VRRP_ADDRESSES_MAX 255 /* the count field is one byte */
#define VRRP_AUTH_LEN      8   /* version 2 packets always end with it (RFC 3768 §5.3.10) */
/* IPv4 header, VRRP header, addresses, authentication data. */
#define VRRP_PACKET_MAX (20 + 8 + 4 * VRRP_ADDRESSES_MAX + VRRP_AUTH_LEN)

/* Why an advertisement was not accepted. Same order as VRRP_COUNT_DROP_… in proto/state_page.h. */
enum vrrp_drop {
	VRRP_DROP_LENGTH,
	VRRP_DROP_TTL,
	VRRP_DROP_VERSION,
	VRRP_DROP_TYPE,
	VRRP_DROP_CHECKSUM,
	VRRP_DROP_VRID,
	VRRP_DROP_AUTH_TYPE,
	VRRP_DROP_AUTH_DATA,
	VRRP_DROP_INTERVAL,
	VRRP_DROP_DESTINATION,
	VRRP_DROP_SOURCE,
	VRRP_DROPS,
	VRRP_ACCEPT = -1,
};

/* In words, for the log: "wrong TTL" …. */
const char *vrrp_drop_name(enum vrrp_drop drop);

/* One advertisement, decoded. Addresses are in network order. */
struct vrrp_advert {
	uint32_t source;
	uint32_t destination;
	uint8_t ttl;
	uint8_t version;
	uint8_t type;
	uint8_t vrid;
	uint8_t priority;
	uint8_t addresses_count;
	uint8_t auth_type;                /* version 2 */
	uint16_t interval_cs;             /* version 2: seconds * 100 */
	uint8_t auth_data[VRRP_AUTH_LEN]; /* version 2 */
	const uint8_t *addresses;         /* into the packet: addresses_count times 4 bytes */
	const uint8_t *vrrp;              /* the VRRP part, for the checksum */
	size_t vrrp_length;
};

/* What is needed to write one. */
struct vrrp_advert_template {
	uint32_t source;
	uint32_t destination;
	uint8_t ttl;
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint8_t auth_type; /* version 2: 0 or 1 */
	uint8_t auth_data[VRRP_AUTH_LEN];
	uint16_t interval_cs;
	bool checksum_as_v2; /* version 3 without the pseudo header */
	uint8_t addresses_count;
	const uint32_t *addresses;
};

/* What a receiver demands of an advertisement for its virtual router. */
struct vrrp_expect {
	uint8_t version;
	uint8_t auth_type;
	uint8_t auth_data[VRRP_AUTH_LEN];
	uint16_t interval_cs; /* version 2: must equal (RFC 3768 §7.1) */
	bool unicast;
	bool checksum_as_v2;
	uint32_t group; /* multicast destination expected */
	uint32_t own_address;
	bool check_source; /* unicast: only from peers */
	size_t peers_count;
	const struct vrrp_expect_peer *peers;
};

struct vrrp_expect_peer {
	uint32_t address;
	uint8_t min_ttl; /* unicast only */
	uint8_t max_ttl; /* 0: no limit */
};

/* Takes an IPv4 packet apart, starting at its IP header (as a raw socket delivers it). Checks, in
 * this order, what needs no virtual router: the IP header and its total length (bytes beyond it are
 * padding of the link; a fragment is too short), IP protocol, version 2 or 3, type ADVERTISEMENT,
 * exact length for the count of addresses (version 3: at least one, RFC 9568 §5.2.5). Returns
 * VRRP_ACCEPT with *advert filled in (its pointers go into packet), or VRRP_DROP_LENGTH, _VERSION
 * or _TYPE. */
enum vrrp_drop vrrp_packet_decode(const uint8_t *packet, size_t length, struct vrrp_advert *advert);

/* The checks of RFC 9568 §7.1 and RFC 3768 §7.1 that depend on the virtual router, which the caller
 * has found by VRID. Order: TTL (255 when multicast; a unicast peer's own range), version,
 * authentication type and data (version 2), interval (version 2: ours; version 3: not 0), checksum,
 * destination (the group, or no multicast when unicast), source (never our own, nor an address that
 * no host can have; one of the peers when check_source). */
enum vrrp_drop vrrp_packet_check(
	const struct vrrp_advert *advert, const struct vrrp_expect *expect);

/* True when the advertised addresses are exactly these, in any order. */
bool vrrp_packet_same_addresses(
	const struct vrrp_advert *advert, const uint32_t *addresses, size_t count);

/* Writes the whole packet, IP header included, into buffer. Returns its length; 0 when size is too
 * small. The IP identification is left 0 for the kernel to choose. */
size_t vrrp_packet_encode(const struct vrrp_advert_template *advert, uint8_t *buffer, size_t size);

/* Changes the priority in a packet made by vrrp_packet_encode() and mends its checksum (RFC 1624).
 */
void vrrp_packet_set_priority(uint8_t *packet, size_t length, uint8_t priority);

/* The internet checksum (RFC 1071) over data, starting from a partial sum of 16-bit words; all in
 * host order. Over data that holds its right checksum the result is 0. */
uint16_t vrrp_checksum(const uint8_t *data, size_t length, uint32_t partial);

#endif
