/* Sync groups: who belongs to them, how alike the members are, and which trackers they keep. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/finding.h"
#include "conf/names.h"
#include "conf/stage.h"
#include "conf/value.h"

/* ---- members ---- */

static struct conf_names collect_names(struct conf *conf)
{
	struct conf_instance *instance;
	size_t count = 0;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	count++;
	struct conf_names names = conf_names_new(count);
	TAILQ_FOREACH(instance, &conf->instances, entry)
	conf_names_add(&names, instance->name, &instance->place, instance);
	conf_names_sort(&names);
	return names;
}

/* False, with a finding, when it cannot be one. */
static bool join(struct conf *conf, const struct conf_names *names, const struct conf_group *group,
	struct conf_member *member)
{
	const struct conf_named *named = conf_names_find(names, member->name);
	struct conf_instance *instance = named == NULL ? NULL : named->thing;
	const char *nearest = named == NULL ? conf_names_nearest(names, member->name) : NULL;
	if (instance == NULL && nearest != NULL)
		conf_error(conf, &member->place,
			"there is no vrrp_instance '%s'; did you mean '%s'?", member->name,
			nearest);
	else if (instance == NULL)
		conf_error(conf, &member->place,
			"there is no vrrp_instance '%s': write one at the top level, or take the "
			"name out of the group",
			member->name);
	else if (instance->group == group)
		conf_error(
			conf, &member->place, "'%s' is listed twice in this group", member->name);
	else if (instance->group != NULL)
		conf_error(conf, &member->place,
			"'%s' is in vrrp_sync_group '%s' (line %u) already: an instance belongs to "
			"one group at most",
			member->name, instance->group->name, instance->group->place.line);
	else {
		member->instance = instance;
		instance->group = group;
		return true;
	}
	return false;
}

static void judge_members(
	struct conf *conf, const struct conf_names *names, struct conf_group *group)
{
	struct conf_member *member = TAILQ_FIRST(&group->members);
	if (member == NULL)
		conf_error(conf, &group->place,
			"vrrp_sync_group '%s' has no members: name instances in 'group { … }'",
			group->name);
	while (member != NULL) {
		struct conf_member *next = TAILQ_NEXT(member, entry);
		if (!join(conf, names, group, member))
			TAILQ_REMOVE(&group->members, member, entry);
		member = next;
	}
	member = TAILQ_FIRST(&group->members);
	if (member != NULL && TAILQ_NEXT(member, entry) == NULL)
		conf_warning(conf, &group->place,
			"vrrp_sync_group '%s' has only one member, '%s': a group is meant for "
			"instances that change their states together",
			group->name, member->name);
}

/* Those before it that are left have members, so they are few. */
static bool is_repeated(const struct conf *conf, const struct conf_group *group)
{
	const struct conf_group *other;
	TAILQ_FOREACH(other, &conf->groups, entry)
	{
		if (other == group)
			return false;
		if (strcmp(other->name, group->name) == 0)
			return true;
	}
	return false;
}

/* ---- how alike they are ---- */

static const struct conf_place *place_or(
	const struct conf_place *place, const struct conf_instance *instance)
{
	return place->file != NULL ? place : &instance->place;
}

static void judge_priority(struct conf *conf, const struct conf_group *group,
	const struct conf_instance *first, const struct conf_instance *other)
{
	const struct conf_place *place = place_or(&other->priority_place, other);
	if ((first->priority == 255) != (other->priority == 255))
		conf_warning(conf, place,
			"vrrp_sync_group '%s': '%s' has priority %u and '%s' %u: either all "
			"members own their addresses (255) or none does",
			group->name, first->name, first->priority, other->name, other->priority);
	else if (first->priority != other->priority)
		conf_warning(conf, place,
			"vrrp_sync_group '%s': '%s' has priority %u and '%s' %u: when the other "
			"node is between them the group is master on neither or changes sides; "
			"give all members one priority",
			group->name, first->name, first->priority, other->name, other->priority);
}

static void judge_interval(struct conf *conf, const struct conf_group *group,
	const struct conf_instance *first, const struct conf_instance *other)
{
	char one[VALUE_SECONDS_LEN];
	char two[VALUE_SECONDS_LEN];
	if (first->advert_int_us != other->advert_int_us)
		conf_warning(conf, place_or(&other->advert_int_place, other),
			"vrrp_sync_group '%s': 'advert_int' of '%s' is %s and of '%s' %s: the "
			"group takes over no sooner than its slowest member would",
			group->name, first->name, value_seconds_text(first->advert_int_us, one),
			other->name, value_seconds_text(other->advert_int_us, two));
}

