/* The netlink socket to IPVS. */
#ifndef HOLDFAST_IPVS_NETLINK_H
#define HOLDFAST_IPVS_NETLINK_H

struct ipvs_netlink;

/* Opens a generic netlink socket and asks for the family IPVS. Returns NULL when this kernel has
 * none, or the socket cannot be had; *why then says what is missing. */
struct ipvs_netlink *ipvs_netlink_open(const char **why);
void ipvs_netlink_close(struct ipvs_netlink *netlink);

/* The family's number in this kernel. */
int ipvs_netlink_family(const struct ipvs_netlink *netlink);

#endif
