/* Advertisements against byte vectors. The vectors were laid out by hand after RFC 3768 §5.1,
 * RFC 2338 §5.3.6 and RFC 9568 §5.1; their checksums were computed by another program, as the
 * remainder modulo 65535, not by the code under test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "vrrpd/vrrp_packet.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IP_HEADER    20

/* clang-format off */

/* Version 2, no authentication: VRID 51, priority 100, 1 s, 10.0.0.100. */
static const uint8_t v2_plain[] = {
	0x45, 0xc0, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00,
	0xff, 0x70, 0xd0, 0x92,  10, 0, 0, 1,  224, 0, 0, 18,
	0x21, 51, 100, 1,  0x00, 0x01, 0x70, 0x66,
	10, 0, 0, 100,
	0, 0, 0, 0, 0, 0, 0, 0,
};
/* Version 2, simple text password "1111": VRID 10, priority 101, three addresses. */
static const uint8_t v2_pass[] = {
	0x45, 0xc0, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00,
	0xff, 0x70, 0x18, 0xd8,  192, 168, 1, 11,  224, 0, 0, 18,
	0x21, 10, 101, 3,  0x01, 0x01, 0xd0, 0x65,
	192, 168, 1, 100,
	192, 168, 1, 101,
	192, 168, 1, 102,
	'1', '1', '1', '1', 0, 0, 0, 0,
};
/* v2_plain with priority 0: its Master stops. */
static const uint8_t v2_release[] = {
	0x45, 0xc0, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00,
	0xff, 0x70, 0xd0, 0x92,  10, 0, 0, 1,  224, 0, 0, 18,
	0x21, 51, 0, 1,  0x00, 0x01, 0xd4, 0x66,
	10, 0, 0, 100,
	0, 0, 0, 0, 0, 0, 0, 0,
};
/* Version 3, multicast: VRID 1, priority 200, 1 s, two addresses. */
static const uint8_t v3_multicast[] = {
	0x45, 0xc0, 0x00, 0x24, 0x00, 0x00, 0x00, 0x00,
	0xff, 0x70, 0xd0, 0x96,  10, 0, 0, 1,  224, 0, 0, 18,
	0x31, 1, 200, 2,  0x00, 0x64, 0x07, 0x3b,
	10, 0, 0, 100,
	10, 0, 0, 101,
};
/* Version 3, unicast, address owner, 10 ms: the pseudo header holds the peer's address. */
static const uint8_t v3_unicast[] = {
	0x45, 0xc0, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00,
	0xff, 0x70, 0xa6, 0xab,  10, 0, 0, 1,  10, 0, 0, 2,
	0x31, 7, 255, 1,  0x00, 0x01, 0xa9, 0x66,
	10, 9, 8, 7,
};
/* v3_multicast with the checksum of RFC 9568 §5.2.8, which has no pseudo header over IPv4. */
static const uint8_t v3_as_v2[] = {
	0x45, 0xc0, 0x00, 0x24, 0x00, 0x00, 0x00, 0x00,
	0xff, 0x70, 0xd0, 0x96,  10, 0, 0, 1,  224, 0, 0, 18,
	0x31, 1, 200, 2,  0x00, 0x64, 0xf1, 0xce,
	10, 0, 0, 100,
	10, 0, 0, 101,
};
/* clang-format on */

static uint32_t ip(const char *text)
{
	struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return address.s_addr;
}

/* A vector, what writes it and what accepts it. */
struct vector {
	const char *name;
	const uint8_t *bytes;
	size_t length;
	struct vrrp_advert_template template;
	uint32_t addresses[3];
	struct vrrp_expect expect;
};

static struct vrrp_expect_peer peers[] = {{0, 1, 255}};
static struct vector vectors[6];

static struct vector *vector(size_t i, const char *name, const uint8_t *bytes, size_t length,
	struct vrrp_advert_template template)
{
	struct vector *v = &vectors[i];

	*v = (struct vector){.name = name, .bytes = bytes, .length = length, .template = template};
	v->template.ttl = VRRP_TTL;
	v->template.addresses = v->addresses;
	v->expect.version = template.version;
	v->expect.auth_type = template.auth_type;
	memcpy(v->expect.auth_data, template.auth_data, VRRP_AUTH_LEN);
	v->expect.interval_cs = template.interval_cs;
	v->expect.checksum_as_v2 = template.checksum_as_v2;
	v->expect.group = ip("224.0.0.18");
	v->expect.own_address = ip("10.0.0.2");
	return v;
}

