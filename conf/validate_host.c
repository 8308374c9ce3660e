/* What the addresses of this host say about the configuration. */
#include <stdio.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

static bool is_virtual(const struct conf *conf, const struct proto_addr *address)
{
	const struct conf_instance *instance;
	const struct conf_address *other;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	TAILQ_FOREACH(other, &instance->addresses, entry)
	if (value_address_equal(&other->address, address))
		return true;
	return false;
}

/* Is the address within a subnet of the host, and on which interface? A node that is master has the
 * address itself, which says nothing. */
static const struct conf_subnet *subnet_of(
	const struct conf_host *host, const struct proto_addr *address)
{
	for (size_t i = 0; i < host->subnets_count; i++) {
		const struct conf_subnet *subnet = &host->subnets[i];
		if (value_address_equal(&subnet->address, address))
			continue;
		if (value_address_within(address, &subnet->address, subnet->prefixlen))
			return subnet;
	}
	return NULL;
}

static bool has_interface(const struct conf_host *host, const char *ifname)
{
	for (size_t i = 0; i < host->subnets_count; i++)
		if (strcmp(host->subnets[i].ifname, ifname) == 0)
			return true;
	return false;
}

static bool has_address(const struct conf_host *host, const struct proto_addr *address)
{
	for (size_t i = 0; i < host->subnets_count; i++)
		if (value_address_equal(&host->subnets[i].address, address))
			return true;
	return false;
}

static void judge_source(
	struct conf *conf, const struct conf_instance *instance, const struct conf_host *host)
{
	char text[VALUE_ADDRESS_LEN];
	const struct conf_place *place = instance->unicast_src_place.file != NULL
						 ? &instance->unicast_src_place
						 : &instance->source_place;
	if (instance->source.family == 0 || has_address(host, &instance->source))
		return;
	if (is_virtual(conf, &instance->source))
		conf_warning(conf, place,
			"%s is one of the virtual addresses: give an address that this node keeps",
			value_address_text(&instance->source, text));
	else
		conf_warning(conf, place,
			"%s is not an address of this host: the other nodes' answers will not "
			"arrive",
			value_address_text(&instance->source, text));
}

/* Addresses outside every subnet: the first stands for all, as there may be hundreds. */
struct outside {
	const struct conf_address *first;
	unsigned count;
};

static void judge_address(struct conf *conf, const struct conf_address *address,
	const struct conf_host *host, struct outside *outside)
{
	char text[VALUE_ADDRESS_LEN];
	if (!has_interface(host, address->ifname))
		return;
	const struct conf_subnet *subnet = subnet_of(host, &address->address);
	if (subnet == NULL) {
		if (outside->count++ == 0)
			outside->first = address;
	} else if (strcmp(subnet->ifname, address->ifname) != 0) {
		conf_warning(conf, &address->place,
			"%s is in the subnet of interface '%s', but goes on '%s'",
			value_address_text(&address->address, text), subnet->ifname,
			address->ifname);
	}
}

static void say_outside(struct conf *conf, const struct outside *outside)
{
	char text[VALUE_ADDRESS_LEN], more[48] = "";
	if (outside->count == 0)
		return;
	if (outside->count > 1)
		snprintf(more, sizeof(more), " (and so %s %u more)",
			outside->count == 2 ? "is" : "are", outside->count - 1);
	conf_warning(conf, &outside->first->place,
		"%s is outside every subnet of this host%s: clients on its networks will not find "
		"it",
		value_address_text(&outside->first->address, text), more);
}

static void say_missing(struct conf *conf, const struct conf_instance *instance)
{
	bool grouped = instance->group != NULL;
	conf_warning(conf, &instance->interface_place,
		"interface '%s' does not exist on this host or has no address: until it does, "
		"vrrp_instance '%s' is in FAULT%s%s%s",
		instance->ifname, instance->name,
		grouped ? ", and with it all of vrrp_sync_group '" : "",
		grouped ? instance->group->name : "", grouped ? "'" : "");
}

void conf_validate_host(struct conf *conf, const struct conf_host *host)
{
	const struct conf_instance *instance;
	const struct conf_address *address;
	struct outside outside = {0};
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (instance->ifname[0] != '\0' && !has_interface(host, instance->ifname))
			say_missing(conf, instance);
		judge_source(conf, instance, host);
		TAILQ_FOREACH(address, &instance->addresses, entry)
		judge_address(conf, address, host, &outside);
	}
	say_outside(conf, &outside);
}
