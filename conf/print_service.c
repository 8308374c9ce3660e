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

static void print_real(const struct conf_real_server *real, FILE *out)
{
	const struct conf_checker *checker;
	char text[VALUE_ADDRESS_LEN];
	fprintf(out, "\treal_server %s", value_address_text(&real->address, text));
	if (real->port != 0)
		fprintf(out, " %u", real->port);
	fprintf(out, " {\n\t\tweight %" PRIu32 "\n", real->weight);
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
}

void conf_print_service(const struct conf_virtual_server *server, FILE *out)
{
	static const char *const kinds[] = {
		[CONF_FORWARD_NAT] = "NAT", [CONF_FORWARD_DR] = "DR", [CONF_FORWARD_TUN] = "TUN"};
	const struct conf_real_server *real;
	char text[VALUE_SECONDS_LEN];
	print_name(server, out);
	fprintf(out, "\tdelay_loop %s\n", value_seconds_text(server->schedule.delay_loop_us, text));
	fprintf(out, "\tlb_algo %s\n\tlb_kind %s\n", server->scheduler, kinds[server->forwarding]);
	fprintf(out, "\tprotocol %s\n",
		server->protocol == IPPROTO_TCP   ? "TCP"
		: server->protocol == IPPROTO_UDP ? "UDP"
						  : "SCTP");
	if (server->persistence_timeout_s != 0)
		fprintf(out, "\tpersistence_timeout %" PRIu32 "\n", server->persistence_timeout_s);
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
