/* Sync groups in a configuration as parentd sends it. */
#include <stdlib.h>

#include "proto/state_page.h"
#include "vrrpd/config_internal.h"

void config_groups_free(struct config *config)
{
	for (size_t i = 0; i < config->groups_count; i++)
		free(config->groups[i].members);
	free(config->groups);
}

int config_add_group(
	struct config *config, const struct conf_vrrp_group *body, char *reason, size_t size)
{
	uint32_t *members;

	if (config->groups_count >= STATE_VRRP_INSTANCES)
		return config_refuse(reason, size, "%s: more than %d sync groups", body->name,
			STATE_VRRP_INSTANCES);
	if (config->groups_count == config->groups_room) {
		size_t room = config->groups_room == 0 ? 16 : config->groups_room * 2;
		struct config_group *grown =
			reallocarray(config->groups, room, sizeof *config->groups);

		if (grown == NULL)
			return config_refuse(reason, size, "%s: out of memory", body->name);
		config->groups = grown;
		config->groups_room = room;
	}
	members = calloc(body->members, sizeof *members);
	if (members == NULL)
		return config_refuse(reason, size, "%s: out of memory", body->name);
	config->groups[config->groups_count++] =
		(struct config_group){.c = *body, .members = members};
	return 0;
}

int config_add_member(
	struct config *config, const struct conf_vrrp_member *body, char *reason, size_t size)
{
	struct config_group *group;

	if (config->groups_count == 0 || body->group != config->groups_count - 1)
		return config_refuse(reason, size,
			"member of sync group %u, which is not the one before it", body->group);
	group = &config->groups[body->group];
	if (group->members_count == group->c.members)
		return config_refuse(
			reason, size, "%s: more members than announced", group->c.name);
	if (body->instance >= config->count)
		return config_refuse(reason, size, "%s: instance %u of %zu is a member",
			group->c.name, body->instance, config->count);
	group->members[group->members_count++] = body->instance;
	return 0;
}

int config_check_groups(const struct config *config, char *reason, size_t size)
{
	bool taken[STATE_VRRP_INSTANCES] = {false};

	for (size_t i = 0; i < config->groups_count; i++) {
		const struct config_group *group = &config->groups[i];
		if (group->c.name[0] == '\0' || group->members_count != group->c.members)
			return config_refuse(
				reason, size, "%s: name or members are missing", group->c.name);
		for (uint32_t m = 0; m < group->members_count; m++) {
			bool *mark = &taken[group->members[m]];
			if (*mark)
				return config_refuse(reason, size, "%s is in two sync groups",
					config->instances[group->members[m]]->c.name);
			*mark = true;
		}
	}
	return 0;
}
