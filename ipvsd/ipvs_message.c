#include "ipvsd/ipvs_message.h"

#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <netlink/genl/genl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "ipvsd/ipvs_message_internal.h"

/* The kernel keeps this one for itself. */
#define KERNEL_FLAGS IP_VS_SVC_F_HASHED

/* Every address is as long as the longest there is (union nf_inet_addr). */
#define IPVS_ADDRESS_LEN 16

/* ---- writing ---- */

static int put_address(struct nl_msg *message, int type, const struct proto_addr *address)
{
	return nla_put(message, type, sizeof(address->bytes), address->bytes);
}

static int put_key(struct nl_msg *message, const struct ipvs_key *key)
{
	if (nla_put_u16(message, IPVS_SVC_ATTR_AF, key->address.family) < 0)
		return -1;
	if (key->fwmark != 0)
		return nla_put_u32(message, IPVS_SVC_ATTR_FWMARK, key->fwmark);
	if (nla_put_u16(message, IPVS_SVC_ATTR_PROTOCOL, key->protocol) < 0 ||
		put_address(message, IPVS_SVC_ATTR_ADDR, &key->address) < 0)
		return -1;
	return nla_put_u16(message, IPVS_SVC_ATTR_PORT, htons(key->port));
}

static int put_settings(struct nl_msg *message, const struct ipvs_service *service)
{
	const struct ip_vs_flags flags = {.flags = service->flags, .mask = ~0U};

	if (nla_put_string(message, IPVS_SVC_ATTR_SCHED_NAME, service->scheduler) < 0 ||
		nla_put(message, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags) < 0 ||
		nla_put_u32(message, IPVS_SVC_ATTR_TIMEOUT, service->timeout_s) < 0 ||
		nla_put_u32(message, IPVS_SVC_ATTR_NETMASK, service->netmask) < 0)
		return -1;
	return service->engine[0] == '\0'
		       ? 0
		       : nla_put_string(message, IPVS_SVC_ATTR_PE_NAME, service->engine);
}

/* settings: NULL when the key is enough. */
static int put_service(
	struct nl_msg *message, const struct ipvs_key *key, const struct ipvs_service *settings)
{
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_SERVICE);

	if (nest == NULL || put_key(message, key) < 0 ||
		(settings != NULL && put_settings(message, settings) < 0))
		return -1;
	return nla_nest_end(message, nest);
}

static int put_dest_settings(struct nl_msg *message, const struct ipvs_dest *dest)
{
	if (nla_put_u32(message, IPVS_DEST_ATTR_FWD_METHOD, dest->forwarding) < 0 ||
		nla_put_u32(message, IPVS_DEST_ATTR_WEIGHT, dest->weight) < 0 ||
		nla_put_u32(message, IPVS_DEST_ATTR_U_THRESH, dest->upper) < 0 ||
		nla_put_u32(message, IPVS_DEST_ATTR_L_THRESH, dest->lower) < 0)
		return -1;
	if (dest->forwarding != IP_VS_CONN_F_TUNNEL)
		return 0;
	if (nla_put_u8(message, IPVS_DEST_ATTR_TUN_TYPE, (uint8_t)dest->tunnel_type) < 0 ||
		nla_put_u16(message, IPVS_DEST_ATTR_TUN_PORT, htons(dest->tunnel_port)) < 0)
		return -1;
	return nla_put_u16(message, IPVS_DEST_ATTR_TUN_FLAGS, dest->tunnel_flags);
}

static int put_dest(struct nl_msg *message, const struct ipvs_dest *dest, bool settings)
{
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_DEST);

	if (nest == NULL ||
		nla_put_u16(message, IPVS_DEST_ATTR_ADDR_FAMILY, dest->address.family) < 0 ||
		put_address(message, IPVS_DEST_ATTR_ADDR, &dest->address) < 0 ||
		nla_put_u16(message, IPVS_DEST_ATTR_PORT, htons(dest->port)) < 0 ||
		(settings && put_dest_settings(message, dest) < 0))
		return -1;
	return nla_nest_end(message, nest);
}

int ipvs_message_begin(struct nl_msg *message, int family, int flags, uint8_t command)
{
	return genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, command,
		       IPVS_GENL_VERSION) == NULL
		       ? -1
		       : 0;
}

