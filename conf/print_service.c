#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "conf/stage.h"
#include "conf/value.h"

static void print_alert(FILE *out, const char *indent, enum conf_tristate value)
{
	if (value != CONF_UNSET)
		fprintf(out, "%ssmtp_alert %s\n", indent, value == CONF_ON ? "on" : "off");
}

static void print_method(
	const char *indent, const char *keyword, const struct conf_method *method, FILE *out)
{
	static const char *const kinds[] = {
		[CONF_FORWARD_NAT] = "NAT", [CONF_FORWARD_DR] = "DR", [CONF_FORWARD_TUN] = "TUN"};
	static const char *const checksums[] = {[CONF_TUNNEL_NOCSUM] = "nocsum",
		[CONF_TUNNEL_CSUM] = "csum",
		[CONF_TUNNEL_REMCSUM] = "remcsum"};
	fprintf(out, "%s%s %s", indent, keyword, kinds[method->forwarding]);
	if (method->forwarding == CONF_FORWARD_TUN && method->tunnel == CONF_TUNNEL_IPIP)
		fputs(" type ipip", out);
	else if (method->tunnel == CONF_TUNNEL_GUE)
		fprintf(out, " type gue port %u %s", method->port, checksums[method->checksum]);
	else if (method->tunnel == CONF_TUNNEL_GRE)
		fprintf(out, " type gre %s", checksums[method->checksum]);
	fputc('\n', out);
}

static void print_real(const struct conf_real_server *real, FILE *out)
{
	const struct conf_checker *checker;
	char text[VALUE_ADDRESS_LEN];
	fprintf(out, "\treal_server %s", value_address_text(&real->address, text));
	if (real->port != 0)
		fprintf(out, " %u", real->port);
	fprintf(out, " {\n\t\tweight %" PRIu32 "\n", real->weight);
	print_method("\t\t", "lvs_method", &real->method, out);
	fprintf(out, "\t\tuthreshold %" PRIu32 "\n\t\tlthreshold %" PRIu32 "\n", real->uthreshold,
		real->lthreshold);
	fprintf(out, "\t\tinhibit_on_failure %s\n", real->inhibit == CONF_ON ? "on" : "off");
	fprintf(out, "\t\talpha %s\n", real->alpha == CONF_ON ? "on" : "off");
	conf_print_indented(out, "\t\t", "notify_up", &real->notify_up);
	conf_print_indented(out, "\t\t", "notify_down", &real->notify_down);
	print_alert(out, "\t\t", real->smtp_alert);
	TAILQ_FOREACH(checker, &real->checkers, entry)
	conf_print_checker(checker, out);
	fputs("\t}\n", out);
}

static void print_name(const struct conf_virtual_server *server, FILE *out)
{
	char text[VALUE_ADDRESS_LEN];
	fputs("\nvirtual_server ", out);
	if (server->fwmark != 0)
		fprintf(out, "fwmark %" PRIu32, server->fwmark);
	else if (server->group != NULL)
		fprintf(out, "group \"%s\"", server->group);
	else
		fputs(value_address_text(&server->address, text), out);
	if (server->port != 0)
		fprintf(out, " %u", server->port);
	fputs(" {\n", out);
}

static void print_quorum(const struct conf_virtual_server *server, FILE *out)
{
	const struct {
		bool set;
		const char *keyword;
	} flags[] = {{server->alpha, "alpha"}, {server->omega, "omega"},
		{server->inhibit, "inhibit_on_failure"}, {server->ha_suspend, "ha_suspend"},
		{server->sorry.inhibit, "sorry_server_inhibit"}};
	char text[VALUE_ADDRESS_LEN];
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].set)
			fprintf(out, "\t%s\n", flags[i].keyword);
	fprintf(out, "\tquorum %" PRIu32 "\n\thysteresis %" PRIu32 "\n", server->quorum,
		server->hysteresis);
	conf_print_indented(out, "\t", "quorum_up", &server->quorum_up);
	conf_print_indented(out, "\t", "quorum_down", &server->quorum_down);
	print_alert(out, "\t", server->smtp_alert);
	if (server->sorry.address.family == 0)
		return;
	fprintf(out, "\tsorry_server %s", value_address_text(&server->sorry.address, text));
	if (server->sorry.port != 0)
		fprintf(out, " %u", server->sorry.port);
	fputc('\n', out);
	print_method("\t", "sorry_server_lvs_method", &server->sorry.method, out);
}

