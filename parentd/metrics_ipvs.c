/* Metrics of the kernel's load balancer. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

#include "parentd/metrics.h"
#include "parentd/metrics_snapshot.h"

#define NAME_LEN 80

static size_t wanted(const struct metrics_snapshot *snapshot)
{
	return snapshot->ipvs_wanted ? 1 : 0;
}

static size_t services(const struct metrics_snapshot *snapshot)
{
	return snapshot->ipvs != NULL ? snapshot->ipvs->services_count : 0;
}

static size_t reals(const struct metrics_snapshot *snapshot)
{
	return snapshot->ipvs != NULL ? snapshot->ipvs->reals_count : 0;
}

static void endpoint(const struct ipvs_tally_service *service, const struct proto_addr *address,
	unsigned port, char text[NAME_LEN])
{
	const char *protocol = service->protocol == IPPROTO_TCP    ? "tcp"
			       : service->protocol == IPPROTO_SCTP ? "sctp"
								   : "udp";
	char bare[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address->family, address->bytes, bare, sizeof(bare));
	snprintf(text, NAME_LEN, "[%s]:%s:%u", bare, protocol, port);
}

/* As virtual servers are called; a mark can have a service of each family. */
static void service_name(const struct ipvs_tally_service *service, char text[NAME_LEN])
{
	if (service->fwmark != 0)
		snprintf(text, NAME_LEN, "FWM %" PRIu32 "%s", service->fwmark,
			service->address.family == AF_INET6 ? " ipv6" : "");
	else
		endpoint(service, &service->address, service->port, text);
}

static void real_name(const struct ipvs_tally_service *service, const struct ipvs_tally_real *real,
	char text[NAME_LEN])
{
	char bare[INET6_ADDRSTRLEN] = "?";

	if (service->fwmark == 0) {
		endpoint(service, &real->address, real->port, text);
		return;
	}
	inet_ntop(real->address.family, real->address.bytes, bare, sizeof(bare));
	snprintf(text, NAME_LEN, "[%s]:%u", bare, real->port);
}

static const char *virtual_name(
	const struct metrics_snapshot *snapshot, const struct ipvs_tally_service *service)
{
	if (service->virtual_server >= snapshot->virtuals_count)
		return "";
	return snapshot->virtuals[service->virtual_server].name;
}

enum counter { CONNECTIONS, PACKETS_IN, PACKETS_OUT, BYTES_IN, BYTES_OUT };

static uint64_t counter_of(const struct ipvs_shown_counters *counters, unsigned index)
{
	const uint64_t numbers[] = {[CONNECTIONS] = counters->connections,
		[PACKETS_IN] = counters->packets_in,
		[PACKETS_OUT] = counters->packets_out,
		[BYTES_IN] = counters->bytes_in,
		[BYTES_OUT] = counters->bytes_out};

	return numbers[index];
}

static void put_readable(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	(void)row;
	metrics_put(text, metric, NULL, snapshot->ipvs != NULL);
}

static void put_service(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	const struct ipvs_tally_service *service = &snapshot->ipvs->services[row];
	char name[NAME_LEN];
	const char *const values[] = {virtual_name(snapshot, service), name};

	service_name(service, name);
	metrics_put(text, metric, values, counter_of(&service->counters, metric->index));
}

struct real_labels {
	char service[NAME_LEN], real[NAME_LEN];
	const char *values[3];
};

/* Real server number row, and the values of its labels, which live as long as labels do. */
static const struct ipvs_tally_real *real_at(
	const struct metrics_snapshot *snapshot, size_t row, struct real_labels *labels)
{
	const struct ipvs_tally_real *real = &snapshot->ipvs->reals[row];
	const struct ipvs_tally_service *service = &snapshot->ipvs->services[real->service];

	service_name(service, labels->service);
	real_name(service, real, labels->real);
	labels->values[0] = virtual_name(snapshot, service);
	labels->values[1] = labels->service;
	labels->values[2] = labels->real;
	return real;
}

static void put_real_counter(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	struct real_labels labels;
	const struct ipvs_tally_real *real = real_at(snapshot, row, &labels);

	metrics_put(text, metric, labels.values, counter_of(&real->counters, metric->index));
}

enum real_gauge { WEIGHT, ACTIVE, INACTIVE, PERSISTENT };

static void put_real_gauge(struct metrics_text *text, const struct metric *metric,
	const struct metrics_snapshot *snapshot, size_t row)
{
	struct real_labels labels;
	const struct ipvs_tally_real *real = real_at(snapshot, row, &labels);
	const uint32_t numbers[] = {[WEIGHT] = real->weight,
		[ACTIVE] = real->active,
		[INACTIVE] = real->inactive,
		[PERSISTENT] = real->persistent};

	metrics_put(text, metric, labels.values, numbers[metric->index]);
}

#define SERVICE(name_, unit_, index_, help_)                                                       \
	{                                                                                          \
		"holdfast_ipvs_service_" name_, METRIC_COUNTER, unit_,                             \
			{"virtual_server", "service", NULL}, help_, services, put_service, index_  \
	}
#define REAL(name_, type_, unit_, put_, index_, help_)                                             \
	{                                                                                          \
		"holdfast_ipvs_real_server_" name_, type_, unit_,                                  \
			{"virtual_server", "service", "real_server", NULL}, help_, reals, put_,    \
			index_                                                                     \
	}
#define REAL_COUNTER(name_, unit_, index_, help_)                                                  \
	REAL(name_, METRIC_COUNTER, unit_, put_real_counter, index_, help_)
#define REAL_GAUGE(name_, index_, help_)                                                           \
	REAL(name_, METRIC_GAUGE, NULL, put_real_gauge, index_, help_)

const struct metric metrics_of_ipvs[] = {
	{"holdfast_ipvs_readable", METRIC_GAUGE, NULL, {NULL},
		"1 when ipvsd has shown what the kernel has; nothing where no virtual server is "
		"configured.",
		wanted, put_readable, 0},
	SERVICE("connections", NULL, CONNECTIONS,
		"Connections that the kernel has scheduled for the service. It counts from 0 again "
		"when the service is added again."),
	SERVICE("incoming_packets", NULL, PACKETS_IN, "Packets from clients."),
	SERVICE("outgoing_packets", NULL, PACKETS_OUT,
		"Packets to clients, as far as they come back through this host."),
	SERVICE("incoming_bytes", "bytes", BYTES_IN, "Bytes from clients."),
	SERVICE("outgoing_bytes", "bytes", BYTES_OUT,
		"Bytes to clients, as far as they come back through this host."),
	REAL_COUNTER("connections", NULL, CONNECTIONS, "The same for a real server."),
	REAL_COUNTER("incoming_packets", NULL, PACKETS_IN, "The same for a real server."),
	REAL_COUNTER("outgoing_packets", NULL, PACKETS_OUT, "The same for a real server."),
	REAL_COUNTER("incoming_bytes", "bytes", BYTES_IN, "The same for a real server."),
	REAL_COUNTER("outgoing_bytes", "bytes", BYTES_OUT, "The same for a real server."),
	REAL_GAUGE("weight", WEIGHT, "Weight in the kernel."),
	REAL_GAUGE("active_connections", ACTIVE, "Connections that are open now."),
	REAL_GAUGE(
		"inactive_connections", INACTIVE, "Connections that are remembered and not open."),
	REAL_GAUGE("persistent_connections", PERSISTENT, "Templates of persistence."),
	{.name = NULL},
};
