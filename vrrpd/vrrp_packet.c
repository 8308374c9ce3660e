/* VRRP advertisements: bytes in, struct out, and the reverse. */
#include "vrrpd/vrrp_packet.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/state_page.h"

#define IP_HEADER_MIN        20
#define IP_PROTOCOL_OFFSET   9
#define IP_CHECKSUM_OFFSET   10
#define IP_FRAGMENT_MASK     0x3fff /* more fragments, or an offset */
#define IP_TOS_NETCONTROL    0xc0   /* precedence 6, internetwork control */
#define VRRP_HEADER          8
#define VRRP_PRIORITY_OFFSET 2
#define VRRP_CHECKSUM_OFFSET 6
#define VRRP_TYPE_ADVERT     1
#define VRRP_INTERVAL_V3_MAX 0x0fff /* 12 bits (RFC 9568 §5.2.7) */

#define SAME_ORDER(name)                                                                           \
	static_assert(                                                                             \
		(int)VRRP_COUNT_DROP_##name - (int)VRRP_COUNT_DROP_FIRST == (int)VRRP_DROP_##name, \
		"drop reasons and their counters are in the same order")
SAME_ORDER(LENGTH);
SAME_ORDER(TTL);
SAME_ORDER(VERSION);
SAME_ORDER(TYPE);
SAME_ORDER(CHECKSUM);
SAME_ORDER(VRID);
SAME_ORDER(AUTH_TYPE);
SAME_ORDER(AUTH_DATA);
SAME_ORDER(INTERVAL);
SAME_ORDER(DESTINATION);
SAME_ORDER(SOURCE);
static_assert((int)VRRP_COUNTERS - (int)VRRP_COUNT_DROP_FIRST == (int)VRRP_DROPS,
	"every drop reason has a counter");

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

const char *vrrp_drop_name(enum vrrp_drop drop)
{
	switch (drop) {
	case VRRP_DROP_LENGTH:
		return "wrong length";
	case VRRP_DROP_TTL:
		return "wrong TTL";
	case VRRP_DROP_VERSION:
		return "wrong version";
	case VRRP_DROP_TYPE:
		return "unknown type";
	case VRRP_DROP_CHECKSUM:
		return "wrong checksum";
	case VRRP_DROP_VRID:
		return "unknown virtual router";
	case VRRP_DROP_AUTH_TYPE:
		return "wrong authentication type";
	case VRRP_DROP_AUTH_DATA:
		return "wrong password";
	case VRRP_DROP_INTERVAL:
		return "wrong advertisement interval";
	case VRRP_DROP_DESTINATION:
		return "wrong destination";
	case VRRP_DROP_SOURCE:
		return "wrong source";
	case VRRP_DROPS:
		break;
	case VRRP_ACCEPT:
		return "accepted";
	}
	return "unknown reason";
}