static int set_up(void **state)
{
	(void)state;
	uint32_t node = ip("10.0.0.1"), group = ip("224.0.0.18");
	struct vector *v;

	v = vector(0, "v2_plain", v2_plain, sizeof(v2_plain),
		(struct vrrp_advert_template){.source = node,
			.destination = group,
			.version = 2,
			.vrid = 51,
			.priority = 100,
			.interval_cs = 100,
			.addresses_count = 1});
	v->addresses[0] = ip("10.0.0.100");
	v = vector(1, "v2_pass", v2_pass, sizeof(v2_pass),
		(struct vrrp_advert_template){.source = ip("192.168.1.11"),
			.destination = group,
			.version = 2,
			.vrid = 10,
			.priority = 101,
			.auth_type = 1,
			.auth_data = "1111",
			.interval_cs = 100,
			.addresses_count = 3});
	v->addresses[0] = ip("192.168.1.100");
	v->addresses[1] = ip("192.168.1.101");
	v->addresses[2] = ip("192.168.1.102");
	v = vector(2, "v2_release", v2_release, sizeof(v2_release),
		(struct vrrp_advert_template){.source = node,
			.destination = group,
			.version = 2,
			.vrid = 51,
			.priority = 0,
			.interval_cs = 100,
			.addresses_count = 1});
	v->addresses[0] = ip("10.0.0.100");
	v = vector(3, "v3_multicast", v3_multicast, sizeof(v3_multicast),
		(struct vrrp_advert_template){.source = node,
			.destination = group,
			.version = 3,
			.vrid = 1,
			.priority = 200,
			.interval_cs = 100,
			.addresses_count = 2});
	v->addresses[0] = ip("10.0.0.100");
	v->addresses[1] = ip("10.0.0.101");
	v = vector(4, "v3_unicast", v3_unicast, sizeof(v3_unicast),
		(struct vrrp_advert_template){.source = node,
			.destination = ip("10.0.0.2"),
			.version = 3,
			.vrid = 7,
			.priority = 255,
			.interval_cs = 1,
			.addresses_count = 1});
	v->addresses[0] = ip("10.9.8.7");
	peers[0].address = node;
	v->expect.unicast = true;
	v->expect.check_source = true;
	v->expect.peers = peers;
	v->expect.peers_count = 1;
	v = vector(5, "v3_as_v2", v3_as_v2, sizeof(v3_as_v2), vectors[3].template);
	v->template.checksum_as_v2 = true;
	v->expect.checksum_as_v2 = true;
	v->addresses[0] = ip("10.0.0.100");
	v->addresses[1] = ip("10.0.0.101");
	return 0;
}

/* Decode and check as the daemon does, from an allocation of the exact size, so that
 * AddressSanitizer sees a read beyond the end. */
static enum vrrp_drop judge(const uint8_t *packet, size_t length, const struct vrrp_expect *expect)
{
	uint8_t *exact = malloc(length > 0 ? length : 1);
	struct vrrp_advert advert;

	assert_non_null(exact);
	memcpy(exact, packet, length);
	enum vrrp_drop drop = vrrp_packet_decode(exact, length, &advert);
	if (drop == VRRP_ACCEPT)
		drop = vrrp_packet_check(&advert, expect);
	free(exact);
	return drop;
}

static void test_encode_gives_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		uint8_t buffer[VRRP_PACKET_MAX];

		assert_int_equal(vrrp_packet_encode(&vectors[i].template, buffer, sizeof(buffer)),
			vectors[i].length);
		assert_memory_equal(buffer, vectors[i].bytes, vectors[i].length);
	}
}

static void test_decode_reads_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct vrrp_advert advert;

		assert_int_equal(vrrp_packet_decode(v->bytes, v->length, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.source, v->template.source);
		assert_int_equal(advert.destination, v->template.destination);
		assert_int_equal(advert.ttl, VRRP_TTL);
		assert_int_equal(advert.version, v->template.version);
		assert_int_equal(advert.type, 1);
		assert_int_equal(advert.vrid, v->template.vrid);
		assert_int_equal(advert.priority, v->template.priority);
		assert_int_equal(advert.auth_type, v->template.auth_type);
		assert_memory_equal(advert.auth_data, v->template.auth_data, VRRP_AUTH_LEN);
		assert_int_equal(advert.interval_cs, v->template.interval_cs);
		assert_int_equal(advert.addresses_count, v->template.addresses_count);
		assert_memory_equal(
			advert.addresses, v->addresses, 4 * (size_t)advert.addresses_count);
		assert_int_equal(vrrp_packet_check(&advert, &v->expect), VRRP_ACCEPT);
	}
}