static void judge_preemption(struct conf *conf, const struct conf_group *group,
	const struct conf_instance *first, const struct conf_instance *other)
{
	if (first->nopreempt != other->nopreempt)
		conf_warning(conf,
			place_or(first->nopreempt ? &first->nopreempt_place
						  : &other->nopreempt_place,
				other),
			"vrrp_sync_group '%s': 'nopreempt' of '%s' keeps '%s' from preempting "
			"too",
			group->name, first->nopreempt ? first->name : other->name,
			first->nopreempt ? other->name : first->name);
	else if (first->preempt_delay_us != other->preempt_delay_us)
		conf_warning(conf, place_or(&other->preempt_delay_place, other),
			"vrrp_sync_group '%s': 'preempt_delay' of '%s' and '%s' differ: the group "
			"waits for the longer",
			group->name, first->name, other->name);
}

/* Each thing is said of the first member that differs. */
static void judge_alike(struct conf *conf, const struct conf_group *group,
	void (*judge)(struct conf *conf, const struct conf_group *group,
		const struct conf_instance *first, const struct conf_instance *other))
{
	const struct conf_member *first = TAILQ_FIRST(&group->members);
	const struct conf_member *other;
	unsigned before = conf->warnings;
	if (first == NULL)
		return;
	for (other = TAILQ_NEXT(first, entry); other != NULL && conf->warnings == before;
		other = TAILQ_NEXT(other, entry))
		judge(conf, group, first->instance, other->instance);
}

/* ---- trackers ---- */

static bool has_owner(const struct conf_group *group)
{
	const struct conf_member *member;
	TAILQ_FOREACH(member, &group->members, entry)
	if (member->instance->priority == 255)
		return true;
	return false;
}

static void clear_weight(struct conf_track *track)
{
	track->weight = 0;
	track->weight_given = true;
}

static bool has_weight(const struct conf *conf, const struct conf_track *track)
{
	bool reverse;
	return conf_weight_of(conf, track, &reverse) != 0;
}

/* Members that have a tracker with a weight of its own do not keep it. */
static void take_tracks(struct conf *conf, const struct conf_group *group,
	const struct conf_instance *instance, struct conf_tracks *tracks)
{
	struct conf_track *track = TAILQ_FIRST(tracks);
	while (track != NULL) {
		struct conf_track *next = TAILQ_NEXT(track, entry);
		if (has_weight(conf, track)) {
			TAILQ_REMOVE(tracks, track, entry);
			conf_warning(conf, &track->place,
				"'%s' has a weight, and '%s' is in vrrp_sync_group '%s': it is not "
				"tracked, as in keepalived; track it in the group, or give the "
				"group 'sync_group_tracking_weight'",
				track->name, instance->name, group->name);
		}
		track = next;
	}
}

/* Of files it is only what the instance says itself; that of the file counts as 0. */
static void take_files(
	struct conf *conf, const struct conf_group *group, struct conf_instance *instance)
{
	struct conf_track *track;
	TAILQ_FOREACH(track, &instance->track_files, entry)
	{
		if (track->weight_given || !has_weight(conf, track))
			continue;
		clear_weight(track);
		conf_warning(conf, &track->place,
			"'%s' is in vrrp_sync_group '%s': the weight of '%s' counts as 0, as in "
			"keepalived, so that any number but 0 is FAULT; track it in the group, or "
			"give the group 'sync_group_tracking_weight'",
			instance->name, group->name, track->name);
	}
	take_tracks(conf, group, instance, &instance->track_files);
}

/* keepalived's way with members that have weights of their own: scripts are no longer tracked, and
 * the loss of an interface is FAULT. */
static void take_weights(
	struct conf *conf, const struct conf_group *group, struct conf_instance *instance)
{
	struct conf_track *track;
	take_tracks(conf, group, instance, &instance->track_scripts);
	take_tracks(conf, group, instance, &instance->track_processes);
	take_files(conf, group, instance);
	TAILQ_FOREACH(track, &instance->track_interfaces, entry)
	{
		if (track->weight == 0)
			continue;
		clear_weight(track);
		conf_warning(conf, &track->place,
			"'%s' is in vrrp_sync_group '%s': the weight of '%s' counts as 0, as in "
			"keepalived, so that its loss is FAULT; track it in the group, or give the "
			"group 'sync_group_tracking_weight'",
			instance->name, group->name, track->name);
	}
}

static bool has_weighted(
	const struct conf *conf, const struct conf_tracks *tracks, const char *name)
{
	const struct conf_track *track;
	TAILQ_FOREACH(track, tracks, entry)
	if (strcmp(track->name, name) == 0 && has_weight(conf, track))
		return true;
	return false;
}

static void judge_alone(struct conf *conf, const struct conf_group *group,
	const struct conf_instance *instance, const struct conf_tracks *tracks,
	const struct conf_tracks *others)
{
	const struct conf_track *track;
	TAILQ_FOREACH(track, tracks, entry)
	{
		if (has_weight(conf, track) && !has_weighted(conf, others, track->name))
			conf_warning(conf, &track->place,
				"'%s' changes the priority of '%s' alone, and vrrp_sync_group '%s' "
				"moves only to a node that is better for all members: track it in "
				"the group",
				track->name, instance->name, group->name);
	}
}

