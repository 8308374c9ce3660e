/* A record from the kernel: whatever is in it, every message is inside, and a part of the table
 * that is understood can be written and is read as the same again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/msg.h>

#include "ipvsd/ipvs_message.h"
#include "ipvsd/netlink_answer.h"

#define FAMILY 37

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void write_again(const struct ipvs_change *change, struct nl_msg **message)
{
	*message = nlmsg_alloc();
	require(*message != NULL && ipvs_message_change(*message, FAMILY, change) >= 0);
}

static void read_service(const struct nlmsghdr *header)
{
	struct ipvs_counters counters;
	struct ipvs_service service;
	struct ipvs_service again;
	struct nl_msg *message;

	if (ipvs_message_read_service(header, &service, &counters) == -1)
		return;
	require(memchr(service.scheduler, '\0', IPVS_NAME_LEN) != NULL);
	require(memchr(service.engine, '\0', IPVS_NAME_LEN) != NULL);
	require(service.key.address.family == AF_INET || service.key.address.family == AF_INET6);
	write_again(
		&(struct ipvs_change){.action = IPVS_ADD_SERVICE, .service = &service}, &message);
	require(ipvs_message_read_service(nlmsg_hdr(message), &again, NULL) == 0);
	require(memcmp(&again, &service, sizeof(again)) == 0);
	nlmsg_free(message);
}

static void read_dest(const struct nlmsghdr *header)
{
	const struct ipvs_key key = {.address.family = AF_INET, .fwmark = 7};
	struct ipvs_counters counters;
	struct ipvs_dest dest;
	struct ipvs_dest again;
	struct nl_msg *message;

	if (ipvs_message_read_dest(header, &key, &dest, &counters) == -1)
		return;
	require(dest.address.family == AF_INET || dest.address.family == AF_INET6);
	write_again(&(struct ipvs_change){.action = IPVS_ADD_DEST, .dest = &dest}, &message);
	require(ipvs_message_read_dest(nlmsg_hdr(message), &key, &again, NULL) == 0);
	require(memcmp(&again, &dest, sizeof(again)) == 0);
	nlmsg_free(message);
}

static void read_others(const struct nlmsghdr *header)
{
	struct ipvs_sync_daemon daemon;
	struct ipvs_timeouts timeouts;
	struct ipvs_family family;
	struct ipvs_info info;

	ipvs_message_read_info(header, &info);
	ipvs_message_read_timeouts(header, &timeouts);
	if (ipvs_message_read_daemon(header, &daemon) == 0)
		require(memchr(daemon.ifname, '\0', PROTO_IFNAME_LEN) != NULL);
	if (ipvs_message_read_family(header, &family) == 0)
		require(family.number > 0 && family.number <= UINT16_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as it is, so that a sanitizer sees who reads behind it. */
	uint8_t *record = malloc(size + 1);
	struct netlink_answer answer;

	require(record != NULL);
	memcpy(record, data, size);
	record = realloc(record, size == 0 ? 1 : size);
	struct netlink_cursor cursor = netlink_record(record, size);
	while (netlink_answer_next(&cursor, &answer)) {
		require(answer.error >= 0);
		const uint8_t *at = (const uint8_t *)answer.header;
		require(at >= record && at + answer.header->nlmsg_len <= record + size);
		if (answer.text != NULL)
			require(strlen(answer.text) < answer.header->nlmsg_len);
		if (answer.kind != NETLINK_DATA)
			continue;
		read_service(answer.header);
		read_dest(answer.header);
		read_others(answer.header);
	}
	free(record);
	return 0;
}