/* The sum of RFC 1071 before it is folded and complemented. */
static uint32_t sum16(const uint8_t *data, size_t length, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		sum += get16(data + i);
	if (i < length)
		sum += (uint32_t)data[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t vrrp_checksum(const uint8_t *data, size_t length, uint32_t partial)
{
	return (uint16_t)~fold(sum16(data, length, partial));
}

/* The pseudo header that keepalived and most others put before a version 3 packet over IPv4: both
 * addresses, the protocol and the length of the VRRP part. */
static uint32_t pseudo_header_sum(uint32_t source, uint32_t destination, size_t length)
{
	uint8_t addresses[8];

	memcpy(addresses, &source, 4);
	memcpy(addresses + 4, &destination, 4);
	return sum16(addresses, sizeof(addresses), VRRP_PROTOCOL + (uint32_t)length);
}

/* What the checksum starts from. RFC 9568 §5.2.8 leaves the pseudo header out for IPv4,
 * RFC 5798 §5.2.8 was read as including it: the configuration decides. */
static uint32_t checksum_start(
	uint8_t version, bool checksum_as_v2, uint32_t source, uint32_t destination, size_t length)
{
	if (version == 2 || checksum_as_v2)
		return 0;
	return pseudo_header_sum(source, destination, length);
}

static size_t vrrp_length(uint8_t version, uint8_t addresses_count)
{
	return VRRP_HEADER + 4 * (size_t)addresses_count + (version == 2 ? VRRP_AUTH_LEN : 0);
}

/* The IP header: addresses, TTL, and where the VRRP part lies. What the total length leaves over is
 * padding of the link. */
static enum vrrp_drop decode_ip(const uint8_t *packet, size_t length, struct vrrp_advert *advert)
{
	if (length < IP_HEADER_MIN || packet[0] >> 4 != 4)
		return VRRP_DROP_LENGTH;
	size_t header = (size_t)(packet[0] & 0x0f) * 4;
	size_t total = get16(packet + 2);
	if (header < IP_HEADER_MIN || total > length || total < header + VRRP_HEADER)
		return VRRP_DROP_LENGTH;
	if ((get16(packet + 6) & IP_FRAGMENT_MASK) != 0)
		return VRRP_DROP_LENGTH;
	if (packet[IP_PROTOCOL_OFFSET] != VRRP_PROTOCOL)
		return VRRP_DROP_TYPE;
	advert->ttl = packet[8];
	memcpy(&advert->source, packet + 12, 4);
	memcpy(&advert->destination, packet + 16, 4);
	advert->vrrp = packet + header;
	advert->vrrp_length = total - header;
	return VRRP_ACCEPT;
}

enum vrrp_drop vrrp_packet_decode(const uint8_t *packet, size_t length, struct vrrp_advert *advert)
{
	memset(advert, 0, sizeof(*advert));
	enum vrrp_drop drop = decode_ip(packet, length, advert);
	if (drop != VRRP_ACCEPT)
		return drop;

	const uint8_t *vrrp = advert->vrrp;
	advert->version = vrrp[0] >> 4;
	advert->type = vrrp[0] & 0x0f;
	advert->vrid = vrrp[1];
	advert->priority = vrrp[2];
	advert->addresses_count = vrrp[3];
	advert->addresses = vrrp + VRRP_HEADER;
	if (advert->version != 2 && advert->version != 3)
		return VRRP_DROP_VERSION;
	if (advert->type != VRRP_TYPE_ADVERT)
		return VRRP_DROP_TYPE;
	if (advert->vrrp_length != vrrp_length(advert->version, advert->addresses_count))
		return VRRP_DROP_LENGTH;
	if (advert->version == 2) {
		advert->auth_type = vrrp[4];
		advert->interval_cs = (uint16_t)(vrrp[5] * 100);
		memcpy(advert->auth_data, vrrp + advert->vrrp_length - VRRP_AUTH_LEN,
			VRRP_AUTH_LEN);
		return VRRP_ACCEPT;
	}
	/* RFC 9568 §5.2.5: a count of 0 must be ignored. */
	if (advert->addresses_count == 0)
		return VRRP_DROP_LENGTH;
	advert->interval_cs = get16(vrrp + 4) & VRRP_INTERVAL_V3_MAX;
	return VRRP_ACCEPT;
}

static const struct vrrp_expect_peer *find_peer(const struct vrrp_expect *expect, uint32_t address)
{
	for (size_t i = 0; i < expect->peers_count; i++)
		if (expect->peers[i].address == address)
			return &expect->peers[i];
	return NULL;
}

static bool is_multicast(uint32_t address)
{
	uint8_t first;

	memcpy(&first, &address, 1);
	return first >> 4 == 0xe;
}

/* RFC 9568 §5.1.1.3: 255 shows that no router was crossed. A unicast peer may be further away. */
static bool ttl_ok(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	if (!expect->unicast)
		return advert->ttl == VRRP_TTL;
	const struct vrrp_expect_peer *peer = find_peer(expect, advert->source);
	if (peer == NULL)
		return true;
	return advert->ttl >= peer->min_ttl && (peer->max_ttl == 0 || advert->ttl <= peer->max_ttl);
}

/* RFC 2338 §7.1; RFC 3768 §5.3.6 knows type 0 only, whose data is ignored. */
static enum vrrp_drop check_auth(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	if (advert->version != 2)
		return VRRP_ACCEPT;
	if (advert->auth_type != expect->auth_type)
		return VRRP_DROP_AUTH_TYPE;
	if (expect->auth_type != 0 &&
		memcmp(advert->auth_data, expect->auth_data, VRRP_AUTH_LEN) != 0)
		return VRRP_DROP_AUTH_DATA;
	return VRRP_ACCEPT;
}

/* Version 2 demands our own interval (RFC 3768 §7.1), version 3 takes any but 0. */
static bool interval_ok(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	if (advert->version == 2)
		return advert->interval_cs == expect->interval_cs;
	return advert->interval_cs != 0;
}

static bool checksum_ok(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	uint32_t start = checksum_start(advert->version, expect->checksum_as_v2, advert->source,
		advert->destination, advert->vrrp_length);

	return vrrp_checksum(advert->vrrp, advert->vrrp_length, start) == 0;
}

static bool destination_ok(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	if (expect->unicast)
		return !is_multicast(advert->destination);
	return advert->destination == expect->group;
}

static bool source_ok(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	if (advert->source == expect->own_address || advert->source == 0 ||
		advert->source == UINT32_MAX || is_multicast(advert->source))
		return false;
	return !expect->check_source || find_peer(expect, advert->source) != NULL;
}

enum vrrp_drop vrrp_packet_check(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	if (!ttl_ok(advert, expect))
		return VRRP_DROP_TTL;
	if (advert->version != expect->version)
		return VRRP_DROP_VERSION;
	enum vrrp_drop drop = check_auth(advert, expect);
	if (drop != VRRP_ACCEPT)
		return drop;
	if (!interval_ok(advert, expect))
		return VRRP_DROP_INTERVAL;
	if (!checksum_ok(advert, expect))
		return VRRP_DROP_CHECKSUM;
	if (!destination_ok(advert, expect))
		return VRRP_DROP_DESTINATION;
	if (!source_ok(advert, expect))
		return VRRP_DROP_SOURCE;
	return VRRP_ACCEPT;
}

static bool carries(const struct vrrp_advert *advert, uint32_t address)
{
	for (size_t i = 0; i < advert->addresses_count; i++)
		if (memcmp(advert->addresses + 4 * i, &address, 4) == 0)
			return true;
	return false;
}

bool vrrp_packet_same_addresses(
	const struct vrrp_advert *advert, const uint32_t *addresses, size_t count)
{
	if (advert->addresses_count != count)
		return false;
	/* The usual case, and the cheap one: the same order. */
	if (count == 0 || memcmp(advert->addresses, addresses, 4 * count) == 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (!carries(advert, addresses[i]))
			return false;
	return true;
}

static void encode_ip(const struct vrrp_advert_template *advert, uint8_t *ip, size_t total)
{
	memset(ip, 0, IP_HEADER_MIN);
	ip[0] = 4 << 4 | IP_HEADER_MIN / 4;
	ip[1] = IP_TOS_NETCONTROL;
	put16(ip + 2, (uint16_t)total);
	ip[8] = advert->ttl;
	ip[IP_PROTOCOL_OFFSET] = VRRP_PROTOCOL;
	memcpy(ip + 12, &advert->source, 4);
	memcpy(ip + 16, &advert->destination, 4);
	put16(ip + IP_CHECKSUM_OFFSET, vrrp_checksum(ip, IP_HEADER_MIN, 0));
}

/* Whole seconds, at least one: RFC 3768 §5.3.7. */
static uint8_t interval_v2(uint16_t interval_cs)
{
	unsigned seconds = (interval_cs + 50U) / 100;

	if (seconds < 1)
		return 1;
	return seconds > UINT8_MAX ? UINT8_MAX : (uint8_t)seconds;
}

static uint16_t interval_v3(uint16_t interval_cs)
{
	return interval_cs > VRRP_INTERVAL_V3_MAX ? VRRP_INTERVAL_V3_MAX : interval_cs;
}

size_t vrrp_packet_encode(const struct vrrp_advert_template *advert, uint8_t *buffer, size_t size)
{
	size_t length = vrrp_length(advert->version, advert->addresses_count);

	if (size < IP_HEADER_MIN + length)
		return 0;
	encode_ip(advert, buffer, IP_HEADER_MIN + length);
	uint8_t *vrrp = buffer + IP_HEADER_MIN;
	memset(vrrp, 0, length);
	vrrp[0] = (uint8_t)(advert->version << 4 | VRRP_TYPE_ADVERT);
	vrrp[1] = advert->vrid;
	vrrp[VRRP_PRIORITY_OFFSET] = advert->priority;
	vrrp[3] = advert->addresses_count;
	if (advert->addresses_count > 0)
		memcpy(vrrp + VRRP_HEADER, advert->addresses, 4 * (size_t)advert->addresses_count);
	if (advert->version == 2) {
		vrrp[4] = advert->auth_type;
		vrrp[5] = interval_v2(advert->interval_cs);
		if (advert->auth_type != 0)
			memcpy(vrrp + length - VRRP_AUTH_LEN, advert->auth_data, VRRP_AUTH_LEN);
	} else {
		put16(vrrp + 4, interval_v3(advert->interval_cs));
	}
	uint32_t start = checksum_start(advert->version, advert->checksum_as_v2, advert->source,
		advert->destination, length);
	put16(vrrp + VRRP_CHECKSUM_OFFSET, vrrp_checksum(vrrp, length, start));
	return IP_HEADER_MIN + length;
}

void vrrp_packet_set_priority(uint8_t *packet, size_t length, uint8_t priority)
{
	if (length < IP_HEADER_MIN + VRRP_HEADER)
		return;
	uint8_t *vrrp = packet + IP_HEADER_MIN;
	/* RFC 1624 equation 3: HC' = ~(~HC + ~m + m'). */
	uint16_t before = get16(vrrp + VRRP_PRIORITY_OFFSET);
	vrrp[VRRP_PRIORITY_OFFSET] = priority;
	uint16_t after = get16(vrrp + VRRP_PRIORITY_OFFSET);
	uint32_t sum = (uint16_t)~get16(vrrp + VRRP_CHECKSUM_OFFSET);
	sum += (uint16_t)~before;
	sum += after;
	put16(vrrp + VRRP_CHECKSUM_OFFSET, (uint16_t)~fold(sum));
}
