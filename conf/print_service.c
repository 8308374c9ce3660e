#include <inttypes.h>
#include <netinet/in.h>

#include "conf/stage.h"
#include "conf/value.h"

static void print_checker(const struct conf_checker *checker, FILE *out)
{
	static const char *const names[] = {
		[CONF_TCP_CHECK] = "TCP_CHECK",
		[CONF_HTTP_GET] = "HTTP_GET",
		[CONF_SSL_GET] = "SSL_GET",
		[CONF_SMTP_CHECK] = "SMTP_CHECK",
		[CONF_MISC_CHECK] = "MISC_CHECK",
		[CONF_PING_CHECK] = "PING_CHECK",
		[CONF_UDP_CHECK] = "UDP_CHECK",
		[CONF_DNS_CHECK] = "DNS_CHECK",
		[CONF_FILE_CHECK] = "FILE_CHECK",
		[CONF_BFD_CHECK] = "BFD_CHECK",
	};
	char text[VALUE_ADDRESS_LEN];
	fprintf(out, "\t\t%s {\n", names[checker->type]);
	if (conf_checker_connects(checker->type)) {
		fprintf(out, "\t\t\tconnect_ip %s\n",
			value_address_text(&checker->connect_ip, text));
		if (checker->connect_port != 0)
			fprintf(out, "\t\t\tconnect_port %u\n", checker->connect_port);
		fprintf(out, "\t\t\tconnect_timeout %s\n",
			value_seconds_text(checker->connect_timeout_us, text));
	}
	if (checker->type != CONF_FILE_CHECK && checker->type != CONF_BFD_CHECK) {
		fprintf(out, "\t\t\tretry %" PRIu32 "\n", checker->retry);
		fprintf(out, "\t\t\tdelay_before_retry %s\n",
			value_seconds_text(checker->delay_before_retry_us, text));
	}
	fputs("\t\t}\n", out);
}

static void print_real(const struct conf_real_server *real, FILE *out)
{
	const struct conf_checker *checker;
	char text[VALUE_ADDRESS_LEN];
	fprintf(out, "\treal_server %s", value_address_text(&real->address, text));
	if (real->port != 0)
		fprintf(out, " %u", real->port);
	fprintf(out, " {\n\t\tweight %" PRIu32 "\n", real->weight);
	TAILQ_FOREACH(checker, &real->checkers, entry)
	print_checker(checker, out);
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

void conf_print_service(const struct conf_virtual_server *server, FILE *out)
{
	static const char *const kinds[] = {
		[CONF_FORWARD_NAT] = "NAT", [CONF_FORWARD_DR] = "DR", [CONF_FORWARD_TUN] = "TUN"};
	const struct conf_real_server *real;
	char text[VALUE_SECONDS_LEN];
	print_name(server, out);
	fprintf(out, "\tdelay_loop %s\n", value_seconds_text(server->delay_loop_us, text));
	fprintf(out, "\tlb_algo %s\n\tlb_kind %s\n", server->scheduler, kinds[server->forwarding]);
	fprintf(out, "\tprotocol %s\n",
		server->protocol == IPPROTO_TCP   ? "TCP"
		: server->protocol == IPPROTO_UDP ? "UDP"
						  : "SCTP");
	if (server->persistence_timeout_s != 0)
		fprintf(out, "\tpersistence_timeout %" PRIu32 "\n", server->persistence_timeout_s);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	print_real(real, out);
	fputs("}\n", out);
}
