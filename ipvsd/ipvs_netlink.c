#include "ipvsd/ipvs_netlink.h"

#include <linux/ip_vs.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>

struct ipvs_netlink {
	struct nl_sock *socket;
	int family;
};

struct ipvs_netlink *ipvs_netlink_open(const char **why)
{
	struct ipvs_netlink *netlink = calloc(1, sizeof(*netlink));
	*why = "no memory";
	if (netlink == NULL)
		return NULL;
	netlink->socket = nl_socket_alloc();
	if (netlink->socket == NULL)
		goto fail;
	int result = genl_connect(netlink->socket);
	if (result < 0) {
		*why = nl_geterror(result);
		goto fail;
	}
	netlink->family = genl_ctrl_resolve(netlink->socket, IPVS_GENL_NAME);
	if (netlink->family < 0) {
		*why = "this kernel has no IPVS (module ip_vs)";
		goto fail;
	}
	return netlink;
fail:
	ipvs_netlink_close(netlink);
	return NULL;
}

void ipvs_netlink_close(struct ipvs_netlink *netlink)
{
	if (netlink == NULL)
		return;
	nl_socket_free(netlink->socket);
	free(netlink);
}

int ipvs_netlink_family(const struct ipvs_netlink *netlink)
{
	return netlink->family;
}
