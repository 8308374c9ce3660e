#include "checkerd/checkerd.h"

#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Whoever can make no other socket than these can connect to nothing else: that connect(2) cannot
 * be judged by its address, which is memory, does not matter. */
static const struct sandbox_rule rules[] = {
	RULE(timerfd_settime, "the timer of all checks"),
	SPARE(time, "date of a change; OpenSSL: age of sessions", SANDBOX_NO_VDSO),
	RULE_SOCKET(AF_INET, SOCK_STREAM, 0, "TCP to a server"),
	RULE_SOCKET(AF_INET6, SOCK_STREAM, 0, "TCP to a server"),
	RULE_SOCKET(AF_INET, SOCK_DGRAM, 0, "UDP to a server"),
	RULE_SOCKET(AF_INET6, SOCK_DGRAM, 0, "UDP to a server"),
	RULE_SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, "PING_CHECK: an echo without a capability"),
	RULE_SOCKET(
		AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6, "PING_CHECK: an echo without a capability"),
	RULE(clock_gettime, "how much time on a processor a regex took"),
	RULE(getrandom, "numbers that a stranger cannot guess: DNS, PING_CHECK, TLS"),
	SPARE(futex, "OpenSSL: what it makes ready once", "versions that do so at first use"),
	RULE(read, "OpenSSL: what servers say; libevent's resolver"),
	RULE(sendto, "UDP_CHECK, DNS_CHECK, PING_CHECK"),
	RULE(connect, "to a server, on one of these sockets"),
	RULE(bind, "bindto, bind_port"),
	RULE(recvfrom, "replies of servers"),
	RULE(readv, "libevent: replies of servers"),
	RULE(writev, "libevent: what is asked of servers"),
	RULE1(ioctl, 1, FIONREAD, "libevent: how much there is to read"),
	RULE2(getsockopt, 1, SOL_SOCKET, 2, SO_ERROR, "how a connection came about"),
	RULE_SOCKOPT(SOL_SOCKET, SO_BINDTODEVICE, "bind_if: by one interface only"),
	RULE_SOCKOPT(SOL_SOCKET, SO_REUSEADDR, "bind_port: the same port again and again"),
	RULE_SOCKOPT(SOL_SOCKET, SO_LINGER, "bind_port: no port is left in TIME_WAIT"),
	RULE_SOCKOPT(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, "bindto: the port is chosen at connect"),
	RULE(getegid, "PING_CHECK: the reason when the kernel refuses its socket"),
};

static const struct sandbox_profile profile = {
	.process = "checkerd", .rules = rules, .rules_count = sizeof(rules) / sizeof(rules[0])};

const struct sandbox_profile *checkerd_sandbox_profile(void)
{
	return &profile;
}
