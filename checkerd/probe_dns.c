#include "checkerd/probe_dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <event2/event.h>

#include "checkerd/dns_message.h"
#include "checkerd/socket_probe.h"

#define DATAGRAMS_AT_ONCE 16 /* then others have their turn */

struct probe_dns {
	struct socket_probe own;
	unsigned others; /* datagrams that were not the answer */
	uint8_t query[DNS_QUERY_MAX];
	size_t query_length;
	char question[80]; /* ". SOA" */
};

static void too_late(struct probe *probe)
{
	const struct probe_dns *dns = (const struct probe_dns *)probe;
	char time[PROBE_SECONDS_LEN];

	probe_seconds(dns->own.target.timeout_us, time);
	if (dns->others == 0)
		probe_end(probe, false, "no answer to %s for %s", dns->question, time);
	else
		probe_end(probe, false, "no answer to %s for %s, but %u datagrams of other content",
			dns->question, time, dns->others);
}

static void failed(struct probe_dns *dns, int error)
{
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];

	probe_target_name(&dns->own.target, name);
	if (error == ECONNREFUSED)
		probe_end(&dns->own.probe, false, "nobody listens at %s (port unreachable)", name);
	else
		probe_end(&dns->own.probe, false, "%s: %s", name, probe_error(error, text));
}

static void judge(struct probe_dns *dns, const uint8_t *bytes, size_t length, bool *ended)
{
	unsigned rcode = 0;

	*ended = true;
	switch (dns_answer_judge(dns->query, dns->query_length, bytes, length, &rcode)) {
	case DNS_GOOD:
		probe_end(&dns->own.probe, true, "%s for %s", dns_rcode_name(rcode), dns->question);
		return;
	case DNS_BAD:
		probe_end(
			&dns->own.probe, false, "%s for %s", dns_rcode_name(rcode), dns->question);
		return;
	case DNS_OTHERS:
		dns->others++;
		*ended = false;
		return;
	}
}

/* The socket is connected: the kernel lets through what comes from the server's address and port.
 */
static void answered(evutil_socket_t fd, short what, void *arg)
{
	struct probe_dns *dns = arg;
	uint8_t bytes[DNS_MESSAGE_MAX];
	bool ended = false;

	(void)what;
	for (int i = 0; i < DATAGRAMS_AT_ONCE && !ended; i++) {
		ssize_t length = recv(fd, bytes, sizeof(bytes), 0);
		if (length == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length == -1) {
			failed(dns, errno);
			return;
		}
		judge(dns, bytes, (size_t)length, &ended);
	}
}

static int make_query(struct probe_dns *dns, uint16_t type, const char *name)
{
	char type_text[12];
	uint16_t id;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id))
		return -1;
	dns->query_length = dns_query_make(dns->query, id, type, name);
	if (dns->query_length == 0)
		return -1;
	snprintf(dns->question, sizeof(dns->question), "%.60s %s", name[0] == '\0' ? "." : name,
		dns_type_name(type, type_text));
	return 0;
}

static int ask(struct socket_probe *own)
{
	const struct probe_dns *dns = (const struct probe_dns *)own;

	if (socket_probe_connect(own, own->target.port) == -1)
		return -1;
	return send(own->fd, dns->query, dns->query_length, 0) == -1 ? -1 : 0;
}

struct probe *probe_dns_start(struct event_base *base, const struct probe_target *target,
	uint16_t type, const char *name, probe_done_fn done, void *arg)
{
	static const struct socket_probe_kind kind = {.type = SOCK_DGRAM,
		.ask = ask,
		.events = EV_READ | EV_PERSIST,
		.ready = answered,
		.expired = too_late};
	struct probe_dns *dns = calloc(1, sizeof(*dns));

	if (dns == NULL)
		return NULL;
	if (make_query(dns, type, name) == 0)
		return socket_probe_start(&dns->own, &kind, base, target, done, arg);
	int saved = errno;
	free(dns);
	errno = saved;
	return NULL;
}
