/* Scripts, what is tracked, and weights that move nothing. */
#include <stdlib.h>
#include <string.h>

#include "conf/finding.h"
#include "conf/names.h"
#include "conf/stage.h"

static unsigned clamp(int priority)
{
	return priority < 1 ? 1 : priority > 254 ? 254 : (unsigned)priority;
}

/* A positive weight is added while healthy, a negative one while failing; reverse negates. */
unsigned conf_priority_healthy(unsigned priority, int weight, bool reverse)
{
	return weight > 0 ? clamp((int)priority + (reverse ? -weight : weight)) : priority;
}

unsigned conf_priority_failed(unsigned priority, int weight, bool reverse)
{
	return weight < 0 ? clamp((int)priority + (reverse ? -weight : weight)) : priority;
}

const struct conf_script *conf_script_find(const struct conf *conf, const char *name)
{
	const struct conf_script *script;
	TAILQ_FOREACH(script, &conf->scripts, entry)
	if (strcmp(script->name, name) == 0)
		return script;
	return NULL;
}

int conf_track_weight(
	const struct conf_track *track, const struct conf_script *script, bool *reverse)
{
	return conf_track_weight_or(track, script == NULL ? track->weight : script->weight,
		script == NULL ? track->reverse : script->reverse, reverse);
}

int conf_track_weight_or(const struct conf_track *track, int weight, bool otherwise, bool *reverse)
{
	*reverse = track->reverse_given ? track->reverse : otherwise;
	return track->weight_given ? track->weight : weight;
}

static struct conf_names collect_scripts(struct conf *conf)
{
	struct conf_script *script;
	size_t count = 0;
	TAILQ_FOREACH(script, &conf->scripts, entry)
	count++;
	struct conf_names scripts = conf_names_new(count);
	TAILQ_FOREACH(script, &conf->scripts, entry)
	conf_names_add(&scripts, script->name, &script->place, script);
	conf_names_sort(&scripts);
	return scripts;
}

static void drop_tracks(struct conf_tracks *tracks, const char *name)
{
	struct conf_track *track = TAILQ_FIRST(tracks);
	while (track != NULL) {
		struct conf_track *next = TAILQ_NEXT(track, entry);
		if (strcmp(track->name, name) == 0)
			TAILQ_REMOVE(tracks, track, entry);
		track = next;
	}
}

void conf_drop_script(struct conf *conf, struct conf_script *script)
{
	struct conf_instance *instance;
	struct conf_group *group;
	conf_warning(conf, &script->place,
		"vrrp_script '%s' is left out: what tracks it runs without it, as in keepalived",
		script->name);
	TAILQ_FOREACH(instance, &conf->instances, entry)
	drop_tracks(&instance->track_scripts, script->name);
	TAILQ_FOREACH(group, &conf->groups, entry)
	drop_tracks(&group->track_scripts, script->name);
	TAILQ_REMOVE(&conf->scripts, script, entry);
}

static void judge_scripts(struct conf *conf, const struct conf_names *scripts)
{
	for (size_t i = 0; i < scripts->count; i++) {
		struct conf_script *script = scripts->list[i].thing;
		bool repeated = i > 0 && strcmp(scripts->list[i - 1].name, script->name) == 0;
		if (script->script.line == NULL)
			conf_error(conf, &script->place, "vrrp_script '%s' has no 'script'",
				script->name);
		if (repeated)
			conf_error(conf, &script->place,
				"there is a vrrp_script '%s' on line %u already", script->name,
				scripts->list[i - 1].place->line);
		else if (!script->tracked)
			conf_warning(conf, &script->place,
				"no instance tracks vrrp_script '%s': name it in a 'track_script' "
				"block, or it has no effect",
				script->name);
		if (conf->lenient && repeated)
			TAILQ_REMOVE(&conf->scripts, script, entry);
		else if (conf->lenient && script->script.line == NULL)
			conf_drop_script(conf, script);
	}
}

