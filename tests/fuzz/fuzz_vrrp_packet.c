/* An advertisement from the network, through all that the daemon does with it before the state
 * machine. The first byte says how the receiver is configured, the packet follows. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "vrrpd/vrrp_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void configure(uint8_t choice, struct vrrp_expect *expect)
{
	static const struct vrrp_expect_peer peer = {.min_ttl = 10, .max_ttl = 250};

	*expect = (struct vrrp_expect){
		.version = (choice & 1) != 0 ? 3 : 2,
		.auth_type = (choice & 2) != 0 ? 1 : 0,
		.auth_data = "1111",
		.interval_cs = 100,
		.unicast = (choice & 4) != 0,
		.checksum_as_v2 = (choice & 8) != 0,
		.check_source = (choice & 16) != 0,
		.group = htonl(0xe0000012),
		.own_address = htonl(0x0a000002),
		.peers = &peer,
		.peers_count = 1,
	};
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What was accepted can be written again, and reads the same. */
static void write_again(const struct vrrp_advert *advert, const struct vrrp_expect *expect)
{
	uint32_t addresses[VRRP_ADDRESSES_MAX];
	uint8_t packet[VRRP_PACKET_MAX];
	struct vrrp_advert again;

	memcpy(addresses, advert->addresses, 4 * (size_t)advert->addresses_count);
	struct vrrp_advert_template template = {
		.source = advert->source,
		.destination = advert->destination,
		.ttl = advert->ttl,
		.version = advert->version,
		.vrid = advert->vrid,
		.priority = advert->priority,
		.auth_type = advert->auth_type,
		.interval_cs = advert->interval_cs,
		.checksum_as_v2 = expect->checksum_as_v2,
		.addresses_count = advert->addresses_count,
		.addresses = addresses,
	};
	memcpy(template.auth_data, advert->auth_data, VRRP_AUTH_LEN);
	size_t length = vrrp_packet_encode(&template, packet, sizeof(packet));
	require(length != 0);
	require(vrrp_packet_decode(packet, length, &again) == VRRP_ACCEPT);
	require(vrrp_packet_check(&again, expect) == VRRP_ACCEPT);
	require(again.vrid == advert->vrid && again.priority == advert->priority);
	require(again.interval_cs == advert->interval_cs);
	require(vrrp_packet_same_addresses(&again, addresses, advert->addresses_count));
	vrrp_packet_set_priority(packet, length, (uint8_t)~advert->priority);
	require(vrrp_packet_decode(packet, length, &again) == VRRP_ACCEPT);
	require(vrrp_packet_check(&again, expect) == VRRP_ACCEPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vrrp_expect expect;
	struct vrrp_advert advert;
	uint32_t ours[2] = {htonl(0x0a000064), htonl(0x0a000065)};

	if (size < 1)
		return 0;
	configure(data[0], &expect);
	enum vrrp_drop drop = vrrp_packet_decode(data + 1, size - 1, &advert);
	require(vrrp_drop_name(drop) != NULL);
	if (drop != VRRP_ACCEPT)
		return 0;
	require(advert.vrrp >= data + 1 && advert.vrrp_length <= size - 1);
	vrrp_packet_same_addresses(&advert, ours, 2);
	drop = vrrp_packet_check(&advert, &expect);
	require(vrrp_drop_name(drop) != NULL);
	if (drop == VRRP_ACCEPT)
		write_again(&advert, &expect);
	return 0;
}
