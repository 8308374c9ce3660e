#include "checkerd/probe_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "checkerd/socket_probe.h"

#define FILLER_LENGTH 32

struct probe_udp {
	struct socket_probe own;
	const struct udp_check *check;
};

static void time_is_up(struct probe *probe)
{
	const struct probe_udp *udp = (const struct probe_udp *)probe;
	char name[PROBE_NAME_LEN];
	char time[PROBE_SECONDS_LEN];

	probe_target_name(&udp->own.target, name);
	probe_seconds(udp->own.target.timeout_us, time);
	if (udp->check->reply_required)
		probe_end(probe, false, "no reply from %s within %s", name, time);
	else
		probe_end(probe, true, "no error from %s within %s", name, time);
}

static bool matches(const struct udp_check *check, const uint8_t *reply, size_t length)
{
	if (length < check->pattern_length)
		return false;
	for (size_t i = 0; i < check->pattern_length; i++) {
		if (((reply[i] ^ check->pattern[i]) & check->mask[i]) != 0)
			return false;
	}
	return true;
}

static void judge(struct probe_udp *udp, const uint8_t *reply, size_t begin, size_t length)
{
	const struct udp_check *check = udp->check;
	char name[PROBE_NAME_LEN];

	probe_target_name(&udp->own.target, name);
	if (!check->reply_required)
		probe_end(&udp->own.probe, true, "reply from %s", name);
	else if (length < check->min_reply || length > check->max_reply)
		probe_end(&udp->own.probe, false, "reply of %zu bytes from %s (wanted %u-%u)",
			length, name, check->min_reply, check->max_reply);
	else if (!matches(check, reply, begin))
		probe_end(&udp->own.probe, false, "reply from %s is not as required", name);
	else
		probe_end(&udp->own.probe, true, "reply from %s as required", name);
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	struct probe_udp *udp = arg;
	uint8_t reply[sizeof(udp->check->pattern)];
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];

	(void)what;
	ssize_t length = recv(fd, reply, sizeof(reply), MSG_TRUNC);
	if (length == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (length == -1) {
		probe_error(errno, text);
		probe_end(&udp->own.probe, false, "%s by %s", text,
			probe_target_name(&udp->own.target, name));
		return;
	}
	size_t begin = (size_t)length < sizeof(reply) ? (size_t)length : sizeof(reply);
	judge(udp, reply, begin, (size_t)length);
}

/* An error of sending is one of an earlier datagram or of the route: a result either way. */
static int ask(struct socket_probe *own)
{
	struct probe_udp *udp = (struct probe_udp *)own;
	uint8_t filler[FILLER_LENGTH];
	const uint8_t *bytes = udp->check->payload;
	size_t length = udp->check->payload_length;

	if (length == 0) {
		memset(filler, 'x', sizeof(filler));
		bytes = filler;
		length = sizeof(filler);
	}
	if (socket_probe_connect(own, own->target.port) == -1)
		return -1;
	return send(own->fd, bytes, length, 0) == -1 ? -1 : 0;
}

struct probe *probe_udp_start(struct event_base *base, const struct probe_target *target,
	const struct udp_check *check, probe_done_fn done, void *arg)
{
	static const struct socket_probe_kind kind = {.type = SOCK_DGRAM,
		.ask = ask,
		.events = EV_READ | EV_PERSIST,
		.ready = readable,
		.expired = time_is_up};
	struct probe_udp *udp = calloc(1, sizeof(*udp));

	if (udp == NULL)
		return NULL;
	udp->check = check;
	return socket_probe_start(&udp->own, &kind, base, target, done, arg);
}