int ipvs_message_change(struct nl_msg *message, int family, const struct ipvs_change *change)
{
	static const uint8_t commands[] = {
		[IPVS_ADD_SERVICE] = IPVS_CMD_NEW_SERVICE,
		[IPVS_SET_SERVICE] = IPVS_CMD_SET_SERVICE,
		[IPVS_ADD_DEST] = IPVS_CMD_NEW_DEST,
		[IPVS_SET_DEST] = IPVS_CMD_SET_DEST,
		[IPVS_DELETE_DEST] = IPVS_CMD_DEL_DEST,
		[IPVS_DELETE_SERVICE] = IPVS_CMD_DEL_SERVICE,
	};
	bool deletes = change->action == IPVS_DELETE_DEST || change->action == IPVS_DELETE_SERVICE;

	if (ipvs_message_begin(message, family, NLM_F_REQUEST, commands[change->action]) < 0)
		return -1;
	if (change->dest == NULL)
		return put_service(
			message, &change->service->key, deletes ? NULL : change->service);
	if (put_service(message, &change->dest->service, NULL) < 0)
		return -1;
	return put_dest(message, change->dest, !deletes);
}

int ipvs_message_get_services(struct nl_msg *message, int family)
{
	return ipvs_message_begin(
		message, family, NLM_F_REQUEST | NLM_F_DUMP, IPVS_CMD_GET_SERVICE);
}

int ipvs_message_get_dests(struct nl_msg *message, int family, const struct ipvs_key *service)
{
	if (ipvs_message_begin(message, family, NLM_F_REQUEST | NLM_F_DUMP, IPVS_CMD_GET_DEST) < 0)
		return -1;
	return put_service(message, service, NULL);
}

/* ---- reading ---- */

int ipvs_message_attributes(const struct nlmsghdr *header, struct nlattr **attributes, int max,
	const struct nla_policy *policy)
{
	if (!nlmsg_valid_hdr(header, GENL_HDRLEN))
		return -1;
	return nla_parse(attributes, max, nlmsg_attrdata(header, GENL_HDRLEN),
		       nlmsg_attrlen(header, GENL_HDRLEN), policy) < 0
		       ? -1
		       : 0;
}

int ipvs_message_nested(const struct nlmsghdr *header, int type, struct nlattr **inside, int max,
	const struct nla_policy *policy)
{
	struct nlattr *outer[IPVS_CMD_ATTR_MAX + 1];

	if (ipvs_message_attributes(header, outer, IPVS_CMD_ATTR_MAX, NULL) < 0 ||
		outer[type] == NULL)
		return -1;
	return nla_parse_nested(inside, max, outer[type], policy) < 0 ? -1 : 0;
}

static int read_address(const struct nlattr *bytes, uint16_t family, struct proto_addr *address)
{
	size_t length = family == AF_INET ? 4 : 16;

	if (family != AF_INET && family != AF_INET6)
		return -1;
	address->family = (uint8_t)family;
	memcpy(address->bytes, nla_data(bytes), length);
	return 0;
}

static uint64_t number(struct nlattr **attributes, int type)
{
	return attributes[type] == NULL ? 0 : nla_get_u64(attributes[type]);
}

static int read_counters(struct nlattr *stats, struct ipvs_counters *counters)
{
	static const struct nla_policy policy[IPVS_STATS_ATTR_MAX + 1] = {
		[IPVS_STATS_ATTR_CONNS] = NUMBER64,
		[IPVS_STATS_ATTR_INPKTS] = NUMBER64,
		[IPVS_STATS_ATTR_OUTPKTS] = NUMBER64,
		[IPVS_STATS_ATTR_INBYTES] = NUMBER64,
		[IPVS_STATS_ATTR_OUTBYTES] = NUMBER64,
		[IPVS_STATS_ATTR_CPS] = NUMBER64,
		[IPVS_STATS_ATTR_INPPS] = NUMBER64,
		[IPVS_STATS_ATTR_OUTPPS] = NUMBER64,
		[IPVS_STATS_ATTR_INBPS] = NUMBER64,
		[IPVS_STATS_ATTR_OUTBPS] = NUMBER64,
	};
	struct nlattr *inside[IPVS_STATS_ATTR_MAX + 1];

	if (stats == NULL)
		return 0;
	if (nla_parse_nested(inside, IPVS_STATS_ATTR_MAX, stats, policy) < 0)
		return -1;
	counters->connections = number(inside, IPVS_STATS_ATTR_CONNS);
	counters->packets_in = number(inside, IPVS_STATS_ATTR_INPKTS);
	counters->packets_out = number(inside, IPVS_STATS_ATTR_OUTPKTS);
	counters->bytes_in = number(inside, IPVS_STATS_ATTR_INBYTES);
	counters->bytes_out = number(inside, IPVS_STATS_ATTR_OUTBYTES);
	counters->connections_s = number(inside, IPVS_STATS_ATTR_CPS);
	counters->packets_in_s = number(inside, IPVS_STATS_ATTR_INPPS);
	counters->packets_out_s = number(inside, IPVS_STATS_ATTR_OUTPPS);
	counters->bytes_in_s = number(inside, IPVS_STATS_ATTR_INBPS);
	counters->bytes_out_s = number(inside, IPVS_STATS_ATTR_OUTBPS);
	return 0;
}