static void put_checksum(uint8_t *bytes, uint16_t checksum)
{
	bytes[0] = (uint8_t)(checksum >> 8);
	bytes[1] = (uint8_t)checksum;
}

/* Gives a changed packet the checksum it should have, so that only the change is wrong with it. */
static void mend_checksum(uint8_t *packet, size_t length, bool pseudo)
{
	uint32_t start = 0;

	if (pseudo) {
		for (size_t i = 12; i < IP_HEADER; i += 2)
			start += (uint32_t)(packet[i] << 8 | packet[i + 1]);
		start += VRRP_PROTOCOL + (uint32_t)(length - IP_HEADER);
	}
	memset(packet + IP_HEADER + 6, 0, 2);
	put_checksum(packet + IP_HEADER + 6,
		vrrp_checksum(packet + IP_HEADER, length - IP_HEADER, start));
}

enum { V2_PLAIN, V2_PASS, V2_RELEASE, V3_MULTICAST, V3_UNICAST, V3_AS_V2 };

/* One byte of a good packet changed; everything else about it stays right. */
static const struct {
	const char *what;
	size_t vector, offset;
	uint8_t value;
	bool mend;
	enum vrrp_drop drop;
} malformed[] = {
	{"IP version 6", V2_PLAIN, 0, 0x65, false, VRRP_DROP_LENGTH},
	{"IP header of 16 bytes", V2_PLAIN, 0, 0x44, false, VRRP_DROP_LENGTH},
	{"IP header longer than the packet", V2_PLAIN, 0, 0x4f, false, VRRP_DROP_LENGTH},
	{"total length one beyond what came", V2_PLAIN, 3, 41, false, VRRP_DROP_LENGTH},
	{"total length one short", V2_PLAIN, 3, 39, false, VRRP_DROP_LENGTH},
	{"total length 0", V2_PLAIN, 3, 0, false, VRRP_DROP_LENGTH},
	{"total length smaller than the IP header", V2_PLAIN, 3, 19, false, VRRP_DROP_LENGTH},
	{"more fragments follow", V2_PLAIN, 6, 0x20, false, VRRP_DROP_LENGTH},
	{"a later fragment", V2_PLAIN, 7, 1, false, VRRP_DROP_LENGTH},
	{"count 2 with one address", V2_PLAIN, 23, 2, true, VRRP_DROP_LENGTH},
	{"count 0 with one address", V2_PLAIN, 23, 0, true, VRRP_DROP_LENGTH},
	{"count 255 with two addresses", V3_MULTICAST, 23, 255, true, VRRP_DROP_LENGTH},
	{"AH instead of VRRP", V2_PLAIN, 9, 51, false, VRRP_DROP_TYPE},
	{"TTL 254, multicast", V2_PLAIN, 8, 254, false, VRRP_DROP_TTL},
	{"TTL 0, multicast", V3_MULTICAST, 8, 0, false, VRRP_DROP_TTL},
	{"TTL 0 where the peer has 1 to 255", V3_UNICAST, 8, 0, false, VRRP_DROP_TTL},
	{"version 1", V2_PLAIN, 20, 0x11, true, VRRP_DROP_VERSION},
	{"version 4", V3_MULTICAST, 20, 0x41, true, VRRP_DROP_VERSION},
	{"version 15", V3_MULTICAST, 20, 0xf1, true, VRRP_DROP_VERSION},
	{"type 0", V2_PLAIN, 20, 0x20, true, VRRP_DROP_TYPE},
	{"type 2", V3_MULTICAST, 20, 0x32, true, VRRP_DROP_TYPE},
	{"password where none is wanted", V2_PLAIN, 24, 1, true, VRRP_DROP_AUTH_TYPE},
	{"no password where one is wanted", V2_PASS, 24, 0, true, VRRP_DROP_AUTH_TYPE},
	{"authentication header type", V2_PASS, 24, 2, true, VRRP_DROP_AUTH_TYPE},
	{"first letter of the password", V2_PASS, 40, '2', true, VRRP_DROP_AUTH_DATA},
	{"something after the password", V2_PASS, 47, 1, true, VRRP_DROP_AUTH_DATA},
	{"interval 2 s where 1 s is wanted", V2_PLAIN, 25, 2, true, VRRP_DROP_INTERVAL},
	{"interval 0, version 2", V2_PLAIN, 25, 0, true, VRRP_DROP_INTERVAL},
	{"interval 0, version 3", V3_MULTICAST, 25, 0, true, VRRP_DROP_INTERVAL},
	{"checksum off by one", V2_PLAIN, 27, 0x67, false, VRRP_DROP_CHECKSUM},
	{"checksum 0", V3_UNICAST, 26, 0, false, VRRP_DROP_CHECKSUM},
	{"another VRID", V2_PLAIN, 21, 52, false, VRRP_DROP_CHECKSUM},
	{"another priority", V2_PASS, 22, 102, false, VRRP_DROP_CHECKSUM},
	{"another address", V2_PLAIN, 31, 101, false, VRRP_DROP_CHECKSUM},
	{"another source under the pseudo header", V3_MULTICAST, 15, 9, false, VRRP_DROP_CHECKSUM},
	{"authentication data under the checksum", V2_PLAIN, 39, 1, false, VRRP_DROP_CHECKSUM},
	{"another group", V2_PLAIN, 19, 19, false, VRRP_DROP_DESTINATION},
	{"multicast where unicast is configured", V3_UNICAST, 16, 224, true, VRRP_DROP_DESTINATION},
	{"unicast where multicast is configured", V3_MULTICAST, 16, 10, true,
		VRRP_DROP_DESTINATION},
	{"our own address", V2_PLAIN, 15, 2, false, VRRP_DROP_SOURCE},
	{"a multicast source", V2_PLAIN, 12, 224, false, VRRP_DROP_SOURCE},
	{"a source that is no peer", V3_UNICAST, 15, 3, true, VRRP_DROP_SOURCE},
};

