#include "vrrpd/vrrpd_profile.h"

#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <seccomp.h>
#include <sys/socket.h>

#include "common/caps.h"

#define VRRP 112

/* socket(2) with family, type and protocol exactly. */
#define SOCKET(family_, type_, protocol_, why_)                                                    \
	{                                                                                          \
		.call = SCMP_SYS(socket), .args_count = 3,                                         \
		.args = {{0, SANDBOX_INT_BITS, (family_)}, {1, SANDBOX_INT_BITS, (type_)},         \
			{2, SANDBOX_INT_BITS, (protocol_)}},                                       \
		.reason = (why_)                                                                   \
	}
#define OPTION(level_, option_, why_) RULE2(setsockopt, 1, (level_), 2, (option_), why_)
#define RAW_TYPE                      (SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK)

static const struct sandbox_rule rules[] = {
	RULE(recvfrom, "emptying a new receive socket"),
	SOCKET(AF_INET, RAW_TYPE, VRRP, "receive socket of an interface that came later"),
	OPTION(SOL_SOCKET, SO_ATTACH_FILTER, "receive socket: VRRP only"),
	OPTION(SOL_SOCKET, SO_BINDTODEVICE, "receive socket: one interface only"),
	OPTION(SOL_SOCKET, SO_RCVBUFFORCE, "receive socket: room for bursts"),
	OPTION(IPPROTO_IP, IP_MULTICAST_ALL, "receive socket: no foreign groups"),
	OPTION(IPPROTO_IP, IP_ADD_MEMBERSHIP, "receive socket: the VRRP group"),
	OPTION(IPPROTO_IP, IP_DROP_MEMBERSHIP, "receive socket: a group no longer configured"),
};

static const struct sandbox_rule startup[] = {
	RULE(timerfd_create, "the timer of all virtual routers"),
	RULE(timerfd_settime, "the timer of all virtual routers"),
	SOCKET(AF_INET, RAW_TYPE, IPPROTO_RAW, "sending unicast advertisements"),
	SOCKET(AF_PACKET, RAW_TYPE, 0, "sending multicast advertisements and gratuitous ARP"),
	SOCKET(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE,
		"following interfaces and addresses, changing addresses"),
	OPTION(IPPROTO_IP, IP_MULTICAST_LOOP, "sending: not to ourselves"),
	OPTION(SOL_SOCKET, SO_SNDBUFFORCE, "sending: room for bursts"),
	OPTION(SOL_SOCKET, SO_RCVBUF, "libnl: room for answers"),
	OPTION(SOL_SOCKET, SO_SNDBUF, "libnl: room for requests"),
	OPTION(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, "libnl: following links and addresses"),
	RULE(bind, "libnl: netlink sockets"),
	RULE(getsockname, "libnl: netlink sockets"),
	RULE(fallocate, "emptying a state page that cannot be used"),
};

const struct sandbox_profile vrrpd_profile = {
	.process = "vrrpd",
	.rules = rules,
	.rules_count = sizeof rules / sizeof rules[0],
	.capabilities = CAPS_BIT(CAP_NET_RAW) | CAPS_BIT(CAP_NET_ADMIN),
	.startup = startup,
	.startup_count = sizeof startup / sizeof startup[0],
};
