#include "checkerd/probe_ping.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "checkerd/socket_probe.h"

/* An echo of either family: both have the same layout. The kernel fills in checksum and id, and
 * gives us the answers to our id only. */
struct echo {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint16_t id;
	uint16_t sequence;
	uint8_t data[32];
};

struct probe_ping {
	struct socket_probe own;
	struct echo asked;
};

static void too_late(struct probe *probe)
{
	const struct probe_ping *ping = (const struct probe_ping *)probe;
	char name[PROBE_NAME_LEN];
	char time[PROBE_SECONDS_LEN];

	probe_end(probe, false, "no echo from %s within %s",
		probe_target_name(&ping->own.target, name),
		probe_seconds(ping->own.target.timeout_us, time));
}

static bool is_answer(const struct probe_ping *ping, const struct echo *echo, ssize_t length)
{
	bool six = ping->own.target.address.family == AF_INET6;

	return length == (ssize_t)sizeof(*echo) &&
	       echo->type == (six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       echo->sequence == ping->asked.sequence &&
	       memcmp(echo->data, ping->asked.data, sizeof(echo->data)) == 0;
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	struct probe_ping *ping = arg;
	struct echo echo;
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];

	(void)what;
	ssize_t length = recv(fd, &echo, sizeof(echo), MSG_TRUNC);
	if (length == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	probe_target_name(&ping->own.target, name);
	if (length == -1)
		probe_end(
			&ping->own.probe, false, "echo of %s: %s", name, probe_error(errno, text));
	else if (is_answer(ping, &echo, length))
		probe_end(&ping->own.probe, true, "echo from %s", name);
}

static int ask(struct socket_probe *own)
{
	struct probe_ping *ping = (struct probe_ping *)own;

	ping->asked.type = own->target.address.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	ping->asked.sequence = htons(1);
	arc4random_buf(ping->asked.data, sizeof(ping->asked.data));
	if (socket_probe_connect(own, 0) == -1)
		return -1;
	return send(own->fd, &ping->asked, sizeof(ping->asked), 0) == -1 ? -1 : 0;
}

static const struct socket_probe_kind echo4 = {.type = SOCK_DGRAM,
	.protocol = IPPROTO_ICMP,
	.ask = ask,
	.events = EV_READ | EV_PERSIST,
	.ready = readable,
	.expired = too_late};
static const struct socket_probe_kind echo6 = {.type = SOCK_DGRAM,
	.protocol = IPPROTO_ICMPV6,
	.ask = ask,
	.events = EV_READ | EV_PERSIST,
	.ready = readable,
	.expired = too_late};

struct probe *probe_ping_start(
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg)
{
	struct probe_ping *ping = calloc(1, sizeof(*ping));
	struct probe_target echo = *target;

	/* the port of a ping socket is its id, which nobody chooses */
	echo.port = 0;
	echo.bind_port = 0;
	return socket_probe_start((struct socket_probe *)ping,
		target->address.family == AF_INET6 ? &echo6 : &echo4, base, &echo, done, arg);
}

void probe_ping_start_failed(
	const struct probe_target *target, int error, char reason[PROTO_REASON_LEN])
{
	if (error != EACCES) {
		probe_start_failed(target, error, reason);
		return;
	}
	snprintf(reason, PROTO_REASON_LEN,
		"no echo can be sent: the sysctl net.ipv4.ping_group_range has to hold group %u "
		"(that of checkerd)",
		getegid());
}
