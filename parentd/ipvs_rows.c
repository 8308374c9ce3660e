#include "parentd/ipvs_rows.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parentd/services_internal.h"

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

static void append_text(struct ipvs_rows *rows, const char *text)
{
	append(rows, text, strlen(text));
}

/* Without its last `omit` bytes. Takes over the reference. */
static void append_object(struct ipvs_rows *rows, json_t *object, size_t omit)
{
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL)
		rows->out_of_room = true;
	else
		append(rows, text, strlen(text) - omit);
	free(text);
	json_decref(object);
}

static int result(const struct ipvs_rows *rows)
{
	return rows->out_of_room ? -1 : 0;
}

/* Words of another process go to a terminal. */
static json_t *text_json(const char *from)
{
	char text[IPVS_PROBLEM_LEN];

	if (from[0] == '\0')
		return json_null();
	proto_string_set(text, sizeof(text), from);
	for (char *c = text; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	return json_string(text);
}

static bool address_text(const struct proto_addr *address, char text[INET6_ADDRSTRLEN])
{
	text[0] = '\0';
	return address->family != 0 &&
	       inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN) != NULL;
}

static json_t *address_json(const struct proto_addr *address)
{
	char text[INET6_ADDRSTRLEN];

	return address_text(address, text) ? json_string(text) : json_null();
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

static json_t *counters_json(const struct ipvs_shown_counters *counters)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "connections",
		(json_int_t)counters->connections, "packets_in", (json_int_t)counters->packets_in,
		"packets_out", (json_int_t)counters->packets_out, "bytes_in",
		(json_int_t)counters->bytes_in, "bytes_out", (json_int_t)counters->bytes_out);
}

static json_t *rates_json(const struct ipvs_shown_counters *counters)
{
	const struct ipvs_shown_counters rates = {.connections = counters->connections_s,
		.packets_in = counters->packets_in_s,
		.packets_out = counters->packets_out_s,
		.bytes_in = counters->bytes_in_s,
		.bytes_out = counters->bytes_out_s};

	return counters_json(&rates);
}

static json_t *service_flags_json(uint32_t flags)
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
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((flags & names[i].flag) != 0)
			json_array_append_new(array, json_string(names[i].name));
	}
	return array;
}

/* IPv4: as an address, IPv6: the length of the prefix. */
static json_t *netmask_json(uint32_t netmask, uint8_t family)
{
	char text[INET_ADDRSTRLEN];

	if (family == AF_INET && inet_ntop(AF_INET, &netmask, text, sizeof(text)) != NULL)
		return json_string(text);
	return json_integer((json_int_t)netmask);
}

static json_t *service_values_json(
	const struct ipvs_shown_service_values *values, uint8_t family, bool there)
{
	if (!there)
		return json_null();
	return json_pack("{s:o, s:o, s:I, s:o, s:o}", "scheduler", text_json(values->scheduler),
		"flags", service_flags_json(values->flags), "persistence_timeout_s",
		(json_int_t)values->timeout_s, "netmask", netmask_json(values->netmask, family),
		"persistence_engine", text_json(values->engine));
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

static json_t *tunnel_json(const struct ipvs_shown_real_values *values)
{
	static const char *const types[] = {"ipip", "gue", "gre"};
	static const char *const sums[] = {"", " csum", " remcsum"};
	char text[64];

	if ((values->forwarding & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_TUNNEL)
		return json_null();
	snprintf(text, sizeof(text), "%s",
		values->tunnel_type < 3 ? types[values->tunnel_type] : "other");
	if (values->tunnel_port != 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " port %u",
			values->tunnel_port);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
		values->tunnel_flags < 3 ? sums[values->tunnel_flags] : " other");
	return json_string(text);
}

static json_t *real_values_json(const struct ipvs_shown_real_values *values, bool there)
{
	if (!there)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:I, s:o}", "forwarding",
		forwarding_name(values->forwarding), "weight", (json_int_t)values->weight,
		"upper_threshold", (json_int_t)values->upper, "lower_threshold",
		(json_int_t)values->lower, "tunnel", tunnel_json(values));
}

