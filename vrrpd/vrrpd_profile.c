#include "vrrpd/vrrpd_profile.h"

#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <seccomp.h>
#include <sys/socket.h>

#include "common/caps.h"

#define IPPROTO_VRRP 112

static const struct sandbox_rule rules[] = {
	RULE(timerfd_settime, "the timer of all virtual routers"),
	SPARE(time, "date of a change", SANDBOX_NO_VDSO),
	RULE(recvmsg, "rtnetlink: what the kernel says"),
	RULE(sendto, "rtnetlink: changing addresses and routes"),
	RULE(recvfrom, "emptying a new receive socket"),
	RULE_SOCKET(
		AF_INET, SOCK_RAW, IPPROTO_VRRP, "receive socket of an interface that came later"),
	RULE_SOCKOPT(SOL_SOCKET, SO_ATTACH_FILTER, "receive socket: VRRP only"),
	RULE_SOCKOPT(SOL_SOCKET, SO_BINDTODEVICE, "receive socket: one interface only"),
	RULE_SOCKOPT(SOL_SOCKET, SO_RCVBUFFORCE, "receive socket: room for bursts"),
	RULE_SOCKOPT(IPPROTO_IP, IP_MULTICAST_ALL, "receive socket: no foreign groups"),
	RULE_SOCKOPT(IPPROTO_IP, IP_ADD_MEMBERSHIP, "receive socket: the VRRP group"),
	RULE_SOCKOPT(
		IPPROTO_IP, IP_DROP_MEMBERSHIP, "receive socket: a group no longer configured"),
};

static const struct sandbox_rule startup[] = {
	RULE(timerfd_create, "the timer of all virtual routers"),
	RULE_SOCKET(AF_INET, SOCK_RAW, IPPROTO_RAW, "sending unicast advertisements"),
	RULE_SOCKET(AF_PACKET, SOCK_RAW, 0, "sending multicast advertisements and gratuitous ARP"),
	RULE2(socket, 0, AF_NETLINK, 2, NETLINK_ROUTE,
		"following interfaces and addresses, changing addresses"),
	RULE_SOCKOPT(IPPROTO_IP, IP_MULTICAST_LOOP, "sending: not to ourselves"),
	RULE_SOCKOPT(SOL_SOCKET, SO_SNDBUFFORCE, "sending: room for bursts"),
	RULE_SOCKOPT(SOL_SOCKET, SO_RCVBUF, "libnl: room for answers"),
	RULE_SOCKOPT(SOL_SOCKET, SO_SNDBUF, "libnl: room for requests"),
	RULE_SOCKOPT(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, "libnl: following links and addresses"),
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
