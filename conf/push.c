#include "conf/conf_push.h"

#include <stdlib.h>
#include <string.h>

#include "conf/push_check.h"
#include "conf/push_ipvs.h"
#include "conf/stage.h"

static uint32_t flags_of(const struct conf_instance *instance)
{
	const struct {
		bool set;
		uint32_t flag;
	} flags[] = {
		{instance->nopreempt, CONF_VRRP_NOPREEMPT},
		{instance->unicast, CONF_VRRP_UNICAST},
		{instance->dont_track_primary, CONF_VRRP_DONT_TRACK_PRIMARY},
		{instance->check_unicast_src, CONF_VRRP_CHECK_UNICAST_SRC},
		{instance->skip_check_adv_addr == CONF_ON, CONF_VRRP_SKIP_CHECK_ADV_ADDR},
		{instance->lower_prio_no_advert == CONF_ON, CONF_VRRP_LOWER_PRIO_NO_ADVERT},
		{instance->higher_prio_send_advert == CONF_ON, CONF_VRRP_HIGHER_PRIO_SEND_ADVERT},
		{instance->strict == CONF_ON, CONF_VRRP_STRICT},
		{instance->checksum_as_v2 == CONF_ON, CONF_VRRP_CHECKSUM_AS_V2},
		{instance->track_src_ip, CONF_VRRP_TRACK_SRC_IP},
	};
	uint32_t result = 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].set)
			result |= flags[i].flag;
	return result;
}

/* Only addresses of the instance's family are sent: this version runs IPv4. */
static bool is_sent(const struct conf_instance *instance, const struct conf_address *address)
{
	return address->address.family == instance->family;
}

/* An instance's own interface is tracked anyway (or, by dont_track_primary, not at all). */
static bool is_tracked(const struct conf_instance *instance, const struct conf_track *track)
{
	return strcmp(track->name, instance->ifname) != 0;
}

static struct conf_vrrp_instance instance_item(const struct conf_instance *instance)
{
	const struct conf_address *address;
	const struct conf_peer *peer;
	const struct conf_track *track;
	struct conf_vrrp_instance item = {
		.flags = flags_of(instance),
		.family = instance->family,
		.vrid = (uint8_t)instance->vrid,
		.priority = (uint8_t)instance->priority,
		.version = (uint8_t)instance->version,
		.advert_int_cs = (uint16_t)(instance->advert_int_us / 10000),
		.auth_type = instance->auth_type,
		.unicast_ttl = (uint8_t)instance->unicast_ttl,
		.preempt_delay_ms = (uint32_t)(instance->preempt_delay_us / 1000),
		.down_timer_adverts = (uint16_t)instance->down_timer_adverts,
		.garp_delay_ms = instance->garp_delay_s * 1000,
		.garp_repeat = instance->garp_repeat,
		.garp_refresh_ms = instance->garp_refresh_s * 1000,
		.garp_refresh_repeat = instance->garp_refresh_repeat,
		.garp_lower_prio_delay_ms = instance->garp_lower_prio_delay_s * 1000,
		.garp_lower_prio_repeat = instance->garp_lower_prio_repeat,
		.source = instance->source,
		.group = instance->mcast_dst,
	};
	proto_string_set(item.name, sizeof(item.name), instance->name);
	proto_string_set(item.ifname, sizeof(item.ifname), instance->ifname);
	memcpy(item.auth_data, instance->auth_data, sizeof(item.auth_data));
	TAILQ_FOREACH(address, &instance->addresses, entry)
	item.addresses += is_sent(instance, address);
	TAILQ_FOREACH(peer, &instance->peers, entry)
	item.peers++;
	TAILQ_FOREACH(track, &instance->track_interfaces, entry)
	item.tracked_interfaces += is_tracked(instance, track);
	return item;
}

static struct conf_vrrp_address address_item(const struct conf_address *address, uint32_t index)
{
	struct conf_vrrp_address item = {
		.instance = index,
		.flags = (address->excluded ? CONF_ADDRESS_EXCLUDED : 0u) |
			 (address->no_track ? CONF_ADDRESS_NO_TRACK : 0u),
		.address = address->address,
		.broadcast = address->broadcast,
		.prefixlen = address->prefixlen,
		.scope = address->scope,
	};
	proto_string_set(item.ifname, sizeof(item.ifname), address->ifname);
	proto_string_set(item.label, sizeof(item.label), address->label);
	return item;
}

static struct conf_vrrp_track_interface track_item(const struct conf_track *track, uint32_t index)
{
	struct conf_vrrp_track_interface item = {
		.instance = index,
		.weight = (int16_t)track->weight,
		.reverse = track->reverse,
	};
	proto_string_set(item.ifname, sizeof(item.ifname), track->name);
	return item;
}

