/* The messages that are not about the table: what there is of IPVS, its settings, sync daemons. */
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <netlink/genl/genl.h>
#include <string.h>
#include <sys/socket.h>

#include "ipvsd/ipvs_message.h"
#include "ipvsd/ipvs_message_internal.h"

/* ---- the family ---- */

int ipvs_message_get_family(struct nl_msg *message)
{
	if (genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, GENL_ID_CTRL, 0, NLM_F_REQUEST,
		    CTRL_CMD_GETFAMILY, 1) == NULL)
		return -1;
	return nla_put_string(message, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
}

int ipvs_message_read_family(const struct nlmsghdr *header, struct ipvs_family *family)
{
	static const struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_ID] = NUMBER16,
		[CTRL_ATTR_FAMILY_NAME] = STRING(GENL_NAMSIZ),
	};
	struct nlattr *attributes[CTRL_ATTR_MAX + 1];

	if (header->nlmsg_type != GENL_ID_CTRL ||
		ipvs_message_attributes(header, attributes, CTRL_ATTR_MAX, policy) < 0 ||
		attributes[CTRL_ATTR_FAMILY_ID] == NULL ||
		attributes[CTRL_ATTR_FAMILY_NAME] == NULL ||
		strcmp(nla_get_string(attributes[CTRL_ATTR_FAMILY_NAME]), IPVS_GENL_NAME) != 0)
		return -1;
	const struct genlmsghdr *command = nlmsg_data(header);
	if (command->cmd != CTRL_CMD_NEWFAMILY && command->cmd != CTRL_CMD_DELFAMILY)
		return -1;
	family->number = nla_get_u16(attributes[CTRL_ATTR_FAMILY_ID]);
	family->gone = command->cmd == CTRL_CMD_DELFAMILY;
	return family->number > GENL_ID_CTRL ? 0 : -1;
}

/* ---- information and settings ---- */

int ipvs_message_flush(struct nl_msg *message, int family)
{
	return ipvs_message_begin(message, family, NLM_F_REQUEST, IPVS_CMD_FLUSH);
}

int ipvs_message_get_info(struct nl_msg *message, int family)
{
	return ipvs_message_begin(message, family, NLM_F_REQUEST, IPVS_CMD_GET_INFO);
}

int ipvs_message_get_timeouts(struct nl_msg *message, int family)
{
	return ipvs_message_begin(message, family, NLM_F_REQUEST, IPVS_CMD_GET_CONFIG);
}

static int put_timeout(struct nl_msg *message, int type, uint32_t seconds)
{
	return seconds == 0 ? 0 : nla_put_u32(message, type, seconds);
}

int ipvs_message_set_timeouts(
	struct nl_msg *message, int family, const struct ipvs_timeouts *timeouts)
{
	if (ipvs_message_begin(message, family, NLM_F_REQUEST, IPVS_CMD_SET_CONFIG) < 0 ||
		put_timeout(message, IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts->tcp_s) < 0 ||
		put_timeout(message, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts->tcpfin_s) < 0)
		return -1;
	return put_timeout(message, IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts->udp_s);
}

static uint32_t number(struct nlattr **attributes, int type)
{
	return attributes[type] == NULL ? 0 : nla_get_u32(attributes[type]);
}

int ipvs_message_read_info(const struct nlmsghdr *header, struct ipvs_info *info)
{
	static const struct nla_policy policy[IPVS_INFO_ATTR_MAX + 1] = {
		[IPVS_INFO_ATTR_VERSION] = NUMBER32,
		[IPVS_INFO_ATTR_CONN_TAB_SIZE] = NUMBER32,
	};
	struct nlattr *attributes[IPVS_INFO_ATTR_MAX + 1];

	if (ipvs_message_attributes(header, attributes, IPVS_INFO_ATTR_MAX, policy) < 0 ||
		attributes[IPVS_INFO_ATTR_VERSION] == NULL)
		return -1;
	info->version = nla_get_u32(attributes[IPVS_INFO_ATTR_VERSION]);
	info->connection_hash = number(attributes, IPVS_INFO_ATTR_CONN_TAB_SIZE);
	return 0;
}

/* A kernel without a protocol does not tell its timeout. */
int ipvs_message_read_timeouts(const struct nlmsghdr *header, struct ipvs_timeouts *timeouts)
{
	static const struct nla_policy policy[IPVS_CMD_ATTR_MAX + 1] = {
		[IPVS_CMD_ATTR_TIMEOUT_TCP] = NUMBER32,
		[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] = NUMBER32,
		[IPVS_CMD_ATTR_TIMEOUT_UDP] = NUMBER32,
	};
	struct nlattr *attributes[IPVS_CMD_ATTR_MAX + 1];

	if (ipvs_message_attributes(header, attributes, IPVS_CMD_ATTR_MAX, policy) < 0)
		return -1;
	timeouts->tcp_s = number(attributes, IPVS_CMD_ATTR_TIMEOUT_TCP);
	timeouts->tcpfin_s = number(attributes, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN);
	timeouts->udp_s = number(attributes, IPVS_CMD_ATTR_TIMEOUT_UDP);
	return 0;
}

/* ---- sync daemons ---- */

int ipvs_message_get_daemons(struct nl_msg *message, int family)
{
	return ipvs_message_begin(message, family, NLM_F_REQUEST | NLM_F_DUMP, IPVS_CMD_GET_DAEMON);
}

static int put_group(struct nl_msg *message, const struct proto_addr *group)
{
	if (group->family == AF_INET)
		return nla_put(message, IPVS_DAEMON_ATTR_MCAST_GROUP, 4, group->bytes);
	if (group->family == AF_INET6)
		return nla_put(message, IPVS_DAEMON_ATTR_MCAST_GROUP6, 16, group->bytes);
	return 0;
}

