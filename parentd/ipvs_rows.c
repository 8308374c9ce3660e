#include "parentd/ipvs_rows.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parentd/services_internal.h"
#include "proto/json_schema.h"

#define TEXT_START 4096

struct ipvs_rows {
	const struct services *services;
	const char *name;
	bool out_of_room;
	bool open; /* a service was begun and not ended */
	bool left_out;
	bool has_reals;
	size_t count;
	char *text;
	size_t length, room;
};

/* ---- text ---- */

static void append(struct ipvs_rows *rows, const char *text, size_t length)
{
	if (rows->out_of_room || length > IPVS_ROWS_TEXT_MAX - rows->length) {
		rows->out_of_room = true;
		return;
	}
	if (rows->length + length > rows->room) {
		size_t room = rows->room * 2 > rows->length + length ? rows->room * 2
								     : rows->length + length;
		char *grown = realloc(rows->text, room);
		if (grown == NULL) {
			rows->out_of_room = true;
			return;
		}
		rows->text = grown;
		rows->room = room;
	}
	memcpy(rows->text + rows->length, text, length);
	rows->length += length;
}

/* At most some hundred bytes of text that needs no quoting. */
__attribute__((format(printf, 2, 3))) static void put(
	struct ipvs_rows *rows, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(text))
		rows->out_of_room = true;
	else
		append(rows, text, (size_t)length);
}

/* Words of another process, which go to a terminal; empty: null. */
static void put_words(struct ipvs_rows *rows, const char *words)
{
	char text[2 * IPVS_PROBLEM_LEN + 2];
	size_t length = 0;

	if (words[0] == '\0') {
		append(rows, "null", strlen("null"));
		return;
	}
	text[length++] = '"';
	for (const char *c = words; *c != '\0' && length < sizeof(text) - 3; c++) {
		if (*c == '"' || *c == '\\')
			text[length++] = '\\';
		text[length++] = (char)(*c < 0x20 || *c > 0x7e ? '?' : *c);
	}
	text[length++] = '"';
	append(rows, text, length);
}

static int result(const struct ipvs_rows *rows)
{
	return rows->out_of_room ? -1 : 0;
}

static bool address_text(const struct proto_addr *address, char text[INET6_ADDRSTRLEN])
{
	text[0] = '\0';
	return address->family != 0 &&
	       inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN) != NULL;
}

static void put_address(struct ipvs_rows *rows, const struct proto_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	address_text(address, text);
	put_words(rows, text);
}

static const char *truth(bool is)
{
	return is ? "true" : "false";
}

/* ---- values ---- */

/* How wanted and actual compare. same: where both are. */
static const char *state_word(uint32_t flags, bool same)
{
	bool wanted = (flags & IPVS_SHOWN_WANTED) != 0;

	if ((flags & IPVS_SHOWN_ACTUAL) == 0)
		return wanted ? "missing" : "out";
	if (wanted)
		return same ? "fine" : "differs";
	return (flags & IPVS_SHOWN_OWNED) != 0 ? "surplus" : "foreign";
}

static void put_numbers(struct ipvs_rows *rows, const char *name, uint64_t connections,
	uint64_t packets_in, uint64_t packets_out, uint64_t bytes_in, uint64_t bytes_out)
{
	put(rows,
		",\"%s\":{\"connections\":%" PRIu64 ",\"packets_in\":%" PRIu64
		",\"packets_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64 ",\"bytes_out\":%" PRIu64 "}",
		name, connections & INT64_MAX, packets_in & INT64_MAX, packets_out & INT64_MAX,
		bytes_in & INT64_MAX, bytes_out & INT64_MAX);
}

static void put_counters(struct ipvs_rows *rows, const struct ipvs_shown_counters *counters)
{
	put_numbers(rows, "counters", counters->connections, counters->packets_in,
		counters->packets_out, counters->bytes_in, counters->bytes_out);
	put_numbers(rows, "rates", counters->connections_s, counters->packets_in_s,
		counters->packets_out_s, counters->bytes_in_s, counters->bytes_out_s);
}

static void put_service_flags(struct ipvs_rows *rows, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{IP_VS_SVC_F_PERSISTENT, "persistent"},
		{IP_VS_SVC_F_ONEPACKET, "one-packet"},
		{IP_VS_SVC_F_SCHED1, "flag-1"},
		{IP_VS_SVC_F_SCHED2, "flag-2"},
		{IP_VS_SVC_F_SCHED3, "flag-3"},
	};
	const char *before = "";

	put(rows, ",\"flags\":[");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((flags & names[i].flag) == 0)
			continue;
		put(rows, "%s\"%s\"", before, names[i].name);
		before = ",";
	}
	put(rows, "]");
}

