/* virtual_server_group, and who names one. */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/finding.h"
#include "conf/stage.h"

/* Sorted by name, so that many are quick to judge. */
struct groups {
	struct conf_server_group **list;
	size_t count;
};

static int compare(const void *left, const void *right)
{
	const struct conf_server_group *a = *(struct conf_server_group *const *)left;
	const struct conf_server_group *b = *(struct conf_server_group *const *)right;
	int difference = strcmp(a->name, b->name);
	return difference != 0 ? difference : a->place.order < b->place.order ? -1 : 1;
}

static int compare_name(const void *name, const void *group)
{
	return strcmp(name, (*(struct conf_server_group *const *)group)->name);
}

static void collect(struct conf *conf, struct groups *groups)
{
	struct conf_server_group *group;
	size_t count = 0;
	TAILQ_FOREACH(group, &conf->server_groups, entry)
	count++;
	groups->count = count;
	groups->list = calloc(count + 1, sizeof(struct conf_server_group *));
	if (groups->list == NULL)
		err(1, "configuration");
	count = 0;
	TAILQ_FOREACH(group, &conf->server_groups, entry)
	groups->list[count++] = group;
	qsort(groups->list, count, sizeof(struct conf_server_group *), compare);
}

/* The family of a mark's servers must be known from somewhere. */
static void judge_families(struct conf *conf, const struct conf_server_group *group)
{
	const struct conf_group_entry *entry;
	const struct conf_group_entry *mark = NULL;
	bool inet = false, inet6 = false;
	TAILQ_FOREACH(entry, &group->entries, entry)
	{
		inet = inet || entry->first.family == AF_INET;
		inet6 = inet6 || entry->first.family == AF_INET6;
		if (mark == NULL && entry->fwmark != 0 && entry->family == 0)
			mark = entry;
	}
	if (inet && inet6 && mark != NULL)
		conf_error(conf, &mark->place,
			"virtual_server_group '%s' has addresses of both families: say which one "
			"this mark is for, 'fwmark %u inet' or 'fwmark %u inet6'",
			group->name, mark->fwmark, mark->fwmark);
}

static void judge_group(struct conf *conf, const struct conf_server_group *group,
	const struct conf_server_group *before)
{
	judge_families(conf, group);
	if (strlen(group->name) >= PROTO_NAME_LEN)
		conf_error(conf, &group->place,
			"the name of a virtual_server_group has %d characters at most",
			PROTO_NAME_LEN - 1);
	if (before != NULL && strcmp(before->name, group->name) == 0)
		conf_error(conf, &group->place,
			"there is a virtual_server_group '%s' on line %u already", group->name,
			before->place.line);
	else if (TAILQ_EMPTY(&group->entries))
		conf_warning(
			conf, &group->place, "virtual_server_group '%s' is empty", group->name);
	else if (!group->used)
		conf_warning(conf, &group->place,
			"no virtual server uses virtual_server_group '%s': write "
			"'virtual_server group %s { … }', or it has no effect",
			group->name, group->name);
}

void conf_validate_server_groups(struct conf *conf)
{
	struct groups groups;
	struct conf_virtual_server *server, *next;
	collect(conf, &groups);
	for (server = TAILQ_FIRST(&conf->virtual_servers); server != NULL; server = next) {
		next = TAILQ_NEXT(server, entry);
		if (server->group == NULL)
			continue;
		struct conf_server_group *const *found = bsearch(server->group, groups.list,
			groups.count, sizeof(struct conf_server_group *), compare_name);
		if (found != NULL) {
			(*found)->used = true;
			server->entries = &(*found)->entries;
			continue;
		}
		conf_error(conf, &server->group_place,
			"there is no virtual_server_group '%s': write one at the top level",
			server->group);
		if (conf->lenient)
			TAILQ_REMOVE(&conf->virtual_servers, server, entry);
	}
	for (size_t i = 0; i < groups.count; i++)
		judge_group(conf, groups.list[i], i > 0 ? groups.list[i - 1] : NULL);
	free(groups.list);
}
