/* What virtual servers, real servers and checkers are called in logs, fifos and messages. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

#include "conf/conf.h"
#include "conf/value.h"

static const char *protocol_name(const struct conf_virtual_server *server)
{
	switch (server->protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return "udp";
	}
}

static void endpoint(const struct conf_virtual_server *server, const struct proto_addr *address,
	unsigned port, char buf[PROTO_NAME_LEN])
{
	char text[VALUE_ADDRESS_LEN];
	snprintf(buf, PROTO_NAME_LEN, "[%s]:%s:%u", value_address_text(address, text),
		protocol_name(server), port);
}

const char *conf_service_name(const struct conf_virtual_server *server, char buf[PROTO_NAME_LEN])
{
	if (server->group != NULL)
		snprintf(buf, PROTO_NAME_LEN, "%s", server->group);
	else if (server->fwmark != 0)
		snprintf(buf, PROTO_NAME_LEN, "FWM %" PRIu32, server->fwmark);
	else
		endpoint(server, &server->address, server->port, buf);
	return buf;
}

const char *conf_real_name(const struct conf_virtual_server *server,
	const struct conf_real_server *real, char buf[PROTO_NAME_LEN])
{
	endpoint(server, &real->address, real->port, buf);
	return buf;
}

const char *conf_checker_name(enum conf_checker_type type)
{
	static const char *const names[CONF_CHECKER_TYPES] = {
		[CONF_TCP_CHECK] = "TCP_CHECK",
		[CONF_HTTP_GET] = "HTTP_GET",
		[CONF_SSL_GET] = "SSL_GET",
		[CONF_SMTP_CHECK] = "SMTP_CHECK",
		[CONF_MISC_CHECK] = "MISC_CHECK",
		[CONF_PING_CHECK] = "PING_CHECK",
		[CONF_UDP_CHECK] = "UDP_CHECK",
		[CONF_DNS_CHECK] = "DNS_CHECK",
		[CONF_FILE_CHECK] = "FILE_CHECK",
	};
	return names[type];
}