static int read_key(struct nlattr **inside, struct ipvs_key *key)
{
	uint16_t family = nla_get_u16(inside[IPVS_SVC_ATTR_AF]);

	if (inside[IPVS_SVC_ATTR_FWMARK] != NULL) {
		key->fwmark = nla_get_u32(inside[IPVS_SVC_ATTR_FWMARK]);
		key->address.family = (uint8_t)family;
		return key->fwmark != 0 && (family == AF_INET || family == AF_INET6) ? 0 : -1;
	}
	if (inside[IPVS_SVC_ATTR_ADDR] == NULL || inside[IPVS_SVC_ATTR_PORT] == NULL ||
		inside[IPVS_SVC_ATTR_PROTOCOL] == NULL ||
		read_address(inside[IPVS_SVC_ATTR_ADDR], family, &key->address) < 0)
		return -1;
	key->protocol = nla_get_u16(inside[IPVS_SVC_ATTR_PROTOCOL]);
	key->port = ntohs(nla_get_u16(inside[IPVS_SVC_ATTR_PORT]));
	return 0;
}

int ipvs_message_read_service(
	const struct nlmsghdr *header, struct ipvs_service *service, struct ipvs_counters *counters)
{
	static const struct nla_policy policy[IPVS_SVC_ATTR_MAX + 1] = {
		[IPVS_SVC_ATTR_AF] = NUMBER16,
		[IPVS_SVC_ATTR_PROTOCOL] = NUMBER16,
		[IPVS_SVC_ATTR_ADDR] = EXACTLY(IPVS_ADDRESS_LEN),
		[IPVS_SVC_ATTR_PORT] = NUMBER16,
		[IPVS_SVC_ATTR_FWMARK] = NUMBER32,
		[IPVS_SVC_ATTR_SCHED_NAME] = STRING(IPVS_NAME_LEN),
		[IPVS_SVC_ATTR_FLAGS] = EXACTLY(sizeof(struct ip_vs_flags)),
		[IPVS_SVC_ATTR_TIMEOUT] = NUMBER32,
		[IPVS_SVC_ATTR_NETMASK] = NUMBER32,
		[IPVS_SVC_ATTR_PE_NAME] = STRING(IPVS_NAME_LEN),
		[IPVS_SVC_ATTR_STATS64] = {.type = NLA_NESTED},
	};
	struct nlattr *inside[IPVS_SVC_ATTR_MAX + 1];
	struct ip_vs_flags flags;

	*service = (struct ipvs_service){0};
	if (ipvs_message_nested(header, IPVS_CMD_ATTR_SERVICE, inside, IPVS_SVC_ATTR_MAX, policy) <
			0 ||
		inside[IPVS_SVC_ATTR_AF] == NULL || inside[IPVS_SVC_ATTR_FLAGS] == NULL ||
		inside[IPVS_SVC_ATTR_SCHED_NAME] == NULL || inside[IPVS_SVC_ATTR_TIMEOUT] == NULL ||
		inside[IPVS_SVC_ATTR_NETMASK] == NULL || read_key(inside, &service->key) < 0)
		return -1;
	memcpy(&flags, nla_data(inside[IPVS_SVC_ATTR_FLAGS]), sizeof(flags));
	service->flags = flags.flags & ~(uint32_t)KERNEL_FLAGS;
	service->timeout_s = nla_get_u32(inside[IPVS_SVC_ATTR_TIMEOUT]);
	service->netmask = nla_get_u32(inside[IPVS_SVC_ATTR_NETMASK]);
	strlcpy(service->scheduler, nla_get_string(inside[IPVS_SVC_ATTR_SCHED_NAME]),
		IPVS_NAME_LEN);
	if (inside[IPVS_SVC_ATTR_PE_NAME] != NULL)
		strlcpy(service->engine, nla_get_string(inside[IPVS_SVC_ATTR_PE_NAME]),
			IPVS_NAME_LEN);
	if (counters == NULL)
		return 0;
	*counters = (struct ipvs_counters){0};
	return read_counters(inside[IPVS_SVC_ATTR_STATS64], counters);
}

