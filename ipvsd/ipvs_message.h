/* IPVS in generic netlink: changes as messages, and what the kernel tells of its table
 * (linux/ip_vs.h, net/netfilter/ipvs/ip_vs_ctl.c). Free of I/O. */
#ifndef HOLDFAST_IPVS_MESSAGE_H
#define HOLDFAST_IPVS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipvsd/ipvs_table.h"

struct nl_msg;
struct nlmsghdr;

/* What the kernel counts for a service or a real server. */
struct ipvs_counters {
	uint64_t connections, packets_in, packets_out, bytes_in, bytes_out;
	uint64_t connections_s, packets_in_s, packets_out_s, bytes_in_s, bytes_out_s; /* rates */
	/* of real servers */
	uint32_t active, inactive, persistent;
};

struct ipvs_info {
	uint32_t version;         /* three numbers of a byte each */
	uint32_t connection_hash; /* entries in the table of connections */
};

struct ipvs_timeouts {
	uint32_t tcp_s, tcpfin_s, udp_s; /* 0: not known; not to be set */
};

#define IPVS_SYNC_DAEMONS 2 /* a master, a backup */

struct ipvs_sync_daemon {
	uint32_t state; /* IP_VS_STATE_MASTER, IP_VS_STATE_BACKUP */
	uint32_t sync_id;
	char ifname[PROTO_IFNAME_LEN];
	/* 0, or no address: the kernel's own; an older kernel does not tell */
	uint16_t maxlen, port;
	uint8_t ttl;
	struct proto_addr group;
};

/* Appends the command of a change, family being the number of IPVS in this kernel. It is
 * answered when it fails. Returns 0, or -1 when the message has no room. */
int ipvs_message_change(struct nl_msg *message, int family, const struct ipvs_change *change);

/* Asks for all services, or for all real servers of one. The answer comes in parts. */
int ipvs_message_get_services(struct nl_msg *message, int family);
int ipvs_message_get_dests(struct nl_msg *message, int family, const struct ipvs_key *service);

/* Reads one part of an answer; counters may be NULL. 0, or -1 when it is not what it ought to be:
 * attributes are missing, of another length, or name a family that does not exist. A real server's
 * service is the one that was asked for: the kernel does not repeat it. */
int ipvs_message_read_service(const struct nlmsghdr *header, struct ipvs_service *service,
	struct ipvs_counters *counters);
int ipvs_message_read_dest(const struct nlmsghdr *header, const struct ipvs_key *service,
	struct ipvs_dest *dest, struct ipvs_counters *counters);

/* The remaining requests. */
int ipvs_message_flush(struct nl_msg *message, int family);
int ipvs_message_get_info(struct nl_msg *message, int family);
int ipvs_message_get_timeouts(struct nl_msg *message, int family);
int ipvs_message_set_timeouts(
	struct nl_msg *message, int family, const struct ipvs_timeouts *timeouts);
int ipvs_message_get_daemons(struct nl_msg *message, int family);
int ipvs_message_start_daemon(
	struct nl_msg *message, int family, const struct ipvs_sync_daemon *daemon);
int ipvs_message_stop_daemon(struct nl_msg *message, int family, uint32_t state);

/* Their answers: 0, or -1 as above. */
int ipvs_message_read_info(const struct nlmsghdr *header, struct ipvs_info *info);
int ipvs_message_read_timeouts(const struct nlmsghdr *header, struct ipvs_timeouts *timeouts);
int ipvs_message_read_daemon(const struct nlmsghdr *header, struct ipvs_sync_daemon *daemon);

/* Asks for the family IPVS, and reads the answer or the notice that it came or went. */
struct ipvs_family {
	int number;
	bool gone;
};
int ipvs_message_get_family(struct nl_msg *message);
/* -1 also when it is about another family. */
int ipvs_message_read_family(const struct nlmsghdr *header, struct ipvs_family *family);

#endif
