#include "parentd/priority_json.h"

#include <string.h>

#include "conf/stage.h"
#include "vrrpd/weight.h"

/* The one of this name, and of this kind if there are kinds; NULL: none. */
static const json_t *find(const json_t *array, const char *kind, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
	{
		const char *its_kind = json_string_value(json_object_get(one, "kind"));
		if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0 &&
			(its_kind == NULL || strcmp(its_kind, kind) == 0))
			return one;
	}
	return NULL;
}

static enum proto_verdict verdict_in(const json_t *one)
{
	const char *word = json_string_value(json_object_get(one, "verdict"));

	if (word == NULL)
		return VERDICT_UNKNOWN;
	return strcmp(word, "up") == 0     ? VERDICT_UP
	       : strcmp(word, "down") == 0 ? VERDICT_DOWN
					   : VERDICT_UNKNOWN;
}

static void append(json_t *changes, const struct conf *conf, const struct conf_tracks *tracks,
	const char *kind, const json_t *known)
{
	const struct conf_track *track;

	TAILQ_FOREACH(track, tracks, entry)
	{
		const json_t *one = find(known, kind, track->name);
		struct weight weight = {0};
		if (one == NULL)
			continue;
		weight.weight = conf_weight_of(conf, track, &weight.reverse);
		const json_t *value = json_object_get(one, "value");
		struct effect effect = json_is_integer(value)
					       ? weight_of_value(weight, json_integer_value(value))
					       : weight_of_verdict(weight, verdict_in(one));
		if (effect.addition != 0)
			json_array_append_new(
				changes, json_pack("{s:s, s:s, s:i}", "kind", kind, "name",
						 track->name, "by", effect.addition));
	}
}

bool priority_is_tracked(const struct conf_instance *instance)
{
	return !TAILQ_EMPTY(&instance->track_scripts) || !TAILQ_EMPTY(&instance->track_files) ||
	       !TAILQ_EMPTY(&instance->track_processes);
}

json_t *priority_changes_json(const struct conf *conf, const struct conf_instance *instance,
	const json_t *scripts, const json_t *tracked)
{
	json_t *changes = json_array();

	append(changes, conf, &instance->track_scripts, "script", scripts);
	append(changes, conf, &instance->track_files, "file", tracked);
	append(changes, conf, &instance->track_processes, "process", tracked);
	return changes;
}
