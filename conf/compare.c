/* The configurations of all nodes side by side. */
#include <string.h>
#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"
#include "conf/value.h"

/* One virtual router on two nodes. */
struct pair {
	const struct conf *conf_a;
	const struct conf *conf_b;
	const struct conf_instance *a;
	const struct conf_instance *b;
	struct conf_findings *findings;
	unsigned errors;
};

static const struct conf_place *place_or(
	const struct conf_place *place, const struct conf_instance *instance)
{
	return place->file != NULL ? place : &instance->place;
}

/* The instance of the same virtual router: same family and VRID, the same interface if that helps
 * to choose. */
const struct conf_instance *conf_partner(
	const struct conf *conf, const struct conf_instance *instance)
{
	const struct conf_instance *other;
	const struct conf_instance *found = NULL;
	TAILQ_FOREACH(other, &conf->instances, entry)
	{
		if (other->family != instance->family || other->vrid != instance->vrid)
			continue;
		if (strcmp(other->ifname, instance->ifname) == 0)
			return other;
		found = other;
	}
	return found;
}

static bool has_address(const struct conf_instance *instance, const struct conf_address *wanted)
{
	const struct conf_address *address;
	TAILQ_FOREACH(address, &instance->addresses, entry)
	if (value_address_equal(&address->address, &wanted->address))
		return true;
	return false;
}

/* An instance of conf with the same first address, or NULL. */
static const struct conf_instance *same_address(
	const struct conf *conf, const struct conf_instance *instance)
{
	const struct conf_address *first = TAILQ_FIRST(&instance->addresses);
	const struct conf_instance *other;
	if (first == NULL)
		return NULL;
	TAILQ_FOREACH(other, &conf->instances, entry)
	if (has_address(other, first))
		return other;
	return NULL;
}

static void judge_version(struct pair *pair)
{
	const struct conf_instance *a = pair->a;
	const struct conf_instance *b = pair->b;
	if (a->version == b->version)
		return;
	pair->errors++;
	conf_finding_add(pair->findings, CONF_ERROR, place_or(&b->version_place, b),
		"virtual router %u speaks version %u here and version %u in %s: neither hears the "
		"other, and both become master",
		b->vrid, b->version, a->version, a->place.file);
}

static void judge_interval(struct pair *pair)
{
	const struct conf_instance *a = pair->a;
	const struct conf_instance *b = pair->b;
	char here[VALUE_SECONDS_LEN];
	char there[VALUE_SECONDS_LEN];
	if (a->advert_int_us == b->advert_int_us || a->version != b->version)
		return;
	bool drops = b->version == 2;
	pair->errors += drops;
	conf_finding_add(pair->findings, drops ? CONF_ERROR : CONF_NOTE,
		place_or(&b->advert_int_place, b), "'advert_int' is %s here and %s in %s%s",
		value_seconds_text(b->advert_int_us, here),
		value_seconds_text(a->advert_int_us, there), a->place.file,
		drops ? ": version 2 drops such advertisements, and both become master"
		      : ": the backup follows the master's");
}

static void judge_authentication(struct pair *pair)
{
	const struct conf_instance *a = pair->a;
	const struct conf_instance *b = pair->b;
	bool same = a->auth_type == b->auth_type &&
		    memcmp(a->auth_data, b->auth_data, sizeof(a->auth_data)) == 0;
	if (same)
		return;
	pair->errors++;
	conf_finding_add(pair->findings, CONF_ERROR, place_or(&b->auth_place, b),
		"the authentication of virtual router %u is not that of %s: each node drops the "
		"other's advertisements, and both become master",
		b->vrid, a->place.file);
}

static bool lists_peer(const struct conf_instance *instance, const struct proto_addr *address)
{
	const struct conf_peer *peer;
	if (address->family == 0)
		return true;
	TAILQ_FOREACH(peer, &instance->peers, entry)
	if (value_address_equal(&peer->address, address))
		return true;
	return false;
}