/* ---- rows ---- */

struct ipvs_rows *ipvs_rows_new(const struct services *services, const char *name)
{
	static const char head[] = "{\"ok\":true,\"services\":[";
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
	append_text(rows, head);
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
		append_text(rows, "]}");
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
	const struct service_virtual *virtual_server = virtual_of(rows, service);
	bool same = memcmp(&service->wanted, &service->actual, sizeof(service->wanted)) == 0;
	uint8_t family = service->address.family;

	end_service(rows);
	rows->left_out = !is_asked_for(rows, service, virtual_server);
	if (rows->left_out)
		return result(rows);
	if (rows->count++ > 0)
		append_text(rows, ",");
	json_t *object = json_pack(
		"{s:o, s:s, s:s, s:o, s:i, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "name",
		virtual_server == NULL ? json_null() : json_string(virtual_server->name), "state",
		state_word(service->flags, same), "protocol", protocol_name(service), "address",
		service->fwmark != 0 ? json_null() : address_json(&service->address), "port",
		(int)service->port, "fwmark", (json_int_t)service->fwmark, "family",
		family == AF_INET6 ? "ipv6" : "ipv4", "held",
		(service->flags & IPVS_SHOWN_HELD) != 0, "problem", text_json(service->problem),
		"wanted",
		service_values_json(
			&service->wanted, family, (service->flags & IPVS_SHOWN_WANTED) != 0),
		"actual",
		service_values_json(
			&service->actual, family, (service->flags & IPVS_SHOWN_ACTUAL) != 0),
		"counters", counters_json(&service->counters), "rates",
		rates_json(&service->counters));
	append_object(rows, object, 1);
	append_text(rows, ",\"real_servers\":[");
	rows->open = true;
	rows->has_reals = false;
	return result(rows);
}

static json_t *real_json(const struct ipvs_shown_real *real, const struct service_real *known)
{
	bool same = memcmp(&real->wanted, &real->actual, sizeof(real->wanted)) == 0;

	return json_pack("{s:o, s:i, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:o, "
			 "s:o}",
		"address", address_json(&real->address), "port", (int)real->port, "state",
		state_word(real->flags, same), "held", (real->flags & IPVS_SHOWN_HELD) != 0,
		"sorry", (real->flags & IPVS_SHOWN_SORRY) != 0, "alive",
		known == NULL ? json_null() : json_boolean(service_real_up(known)), "reason",
		text_json(known == NULL ? "" : known->seen.reason), "problem",
		text_json(real->problem), "wanted",
		real_values_json(&real->wanted, (real->flags & IPVS_SHOWN_WANTED) != 0), "actual",
		real_values_json(&real->actual, (real->flags & IPVS_SHOWN_ACTUAL) != 0), "active",
		(json_int_t)real->active, "inactive", (json_int_t)real->inactive, "persistent",
		(json_int_t)real->persistent, "counters", counters_json(&real->counters), "rates",
		rates_json(&real->counters));
}

int ipvs_rows_real(struct ipvs_rows *rows, const struct ipvs_shown_real *real)
{
	const struct service_real *known = NULL;

	if (rows->left_out)
		return result(rows);
	if (real->real < rows->services->reals_count)
		known = &rows->services->reals[real->real];
	if (rows->has_reals)
		append_text(rows, ",");
	rows->has_reals = true;
	append_object(rows, real_json(real, known), 0);
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
	append_text(rows, "],\"sync\":");
	append_object(rows,
		json_pack("{s:s, s:s}", "wanted", role_name(end->sync_wanted), "actual",
			role_name(end->sync_actual)),
		0);
	append_text(rows, ",\"problem\":");
	append_object(rows, text_json(end->problem), 0);
	append_text(rows, "}");
	*length = rows->length;
	return rows->out_of_room ? NULL : rows->text;
}
