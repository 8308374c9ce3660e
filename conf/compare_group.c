/* Sync groups of two nodes side by side: both must hold the same instances together, and one node
 * must be the better one for all of them. */
#include "conf/finding.h"
#include "conf/stage.h"

static bool are_together(const struct conf_instance *one, const struct conf_instance *other)
{
	return one->group != NULL && one->group == other->group;
}

/* Those that are together here and are not there; said once for each group. */
static void judge_members(
	const struct conf *there, const struct conf_group *group, struct conf_findings *findings)
{
	const struct conf_instance *first = NULL;
	const struct conf_member *member;
	TAILQ_FOREACH(member, &group->members, entry)
	{
		const struct conf_instance *other = conf_partner(there, member->instance);
		if (other == NULL)
			continue;
		if (first == NULL)
			first = other;
		if (other == first || are_together(first, other))
			continue;
		conf_finding_add(findings, CONF_WARNING, &other->place,
			"'%s' and '%s' change their states together in %s (vrrp_sync_group '%s', "
			"line %u), but not here: their addresses can get onto two nodes",
			first->name, other->name, group->place.file, group->name,
			group->place.line);
		return;
	}
}

/* The members' priorities decide against each other: neither node gets all of them. */
static void judge_sides(
	const struct conf *there, const struct conf_group *group, struct conf_findings *findings)
{
	const struct conf_instance *better = NULL;
	const struct conf_instance *worse = NULL;
	const struct conf_member *member;
	TAILQ_FOREACH(member, &group->members, entry)
	{
		const struct conf_instance *other = conf_partner(there, member->instance);
		if (other != NULL && member->instance->priority > other->priority)
			better = member->instance;
		if (other != NULL && member->instance->priority < other->priority)
			worse = member->instance;
	}
	if (better == NULL || worse == NULL)
		return;
	conf_finding_add(findings, CONF_WARNING, &group->place,
		"of vrrp_sync_group '%s' this node has the higher priority for '%s', and %s for "
		"'%s': neither takes the group from the other; make one node better for all "
		"members",
		group->name, better->name, there->name, worse->name);
}

void conf_compare_groups(const struct conf *a, const struct conf *b, struct conf_findings *findings)
{
	const struct conf_group *group;
	TAILQ_FOREACH(group, &a->groups, entry)
	{
		judge_members(b, group, findings);
		judge_sides(b, group, findings);
	}
	TAILQ_FOREACH(group, &b->groups, entry)
	judge_members(a, group, findings);
}