static void judge_reach(struct pair *pair)
{
	const struct conf_instance *a = pair->a;
	const struct conf_instance *b = pair->b;
	const struct conf_place *place = &b->place;
	char text[VALUE_ADDRESS_LEN];
	const char *what = NULL;
	if (a->unicast != b->unicast) {
		what = b->unicast ? "unicast here and multicast" : "multicast here and unicast";
	} else if (!a->unicast && !value_address_equal(&a->mcast_dst, &b->mcast_dst)) {
		what = "to one multicast group here and to another";
		place = place_or(&b->mcast_dst_place, b);
	}
	if (what != NULL) {
		pair->errors++;
		conf_finding_add(pair->findings, CONF_ERROR, place,
			"virtual router %u advertises %s in %s: both become master", b->vrid, what,
			a->place.file);
	} else if (b->unicast && !lists_peer(b, &a->source)) {
		pair->errors++;
		conf_finding_add(pair->findings, CONF_ERROR, place_or(&b->peers_place, b),
			"'unicast_peer' lacks %s, which is 'unicast_src_ip' in %s",
			value_address_text(&a->source, text), a->place.file);
	} else if (a->unicast && !lists_peer(a, &b->source)) {
		pair->errors++;
		conf_finding_add(pair->findings, CONF_ERROR, place_or(&a->peers_place, a),
			"'unicast_peer' lacks %s, which is 'unicast_src_ip' in %s",
			value_address_text(&b->source, text), b->place.file);
	}
}

static void judge_missing(
	struct pair *pair, const struct conf_instance *from, const struct conf_instance *in)
{
	const struct conf_address *address;
	char text[VALUE_ADDRESS_LEN];
	TAILQ_FOREACH(address, &from->addresses, entry)
	if (!has_address(in, address))
		conf_finding_add(pair->findings, CONF_WARNING, &address->place,
			"%s is not among the addresses of virtual router %u in %s: it is "
			"lost when that node is master",
			value_address_text(&address->address, text), from->vrid, in->place.file);
}

static void judge_roles(struct pair *pair)
{
	const struct conf_instance *a = pair->a;
	const struct conf_instance *b = pair->b;
	if (a->priority == b->priority)
		conf_finding_add(pair->findings, CONF_WARNING, place_or(&b->priority_place, b),
			"virtual router %u has priority %u here and in %s: which node is master is "
			"left to their addresses; give the node that you prefer a higher one",
			b->vrid, b->priority, a->place.file);
	if (a->state_master && b->state_master)
		conf_finding_add(pair->findings, CONF_WARNING, place_or(&b->state_place, b),
			"'state MASTER' stands here and in %s: write 'state BACKUP' on all nodes "
			"but one",
			a->place.file);
	else if (a->state_master && !b->state_master && a->priority < b->priority)
		conf_finding_add(pair->findings, CONF_WARNING, place_or(&a->state_place, a),
			"'state MASTER' stands here, but %s has the higher priority (%u, here %u) "
			"and becomes master",
			b->place.file, b->priority, a->priority);
	else if (b->state_master && !a->state_master && b->priority < a->priority)
		conf_finding_add(pair->findings, CONF_WARNING, place_or(&b->state_place, b),
			"'state MASTER' stands here, but %s has the higher priority (%u, here %u) "
			"and becomes master",
			a->place.file, a->priority, b->priority);
}

/* What a tracker adds to the priority while healthy (failed false) or failing. */
static int addition(const struct conf *conf, const struct conf_track *track, bool failed)
{
	bool reverse;
	int weight = conf_weight_of(conf, track, &reverse);
	if (weight == 0 || (weight > 0) == failed)
		return 0;
	return reverse ? -weight : weight;
}

/* The priority when all is well except what `failing` tracks (NULL: nothing fails). */
static int priority_with(const struct conf *conf, const struct conf_instance *instance,
	const struct conf_track *failing)
{
	const struct conf_track *track;
	int priority = (int)instance->priority;
	if (priority == 255)
		return priority;
	TAILQ_FOREACH(track, &instance->track_scripts, entry)
	priority += addition(conf, track, track == failing);
	TAILQ_FOREACH(track, &instance->track_interfaces, entry)
	priority += addition(conf, track, track == failing);
	TAILQ_FOREACH(track, &instance->track_processes, entry)
	priority += addition(conf, track, track == failing);
	return priority < 1 ? 1 : priority > 254 ? 254 : priority;
}

