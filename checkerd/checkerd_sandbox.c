#include "checkerd/checkerd.h"

#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* socket(2) with family, type and protocol exactly. */
#define SOCKET(family_, type_, protocol_, why_)                                                    \
	{                                                                                          \
		.call = SCMP_SYS(socket), .args_count = 3,                                         \
		.args = {{0, SANDBOX_INT_BITS, (family_)},                                         \
			{1, SANDBOX_INT_BITS, (type_) | SOCK_CLOEXEC | SOCK_NONBLOCK},             \
			{2, SANDBOX_INT_BITS, (protocol_)}},                                       \
		.reason = (why_)                                                                   \
	}
#define OPTION(level_, option_, why_) RULE2(setsockopt, 1, (level_), 2, (option_), why_)

/* Whoever can make no other socket than these can connect to nothing else: that connect(2) cannot
 * be judged by its address, which is memory, does not matter. */
static const struct sandbox_rule rules[] = {
	RULE(timerfd_settime, "the timer of all checks"),
	SOCKET(AF_INET, SOCK_STREAM, 0, "TCP to a server"),
	SOCKET(AF_INET6, SOCK_STREAM, 0, "TCP to a server"),
	SOCKET(AF_INET, SOCK_DGRAM, 0, "UDP to a server"),
	SOCKET(AF_INET6, SOCK_DGRAM, 0, "UDP to a server"),
	SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, "PING_CHECK: an echo without a capability"),
	SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6, "PING_CHECK: an echo without a capability"),
	RULE(connect, "to a server, on one of these sockets"),
	RULE(bind, "bindto, bind_port"),
	RULE(recvfrom, "replies of servers"),
	RULE(readv, "libevent: replies of servers"),
	RULE(writev, "libevent: what is asked of servers"),
	RULE1(ioctl, 1, FIONREAD, "libevent: how much there is to read"),
	RULE2(getsockopt, 1, SOL_SOCKET, 2, SO_ERROR, "how a connection came about"),
	OPTION(SOL_SOCKET, SO_BINDTODEVICE, "bind_if: by one interface only"),
	OPTION(SOL_SOCKET, SO_REUSEADDR, "bind_port: the same port again and again"),
	OPTION(SOL_SOCKET, SO_LINGER, "bind_port: no port is left in TIME_WAIT"),
	OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, "bindto: the port is chosen at connect"),
	RULE(getegid, "PING_CHECK: the reason when the kernel refuses its socket"),
};

static const struct sandbox_profile profile = {
	.process = "checkerd", .rules = rules, .rules_count = sizeof(rules) / sizeof(rules[0])};

const struct sandbox_profile *checkerd_sandbox_profile(void)
{
	return &profile;
}
