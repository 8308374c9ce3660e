/* Replacing processes of the suite, and waiting until their successors work. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "holdfastctl/command.h"
#include "holdfastctl/request.h"

#define LIMIT_S 60
#define POLL_NS 20000000L

/* parentd itself may be replaced meanwhile: while waiting, not to be answered is no mistake. */
static json_t *ask_quietly(const char *runtime_dir)
{
	char why[4352];

	return ctl_request(runtime_dir, "processes", NULL, why, sizeof(why));
}

static int order(const struct ctl_call *call, const char *name)
{
	int result = CTL_FINE;

	json_decref(ctl_ask(call, call->command->name, name, &result));
	return result;
}

static const json_t *find_process(const json_t *reply, const char *name)
{
	const json_t *process;
	size_t i;

	json_array_foreach(json_object_get(reply, "processes"), i, process)
	{
		if (strcmp(show_text(process, "name"), name) == 0)
			return process;
	}
	return NULL;
}

static long long upgrades(const json_t *reply)
{
	return show_number(json_object_get(reply, "upgrade"), "count");
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Asks until done(reply, arg) is true. Returns that reply, or NULL after a sentence. */
static json_t *wait_until(const char *runtime_dir,
	bool (*done)(const json_t *reply, const void *arg), const void *arg)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	const time_t limit = seconds() + LIMIT_S;

	while (seconds() < limit) {
		json_t *reply = ask_quietly(runtime_dir);
		if (reply != NULL && done(reply, arg))
			return reply;
		json_decref(reply);
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "holdfastctl: not done within %d s; the daemon's log says more\n", LIMIT_S);
	return NULL;
}

/* ---- one process ---- */

struct before {
	const char *name;
	long long pid;
	long long upgrades;
};

static bool other_pid_works(const json_t *reply, const void *arg)
{
	const struct before *before = arg;
	const json_t *process = find_process(reply, before->name);
	long long pid = show_number(process, "pid");

	return pid > 0 && pid != before->pid && json_is_true(json_object_get(process, "working"));
}

static bool upgrade_ended(const json_t *reply, const void *arg)
{
	const struct before *before = arg;

	return upgrades(reply) > before->upgrades; /* a new parentd begins with 0, then is told */
}

/* The launcher keeps its pid. */
static bool is_launcher(const char *name)
{
	return strcmp(name, "holdfast") == 0;
}

static int run_restart(const struct ctl_call *call)
{
	const char *runtime_dir = call->runtime_dir, *name = call->arguments[0];
	struct before before = {.name = name};
	json_t *reply = ask_quietly(runtime_dir);

	if (reply != NULL) {
		before.pid = show_number(find_process(reply, name), "pid");
		before.upgrades = upgrades(reply);
		json_decref(reply);
	}
	int result = order(call, name);
	if (result != CTL_FINE)
		return result;
	reply = wait_until(
		runtime_dir, is_launcher(name) ? upgrade_ended : other_pid_works, &before);
	if (reply == NULL)
		return CTL_WRONG;
	printf("%s was replaced: pid %lld\n", name, show_number(find_process(reply, name), "pid"));
	json_decref(reply);
	return CTL_FINE;
}

/* ---- all of them ---- */

static int run_upgrade(const struct ctl_call *call)
{
	const char *runtime_dir = call->runtime_dir;
	struct before before = {0};
	json_t *reply = ask_quietly(runtime_dir);

	if (reply != NULL)
		before.upgrades = upgrades(reply);
	json_decref(reply);
	int result = order(call, NULL);
	if (result != CTL_FINE)
		return result;
	reply = wait_until(runtime_dir, upgrade_ended, &before);
	if (reply == NULL)
		return CTL_WRONG;
	const json_t *upgrade = json_object_get(reply, "upgrade");
	bool refused = strcmp(show_text(upgrade, "state"), "refused") == 0;
	if (refused)
		fprintf(stderr, "holdfastctl: upgrade refused, the programs that ran go on: %s\n",
			show_text(upgrade, "reason"));
	else
		printf("upgraded: every process runs the program on disk\n");
	json_decref(reply);
	return refused ? CTL_WRONG : CTL_FINE;
}

const struct ctl_command restart_command = {
	.name = "restart",
	.arguments = "PROCESS",
	.arguments_min = 1,
	.arguments_max = 1,
	.summary = "replace one process (root), without an address moving",
	.help = "PROCESS is holdfast, parentd, vrrpd, checkerd, ipvsd or runner (those of all "
		"users).\n"
		"Exit status: 0 its successor works, 1 it does not, or was refused.\n",
	.run = run_restart,
};

const struct ctl_command upgrade_command = {
	.name = "upgrade",
	.arguments = "",
	.summary = "replace every process by the programs on disk (root), likewise",
	.help = "Exit status: 0 done, 1 refused, and the programs that ran go on.\n",
	.run = run_upgrade,
};