static void test_each_malformed_kind_is_dropped_for_its_reason(void **state)
{
	bool seen[VRRP_DROPS] = {false};

	(void)state;
	for (size_t i = 0; i < COUNT(malformed); i++) {
		const struct vector *v = &vectors[malformed[i].vector];
		uint8_t packet[VRRP_PACKET_MAX];

		assert_int_equal(judge(v->bytes, v->length, &v->expect), VRRP_ACCEPT);
		memcpy(packet, v->bytes, v->length);
		assert_int_not_equal(packet[malformed[i].offset], malformed[i].value);
		packet[malformed[i].offset] = malformed[i].value;
		if (malformed[i].mend)
			mend_checksum(packet, v->length, v->template.version == 3);
		enum vrrp_drop drop = judge(packet, v->length, &v->expect);
		if (drop != malformed[i].drop)
			fail_msg("%s: %s instead of %s", malformed[i].what, vrrp_drop_name(drop),
				vrrp_drop_name(malformed[i].drop));
		seen[drop] = true;
	}
	seen[VRRP_DROP_VRID] = true; /* the caller's, who looks the router up */
	for (int drop = 0; drop < VRRP_DROPS; drop++)
		assert_true(seen[drop]);
}

static void test_other_version_than_configured(void **state)
{
	(void)state;
	struct vrrp_expect expect = vectors[V2_PLAIN].expect;
	expect.version = 3;
	assert_int_equal(judge(v2_plain, sizeof(v2_plain), &expect), VRRP_DROP_VERSION);
	expect = vectors[V3_MULTICAST].expect;
	expect.version = 2;
	assert_int_equal(judge(v3_multicast, sizeof(v3_multicast), &expect), VRRP_DROP_VERSION);
}

