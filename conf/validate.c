#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "proto/state_page.h"

/* What this version cannot run is said once for each kind, at the first instance. */
static void say_not_implemented(struct conf *conf, bool (*is_kind)(const struct conf_instance *),
	const char *kind, const char *advice)
{
	const struct conf_instance *first = NULL;
	const struct conf_instance *instance;
	unsigned count = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (!is_kind(instance))
			continue;
		count++;
		if (first == NULL)
			first = instance;
	}
	if (first == NULL)
		return;
	conf->ignored += count;
	if (count == 1)
		conf_warning(conf, &first->place,
			"%s is not implemented yet: vrrp_instance '%s' is not run%s", kind,
			first->name, advice);
	else
		conf_warning(conf, &first->place,
			"%s is not implemented yet: vrrp_instance '%s' and %u others are not run%s",
			kind, first->name, count - 1, advice);
}

static bool is_ipv6(const struct conf_instance *instance)
{
	return instance->family == AF_INET6;
}

static bool is_ah(const struct conf_instance *instance)
{
	return instance->family == AF_INET && instance->auth_type == 2;
}

static bool is_firewalled(const struct conf_instance *instance)
{
	return instance->accept == CONF_OFF && instance->priority != 255 &&
	       !instance->not_implemented;
}

/* Strict mode without 'accept' is the classic reason for an address that answers no ping. */
static void say_accept(struct conf *conf)
{
	const struct conf_instance *instance;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (!is_firewalled(instance))
			continue;
		const struct conf_place *place = instance->strict_place.file != NULL
							 ? &instance->strict_place
							 : &conf->global.strict_place;
		conf->ignored++;
		conf_warning(conf, place,
			"in strict mode keepalived drops every packet to the addresses, pings too, "
			"unless 'accept' is given: this dropping is not implemented yet, so the "
			"addresses answer");
		return;
	}
}

static void judge_instances(struct conf *conf)
{
	struct conf_instance *instance = TAILQ_FIRST(&conf->instances);
	while (instance != NULL) {
		struct conf_instance *next = TAILQ_NEXT(instance, entry);
		bool runnable = true;
		conf_validate_instance(conf, instance, &runnable);
		if (!runnable && conf->lenient)
			TAILQ_REMOVE(&conf->instances, instance, entry);
		instance = next;
	}
}

/* The state page has room for so many. */
static void judge_numbers(struct conf *conf)
{
	const struct conf_instance *instance;
	const struct conf_address *address;
	unsigned instances = 0;
	unsigned addresses = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (++instances == STATE_VRRP_INSTANCES + 1)
			conf_error(conf, &instance->place, "more than %d instances",
				STATE_VRRP_INSTANCES);
		TAILQ_FOREACH(address, &instance->addresses, entry)
		if (++addresses == STATE_VRRP_ADDRESSES + 1)
			conf_error(conf, &address->place, "more than %d addresses",
				STATE_VRRP_ADDRESSES);
	}
}

void conf_validate(struct conf *conf, const struct conf_host *host)
{
	judge_instances(conf);
	conf_validate_duplicates(conf);
	judge_numbers(conf);
	say_not_implemented(conf, is_ipv6, "IPv6", "");
	say_not_implemented(
		conf, is_ah, "'auth_type AH'", "; 'auth_type PASS', or none at all, is");
	say_accept(conf);
	conf_validate_groups(conf);
	conf_validate_tracking(conf);
	conf_validate_tracked(conf);
	conf_spread_tracks(conf);
	if (host != NULL && host->known)
		conf_validate_host(conf, host);
	conf_validate_services(conf);
	conf_say_untracked(conf);
	conf_validate_mail(conf);
}
