/* Where a virtual server's packets go: families, ports and thresholds of its real servers. */
#include "conf/finding.h"
#include "conf/stage.h"

/* Forwards any of its entries to an address of the other family. */
static bool is_mixed(const struct conf_virtual_server *server, const struct proto_addr *address)
{
	const struct conf_group_entry *entry;
	TAILQ_FOREACH(entry, server->entries, entry)
	if (conf_entry_family(server, entry) != address->family)
		return true;
	return false;
}

/* False: the kernel cannot forward to it. */
static bool good_family(struct conf *conf, const struct conf_virtual_server *server,
	const char *what, const struct conf_place *place, const struct proto_addr *address,
	const struct conf_method *method)
{
	if (!is_mixed(server, address))
		return true;
	if (method->forwarding != CONF_FORWARD_TUN)
		conf_error(conf, place,
			"the %s and the virtual server are of different address families, which "
			"only 'lb_kind TUN' can join",
			what);
	else if (conf->global.sync_daemon.given)
		conf_error(conf, place,
			"the %s and the virtual server are of different address families, which "
			"the kernel refuses together with 'lvs_sync_daemon'",
			what);
	else
		return true;
	return false;
}

/* Only NAT can change a port. In a group each entry has its own, and none of the server counts. */
static unsigned port_of(struct conf *conf, const struct conf_virtual_server *server,
	const char *what, const struct conf_place *place, unsigned port,
	const struct conf_method *method)
{
	const char *kind = method->forwarding == CONF_FORWARD_DR ? "DR" : "TUN";
	const struct conf_group_entry *entry;
	if (method->forwarding == CONF_FORWARD_NAT || port == 0)
		return port;
	TAILQ_FOREACH(entry, server->entries, entry)
	{
		if (entry->port == port)
			continue;
		if (server->group != NULL) {
			conf_warning(conf, place,
				"'lb_kind %s' cannot change the port: port %u of the %s is "
				"ignored, "
				"each entry of the group has its own",
				kind, port, what);
			return port;
		}
		if (entry->fwmark != 0)
			conf_warning(conf, place,
				"'lb_kind %s' cannot change the port: port %u of the %s is ignored",
				kind, port, what);
		else
			conf_warning(conf, place,
				"'lb_kind %s' cannot change the port: %u is used, the virtual "
				"server's, instead of %u",
				kind, entry->port, port);
		return entry->port;
	}
	return port;
}

static void judge_thresholds(struct conf *conf, struct conf_real_server *real)
{
	if (real->lthreshold <= real->uthreshold)
		return;
	if (real->uthreshold == 0)
		conf_error(conf, &real->lthreshold_place,
			"'lthreshold' has no meaning without a 'uthreshold', and the kernel "
			"refuses it");
	else
		conf_error(conf, &real->lthreshold_place,
			"'lthreshold' %u is more than 'uthreshold', %u, which the kernel refuses",
			real->lthreshold, real->uthreshold);
	real->lthreshold = 0;
}

static void judge_sorry(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_sorry_server *sorry = &server->sorry;
	if (sorry->address.family == 0) {
		const struct conf_place *place =
			sorry->inhibit ? &sorry->inhibit_place : &sorry->method.place;
		if (sorry->inhibit || sorry->method.given)
			conf_warning(conf, place, "there is no 'sorry_server' that this is for");
		return;
	}
	sorry->port = port_of(
		conf, server, "sorry server", &server->sorry_place, sorry->port, &sorry->method);
	if (!good_family(conf, server, "sorry server", &server->sorry_place, &sorry->address,
		    &sorry->method))
		sorry->address = (struct proto_addr){0};
}

void conf_validate_forwarding(struct conf *conf, struct conf_virtual_server *server)
{
	struct conf_real_server *real, *next;
	for (real = TAILQ_FIRST(&server->real_servers); real != NULL; real = next) {
		next = TAILQ_NEXT(real, entry);
		real->port = port_of(
			conf, server, "real server", &real->place, real->port, &real->method);
		judge_thresholds(conf, real);
		if (!good_family(conf, server, "real server", &real->place, &real->address,
			    &real->method) &&
			conf->lenient)
			TAILQ_REMOVE(&server->real_servers, real, entry);
	}
	judge_sorry(conf, server);
}