/* netmask: IPv4 as an address, IPv6 the length of the prefix. */
static void put_service_values(struct ipvs_rows *rows, const char *name,
	const struct ipvs_shown_service_values *values, uint8_t family, bool there)
{
	char text[INET_ADDRSTRLEN] = "";

	put(rows, ",\"%s\":%s", name, there ? "{\"scheduler\":" : "null");
	if (!there)
		return;
	put_words(rows, values->scheduler);
	put_service_flags(rows, values->flags);
	put(rows, ",\"persistence_timeout_s\":%" PRIu32 ",\"netmask\":", values->timeout_s);
	if (family == AF_INET && inet_ntop(AF_INET, &values->netmask, text, sizeof(text)) != NULL)
		put(rows, "\"%s\"", text);
	else
		put(rows, "%" PRIu32, values->netmask);
	put(rows, ",\"persistence_engine\":");
	put_words(rows, values->engine);
	put(rows, "}");
}

static const char *forwarding_name(uint32_t forwarding)
{
	switch (forwarding & IP_VS_CONN_F_FWD_MASK) {
	case IP_VS_CONN_F_MASQ:
		return "NAT";
	case IP_VS_CONN_F_TUNNEL:
		return "TUN";
	case IP_VS_CONN_F_DROUTE:
		return "DR";
	case IP_VS_CONN_F_LOCALNODE:
		return "local";
	default:
		return "other";
	}
}

