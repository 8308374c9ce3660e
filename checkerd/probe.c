#include "checkerd/probe.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#define USEC_PER_SEC UINT64_C(1000000)

/* ---- the life of a probe ---- */

static void timed_out(evutil_socket_t fd, short what, void *arg)
{
	struct probe *probe = arg;

	(void)fd;
	(void)what;
	probe->expired(probe);
}

void probe_init(struct probe *probe, struct event_base *base, void (*cancel)(struct probe *),
	probe_done_fn done, void *arg)
{
	probe->cancel = cancel;
	probe->expired = NULL;
	probe->done = done;
	probe->arg = arg;
	evtimer_assign(&probe->timeout, base, timed_out, probe);
}

int probe_step(struct probe *probe, uint64_t timeout_us, void (*expired)(struct probe *))
{
	struct timeval timeout = {.tv_sec = (time_t)(timeout_us / USEC_PER_SEC),
		.tv_usec = (suseconds_t)(timeout_us % USEC_PER_SEC)};

	probe->expired = expired;
	return evtimer_add(&probe->timeout, &timeout);
}

void probe_cancel(struct probe *probe)
{
	evtimer_del(&probe->timeout);
	probe->cancel(probe);
}

void probe_end(struct probe *probe, bool good, const char *format, ...)
{
	probe_done_fn done = probe->done;
	void *arg = probe->arg;
	char reason[PROTO_REASON_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	probe_cancel(probe);
	done(good, reason, arg);
}

/* ---- sockets ---- */

socklen_t probe_sockaddr(
	const struct proto_addr *address, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(out, 0, sizeof(*out));
	switch (address->family) {
	case AF_INET:
		memcpy(&in4.sin_addr, address->bytes, sizeof(in4.sin_addr));
		memcpy(out, &in4, sizeof(in4));
		return sizeof(in4);
	case AF_INET6:
		memcpy(&in6.sin6_addr, address->bytes, sizeof(in6.sin6_addr));
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	default:
		return 0;
	}
}

/* A fixed port is needed again by the next attempt, so this one must not leave it in TIME_WAIT:
 * its connection is reset at the end. */
static int keep_port_free(int fd, int type)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	const int yes = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == -1)
		return -1;
	if (type != SOCK_STREAM)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static int bind_source(int fd, const struct probe_target *target, int type)
{
	struct proto_addr source = target->bindto;
	struct sockaddr_storage name;
	const int yes = 1;

	if (source.family == 0 && target->bind_port == 0)
		return 0;
	if (source.family == 0)
		source.family = target->address.family;
	if (target->bind_port != 0 && keep_port_free(fd, type) == -1)
		return -1;
	/* the port is chosen at connect(), so that every server has all of them */
	if (target->bind_port == 0 &&
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)) == -1)
		return -1;
	socklen_t length = probe_sockaddr(&source, target->bind_port, &name);
	return bind(fd, (const struct sockaddr *)&name, length);
}

static int prepare(int fd, const struct probe_target *target, int type)
{
	if (target->ifname[0] != '\0' && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, target->ifname,
						 (socklen_t)strlen(target->ifname)) == -1)
		return -1;
	return bind_source(fd, target, type);
}

int probe_socket(const struct probe_target *target, int type, int protocol)
{
	int fd = socket(target->address.family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd == -1)
		return -1;
	if (prepare(fd, target, type) == -1) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* ---- words ---- */

const char *probe_target_name(const struct probe_target *target, char name[PROBE_NAME_LEN])
{
	char text[INET6_ADDRSTRLEN];
	bool six = target->address.family == AF_INET6;

	if (inet_ntop(target->address.family, target->address.bytes, text, sizeof(text)) == NULL)
		snprintf(name, PROBE_NAME_LEN, "no address");
	else if (target->port == 0)
		snprintf(name, PROBE_NAME_LEN, "%s", text);
	else
		snprintf(name, PROBE_NAME_LEN, six ? "[%s]:%u" : "%s:%u", text, target->port);
	return name;
}

const char *probe_seconds(uint64_t us, char text[PROBE_SECONDS_LEN])
{
	int length = snprintf(text, PROBE_SECONDS_LEN, "%llu.%06llu",
		(unsigned long long)(us / USEC_PER_SEC), (unsigned long long)(us % USEC_PER_SEC));

	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	snprintf(text + length, (size_t)(PROBE_SECONDS_LEN - length), " s");
	return text;
}

const char *probe_error(int error, char text[PROBE_ERROR_LEN])
{
	snprintf(text, PROBE_ERROR_LEN, "%s", strerror(error));
	text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

const char *probe_refused(
	const struct probe_target *target, int error, char reason[PROTO_REASON_LEN])
{
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];

	probe_target_name(target, name);
	if (error == ECONNREFUSED)
		snprintf(reason, PROTO_REASON_LEN, "connection refused by %s", name);
	else
		snprintf(reason, PROTO_REASON_LEN, "connecting to %s: %s", name,
			probe_error(error, text));
	return reason;
}

const char *probe_unconnected(const struct probe_target *target, char reason[PROTO_REASON_LEN])
{
	char name[PROBE_NAME_LEN];
	char time[PROBE_SECONDS_LEN];

	snprintf(reason, PROTO_REASON_LEN, "no connection to %s within %s",
		probe_target_name(target, name), probe_seconds(target->timeout_us, time));
	return reason;
}

void probe_start_failed(const struct probe_target *target, int error, char reason[PROTO_REASON_LEN])
{
	char name[PROBE_NAME_LEN];
	char text[PROBE_ERROR_LEN];

	probe_target_name(target, name);
	if (error == ENODEV && target->ifname[0] != '\0')
		snprintf(reason, PROTO_REASON_LEN, "%s: there is no interface %s", name,
			target->ifname);
	else if (error == EMFILE || error == ENFILE)
		snprintf(reason, PROTO_REASON_LEN,
			"%s: no descriptor left: raise the limit of open files (LimitNOFILE)",
			name);
	else
		snprintf(reason, PROTO_REASON_LEN, "%s: %s", name, probe_error(error, text));
}
