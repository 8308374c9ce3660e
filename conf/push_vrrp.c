/* The items for vrrpd: what is tracked, then instances with all that belongs to them, then groups.
 */
#include <string.h>

#include "conf/push.h"
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

static uint16_t put_script_tracks(const struct conf *conf, const struct conf_instance *instance,
	uint32_t index, struct conf_items *items)
{
	const struct conf_script *script;
	const struct conf_track *track;
	uint16_t count = 0;

	TAILQ_FOREACH(track, &instance->track_scripts, entry)
	{
		struct conf_vrrp_track_script item = {
			.instance = index, .script = script_number(conf, track->name, &script)};
		bool reverse = false;
		if (script == NULL)
			continue;
		item.weight = (int16_t)conf_track_weight(track, script, &reverse);
		item.reverse = reverse;
		conf_items_put(items, CONF_VRRP_TRACK_SCRIPT)->track_script = item;
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

static uint16_t put_things(const struct conf *conf, const struct conf_tracks *tracks,
	uint32_t index, struct conf_items *items)
{
	const struct conf_track *track;
	uint16_t count = 0;

	TAILQ_FOREACH(track, tracks, entry)
	{
		struct conf_vrrp_track item = {.instance = index};
		item.tracked = thing_number(conf, track, &item);
		if (item.tracked == UINT32_MAX)
			continue;
		conf_items_put(items, CONF_VRRP_TRACK)->track = item;
		count++;
	}
	return count;
}

static void put_instance(const struct conf *conf, const struct conf_instance *instance,
	uint32_t index, struct conf_items *items)
{
	struct conf_vrrp_instance *head = &conf_items_put(items, CONF_VRRP_INSTANCE)->instance;
	const struct conf_address *address;
	const struct conf_peer *peer;
	const struct conf_track *track;

	*head = instance_item(instance);
	TAILQ_FOREACH(address, &instance->addresses, entry)
	{
		if (!is_sent(instance, address))
			continue;
		conf_items_put(items, CONF_VRRP_ADDRESS)->address = address_item(address, index);
		head->addresses++;
	}
	TAILQ_FOREACH(peer, &instance->peers, entry)
	{
		conf_items_put(items, CONF_VRRP_PEER)->peer =
			(struct conf_vrrp_peer){.instance = index,
				.address = peer->address,
				.min_ttl = peer->min_ttl,
				.max_ttl = peer->max_ttl};
		head->peers++;
	}
	TAILQ_FOREACH(track, &instance->track_interfaces, entry)
	{
		if (!is_tracked(instance, track))
			continue;
		conf_items_put(items, CONF_VRRP_TRACK_INTERFACE)->track_interface =
			track_item(track, index);
		head->tracked_interfaces++;
	}
	head->tracked_scripts = put_script_tracks(conf, instance, index, items);
	head->tracked_things = put_things(conf, &instance->track_files, index, items);
	head->tracked_things =
		(uint16_t)(head->tracked_things +
			   put_things(conf, &instance->track_processes, index, items));
}

static void put_instances(const struct conf *conf, struct conf_items *items)
{
	const struct conf_instance *instance;
	uint32_t index = 0;

	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (!instance->not_implemented)
			put_instance(conf, instance, index++, items);
	}
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

/* Groups that have a member which is run. */
static void put_groups(const struct conf *conf, struct conf_items *items)
{
	const struct conf_group *group;
	const struct conf_member *member;
	uint32_t index = 0;

	TAILQ_FOREACH(group, &conf->groups, entry)
	{
		uint32_t members = members_count(group);
		if (members == 0)
			continue;
		struct conf_vrrp_group *head = &conf_items_put(items, CONF_VRRP_GROUP)->group;
		head->members = members;
		proto_string_set(head->name, sizeof(head->name), group->name);
		TAILQ_FOREACH(member, &group->members, entry)
		{
			if (member->instance->not_implemented)
				continue;
			conf_items_put(items, CONF_VRRP_MEMBER)->member =
				(struct conf_vrrp_member){.group = index,
					.instance = instance_number(conf, member->instance)};
		}
		index++;
	}
}

static void put_scripts(const struct conf *conf, struct conf_items *items)
{
	const struct conf_script *script;

	TAILQ_FOREACH(script, &conf->scripts, entry)
	{
		if (!script->tracked)
			continue;
		struct conf_vrrp_script *item = &conf_items_put(items, CONF_VRRP_SCRIPT)->script;
		proto_string_set(item->name, sizeof(item->name), script->name);
	}
}

static void put_thing(struct conf_items *items, enum proto_tracked kind, const char *name)
{
	struct conf_vrrp_tracked *item = &conf_items_put(items, CONF_VRRP_TRACKED)->tracked;

	item->kind = kind;
	proto_string_set(item->name, sizeof(item->name), name);
}

/* Files, then processes. */
static void put_tracked(const struct conf *conf, struct conf_items *items)
{
	const struct conf_track_file *file;
	const struct conf_track_process *process;

	TAILQ_FOREACH(file, &conf->track_files, entry)
	put_thing(items, TRACKED_FILE, file->name);
	TAILQ_FOREACH(process, &conf->track_processes, entry)
	put_thing(items, TRACKED_PROCESS, process->name);
}

void conf_push_vrrp(const struct conf *conf, struct conf_items *items)
{
	conf_items_put(items, CONF_VRRP_GLOBAL)->global = (struct conf_vrrp_global){
		.startup_delay_ms = (uint32_t)(conf->global.startup_delay_us / 1000),
		.garp_interval_us = (uint32_t)conf->global.garp_interval_us,
		.gna_interval_us = (uint32_t)conf->global.gna_interval_us,
	};
	put_scripts(conf, items);
	put_tracked(conf, items);
	put_instances(conf, items);
	put_groups(conf, items);
}
