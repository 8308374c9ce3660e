#include "conf/notify.h"

#include <stdio.h>
#include <string.h>

/* The walk: what it is at, and whom it tells. */
struct walk {
	char of[160];
	void (*take)(const struct conf_notify *notify, void *arg);
	void *arg;
};

static void visit(const struct walk *walk, const char *keyword, const struct conf_command *command,
	bool is_fifo)
{
	const struct conf_notify notify = {
		.keyword = keyword, .of = walk->of, .command = command, .is_fifo = is_fifo};

	if (command->line != NULL)
		walk->take(&notify, walk->arg);
}

static void visit_global(struct walk *walk, const struct conf_global *global)
{
	static const char *const names[CONF_FIFOS][2] = {
		[CONF_FIFO_VRRP] = {"vrrp_notify_fifo", "vrrp_notify_fifo_script"},
		[CONF_FIFO_LVS] = {"lvs_notify_fifo", "lvs_notify_fifo_script"},
		[CONF_FIFO_ALL] = {"notify_fifo", "notify_fifo_script"},
	};

	strlcpy(walk->of, "global_defs", sizeof(walk->of));
	for (int i = 0; i < CONF_FIFOS; i++) {
		visit(walk, names[i][0], &global->fifos[i].path, true);
		visit(walk, names[i][1], &global->fifos[i].reader, false);
	}
}

static void visit_instance(struct walk *walk, const struct conf_instance *instance)
{
	snprintf(walk->of, sizeof(walk->of), "vrrp_instance '%s'", instance->name);
	visit(walk, "notify_master", &instance->notify_master, false);
	visit(walk, "notify_backup", &instance->notify_backup, false);
	visit(walk, "notify_fault", &instance->notify_fault, false);
	visit(walk, "notify_stop", &instance->notify_stop, false);
	visit(walk, "notify_deleted", &instance->notify_deleted, false);
	visit(walk, "notify_master_rx_lower_pri", &instance->notify_master_rx_lower_pri, false);
	visit(walk, "notify", &instance->notify, false);
}

static void visit_group(struct walk *walk, const struct conf_group *group)
{
	snprintf(walk->of, sizeof(walk->of), "vrrp_sync_group '%s'", group->name);
	visit(walk, "notify_master", &group->notify_master, false);
	visit(walk, "notify_backup", &group->notify_backup, false);
	visit(walk, "notify_fault", &group->notify_fault, false);
	visit(walk, "notify_stop", &group->notify_stop, false);
	visit(walk, "notify", &group->notify, false);
}

static void visit_server(struct walk *walk, const struct conf_virtual_server *server)
{
	const struct conf_real_server *real;
	char name[PROTO_NAME_LEN], real_name[PROTO_NAME_LEN];

	conf_service_name(server, name);
	snprintf(walk->of, sizeof(walk->of), "virtual_server %s", name);
	visit(walk, "quorum_up", &server->quorum_up, false);
	visit(walk, "quorum_down", &server->quorum_down, false);
	TAILQ_FOREACH(real, &server->real_servers, entry)
	{
		snprintf(walk->of, sizeof(walk->of), "real_server %s of %s",
			conf_real_name(server, real, real_name), name);
		visit(walk, "notify_up", &real->notify_up, false);
		visit(walk, "notify_down", &real->notify_down, false);
	}
}

void conf_notify_each(const struct conf *conf,
	void (*take)(const struct conf_notify *notify, void *arg), void *arg)
{
	struct walk walk = {.take = take, .arg = arg};
	const struct conf_instance *instance;
	const struct conf_group *group;
	const struct conf_virtual_server *server;

	visit_global(&walk, &conf->global);
	TAILQ_FOREACH(instance, &conf->instances, entry)
	{
		if (!instance->not_implemented)
			visit_instance(&walk, instance);
	}
	TAILQ_FOREACH(group, &conf->groups, entry)
	visit_group(&walk, group);
	TAILQ_FOREACH(server, &conf->virtual_servers, entry)
	visit_server(&walk, server);
}
