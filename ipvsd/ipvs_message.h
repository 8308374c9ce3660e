/* IPVS in generic netlink: changes as messages, and what the kernel tells of its table
 * (linux/ip_vs.h, net/netfilter/ipvs/ip_vs_ctl.c). Free of I/O. */
#ifndef HOLDFAST_IPVS_MESSAGE_H
#define HOLDFAST_IPVS_MESSAGE_H

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

/* Appends the command of a change, family being the number of IPVS in this kernel. Its answer is an
 * acknowledgement. Returns 0, or -1 when the message has no room. */
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

#endif
