#include "ipvsd/ipvs_explain.h"

#include <errno.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The errors of net/netfilter/ipvs/ip_vs_ctl.c and ip_vs_sync.c, as their source has them. */

/* What has the same meaning wherever it comes from; NULL for what has not. */
static const char *common_cause(int error)
{
	switch (error) {
	case ENODEV:
		return "this kernel has no IPVS (any longer): modprobe ip_vs";
	case EPERM:
	case EACCES:
		return "not permitted: it takes CAP_NET_ADMIN in the host's user namespace, which "
		       "ipvsd was not given";
	case ENOMEM:
		return "the kernel is out of memory";
	case ENOBUFS:
		return "the kernel's answer was lost: too many of them for the receive buffer "
		       "(sysctl net.core.rmem_max)";
	case EAFNOSUPPORT:
		return "this kernel's IPVS has no IPv6: it takes one with CONFIG_IP_VS_IPV6";
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
		return "this kernel's IPVS does not know the protocol: it takes one with "
		       "CONFIG_IP_VS_PROTO_TCP, _UDP or _SCTP";
	case EOPNOTSUPP:
		return "this kernel's IPVS does not know the request: it takes a newer kernel";
	case ENOPROTOOPT:
		return "the module ip_vs is being unloaded";
	case EBADMSG:
		return "the kernel's answer cannot be understood";
	default:
		return NULL;
	}
}

/* The kernel's own words come last. */
static void append_words(const char *words, char why[IPVS_WHY_LEN])
{
	size_t length = strlen(why);

	if (words != NULL && words[0] != '\0')
		snprintf(why + length, IPVS_WHY_LEN - length, " (the kernel says: %.80s)", words);
}

void ipvs_explain(int error, const char *words, char why[IPVS_WHY_LEN])
{
	const char *cause = common_cause(error);

	if (cause == NULL)
		cause = error == EINVAL ? "the kernel does not take a value" : strerror(error);
	snprintf(why, IPVS_WHY_LEN, "%s", cause);
	append_words(words, why);
}

static bool is_of_service(const struct ipvs_change *change)
{
	return change->action == IPVS_ADD_SERVICE || change->action == IPVS_SET_SERVICE ||
	       change->action == IPVS_DELETE_SERVICE;
}

/* The kernel looks for the scheduler first, and does not say which of the two it has not found. */
static void missing_module(const struct ipvs_service *service, char why[IPVS_WHY_LEN])
{
	int length = snprintf(why, IPVS_WHY_LEN,
		"this kernel has no scheduler '%s', or cannot load it: modprobe ip_vs_%s",
		service->scheduler, service->scheduler);

	if (service->engine[0] != '\0')
		snprintf(why + length, IPVS_WHY_LEN - (size_t)length,
			"; or no persistence engine '%s': modprobe ip_vs_pe_%s", service->engine,
			service->engine);
}

static const char *invalid_service(const struct ipvs_service *service)
{
	if (service->key.address.family == AF_INET6 &&
		(service->netmask < 1 || service->netmask > 128))
		return "the kernel does not take the persistence granularity: of IPv6 it is a "
		       "prefix length of 1 to 128";
	if ((service->flags & IP_VS_SVC_F_ONEPACKET) != 0)
		return "the kernel does not take the service: one packet scheduling (ops) is for "
		       "UDP or a firewall mark";
	return "the kernel does not take a value of the service (scheduler, flags, persistence)";
}

static const char *invalid_dest(const struct ipvs_dest *dest)
{
	if (dest->address.family != dest->service.address.family)
		return dest->forwarding == IP_VS_CONN_F_TUNNEL
			       ? "the kernel does not take a real server of another address family "
				 "than the virtual server's while a sync daemon runs: stop the "
				 "daemon (lvs_sync_daemon), or use one family"
			       : "a real server of another address family than the virtual "
				 "server's has to be forwarded to with TUN";
	if (dest->tunnel_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE && dest->tunnel_port == 0)
		return "a tunnel of type gue needs a port";
	return "the kernel does not take the real server: its address has to be a unicast one, no "
	       "broadcast or multicast, of IPv6 no link-local one";
}

static void explain_service(const struct ipvs_change *change, int error, char why[IPVS_WHY_LEN])
{
	if (error == ENOENT && change->action != IPVS_DELETE_SERVICE)
		missing_module(change->service, why);
	else if (error == EPROTONOSUPPORT && change->service->key.protocol == IPPROTO_SCTP)
		snprintf(why, IPVS_WHY_LEN,
			"this kernel's IPVS was built without SCTP: it takes one with "
			"CONFIG_IP_VS_PROTO_SCTP");
	else if (error == EINVAL && change->action != IPVS_DELETE_SERVICE)
		snprintf(why, IPVS_WHY_LEN, "%s", invalid_service(change->service));
	else if (error == EEXIST)
		snprintf(why, IPVS_WHY_LEN, "the kernel has it already: somebody else added it");
	else if (error == ESRCH || error == ENOENT)
		snprintf(
			why, IPVS_WHY_LEN, "the kernel does not have it: somebody else removed it");
	else
		ipvs_explain(error, NULL, why);
}

static void explain_dest(const struct ipvs_change *change, int error, char why[IPVS_WHY_LEN])
{
	if (error == ESRCH)
		snprintf(why, IPVS_WHY_LEN,
			"the kernel does not have its virtual server, which was refused, or "
			"removed "
			"by somebody else");
	else if (error == EINVAL)
		snprintf(why, IPVS_WHY_LEN, "%s", invalid_dest(change->dest));
	else if (error == ERANGE)
		snprintf(why, IPVS_WHY_LEN,
			"the kernel does not take the weight or the thresholds: the lower one is "
			"above the upper, or the weight above 2147483647");
	else if (error == EEXIST)
		snprintf(why, IPVS_WHY_LEN, "the kernel has it already: somebody else added it");
	else if (error == ENOENT)
		snprintf(
			why, IPVS_WHY_LEN, "the kernel does not have it: somebody else removed it");
	else
		ipvs_explain(error, NULL, why);
}

void ipvs_explain_change(
	const struct ipvs_change *change, int error, const char *words, char why[IPVS_WHY_LEN])
{
	if (is_of_service(change))
		explain_service(change, error, why);
	else
		explain_dest(change, error, why);
	append_words(words, why);
}

void ipvs_explain_daemon(
	const struct ipvs_sync_daemon *daemon, int error, const char *words, char why[IPVS_WHY_LEN])
{
	const char *role = daemon->state == IP_VS_STATE_MASTER ? "master" : "backup";

	if (error == ENODEV)
		snprintf(why, IPVS_WHY_LEN, "there is no interface %s", daemon->ifname);
	else if (error == EEXIST)
		snprintf(why, IPVS_WHY_LEN, "a %s sync daemon runs already", role);
	else if (error == ESRCH)
		snprintf(why, IPVS_WHY_LEN, "no %s sync daemon runs", role);
	else if (error == EINVAL)
		snprintf(why, IPVS_WHY_LEN,
			"the kernel does not take a value of the sync daemon: the group has to be "
			"a "
			"multicast one, the length to fit the MTU of %s, and no real server may be "
			"of "
			"another address family than its virtual server",
			daemon->ifname);
	else if (error == ENETUNREACH || error == EADDRNOTAVAIL || error == ENETDOWN)
		snprintf(why, IPVS_WHY_LEN, "%s is down, or has no address to send from",
			daemon->ifname);
	else if (error == EADDRINUSE)
		snprintf(why, IPVS_WHY_LEN, "another program uses the port of the sync daemon");
	else
		ipvs_explain(error, NULL, why);
	append_words(words, why);
}
