/* `holdfastctl plan`: what the configurations of all nodes amount to, without a daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "holdfastctl/command.h"
#include "holdfastctl/plan.h"
#include "plan/plan.h"

#define NAME_LEN 64

struct cluster {
	size_t count;
	struct conf *confs[PLAN_NODES_MAX];
	char names[PLAN_NODES_MAX][NAME_LEN];
};

/* A file may say what a terminal takes for a command. */
static void copy_name(char name[NAME_LEN], const char *from)
{
	strlcpy(name, from, NAME_LEN);
	for (char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* FILE without its folders and ".conf". */
static void base_name(const char *file, char name[NAME_LEN])
{
	const char *slash = strrchr(file, '/');
	size_t length;

	copy_name(name, slash != NULL && slash[1] != '\0' ? slash + 1 : file);
	length = strlen(name);
	if (length > 5 && strcmp(name + length - 5, ".conf") == 0)
		name[length - 5] = '\0';
}

static bool is_taken(const struct cluster *cluster, size_t node)
{
	for (size_t i = 0; i < cluster->count; i++)
		if (i != node && strcmp(cluster->names[i], cluster->names[node]) == 0)
			return true;
	return false;
}

/* The names that all nodes have of one kind, where they differ. */
static bool name_nodes(struct cluster *cluster, char *const *files, int kind)
{
	for (size_t i = 0; i < cluster->count; i++) {
		const char *id = cluster->confs[i]->global.router_id;
		if (kind == 0 && (id == NULL || id[0] == '\0'))
			return false;
		if (kind == 1)
			base_name(files[i], cluster->names[i]);
		else
			copy_name(cluster->names[i], kind == 0 ? id : files[i]);
	}
	for (size_t i = 0; i < cluster->count; i++)
		if (is_taken(cluster, i))
			return false;
	return true;
}

/* router_id, or what the file is called, or where it is. */
static void find_names(struct cluster *cluster, char *const *files)
{
	for (int kind = 0; kind < 3; kind++)
		if (name_nodes(cluster, files, kind))
			return;
	for (size_t i = 0; i < cluster->count; i++)
		snprintf(cluster->names[i], NAME_LEN, "node %zu", i + 1);
}

/* Of files with errors everything is said, of others nothing: `holdfastctl check` does that. */
static bool load(struct cluster *cluster, char *const *files)
{
	static const struct conf_options strict = {0};
	bool good = true;

	for (; files[cluster->count] != NULL; cluster->count++) {
		struct conf *conf = conf_load(files[cluster->count], &strict, NULL);
		cluster->confs[cluster->count] = conf;
		if (conf_exit_status(conf) == 0)
			continue;
		conf_report(conf, stderr, isatty(STDERR_FILENO) == 1);
		good = false;
	}
	return good;
}

static int show(const struct ctl_call *call, const struct plan *plan)
{
	const struct view view = {.out = stdout, .color = call->color, .width = ctl_width()};
	int result = plan_is_wrong(plan) ? CTL_WRONG : CTL_FINE;
	json_t *object;

	if (!call->json) {
		show_plan(&view, plan);
		return result;
	}
	object = plan_json(plan);
	if (object == NULL || ctl_print_json(object) != CTL_FINE)
		result = CTL_UNREACHABLE;
	json_decref(object);
	return result;
}

static int make(const struct ctl_call *call, struct cluster *cluster)
{
	const struct conf *confs[PLAN_NODES_MAX];
	const char *names[PLAN_NODES_MAX];
	char why[512];

	if (!load(cluster, call->arguments))
		return CTL_UNREACHABLE;
	find_names(cluster, call->arguments);
	for (size_t i = 0; i < cluster->count; i++) {
		confs[i] = cluster->confs[i];
		names[i] = cluster->names[i];
	}
	struct plan *plan = plan_make(confs, names, cluster->count, why, sizeof(why));
	if (plan == NULL) {
		fprintf(stderr, "holdfastctl: %s\n", why);
		return CTL_UNREACHABLE;
	}
	int result = show(call, plan);
	plan_free(plan);
	return result;
}

static int run_plan(const struct ctl_call *call)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));
	int result;

	if (cluster == NULL) {
		fprintf(stderr, "holdfastctl: memory is short\n");
		return CTL_UNREACHABLE;
	}
	result = make(call, cluster);
	for (size_t i = 0; i < cluster->count; i++)
		conf_free(cluster->confs[i]);
	free(cluster);
	return result;
}

const struct ctl_command plan_command = {
	.name = "plan",
	.arguments = "FILE…",
	.arguments_min = 1,
	.arguments_max = PLAN_NODES_MAX,
	.summary = "who holds which address after each failure, by the files of all nodes",
	.help = "Reads the configurations of all nodes of a cluster and has their routers talk to\n"
		"each other in virtual time, without a daemon: when all is well, when a node dies\n"
		"and comes back, when an interface, a script, a process or a real server fails, "
		"and\n"
		"when nodes do not hear each other. What is wrong comes first. Nodes are called "
		"by\n"
		"their router_id where these differ, otherwise by their files.\n"
		"\n"
		"Exit status: 0 nothing is wrong, 1 something is, 2 a file cannot be read or has\n"
		"errors.\n",
	.run = run_plan,
};
