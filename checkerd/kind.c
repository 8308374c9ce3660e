#include "checkerd/kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkerd/kind_http.h"
#include "checkerd/probe_dns.h"
#include "checkerd/probe_ping.h"
#include "checkerd/probe_smtp.h"
#include "checkerd/probe_tcp.h"
#include "checkerd/probe_udp.h"

/* ---- TCP_CHECK, PING_CHECK ---- */

static struct probe *tcp_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg)
{
	(void)prepared;
	(void)step;
	return probe_tcp_start(tools->base, target, done, arg);
}

static struct probe *ping_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg)
{
	(void)prepared;
	(void)step;
	return probe_ping_start(tools->base, target, done, arg);
}

/* ---- UDP_CHECK ---- */

static void udp_take(struct udp_check *udp, const struct conf_check_bytes *bytes)
{
	uint16_t length = (uint16_t)bytes->length;

	switch ((enum check_bytes)bytes->what) {
	case BYTES_PAYLOAD:
		memcpy(udp->payload, bytes->bytes, length);
		udp->payload_length = length;
		break;
	case BYTES_REPLY:
		memcpy(udp->pattern, bytes->bytes, length);
		memset(udp->mask, 0xff, length);
		udp->pattern_length = length;
		break;
	case BYTES_REPLY_MASK:
		memcpy(udp->mask, bytes->bytes, length);
		break;
	case BYTES_REGEX:
		break;
	}
}

static int udp_prepare(const struct kind_tools *tools, const struct check_spec *spec,
	void **prepared, char *reason, size_t size)
{
	struct udp_check *udp = calloc(1, sizeof(*udp));

	(void)tools;
	if (udp == NULL) {
		snprintf(reason, size, "out of memory");
		return -1;
	}
	udp->reply_required = (spec->checker->flags & CHECKER_REQUIRE_REPLY) != 0;
	udp->min_reply = spec->checker->min_reply;
	udp->max_reply = spec->checker->max_reply;
	for (size_t i = 0; i < spec->checker->bytes; i++)
		udp_take(udp, &spec->bytes[i]);
	*prepared = udp;
	return 0;
}

static struct probe *udp_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg)
{
	(void)step;
	return probe_udp_start(tools->base, target, prepared, done, arg);
}

/* ---- SMTP_CHECK, DNS_CHECK: what they ask with ---- */

struct question {
	uint16_t type;
	char text[PROTO_HOST_LEN];
};

static int question_prepare(const struct kind_tools *tools, const struct check_spec *spec,
	void **prepared, char *reason, size_t size)
{
	struct question *question = calloc(1, sizeof(*question));

	(void)tools;
	if (question == NULL) {
		snprintf(reason, size, "out of memory");
		return -1;
	}
	question->type = spec->checker->dns_type;
	memcpy(question->text, spec->checker->text, sizeof(question->text));
	*prepared = question;
	return 0;
}

static struct probe *smtp_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg)
{
	const struct question *question = prepared;

	(void)step;
	return probe_smtp_start(tools->base, target, question->text, done, arg);
}

static struct probe *dns_start(const struct kind_tools *tools, const struct probe_target *target,
	const void *prepared, uint32_t step, probe_done_fn done, void *arg)
{
	const struct question *question = prepared;

	(void)step;
	return probe_dns_start(tools->base, target, question->type, question->text, done, arg);
}

static const struct check_kind kinds[] = {
	[CHECK_TCP] = {.name = "TCP_CHECK", .start = tcp_start},
	[CHECK_HTTP] = {.name = "HTTP_GET",
		.prepare = kind_http_prepare,
		.release = kind_http_release,
		.start = kind_http_start},
	[CHECK_SSL] = {.name = "SSL_GET",
		.prepare = kind_http_prepare,
		.release = kind_http_release,
		.start = kind_http_start},
	[CHECK_SMTP] = {.name = "SMTP_CHECK",
		.prepare = question_prepare,
		.release = free,
		.start = smtp_start},
	[CHECK_DNS] = {.name = "DNS_CHECK",
		.prepare = question_prepare,
		.release = free,
		.start = dns_start},
	[CHECK_UDP] = {.name = "UDP_CHECK",
		.prepare = udp_prepare,
		.release = free,
		.start = udp_start},
	[CHECK_PING] = {.name = "PING_CHECK",
		.start = ping_start,
		.start_failed = probe_ping_start_failed},
	[CHECK_MISC] = {.name = "MISC_CHECK"},
	[CHECK_FILE] = {.name = "FILE_CHECK"},
};

const struct check_kind *check_kind(uint32_t type)
{
	return type < sizeof(kinds) / sizeof(kinds[0]) && kinds[type].name != NULL ? &kinds[type]
										   : NULL;
}
