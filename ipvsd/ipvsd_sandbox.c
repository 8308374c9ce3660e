#include "ipvsd/ipvsd.h"

#include <linux/capability.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/socket.h>

static const struct sandbox_rule startup[] = {
	RULE2(socket, 0, AF_NETLINK, 2, NETLINK_GENERIC, "socket to IPVS"),
	RULE_SOCKOPT(SOL_SOCKET, SO_SNDBUF, "libnl: room for requests"),
	RULE_SOCKOPT(SOL_SOCKET, SO_RCVBUF, "libnl: room for answers"),
	RULE_SOCKOPT(SOL_NETLINK, NETLINK_CAP_ACK, "errors without the request"),
	RULE_SOCKOPT(SOL_NETLINK, NETLINK_EXT_ACK, "errors with the kernel's words"),
	RULE_SOCKOPT(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, "to hear when IPVS is there"),
	RULE(bind, "libnl: a netlink address of its own"),
	RULE(getsockname, "libnl: which address it got"),
};

/* Beyond the common rules: messages to IPVS are sent and received as those of channels are. */
static const struct sandbox_rule rules[] = {
	RULE(recvmsg, "IPVS: what the kernel answers"),
	SPARE(pread64, "the table in /proc, open since the start: was IPVS built with SCTP?",
		"kernels that have IPVS"),
};

static const struct sandbox_profile profile = {
	.process = "ipvsd",
	.rules = rules,
	.rules_count = sizeof(rules) / sizeof(rules[0]),
	.capabilities = UINT64_C(1) << CAP_NET_ADMIN, /* IPVS asks for it at every message */
	.startup = startup,
	.startup_count = sizeof(startup) / sizeof(startup[0]),
};

const struct sandbox_profile *ipvsd_sandbox_profile(void)
{
	return &profile;
}