void conf_validate_weight(struct conf *conf, const struct conf_instance *instance,
	const struct conf_track *track, int weight, bool reverse)
{
	unsigned healthy = conf_priority_healthy(instance->priority, weight, reverse);
	unsigned failed = conf_priority_failed(instance->priority, weight, reverse);
	if (weight == 0)
		return;
	if (instance->priority == 255) {
		conf_warning(conf, &track->place,
			"the weight of '%s' has no effect: priority 255 never changes",
			track->name);
		return;
	}
	if (failed >= healthy)
		return;
	if (instance->nopreempt)
		conf_warning(conf, &track->place,
			"when '%s' fails the priority falls from %u to %u, but that moves nothing "
			"while the other nodes have 'nopreempt' too: with 'weight 0' a failure "
			"gives the addresses up",
			track->name, healthy, failed);
	else if (weight > 0)
		conf_note(conf, &track->place,
			"a positive weight is a bonus while '%s' is well: its failure takes the "
			"priority from %u to %u, and the addresses move only to a node that has "
			"%u to %u then",
			track->name, healthy, failed, failed + 1, healthy - 1);
	else if (weight > -20 && instance->state_master)
		conf_note(conf, &track->place,
			"when '%s' fails the priority falls from %u to %u: the addresses move only "
			"to a node whose priority is between them",
			track->name, healthy, failed);
}

static void judge_weight(struct conf *conf, const struct conf_instance *instance,
	const struct conf_track *track, const struct conf_script *script)
{
	bool reverse;
	int weight = conf_track_weight(track, script, &reverse);
	conf_validate_weight(conf, instance, track, weight, reverse);
}

static void judge_tracked(struct conf *conf, const struct conf_instance *instance,
	struct conf_track *track, const struct conf_names *scripts)
{
	const struct conf_named *found = conf_names_find(scripts, track->name);
	if (found == NULL) {
		conf_names_missing(scripts, conf, &track->place, "vrrp_script", track->name);
		return;
	}
	struct conf_script *script = found->thing;
	script->tracked = true;
	judge_weight(conf, instance, track, script);
}

void conf_validate_repeated(struct conf *conf, const struct conf_tracks *tracks)
{
	const struct conf_track *track;
	const struct conf_track *other;
	TAILQ_FOREACH(track, tracks, entry)
	{
		unsigned looked = 0;
		TAILQ_FOREACH(other, tracks, entry)
		{
			if (other == track || ++looked > 64)
				break;
			if (strcmp(other->name, track->name) == 0)
				conf_error(conf, &track->place, "'%s' is tracked twice (line %u)",
					track->name, other->place.line);
		}
	}
}

/* What a sync group tracks is judged with its first member. */
static void judge_group(
	struct conf *conf, const struct conf_group *group, const struct conf_names *scripts)
{
	const struct conf_instance *first = TAILQ_FIRST(&group->members)->instance;
	struct conf_track *track;
	conf_validate_repeated(conf, &group->track_scripts);
	conf_validate_repeated(conf, &group->track_interfaces);
	TAILQ_FOREACH(track, &group->track_scripts, entry)
	judge_tracked(conf, first, track, scripts);
	TAILQ_FOREACH(track, &group->track_interfaces, entry)
	judge_weight(conf, first, track, NULL);
}

void conf_validate_tracking(struct conf *conf)
{
	struct conf_names scripts = collect_scripts(conf);
	struct conf_instance *instance;
	struct conf_group *group;
	struct conf_track *track;
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		conf_validate_repeated(conf, &instance->track_scripts);
		conf_validate_repeated(conf, &instance->track_interfaces);
		TAILQ_FOREACH(track, &instance->track_scripts, entry)
		judge_tracked(conf, instance, track, &scripts);
		TAILQ_FOREACH(track, &instance->track_interfaces, entry)
		judge_weight(conf, instance, track, NULL);
	}
	TAILQ_FOREACH(group, &conf->groups, entry)
	judge_group(conf, group, &scripts);
	judge_scripts(conf, &scripts);
	free(scripts.list);
}