/* The number of a script as all processes count it, which leaves out what nobody tracks; *script is
 * NULL when there is none of this name (in lenient mode). */
static uint32_t script_number(
	const struct conf *conf, const char *name, const struct conf_script **script)
{
	uint32_t number = 0;

	TAILQ_FOREACH(*script, &conf->scripts, entry)
	{
		if (strcmp((*script)->name, name) == 0)
			break;
		number += (*script)->tracked;
	}
	return number;
}

static size_t put_script_tracks(const struct conf *conf, const struct conf_instance *instance,
	uint32_t index, struct conf_item *items)
{
	const struct conf_script *script;
	const struct conf_track *track;
	size_t count = 0;

	TAILQ_FOREACH(track, &instance->track_scripts, entry)
	{
		struct conf_vrrp_track_script item = {
			.instance = index, .script = script_number(conf, track->name, &script)};
		bool reverse = false;
		if (script == NULL)
			continue;
		item.weight = (int16_t)conf_track_weight(track, script, &reverse);
		item.reverse = reverse;
		if (items != NULL) {
			items[count].type = CONF_VRRP_TRACK_SCRIPT;
			items[count].body.track_script = item;
		}
		count++;
	}
	return count;
}

/* The place of a file or process among all that are sent; UINT32_MAX: there is none (in lenient
 * mode). */
static uint32_t thing_number(
	const struct conf *conf, const struct conf_track *track, struct conf_vrrp_track *item)
{
	const struct conf_track_file *file;
	const struct conf_track_process *process;
	bool reverse = false;
	uint32_t number = 0;

	TAILQ_FOREACH(file, &conf->track_files, entry)
	{
		if (track->kind == CONF_TRACK_FILE && strcmp(file->name, track->name) == 0) {
			item->weight = (int16_t)conf_track_weight_or(
				track, file->weight, file->reverse, &reverse);
			item->reverse = reverse;
			return number;
		}
		number++;
	}
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	{
		if (track->kind == CONF_TRACK_PROCESS && strcmp(process->name, track->name) == 0) {
			item->weight = (int16_t)conf_track_weight_or(
				track, process->weight, process->reverse, &reverse);
			item->reverse = reverse;
			return number;
		}
		number++;
	}
	return UINT32_MAX;
}

static size_t put_things(const struct conf *conf, const struct conf_tracks *tracks, uint32_t index,
	struct conf_item *items)
{
	const struct conf_track *track;
	size_t count = 0;

	TAILQ_FOREACH(track, tracks, entry)
	{
		struct conf_vrrp_track item = {.instance = index};
		item.tracked = thing_number(conf, track, &item);
		if (item.tracked == UINT32_MAX)
			continue;
		if (items != NULL) {
			items[count].type = CONF_VRRP_TRACK;
			items[count].body.track = item;
		}
		count++;
	}
	return count;
}

/* The items of one instance; returns their number. With items NULL they are only counted. */
static size_t put_instance(const struct conf *conf, const struct conf_instance *instance,
	uint32_t index, struct conf_item *items)
{
	const struct conf_address *address;
	const struct conf_peer *peer;
	const struct conf_track *track;
	struct conf_vrrp_instance head = instance_item(instance);
	head.tracked_scripts = (uint16_t)put_script_tracks(conf, instance, index, NULL);
	size_t files = put_things(conf, &instance->track_files, index, NULL);
	head.tracked_things =
		(uint16_t)(files + put_things(conf, &instance->track_processes, index, NULL));
	size_t count = 1u + head.addresses + head.peers + head.tracked_interfaces +
		       head.tracked_scripts + head.tracked_things;
	if (items == NULL)
		return count;
	items->type = CONF_VRRP_INSTANCE;
	items++->body.instance = head;
	TAILQ_FOREACH(address, &instance->addresses, entry)
	{
		if (!is_sent(instance, address))
			continue;
		items->type = CONF_VRRP_ADDRESS;
		items++->body.address = address_item(address, index);
	}
	TAILQ_FOREACH(peer, &instance->peers, entry)
	{
		items->type = CONF_VRRP_PEER;
		items++->body.peer = (struct conf_vrrp_peer){.instance = index,
			.address = peer->address,
			.min_ttl = peer->min_ttl,
			.max_ttl = peer->max_ttl};
	}
	TAILQ_FOREACH(track, &instance->track_interfaces, entry)
	{
		if (!is_tracked(instance, track))
			continue;
		items->type = CONF_VRRP_TRACK_INTERFACE;
		items++->body.track_interface = track_item(track, index);
	}
	items += put_script_tracks(conf, instance, index, items);
	put_things(conf, &instance->track_files, index, items);
	put_things(conf, &instance->track_processes, index, items + files);
	return count;
}