/* Where several things are wrong, the first in the documented order counts. */
static void test_order_of_checks(void **state)
{
	uint8_t packet[sizeof(v2_pass)];
	const struct vrrp_expect *expect = &vectors[V2_PASS].expect;

	(void)state;
	memcpy(packet, v2_pass, sizeof(packet));
	packet[15] = 2; /* nothing that any check but the last would see */
	packet[12] = 10;
	packet[13] = packet[14] = 0;
	assert_int_equal(judge(packet, sizeof(packet), expect), VRRP_DROP_SOURCE);
	packet[19] = 99;
	assert_int_equal(judge(packet, sizeof(packet), expect), VRRP_DROP_DESTINATION);
	packet[26] ^= 1;
	assert_int_equal(judge(packet, sizeof(packet), expect), VRRP_DROP_CHECKSUM);
	packet[25] = 9;
	assert_int_equal(judge(packet, sizeof(packet), expect), VRRP_DROP_INTERVAL);
	packet[40] = 'x';
	assert_int_equal(judge(packet, sizeof(packet), expect), VRRP_DROP_AUTH_DATA);
	packet[24] = 0;
	assert_int_equal(judge(packet, sizeof(packet), expect), VRRP_DROP_AUTH_TYPE);
	struct vrrp_expect other = *expect;
	other.version = 3;
	assert_int_equal(judge(packet, sizeof(packet), &other), VRRP_DROP_VERSION);
	packet[8] = 1;
	assert_int_equal(judge(packet, sizeof(packet), &other), VRRP_DROP_TTL);
	packet[23] = 7;
	assert_int_equal(judge(packet, sizeof(packet), &other), VRRP_DROP_LENGTH);
	packet[20] = 0x2f;
	assert_int_equal(judge(packet, sizeof(packet), &other), VRRP_DROP_TYPE);
	packet[20] = 0x5f;
	assert_int_equal(judge(packet, sizeof(packet), &other), VRRP_DROP_VERSION);
}

static void test_every_truncation_is_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		for (size_t length = 0; length < v->length; length++)
			assert_int_equal(judge(v->bytes, length, &v->expect), VRRP_DROP_LENGTH);
	}
}

/* Also with a total length that agrees with the truncation. */
static void test_every_shortened_packet_is_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		uint8_t packet[VRRP_PACKET_MAX];

		memcpy(packet, v->bytes, v->length);
		for (size_t length = IP_HEADER; length < v->length; length++) {
			packet[3] = (uint8_t)length;
			assert_int_equal(judge(packet, length, &v->expect), VRRP_DROP_LENGTH);
		}
	}
}

static void test_padding_of_the_link_is_tolerated(void **state)
{
	uint8_t packet[60] = {0};

	(void)state;
	memcpy(packet, v3_unicast, sizeof(v3_unicast));
	memset(packet + sizeof(v3_unicast), 0xa5, sizeof(packet) - sizeof(v3_unicast));
	assert_int_equal(judge(packet, sizeof(packet), &vectors[V3_UNICAST].expect), VRRP_ACCEPT);
}

static void test_ip_options_are_skipped(void **state)
{
	uint8_t packet[sizeof(v2_plain) + 4];

	(void)state;
	memcpy(packet, v2_plain, IP_HEADER);
	memset(packet + IP_HEADER, 1, 4); /* no operation, four times */
	memcpy(packet + IP_HEADER + 4, v2_plain + IP_HEADER, sizeof(v2_plain) - IP_HEADER);
	packet[0] = 0x46;
	packet[3] = sizeof(packet);
	assert_int_equal(judge(packet, sizeof(packet), &vectors[V2_PLAIN].expect), VRRP_ACCEPT);
}

static void test_version_3_needs_an_address_and_version_2_does_not(void **state)
{
	struct vrrp_advert_template template = vectors[V3_MULTICAST].template;
	uint8_t packet[VRRP_PACKET_MAX];

	(void)state;
	template.addresses_count = 0;
	size_t length = vrrp_packet_encode(&template, packet, sizeof(packet));
	assert_int_equal(judge(packet, length, &vectors[V3_MULTICAST].expect), VRRP_DROP_LENGTH);
	template = vectors[V2_PLAIN].template;
	template.addresses_count = 0;
	length = vrrp_packet_encode(&template, packet, sizeof(packet));
	assert_int_equal(judge(packet, length, &vectors[V2_PLAIN].expect), VRRP_ACCEPT);
}

/* No error of one bit in the VRRP part gets through. */
static void test_every_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];
		for (size_t bit = IP_HEADER * 8; bit < v->length * 8; bit++) {
			uint8_t packet[VRRP_PACKET_MAX];

			memcpy(packet, v->bytes, v->length);
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(judge(packet, v->length, &v->expect), VRRP_ACCEPT);
		}
	}
}