static int put_daemon(struct nl_msg *message, const struct ipvs_sync_daemon *daemon)
{
	if (nla_put_u32(message, IPVS_DAEMON_ATTR_STATE, daemon->state) < 0 ||
		nla_put_string(message, IPVS_DAEMON_ATTR_MCAST_IFN, daemon->ifname) < 0 ||
		nla_put_u32(message, IPVS_DAEMON_ATTR_SYNC_ID, daemon->sync_id) < 0 ||
		put_group(message, &daemon->group) < 0)
		return -1;
	if (daemon->maxlen != 0 &&
		nla_put_u16(message, IPVS_DAEMON_ATTR_SYNC_MAXLEN, daemon->maxlen) < 0)
		return -1;
	if (daemon->port != 0 &&
		nla_put_u16(message, IPVS_DAEMON_ATTR_MCAST_PORT, daemon->port) < 0)
		return -1;
	return daemon->ttl == 0 ? 0 : nla_put_u8(message, IPVS_DAEMON_ATTR_MCAST_TTL, daemon->ttl);
}

int ipvs_message_start_daemon(
	struct nl_msg *message, int family, const struct ipvs_sync_daemon *daemon)
{
	if (ipvs_message_begin(message, family, NLM_F_REQUEST, IPVS_CMD_NEW_DAEMON) < 0)
		return -1;
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_DAEMON);
	if (nest == NULL || put_daemon(message, daemon) < 0)
		return -1;
	return nla_nest_end(message, nest);
}

int ipvs_message_stop_daemon(struct nl_msg *message, int family, uint32_t state)
{
	if (ipvs_message_begin(message, family, NLM_F_REQUEST, IPVS_CMD_DEL_DAEMON) < 0)
		return -1;
	struct nlattr *nest = nla_nest_start(message, IPVS_CMD_ATTR_DAEMON);
	if (nest == NULL || nla_put_u32(message, IPVS_DAEMON_ATTR_STATE, state) < 0)
		return -1;
	return nla_nest_end(message, nest);
}

static void read_group(struct nlattr **inside, struct proto_addr *group)
{
	if (inside[IPVS_DAEMON_ATTR_MCAST_GROUP] != NULL) {
		group->family = AF_INET;
		memcpy(group->bytes, nla_data(inside[IPVS_DAEMON_ATTR_MCAST_GROUP]), 4);
	} else if (inside[IPVS_DAEMON_ATTR_MCAST_GROUP6] != NULL) {
		group->family = AF_INET6;
		memcpy(group->bytes, nla_data(inside[IPVS_DAEMON_ATTR_MCAST_GROUP6]), 16);
	}
}

int ipvs_message_read_daemon(const struct nlmsghdr *header, struct ipvs_sync_daemon *daemon)
{
	static const struct nla_policy policy[IPVS_DAEMON_ATTR_MAX + 1] = {
		[IPVS_DAEMON_ATTR_STATE] = NUMBER32,
		[IPVS_DAEMON_ATTR_MCAST_IFN] = STRING(PROTO_IFNAME_LEN),
		[IPVS_DAEMON_ATTR_SYNC_ID] = NUMBER32,
		[IPVS_DAEMON_ATTR_SYNC_MAXLEN] = NUMBER16,
		[IPVS_DAEMON_ATTR_MCAST_GROUP] = EXACTLY(4),
		[IPVS_DAEMON_ATTR_MCAST_GROUP6] = EXACTLY(16),
		[IPVS_DAEMON_ATTR_MCAST_PORT] = NUMBER16,
		[IPVS_DAEMON_ATTR_MCAST_TTL] = NUMBER8,
	};
	struct nlattr *inside[IPVS_DAEMON_ATTR_MAX + 1];

	*daemon = (struct ipvs_sync_daemon){0};
	if (ipvs_message_nested(
		    header, IPVS_CMD_ATTR_DAEMON, inside, IPVS_DAEMON_ATTR_MAX, policy) < 0 ||
		inside[IPVS_DAEMON_ATTR_STATE] == NULL ||
		inside[IPVS_DAEMON_ATTR_MCAST_IFN] == NULL ||
		inside[IPVS_DAEMON_ATTR_SYNC_ID] == NULL)
		return -1;
	daemon->state = nla_get_u32(inside[IPVS_DAEMON_ATTR_STATE]);
	daemon->sync_id = nla_get_u32(inside[IPVS_DAEMON_ATTR_SYNC_ID]);
	strlcpy(daemon->ifname, nla_get_string(inside[IPVS_DAEMON_ATTR_MCAST_IFN]),
		sizeof(daemon->ifname));
	if (inside[IPVS_DAEMON_ATTR_SYNC_MAXLEN] != NULL)
		daemon->maxlen = nla_get_u16(inside[IPVS_DAEMON_ATTR_SYNC_MAXLEN]);
	if (inside[IPVS_DAEMON_ATTR_MCAST_PORT] != NULL)
		daemon->port = nla_get_u16(inside[IPVS_DAEMON_ATTR_MCAST_PORT]);
	if (inside[IPVS_DAEMON_ATTR_MCAST_TTL] != NULL)
		daemon->ttl = nla_get_u8(inside[IPVS_DAEMON_ATTR_MCAST_TTL]);
	read_group(inside, &daemon->group);
	return daemon->state == IP_VS_STATE_MASTER || daemon->state == IP_VS_STATE_BACKUP ? 0 : -1;
}