static void print_scheduler(const struct conf_virtual_server *server, FILE *out)
{
	static const char *const options[CONF_SCHEDULER_OPTIONS] = {[CONF_FLAG_1] = "flag-1",
		[CONF_FLAG_2] = "flag-2",
		[CONF_FLAG_3] = "flag-3",
		[CONF_SH_FALLBACK] = "sh-fallback",
		[CONF_SH_PORT] = "sh-port",
		[CONF_MH_FALLBACK] = "mh-fallback",
		[CONF_MH_PORT] = "mh-port",
		[CONF_HASHED] = "hashed"};
	fprintf(out, "\tlb_algo %s\n", server->scheduler);
	for (size_t i = 0; i < CONF_SCHEDULER_OPTIONS; i++)
		if (server->options[i])
			fprintf(out, "\t%s\n", options[i]);
	if (server->ops)
		fputs("\tops\n", out);
}

static void print_persistence(const struct conf_persistence *persistence, FILE *out)
{
	const struct in_addr netmask = {.s_addr = persistence->netmask};
	char text[INET_ADDRSTRLEN];
	if (persistence->timeout_s != 0)
		fprintf(out, "\tpersistence_timeout %" PRIu32 "\n", persistence->timeout_s);
	if (persistence->netmask_given)
		fprintf(out, "\tpersistence_granularity %s\n",
			inet_ntop(AF_INET, &netmask, text, sizeof(text)));
	if (persistence->prefix_given)
		fprintf(out, "\tpersistence_granularity %" PRIu32 "\n", persistence->prefix);
	if (persistence->engine != NULL)
		fprintf(out, "\tpersistence_engine %s\n", persistence->engine);
}

void conf_print_service(const struct conf_virtual_server *server, FILE *out)
{
	const struct conf_real_server *real;
	char text[VALUE_SECONDS_LEN];
	print_name(server, out);
	fprintf(out, "\tdelay_loop %s\n", value_seconds_text(server->schedule.delay_loop_us, text));
	print_scheduler(server, out);
	print_method("\t", "lb_kind", &server->method, out);
	fprintf(out, "\tprotocol %s\n",
		server->protocol == IPPROTO_TCP   ? "TCP"
		: server->protocol == IPPROTO_UDP ? "UDP"
						  : "SCTP");
	if (server->family != 0)
		fprintf(out, "\tip_family %s\n", server->family == AF_INET ? "inet" : "inet6");
	print_persistence(&server->persistence, out);
	print_quorum(server, out);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	print_real(real, out);
	fputs("}\n", out);
}

static void print_entry(const struct conf_group_entry *entry, FILE *out)
{
	char first[VALUE_ADDRESS_LEN], last[VALUE_ADDRESS_LEN];
	if (entry->first.family == 0) {
		fprintf(out, "\tfwmark %" PRIu32 "%s\n", entry->fwmark,
			entry->family == AF_INET    ? " inet"
			: entry->family == AF_INET6 ? " inet6"
						    : "");
		return;
	}
	fprintf(out, "\t%s", value_address_text(&entry->first, first));
	if (!value_address_equal(&entry->first, &entry->last))
		fprintf(out, "-%s", value_address_text(&entry->last, last));
	if (entry->port != 0)
		fprintf(out, " %u", entry->port);
	fputc('\n', out);
}

void conf_print_server_group(const struct conf_server_group *group, FILE *out)
{
	const struct conf_group_entry *entry;
	fprintf(out, "\nvirtual_server_group \"%s\" {\n", group->name);
	TAILQ_FOREACH(entry, &group->entries, entry)
	print_entry(entry, out);
	fputs("}\n", out);
}

void conf_print_ipvs_global(const struct conf_global *global, FILE *out)
{
	const struct conf_sync_daemon *daemon = &global->sync_daemon;
	char text[VALUE_ADDRESS_LEN];
	if ((global->timeout_tcp_s | global->timeout_tcpfin_s | global->timeout_udp_s) != 0)
		fprintf(out, "\tlvs_timeouts tcp %" PRIu32 " tcpfin %" PRIu32 " udp %" PRIu32 "\n",
			global->timeout_tcp_s, global->timeout_tcpfin_s, global->timeout_udp_s);
	if (global->lvs_flush)
		fputs("\tlvs_flush\n", out);
	if (global->lvs_flush_on_stop != CONF_FLUSH_NO)
		fprintf(out, "\tlvs_flush_on_stop%s\n",
			global->lvs_flush_on_stop == CONF_FLUSH_SERVICES ? " VS" : "");
	if (!daemon->given)
		return;
	fprintf(out, "\tlvs_sync_daemon %s", daemon->ifname);
	if (daemon->instance != NULL)
		fprintf(out, " inst \"%s\"", daemon->instance);
	fprintf(out, " id %" PRIu32, daemon->id);
	const struct {
		const char *word;
		unsigned value;
	} numbers[] = {{"maxlen", daemon->maxlen}, {"port", daemon->port}, {"ttl", daemon->ttl}};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].value != 0)
			fprintf(out, " %s %u", numbers[i].word, numbers[i].value);
	if (daemon->group.family != 0)
		fprintf(out, " group %s", value_address_text(&daemon->group, text));
	fputc('\n', out);
}