static void put_tunnel(struct ipvs_rows *rows, const struct ipvs_shown_real_values *values)
{
	static const char *const types[] = {"ipip", "gue", "gre"};
	static const char *const sums[] = {"", " csum", " remcsum"};
	char port[16] = "";

	if ((values->forwarding & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_TUNNEL) {
		put(rows, "null");
		return;
	}
	if (values->tunnel_port != 0)
		snprintf(port, sizeof(port), " port %u", values->tunnel_port);
	put(rows, "\"%s%s%s\"", values->tunnel_type < 3 ? types[values->tunnel_type] : "other",
		port, values->tunnel_flags < 3 ? sums[values->tunnel_flags] : " other");
}

static void put_real_values(struct ipvs_rows *rows, const char *name,
	const struct ipvs_shown_real_values *values, bool there)
{
	if (!there) {
		put(rows, ",\"%s\":null", name);
		return;
	}
	put(rows,
		",\"%s\":{\"forwarding\":\"%s\",\"weight\":%" PRIu32 ",\"upper_threshold\":%" PRIu32
		",\"lower_threshold\":%" PRIu32 ",\"tunnel\":",
		name, forwarding_name(values->forwarding), values->weight, values->upper,
		values->lower);
	put_tunnel(rows, values);
	put(rows, "}");
}

/* ---- rows ---- */

struct ipvs_rows *ipvs_rows_new(const struct services *services, const char *name)
{
	struct ipvs_rows *rows = calloc(1, sizeof(*rows));

	if (rows == NULL)
		return NULL;
	rows->services = services;
	rows->name = name;
	rows->room = TEXT_START;
	rows->text = malloc(rows->room);
	if (rows->text == NULL) {
		free(rows);
		return NULL;
	}
	put(rows, "{\"ok\":true,\"schema\":%d,\"services\":[", JSON_SCHEMA);
	return rows;
}

void ipvs_rows_free(struct ipvs_rows *rows)
{
	if (rows == NULL)
		return;
	free(rows->text);
	free(rows);
}

size_t ipvs_rows_services(const struct ipvs_rows *rows)
{
	return rows->count;
}

static void end_service(struct ipvs_rows *rows)
{
	if (rows->open)
		put(rows, "]}");
	rows->open = false;
}

static const struct service_virtual *virtual_of(
	const struct ipvs_rows *rows, const struct ipvs_shown_service *service)
{
	if (service->virtual_server >= rows->services->virtuals_count)
		return NULL;
	return &rows->services->virtuals[service->virtual_server];
}

static bool is_asked_for(const struct ipvs_rows *rows, const struct ipvs_shown_service *service,
	const struct service_virtual *virtual_server)
{
	char text[INET6_ADDRSTRLEN];

	if (rows->name[0] == '\0')
		return true;
	if (virtual_server != NULL && service_virtual_is_called(virtual_server, rows->name))
		return true;
	return service->fwmark == 0 && address_text(&service->address, text) &&
	       strcmp(text, rows->name) == 0;
}

static const char *protocol_name(const struct ipvs_shown_service *service)
{
	if (service->fwmark != 0)
		return "FWM";
	return service->protocol == IPPROTO_TCP    ? "TCP"
	       : service->protocol == IPPROTO_UDP  ? "UDP"
	       : service->protocol == IPPROTO_SCTP ? "SCTP"
						   : "other";
}

int ipvs_rows_service(struct ipvs_rows *rows, const struct ipvs_shown_service *service)
{
	static const struct proto_addr none;
	const struct service_virtual *virtual_server = virtual_of(rows, service);
	bool same = memcmp(&service->wanted, &service->actual, sizeof(service->wanted)) == 0;
	uint8_t family = service->address.family;

	end_service(rows);
	rows->left_out = !is_asked_for(rows, service, virtual_server);
	if (rows->left_out)
		return result(rows);
	put(rows, "%s{\"name\":", rows->count++ > 0 ? "," : "");
	put_words(rows, virtual_server == NULL ? "" : virtual_server->name);
	put(rows, ",\"state\":\"%s\",\"protocol\":\"%s\",\"address\":",
		state_word(service->flags, same), protocol_name(service));
	put_address(rows, service->fwmark != 0 ? &none : &service->address);
	put(rows, ",\"port\":%u,\"fwmark\":%" PRIu32 ",\"family\":\"%s\",\"held\":%s,\"problem\":",
		service->port, service->fwmark, family == AF_INET6 ? "ipv6" : "ipv4",
		truth((service->flags & IPVS_SHOWN_HELD) != 0));
	put_words(rows, service->problem);
	put_service_values(rows, "wanted", &service->wanted, family,
		(service->flags & IPVS_SHOWN_WANTED) != 0);
	put_service_values(rows, "actual", &service->actual, family,
		(service->flags & IPVS_SHOWN_ACTUAL) != 0);
	put_counters(rows, &service->counters);
	put(rows, ",\"real_servers\":[");
	rows->open = true;
	rows->has_reals = false;
	return result(rows);
}

static void put_real(struct ipvs_rows *rows, const struct ipvs_shown_real *real,
	const struct service_real *known)
{
	bool same = memcmp(&real->wanted, &real->actual, sizeof(real->wanted)) == 0;

	put(rows, "{\"address\":");
	put_address(rows, &real->address);
	put(rows, ",\"port\":%u,\"state\":\"%s\",\"held\":%s,\"sorry\":%s,\"alive\":%s,\"reason\":",
		real->port, state_word(real->flags, same),
		truth((real->flags & IPVS_SHOWN_HELD) != 0),
		truth((real->flags & IPVS_SHOWN_SORRY) != 0),
		known == NULL ? "null" : truth(service_real_up(known)));
	put_words(rows, known == NULL ? "" : known->seen.reason);
	put(rows, ",\"problem\":");
	put_words(rows, real->problem);
	put_real_values(rows, "wanted", &real->wanted, (real->flags & IPVS_SHOWN_WANTED) != 0);
	put_real_values(rows, "actual", &real->actual, (real->flags & IPVS_SHOWN_ACTUAL) != 0);
	put(rows, ",\"active\":%" PRIu32 ",\"inactive\":%" PRIu32 ",\"persistent\":%" PRIu32,
		real->active, real->inactive, real->persistent);
	put_counters(rows, &real->counters);
	put(rows, "}");
}

int ipvs_rows_real(struct ipvs_rows *rows, const struct ipvs_shown_real *real)
{
	const struct service_real *known = NULL;

	if (rows->left_out)
		return result(rows);
	if (real->real < rows->services->reals_count)
		known = &rows->services->reals[real->real];
	if (rows->has_reals)
		put(rows, ",");
	rows->has_reals = true;
	put_real(rows, real, known);
	return result(rows);
}

static const char *role_name(uint32_t role)
{
	static const char *const names[] = {[0] = "none",
		[IPVS_SYNC_MASTER] = "master",
		[IPVS_SYNC_BACKUP] = "backup",
		[IPVS_SYNC_MASTER | IPVS_SYNC_BACKUP] = "master and backup"};

	return names[role & (IPVS_SYNC_MASTER | IPVS_SYNC_BACKUP)];
}

const char *ipvs_rows_end(struct ipvs_rows *rows, const struct ipvs_shown_end *end, size_t *length)
{
	end_service(rows);
	put(rows, "],\"sync\":{\"wanted\":\"%s\",\"actual\":\"%s\"},\"problem\":",
		role_name(end->sync_wanted), role_name(end->sync_actual));
	put_words(rows, end->problem);
	put(rows, "}");
	*length = rows->length;
	return rows->out_of_room ? NULL : rows->text;
}