/* Ports and types of tunnels are told by kernels that know of them. */
static void read_tunnel(struct nlattr **inside, struct ipvs_dest *dest)
{
	if (dest->forwarding != IP_VS_CONN_F_TUNNEL)
		return;
	if (inside[IPVS_DEST_ATTR_TUN_TYPE] != NULL)
		dest->tunnel_type = nla_get_u8(inside[IPVS_DEST_ATTR_TUN_TYPE]);
	if (inside[IPVS_DEST_ATTR_TUN_PORT] != NULL)
		dest->tunnel_port = ntohs(nla_get_u16(inside[IPVS_DEST_ATTR_TUN_PORT]));
	if (inside[IPVS_DEST_ATTR_TUN_FLAGS] != NULL)
		dest->tunnel_flags = nla_get_u16(inside[IPVS_DEST_ATTR_TUN_FLAGS]);
}

static uint32_t count(struct nlattr **attributes, int type)
{
	return attributes[type] == NULL ? 0 : nla_get_u32(attributes[type]);
}

int ipvs_message_read_dest(const struct nlmsghdr *header, const struct ipvs_key *service,
	struct ipvs_dest *dest, struct ipvs_counters *counters)
{
	static const struct nla_policy policy[IPVS_DEST_ATTR_MAX + 1] = {
		[IPVS_DEST_ATTR_ADDR] = EXACTLY(IPVS_ADDRESS_LEN),
		[IPVS_DEST_ATTR_PORT] = NUMBER16,
		[IPVS_DEST_ATTR_FWD_METHOD] = NUMBER32,
		[IPVS_DEST_ATTR_WEIGHT] = NUMBER32,
		[IPVS_DEST_ATTR_U_THRESH] = NUMBER32,
		[IPVS_DEST_ATTR_L_THRESH] = NUMBER32,
		[IPVS_DEST_ATTR_ACTIVE_CONNS] = NUMBER32,
		[IPVS_DEST_ATTR_INACT_CONNS] = NUMBER32,
		[IPVS_DEST_ATTR_PERSIST_CONNS] = NUMBER32,
		[IPVS_DEST_ATTR_STATS64] = {.type = NLA_NESTED},
		[IPVS_DEST_ATTR_ADDR_FAMILY] = NUMBER16,
		[IPVS_DEST_ATTR_TUN_TYPE] = NUMBER8,
		[IPVS_DEST_ATTR_TUN_PORT] = NUMBER16,
		[IPVS_DEST_ATTR_TUN_FLAGS] = NUMBER16,
	};
	struct nlattr *inside[IPVS_DEST_ATTR_MAX + 1];

	*dest = (struct ipvs_dest){.service = *service};
	if (ipvs_message_nested(header, IPVS_CMD_ATTR_DEST, inside, IPVS_DEST_ATTR_MAX, policy) <
			0 ||
		inside[IPVS_DEST_ATTR_ADDR] == NULL || inside[IPVS_DEST_ATTR_PORT] == NULL ||
		inside[IPVS_DEST_ATTR_FWD_METHOD] == NULL || inside[IPVS_DEST_ATTR_WEIGHT] == NULL)
		return -1;
	uint16_t family = inside[IPVS_DEST_ATTR_ADDR_FAMILY] == NULL
				  ? service->address.family
				  : nla_get_u16(inside[IPVS_DEST_ATTR_ADDR_FAMILY]);
	if (read_address(inside[IPVS_DEST_ATTR_ADDR], family, &dest->address) < 0)
		return -1;
	dest->port = ntohs(nla_get_u16(inside[IPVS_DEST_ATTR_PORT]));
	dest->forwarding = nla_get_u32(inside[IPVS_DEST_ATTR_FWD_METHOD]) & IP_VS_CONN_F_FWD_MASK;
	dest->weight = nla_get_u32(inside[IPVS_DEST_ATTR_WEIGHT]);
	dest->upper = count(inside, IPVS_DEST_ATTR_U_THRESH);
	dest->lower = count(inside, IPVS_DEST_ATTR_L_THRESH);
	read_tunnel(inside, dest);
	if (counters == NULL)
		return 0;
	*counters = (struct ipvs_counters){.active = count(inside, IPVS_DEST_ATTR_ACTIVE_CONNS),
		.inactive = count(inside, IPVS_DEST_ATTR_INACT_CONNS),
		.persistent = count(inside, IPVS_DEST_ATTR_PERSIST_CONNS)};
	return read_counters(inside[IPVS_DEST_ATTR_STATS64], counters);
}
