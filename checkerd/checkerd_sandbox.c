#include "checkerd/checkerd.h"

#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SOCKET_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static const struct sandbox_rule rules[] = {
	RULE(timerfd_settime, "the timer of all checks"),
	RULE2(socket, 0, AF_INET, 1, SOCK_STREAM | SOCKET_FLAGS, "checks over TCP; mail"),
	RULE2(socket, 0, AF_INET6, 1, SOCK_STREAM | SOCKET_FLAGS, "checks over TCP; mail"),
	RULE2(socket, 0, AF_INET, 1, SOCK_DGRAM | SOCKET_FLAGS, "checks over UDP"),
	RULE2(socket, 0, AF_INET6, 1, SOCK_DGRAM | SOCKET_FLAGS, "checks over UDP"),
	RULE(connect, "checks; mail"),
	RULE2(getsockopt, 1, SOL_SOCKET, 2, SO_ERROR, "how connecting went"),
	RULE(recvfrom, "replies over UDP; the resolver's"),
	RULE1(ioctl, 1, FIONREAD, "libevent: how much there is to read"),
	RULE(readv, "libevent: what servers say"),
	RULE(writev, "libevent: what is said to servers"),
};

static const struct sandbox_profile profile = {
	.process = "checkerd", .rules = rules, .rules_count = sizeof(rules) / sizeof(rules[0])};

const struct sandbox_profile *checkerd_sandbox_profile(void)
{
	return &profile;
}