static void test_pseudo_header_as_configured(void **state)
{
	(void)state;
	assert_int_equal(judge(v3_as_v2, sizeof(v3_as_v2), &vectors[V3_MULTICAST].expect),
		VRRP_DROP_CHECKSUM);
	assert_int_equal(judge(v3_multicast, sizeof(v3_multicast), &vectors[V3_AS_V2].expect),
		VRRP_DROP_CHECKSUM);
}

static void test_version_3_takes_any_interval_of_12_bits(void **state)
{
	uint8_t packet[sizeof(v3_multicast)];
	struct vrrp_advert advert;

	(void)state;
	memcpy(packet, v3_multicast, sizeof(packet));
	packet[24] = 0xff; /* the four reserved bits are ignored (RFC 9568 §5.2.6) */
	packet[25] = 0xff;
	mend_checksum(packet, sizeof(packet), true);
	assert_int_equal(judge(packet, sizeof(packet), &vectors[V3_MULTICAST].expect), VRRP_ACCEPT);
	assert_int_equal(vrrp_packet_decode(packet, sizeof(packet), &advert), VRRP_ACCEPT);
	assert_int_equal(advert.interval_cs, 4095);
}

static void test_unicast_ttl_range_of_the_peer(void **state)
{
	struct vrrp_expect_peer peer = {ip("10.0.0.1"), 64, 128};
	struct vrrp_expect expect = vectors[V3_UNICAST].expect;
	uint8_t packet[sizeof(v3_unicast)];

	(void)state;
	expect.peers = &peer;
	memcpy(packet, v3_unicast, sizeof(packet));
	for (int ttl = 0; ttl <= 255; ttl++) {
		packet[8] = (uint8_t)ttl;
		assert_int_equal(judge(packet, sizeof(packet), &expect),
			ttl >= 64 && ttl <= 128 ? VRRP_ACCEPT : VRRP_DROP_TTL);
	}
	peer.max_ttl = 0;
	assert_int_equal(judge(packet, sizeof(packet), &expect), VRRP_ACCEPT);
	packet[8] = 63;
	assert_int_equal(judge(packet, sizeof(packet), &expect), VRRP_DROP_TTL);
}

static void test_any_source_unless_checked(void **state)
{
	struct vrrp_expect expect = vectors[V3_UNICAST].expect;
	uint8_t packet[sizeof(v3_unicast)];

	(void)state;
	memcpy(packet, v3_unicast, sizeof(packet));
	packet[15] = 77;
	packet[8] = 1; /* nobody has said how far a stranger may be */
	mend_checksum(packet, sizeof(packet), true);
	assert_int_equal(judge(packet, sizeof(packet), &expect), VRRP_DROP_SOURCE);
	expect.check_source = false;
	assert_int_equal(judge(packet, sizeof(packet), &expect), VRRP_ACCEPT);
	memset(packet + 12, 0, 4);
	mend_checksum(packet, sizeof(packet), true);
	assert_int_equal(judge(packet, sizeof(packet), &expect), VRRP_DROP_SOURCE);
	memset(packet + 12, 255, 4);
	mend_checksum(packet, sizeof(packet), true);
	assert_int_equal(judge(packet, sizeof(packet), &expect), VRRP_DROP_SOURCE);
}

static void test_unauthenticated_data_is_ignored(void **state)
{
	uint8_t packet[sizeof(v2_plain)];

	(void)state;
	memcpy(packet, v2_plain, sizeof(packet));
	memcpy(packet + sizeof(packet) - VRRP_AUTH_LEN, "whatever", VRRP_AUTH_LEN);
	mend_checksum(packet, sizeof(packet), false);
	assert_int_equal(judge(packet, sizeof(packet), &vectors[V2_PLAIN].expect), VRRP_ACCEPT);
}

/* RFC 3768 §5.3.10: zero unless there is a password. */
static void test_no_authentication_data_without_its_type(void **state)
{
	struct vrrp_advert_template template = vectors[V2_PLAIN].template;
	uint8_t packet[sizeof(v2_plain)];

	(void)state;
	memcpy(template.auth_data, "leftover", VRRP_AUTH_LEN);
	assert_int_equal(vrrp_packet_encode(&template, packet, sizeof(packet)), sizeof(packet));
	assert_memory_equal(packet, v2_plain, sizeof(packet));
}