static bool has_weight(const struct conf *conf, const struct conf_track *track)
{
	bool reverse;
	return conf_weight_of(conf, track, &reverse) != 0;
}

/* Does the failure of what the better node tracks move the addresses to the other one? */
static void judge_weights_of(struct pair *pair, const struct conf *conf,
	const struct conf_instance *better, const struct conf_tracks *tracks, int other,
	const char *other_file)
{
	const struct conf_track *track;
	TAILQ_FOREACH(track, tracks, entry)
	{
		int failed = priority_with(conf, better, track);
		if (!has_weight(conf, track) || failed < other)
			continue;
		conf_finding_add(pair->findings, CONF_WARNING, &track->place,
			"when '%s' fails this node still has priority %d, and %s has %d: the "
			"addresses do not move; a weight of -%d or less moves them",
			track->name, failed, other_file, other,
			priority_with(conf, better, NULL) - addition(conf, track, false) - other +
				1);
	}
}

static void judge_weights(struct pair *pair)
{
	int a = priority_with(pair->conf_a, pair->a, NULL);
	int b = priority_with(pair->conf_b, pair->b, NULL);
	bool a_is_better = a >= b;
	const struct conf *conf = a_is_better ? pair->conf_a : pair->conf_b;
	const struct conf_instance *better = a_is_better ? pair->a : pair->b;
	const char *other_file = a_is_better ? pair->b->place.file : pair->a->place.file;
	int other = a_is_better ? b : a;
	if (a == b || better->priority == 255)
		return;
	judge_weights_of(pair, conf, better, &better->track_scripts, other, other_file);
	judge_weights_of(pair, conf, better, &better->track_interfaces, other, other_file);
	judge_weights_of(pair, conf, better, &better->track_processes, other, other_file);
}

static void judge_alone(struct pair *pair, const struct conf *other_conf, const char *other_file)
{
	const struct conf_instance *instance = pair->a;
	const struct conf_instance *other = same_address(other_conf, instance);
	if (other == NULL) {
		conf_finding_add(pair->findings, CONF_WARNING, &instance->place,
			"virtual router %u is not in %s: that node never takes its addresses over",
			instance->vrid, other_file);
	} else if (conf_partner(pair->conf_a, other) == NULL) {
		pair->errors++;
		conf_finding_add(pair->findings, CONF_ERROR,
			place_or(&instance->vrid_place, instance),
			"the same address has virtual_router_id %u here and %u in %s (line %u): "
			"both nodes become master",
			instance->vrid, other->vrid, other_file, other->place.line);
	}
}

static void judge_pair(struct pair *pair)
{
	judge_version(pair);
	judge_interval(pair);
	judge_authentication(pair);
	judge_reach(pair);
	judge_missing(pair, pair->a, pair->b);
	judge_missing(pair, pair->b, pair->a);
	judge_roles(pair);
	judge_weights(pair);
}

static unsigned compare_two(
	const struct conf *a, const struct conf *b, struct conf_findings *findings)
{
	struct pair pair = {.conf_a = a, .conf_b = b, .findings = findings};
	TAILQ_FOREACH(pair.a, &a->instances, entry)
	{
		pair.b = conf_partner(b, pair.a);
		if (pair.b != NULL)
			judge_pair(&pair);
		else
			judge_alone(&pair, b, b->name);
	}
	struct pair back = {.conf_a = b, .conf_b = a, .findings = findings};
	TAILQ_FOREACH(back.a, &b->instances, entry)
	if (conf_partner(a, back.a) == NULL && same_address(a, back.a) == NULL)
		judge_alone(&back, a, a->name);
	conf_compare_groups(a, b, findings);
	conf_compare_ipvs(a, b, findings);
	return pair.errors + back.errors;
}

unsigned conf_compare(const struct conf *const *nodes, size_t count, struct conf_findings *findings)
{
	unsigned errors = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			errors += compare_two(nodes[i], nodes[j], findings);
	return errors;
}
