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
	struct probe probe;
	struct event readable;
	struct probe_target target;
	struct echo asked;
	int fd;
};

static void cancel(struct probe *probe)
{
	struct probe_ping *ping = (struct probe_ping *)probe;

	event_del(&ping->readable);
	close(ping->fd);
	free(ping);
}

static void too_late(struct probe *probe)
{
	const struct probe_ping *ping = (const struct probe_ping *)probe;
	char name[PROBE_NAME_LEN];
	char time[PROBE_SECONDS_LEN];

	probe_end(probe, false, "no echo from %s within %s", probe_target_name(&ping->target, name),
		probe_seconds(ping->target.timeout_us, time));
}

static bool is_answer(const struct probe_ping *ping, const struct echo *echo, ssize_t length)
{
	bool six = ping->target.address.family == AF_INET6;

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
	probe_target_name(&ping->target, name);
	if (length == -1)
		probe_end(&ping->probe, false, "echo of %s: %s", name, probe_error(errno, text));
	else if (is_answer(ping, &echo, length))
		probe_end(&ping->probe, true, "echo from %s", name);
}

static int ask(struct probe_ping *ping)
{
	struct sockaddr_storage name;
	socklen_t size = probe_sockaddr(&ping->target.address, 0, &name);

	ping->asked.type = ping->target.address.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	ping->asked.sequence = htons(1);
	arc4random_buf(ping->asked.data, sizeof(ping->asked.data));
	if (connect(ping->fd, (const struct sockaddr *)&name, size) == -1)
		return -1;
	return send(ping->fd, &ping->asked, sizeof(ping->asked), 0) == -1 ? -1 : 0;
}

static int begin(struct probe_ping *ping, struct event_base *base)
{
	if (ask(ping) == -1)
		return -1;
	event_assign(&ping->readable, base, ping->fd, EV_READ | EV_PERSIST, readable, ping);
	if (event_add(&ping->readable, NULL) == -1)
		return -1;
	if (probe_step(&ping->probe, ping->target.timeout_us, too_late) == -1) {
		event_del(&ping->readable);
		return -1;
	}
	return 0;
}

struct probe *probe_ping_start(
	struct event_base *base, const struct probe_target *target, probe_done_fn done, void *arg)
{
	bool six = target->address.family == AF_INET6;
	struct probe_ping *ping = calloc(1, sizeof(*ping));

	if (ping == NULL)
		return NULL;
	ping->target = *target;
	/* the port of a ping socket is its id, which nobody chooses */
	ping->target.port = 0;
	ping->target.bind_port = 0;
	probe_init(&ping->probe, base, cancel, done, arg);
	ping->fd = probe_socket(
		&ping->target, SOCK_DGRAM, six ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	if (ping->fd != -1 && begin(ping, base) == 0)
		return &ping->probe;
	int saved = errno;
	if (ping->fd != -1)
		close(ping->fd);
	free(ping);
	errno = saved;
	return NULL;
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