static void test_encode_needs_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		for (size_t size = 0; size <= vectors[i].length; size++) {
			uint8_t *exact = malloc(size > 0 ? size : 1);

			assert_non_null(exact);
			assert_int_equal(vrrp_packet_encode(&vectors[i].template, exact, size),
				size == vectors[i].length ? size : 0);
			free(exact);
		}
	}
}

static void test_intervals_on_the_wire(void **state)
{
	static const struct {
		uint8_t version;
		uint16_t given, sent;
	} rows[] = {{2, 100, 100}, {2, 149, 100}, {2, 150, 200}, {2, 10, 100}, {2, 0, 100},
		{2, 25500, 25500}, {2, 65535, 25500}, {3, 1, 1}, {3, 4095, 4095}, {3, 4096, 4095}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vrrp_advert_template template = vectors[V2_PLAIN].template;
		uint8_t packet[VRRP_PACKET_MAX];
		struct vrrp_advert advert;

		template.version = rows[i].version;
		template.interval_cs = rows[i].given;
		size_t length = vrrp_packet_encode(&template, packet, sizeof(packet));
		assert_int_equal(vrrp_packet_decode(packet, length, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.interval_cs, rows[i].sent);
	}
}

/* A small generator of our own: the same numbers on every host. */
static uint32_t random_state;

static uint32_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void random_template(struct vrrp_advert_template *template, uint32_t *addresses)
{
	*template = (struct vrrp_advert_template){
		.source = htonl(0x0a000000 | (draw() & 0xffff)) | htonl(0x010000),
		.destination = ip("224.0.0.18"),
		.ttl = VRRP_TTL,
		.version = draw() % 2 == 0 ? 2 : 3,
		.vrid = (uint8_t)(1 + draw() % 255),
		.priority = (uint8_t)draw(),
		.addresses_count = (uint8_t)(1 + draw() % 255),
		.checksum_as_v2 = draw() % 2 == 0,
		.addresses = addresses,
	};
	template->interval_cs =
		(uint16_t)(template->version == 2 ? 100 * (1 + draw() % 255) : 1 + draw() % 4095);
	if (template->version == 2 && draw() % 2 == 0) {
		template->auth_type = 1;
		for (size_t i = 0; i < VRRP_AUTH_LEN; i++)
			template->auth_data[i] = (uint8_t)draw();
	}
	for (size_t i = 0; i < template->addresses_count; i++)
		addresses[i] = htonl((uint32_t)(i << 24) | (draw() & 0xffffff));
}

static void expect_template(const struct vrrp_advert_template *template, struct vrrp_expect *expect)
{
	*expect = (struct vrrp_expect){
		.version = template->version,
		.auth_type = template->auth_type,
		.interval_cs = template->interval_cs,
		.checksum_as_v2 = template->checksum_as_v2,
		.group = template->destination,
		.own_address = ip("10.0.0.2"),
	};
	memcpy(expect->auth_data, template->auth_data, VRRP_AUTH_LEN);
}

static void test_round_trip(void **state)
{
	(void)state;
	random_state = 20240417;
	for (int round = 0; round < 2000; round++) {
		struct vrrp_advert_template template;
		uint32_t addresses[VRRP_ADDRESSES_MAX];
		uint8_t packet[VRRP_PACKET_MAX];
		struct vrrp_advert advert;
		struct vrrp_expect expect;

		random_template(&template, addresses);
		expect_template(&template, &expect);
		size_t length = vrrp_packet_encode(&template, packet, sizeof(packet));
		assert_int_equal(vrrp_packet_decode(packet, length, &advert), VRRP_ACCEPT);
		assert_int_equal(vrrp_packet_check(&advert, &expect), VRRP_ACCEPT);
		assert_int_equal(vrrp_checksum(packet, IP_HEADER, 0), 0);
		assert_int_equal(advert.source, template.source);
		assert_int_equal(advert.vrid, template.vrid);
		assert_int_equal(advert.priority, template.priority);
		assert_int_equal(advert.interval_cs, template.interval_cs);
		assert_memory_equal(advert.auth_data, template.auth_data, VRRP_AUTH_LEN);
		assert_true(
			vrrp_packet_same_addresses(&advert, addresses, template.addresses_count));
	}
}

static void test_set_priority_is_as_encoding_anew(void **state)
{
	(void)state;
	random_state = 5798;
	for (int round = 0; round < 200; round++) {
		struct vrrp_advert_template template;
		uint32_t addresses[VRRP_ADDRESSES_MAX];
		uint8_t patched[VRRP_PACKET_MAX], anew[VRRP_PACKET_MAX];

		random_template(&template, addresses);
		size_t length = vrrp_packet_encode(&template, patched, sizeof(patched));
		for (int priority = 0; priority <= 255; priority++) {
			template.priority = (uint8_t)priority;
			vrrp_packet_encode(&template, anew, sizeof(anew));
			vrrp_packet_set_priority(patched, length, (uint8_t)priority);
			assert_memory_equal(patched, anew, length);
		}
	}
}

static void test_set_priority_leaves_a_stub_alone(void **state)
{
	uint8_t stub[IP_HEADER + 7] = {0}, before[sizeof(stub)] = {0};

	(void)state;
	vrrp_packet_set_priority(stub, sizeof(stub), 200);
	assert_memory_equal(stub, before, sizeof(stub));
}

static void test_same_addresses(void **state)
{
	struct vrrp_advert advert;
	uint32_t list[4] = {ip("192.168.1.102"), ip("192.168.1.100"), ip("192.168.1.101"), 0};

	(void)state;
	assert_int_equal(vrrp_packet_decode(v2_pass, sizeof(v2_pass), &advert), VRRP_ACCEPT);
	assert_true(vrrp_packet_same_addresses(&advert, vectors[V2_PASS].addresses, 3));
	assert_true(vrrp_packet_same_addresses(&advert, list, 3));
	assert_false(vrrp_packet_same_addresses(&advert, list, 2));
	assert_false(vrrp_packet_same_addresses(&advert, list, 4));
	list[2] = ip("192.168.1.103");
	assert_false(vrrp_packet_same_addresses(&advert, list, 3));
	assert_false(vrrp_packet_same_addresses(&advert, NULL, 0));
}

/* RFC 1071 §3's own example. */
static void test_checksum_example(void **state)
{
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(vrrp_checksum(data, sizeof(data), 0), (uint16_t)~0xddf2);
	assert_int_equal(vrrp_checksum(data, 7, 0), (uint16_t) ~(0xddf2 - 0xf7));
	assert_int_equal(vrrp_checksum(data + 4, 4, 0x0001 + 0xf203), (uint16_t)~0xddf2);
	assert_int_equal(vrrp_checksum(data, 0, 0), 0xffff);
}

static void test_every_reason_has_its_name(void **state)
{
	(void)state;
	for (int a = VRRP_ACCEPT; a < VRRP_DROPS; a++) {
		assert_string_not_equal(
			vrrp_drop_name((enum vrrp_drop)a), vrrp_drop_name(VRRP_DROPS));
		for (int b = VRRP_ACCEPT; b < a; b++)
			assert_string_not_equal(vrrp_drop_name((enum vrrp_drop)a),
				vrrp_drop_name((enum vrrp_drop)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode_gives_the_vectors),
		cmocka_unit_test(test_decode_reads_the_vectors),
		cmocka_unit_test(test_each_malformed_kind_is_dropped_for_its_reason),
		cmocka_unit_test(test_other_version_than_configured),
		cmocka_unit_test(test_order_of_checks),
		cmocka_unit_test(test_every_truncation_is_dropped),
		cmocka_unit_test(test_every_shortened_packet_is_dropped),
		cmocka_unit_test(test_padding_of_the_link_is_tolerated),
		cmocka_unit_test(test_ip_options_are_skipped),
		cmocka_unit_test(test_version_3_needs_an_address_and_version_2_does_not),
		cmocka_unit_test(test_every_flipped_bit_is_noticed),
		cmocka_unit_test(test_pseudo_header_as_configured),
		cmocka_unit_test(test_version_3_takes_any_interval_of_12_bits),
		cmocka_unit_test(test_unicast_ttl_range_of_the_peer),
		cmocka_unit_test(test_any_source_unless_checked),
		cmocka_unit_test(test_unauthenticated_data_is_ignored),
		cmocka_unit_test(test_no_authentication_data_without_its_type),
		cmocka_unit_test(test_encode_needs_room),
		cmocka_unit_test(test_intervals_on_the_wire),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_set_priority_is_as_encoding_anew),
		cmocka_unit_test(test_set_priority_leaves_a_stub_alone),
		cmocka_unit_test(test_same_addresses),
		cmocka_unit_test(test_checksum_example),
		cmocka_unit_test(test_every_reason_has_its_name),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