/* Members that keep their weights should have the same; each is compared with one of the others. */
static void judge_own_weights(struct conf *conf, const struct conf_group *group)
{
	const struct conf_member *first = TAILQ_FIRST(&group->members);
	const struct conf_member *member;
	TAILQ_FOREACH(member, &group->members, entry)
	{
		const struct conf_member *other =
			member == first ? TAILQ_NEXT(first, entry) : first;
		if (other == NULL)
			return;
		const struct conf_instance *a = member->instance;
		const struct conf_instance *b = other->instance;
		judge_alone(conf, group, a, &a->track_scripts, &b->track_scripts);
		judge_alone(conf, group, a, &a->track_interfaces, &b->track_interfaces);
		judge_alone(conf, group, a, &a->track_files, &b->track_files);
		judge_alone(conf, group, a, &a->track_processes, &b->track_processes);
	}
}

static void clear_weights(
	struct conf *conf, const struct conf_group *group, struct conf_tracks *tracks)
{
	struct conf_track *track;
	TAILQ_FOREACH(track, tracks, entry)
	{
		if (!has_weight(conf, track))
			continue;
		clear_weight(track);
		conf_warning(conf, &track->place,
			"a member of vrrp_sync_group '%s' has priority 255, which never changes: "
			"the weight of '%s' counts as 0, so that its failure is FAULT",
			group->name, track->name);
	}
}

static void judge_weights(struct conf *conf, struct conf_group *group)
{
	struct conf_member *member;
	TAILQ_FOREACH(member, &group->members, entry)
	if (!group->tracking_weight)
		take_weights(conf, group, member->instance);
	if (group->tracking_weight)
		judge_own_weights(conf, group);
	if (!has_owner(group))
		return;
	clear_weights(conf, group, &group->track_scripts);
	clear_weights(conf, group, &group->track_interfaces);
	clear_weights(conf, group, &group->track_files);
	clear_weights(conf, group, &group->track_processes);
}

void conf_validate_groups(struct conf *conf)
{
	struct conf_group *group = TAILQ_FIRST(&conf->groups);
	struct conf_names names = collect_names(conf);
	while (group != NULL) {
		struct conf_group *next = TAILQ_NEXT(group, entry);
		if (is_repeated(conf, group)) {
			conf_error(conf, &group->place, "there is a vrrp_sync_group '%s' already",
				group->name);
			TAILQ_REMOVE(&conf->groups, group, entry);
			group = next;
			continue;
		}
		judge_members(conf, &names, group);
		if (TAILQ_EMPTY(&group->members))
			TAILQ_REMOVE(&conf->groups, group, entry);
		judge_alike(conf, group, judge_priority);
		judge_alike(conf, group, judge_interval);
		judge_alike(conf, group, judge_preemption);
		judge_weights(conf, group);
		group = next;
	}
	free(names.list);
}

/* ---- what the group tracks ---- */

static const struct conf_track *find_track(const struct conf_tracks *tracks, const char *name)
{
	const struct conf_track *track;
	TAILQ_FOREACH(track, tracks, entry)
	if (strcmp(track->name, name) == 0)
		return track;
	return NULL;
}

static void spread(struct conf *conf, const struct conf_group *group,
	const struct conf_tracks *tracks, const struct conf_instance *instance,
	struct conf_tracks *own)
{
	const struct conf_track *track;
	TAILQ_FOREACH(track, tracks, entry)
	{
		const struct conf_track *already = find_track(own, track->name);
		if (already != NULL) {
			if (!already->of_group)
				conf_warning(conf, &already->place,
					"vrrp_sync_group '%s' tracks '%s' for all its members: "
					"what stands "
					"here counts for '%s'",
					group->name, track->name, instance->name);
			continue;
		}
		struct conf_track *copy = conf_arena_alloc(conf->arena, sizeof(*copy));
		*copy = *track;
		copy->of_group = true;
		TAILQ_INSERT_TAIL(own, copy, entry);
	}
}

void conf_spread_tracks(struct conf *conf)
{
	struct conf_group *group;
	struct conf_member *member;
	TAILQ_FOREACH(group, &conf->groups, entry)
	TAILQ_FOREACH(member, &group->members, entry)
	{
		struct conf_instance *instance = member->instance;
		spread(conf, group, &group->track_scripts, instance, &instance->track_scripts);
		spread(conf, group, &group->track_interfaces, instance,
			&instance->track_interfaces);
		spread(conf, group, &group->track_files, instance, &instance->track_files);
		spread(conf, group, &group->track_processes, instance, &instance->track_processes);
	}
}