static size_t put_instances(const struct conf *conf, struct conf_item *items)
{
	const struct conf_instance *instance;
	uint32_t index = 0;
	size_t count = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (instance->not_implemented)
			continue;
		count +=
			put_instance(conf, instance, index++, items != NULL ? items + count : NULL);
	}
	return count;
}

/* The number of an instance as vrrpd counts them. */
static uint32_t instance_number(const struct conf *conf, const struct conf_instance *wanted)
{
	const struct conf_instance *instance;
	uint32_t number = 0;

	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (instance == wanted)
			break;
		number += !instance->not_implemented;
	}
	return number;
}

static uint32_t members_count(const struct conf_group *group)
{
	const struct conf_member *member;
	uint32_t count = 0;

	TAILQ_FOREACH(member, &group->members, entry)
	count += !member->instance->not_implemented;
	return count;
}

/* Groups that have a member which is run. With items NULL they are only counted. */
static size_t put_groups(const struct conf *conf, struct conf_item *items)
{
	const struct conf_group *group;
	const struct conf_member *member;
	uint32_t index = 0;
	size_t count = 0;

	TAILQ_FOREACH(group, &conf->groups, entry)
	{
		struct conf_vrrp_group head = {.members = members_count(group)};
		if (head.members == 0)
			continue;
		count += 1u + head.members;
		if (items == NULL)
			continue;
		proto_string_set(head.name, sizeof(head.name), group->name);
		items->type = CONF_VRRP_GROUP;
		items++->body.group = head;
		TAILQ_FOREACH(member, &group->members, entry)
		{
			if (member->instance->not_implemented)
				continue;
			items->type = CONF_VRRP_MEMBER;
			items++->body.member = (struct conf_vrrp_member){.group = index,
				.instance = instance_number(conf, member->instance)};
		}
		index++;
	}
	return count;
}

static size_t scripts_count(const struct conf *conf)
{
	const struct conf_script *script;
	size_t count = 0;
	TAILQ_FOREACH(script, &conf->scripts, entry)
	count += script->tracked;
	return count;
}

static void put_scripts(const struct conf *conf, struct conf_item *items)
{
	const struct conf_script *script;
	TAILQ_FOREACH(script, &conf->scripts, entry)
	{
		if (!script->tracked)
			continue;
		items->type = CONF_VRRP_SCRIPT;
		proto_string_set(
			items->body.script.name, sizeof(items->body.script.name), script->name);
		items++;
	}
}

/* Files, then processes; returns their number. With items NULL they are only counted. */
static size_t put_tracked(const struct conf *conf, struct conf_item *items)
{
	const struct conf_track_file *file;
	const struct conf_track_process *process;
	size_t count = 0;

	TAILQ_FOREACH(file, &conf->track_files, entry)
	{
		if (items != NULL) {
			items[count].type = CONF_VRRP_TRACKED;
			items[count].body.tracked.kind = TRACKED_FILE;
			proto_string_set(
				items[count].body.tracked.name, PROTO_NAME_LEN, file->name);
		}
		count++;
	}
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	{
		if (items != NULL) {
			items[count].type = CONF_VRRP_TRACKED;
			items[count].body.tracked.kind = TRACKED_PROCESS;
			proto_string_set(
				items[count].body.tracked.name, PROTO_NAME_LEN, process->name);
		}
		count++;
	}
	return count;
}

static struct conf_item *vrrp_items(const struct conf *conf, size_t *count)
{
	size_t scripts = scripts_count(conf);
	size_t instances = put_instances(conf, NULL);
	size_t tracked = put_tracked(conf, NULL);
	size_t total = 1 + scripts + tracked + instances + put_groups(conf, NULL);
	struct conf_item *items = calloc(total, sizeof(*items));
	if (items == NULL)
		return NULL;
	items[0].type = CONF_VRRP_GLOBAL;
	items[0].body.global = (struct conf_vrrp_global){
		.startup_delay_ms = (uint32_t)(conf->global.startup_delay_us / 1000),
		.garp_interval_us = (uint32_t)conf->global.garp_interval_us,
		.gna_interval_us = (uint32_t)conf->global.gna_interval_us,
	};
	put_scripts(conf, items + 1);
	put_tracked(conf, items + 1 + scripts);
	put_instances(conf, items + 1 + scripts + tracked);
	put_groups(conf, items + 1 + scripts + tracked + instances);
	*count = total;
	return items;
}

struct conf_item *conf_items(const struct conf *conf, enum proto_process process, size_t *count)
{
	*count = 0;
	if (process == PROTO_VRRP)
		return vrrp_items(conf, count);
	if (process == PROTO_CHECK)
		return conf_check_items(conf, count);
	if (process == PROTO_IPVS)
		return conf_ipvs_items(conf, count);
	return NULL;
}
