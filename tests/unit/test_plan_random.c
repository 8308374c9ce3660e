/* Random clusters: after every failure of one node, interface or script the plan must name the
 * holder that a few rules say. tests/unit/sim.h says how to look at one that fails.
 *
 * The rules, for addresses that all nodes have and priorities that differ:
 * - when all were started together, the highest priority has them;
 * - when their holder is gone or in FAULT, the highest priority of the others;
 * - when it lives, they stay, unless somebody with a higher priority preempts;
 * - never does nobody have them, and two nodes only when they do not hear each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"
#include "tests/unit/sim.h"

#define NODES     4
#define INSTANCES 3
#define WORLDS    400
#define NOBODY    SIZE_MAX

struct member {
	int priority;
	bool nopreempt, delays;
};

struct cluster {
	struct sim sim;
	size_t nodes, instances;
	bool grouped; /* with one priority for all members of a node */
	int version;
	const char *interval;
	int weights[NODES]; /* of the script; 0: FAULT */
	struct member members[NODES][INSTANCES];
	unsigned judged;
};

static const char *const names[NODES] = {"a", "b", "c", "d"};

/* ---- made ---- */

static int draw_weight(struct sim *sim)
{
	int weight = (int)sim_draw(sim, 121) - 60;

	return sim_draw(sim, 5) == 0 ? 0 : weight;
}

static struct member draw_member(struct sim *sim)
{
	return (struct member){.priority = 1 + (int)sim_draw(sim, 254),
		.nopreempt = sim_draw(sim, 4) == 0,
		.delays = sim_draw(sim, 4) == 0};
}

static struct cluster draw(uint64_t seed, bool story)
{
	static const char *const intervals[] = {"1", "2", "0.1", "0.25"};
	struct cluster made = {.sim = sim_new(seed, story)};
	struct sim *sim = &made.sim;

	made.nodes = 2 + sim_draw(sim, NODES - 1);
	made.instances = 1 + sim_draw(sim, INSTANCES);
	made.grouped = made.instances > 1 && sim_draw(sim, 2) == 0;
	made.version = 2 + (int)sim_draw(sim, 2);
	made.interval = intervals[sim_draw(sim, made.version == 2 ? 2 : 4)];
	for (size_t n = 0; n < made.nodes; n++) {
		made.weights[n] = draw_weight(sim);
		for (size_t i = 0; i < made.instances; i++)
			made.members[n][i] =
				made.grouped && i > 0 ? made.members[n][0] : draw_member(sim);
	}
	return made;
}

static void write_instance(const struct cluster *cluster, size_t n, size_t i, FILE *out)
{
	const struct member *member = &cluster->members[n][i];

	fprintf(out,
		"vrrp_instance V%zu {\n interface eth%zu\n virtual_router_id %zu\n priority %d\n "
		"version %d\n advert_int %s\n",
		i, i % 2, i + 1, member->priority, cluster->version, cluster->interval);
	if (member->nopreempt)
		fprintf(out, " nopreempt\n");
	else if (member->delays)
		fprintf(out, " preempt_delay 7\n");
	if (!cluster->grouped)
		fprintf(out, " track_script {\n chk\n }\n");
	fprintf(out, " virtual_ipaddress {\n 192.0.2.%zu/24\n }\n}\n", i + 1);
}

static struct conf *load(const struct cluster *cluster, size_t n)
{
	static const struct conf_options options = {.config_id = "plan"};
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "vrrp_script chk {\n script \"/bin/true\"\n interval 2\n weight %d\n}\n",
		cluster->weights[n]);
	for (size_t i = 0; i < cluster->instances; i++)
		write_instance(cluster, n, i, out);
	if (cluster->grouped) {
		fprintf(out, "vrrp_sync_group G {\n group {\n");
		for (size_t i = 0; i < cluster->instances; i++)
			fprintf(out, " V%zu\n", i);
		fprintf(out, " }\n track_script {\n chk\n }\n%s}\n",
			cluster->weights[n] != 0 ? " sync_group_tracking_weight\n" : "");
	}
	fclose(out);
	sim_tell(&cluster->sim, "%s:\n%s", names[n], text);
	struct conf *conf = conf_load_text(names[n], text, size, &options, NULL);
	sim_require(&cluster->sim, conf->errors == 0, "a configuration is refused");
	free(text);
	return conf;
}

/* ---- the rules ---- */

/* 0 while it cannot be master. */
static int priority_of(
	const struct cluster *cluster, const struct plan_failure *failure, size_t n, size_t i)
{
	int weight = cluster->weights[n], priority = cluster->members[n][i].priority;
	bool here = failure->node == n;
	bool fails = here && failure->what == PLAN_SCRIPT;
	char eth[16];

	snprintf(eth, sizeof eth, "eth%zu", i % 2);
	if (here && (failure->what == PLAN_NODE_DIES || (fails && weight == 0)))
		return 0;
	if (here && failure->what == PLAN_INTERFACE &&
		(cluster->grouped || strcmp(failure->name, eth) == 0))
		return 0;
	if (weight > 0 && !fails)
		priority += weight;
	if (weight < 0 && fails)
		priority += weight;
	return priority < 1 ? 1 : priority > 254 ? 254 : priority;
}

/* The best of those that may take over from a holder; NOBODY when two are equal, so that no rule
 * says anything. */
static size_t best(
	const struct cluster *cluster, const struct plan_failure *failure, size_t i, size_t holder)
{
	int most = holder != NOBODY ? priority_of(cluster, failure, holder, i) : 0;
	bool lives = most > 0, tie = false;
	size_t found = lives ? holder : NOBODY;

	for (size_t n = 0; n < cluster->nodes; n++) {
		int priority = priority_of(cluster, failure, n, i);
		if (n == holder || priority == 0 || (lives && cluster->members[n][i].nopreempt))
			continue;
		/* against one that lives an equal does nothing */
		tie = priority > most ? false : tie || (priority == most && found != holder);
		if (priority > most) {
			most = priority;
			found = n;
		}
	}
	return tie ? NOBODY : found;
}

static size_t index_of(const struct cluster *cluster, const struct plan *plan, size_t bundle)
{
	(void)cluster;
	return plan->bundles[bundle].addresses[0].bytes[3] - 1u;
}

/* Any two of them equal at any time: what is planned depends on addresses. */
static bool has_ties(const struct cluster *cluster, const struct plan *plan, size_t i)
{
	for (size_t f = 0; f < plan->failures_count; f++) {
		bool seen[UINT8_MAX + 1] = {false};
		for (size_t n = 0; n < cluster->nodes; n++) {
			int priority = priority_of(cluster, &plan->failures[f], n, i);
			if (priority > 0 && seen[priority])
				return true;
			seen[priority] = true;
		}
	}
	return false;
}

static size_t only(const struct cluster *cluster, const struct plan_holders *holders)
{
	uint32_t nodes = holders->sets[0];

	sim_require(&cluster->sim, nodes == holders->sets[1], "it depends on addresses");
	sim_require(&cluster->sim, __builtin_popcount(nodes) == 1, "not one node holds it");
	return (size_t)__builtin_ctz(nodes);
}

/* Both sides of a cut have a master: the one that was cut off, or the best of the others. */
static void judge_apart(struct cluster *cluster, const struct plan_move *move,
	const struct plan_failure *failure, size_t i)
{
	const struct plan_failure gone = {.what = PLAN_NODE_DIES, .node = failure->node};
	size_t holder = only(cluster, &move->before);
	size_t other = best(cluster, &gone, i, holder == failure->node ? NOBODY : holder);
	bool concerned = strtoul(failure->name + 3, NULL, 10) == i % 2;

	if (cluster->grouped || !concerned)
		return;
	/* those who are left may be in the way of nobody: the holder stays, whoever preempts has */
	sim_require(&cluster->sim, move->after.sets[0] == (1U << failure->node | 1U << other),
		"each side should have its best node");
}

static void judge(struct cluster *cluster, const struct plan *plan, const struct plan_move *move)
{
	const struct plan_failure *failure = &plan->failures[move->failure];
	size_t i = index_of(cluster, plan, move->bundle);
	char text[PLAN_TEXT_LEN], after[PLAN_TEXT_LEN];

	sim_tell(&cluster->sim, "V%zu: %s: %s", i, plan_failure_text(plan, failure, text),
		plan_holders_text(plan, &move->after, after));
	sim_require(&cluster->sim, move->end == PLAN_SETTLED, "it does not settle");
	if (has_ties(cluster, plan, i))
		return;
	cluster->judged++;
	if (failure->what == PLAN_APART) {
		judge_apart(cluster, move, failure, i);
		return;
	}
	size_t before = failure->what == PLAN_ALL_WELL ? NOBODY : only(cluster, &move->before);
	size_t wanted = best(cluster, failure, i, before);
	size_t holder = only(cluster, &move->after);
	if (wanted != holder)
		sim_tell(&cluster->sim, "should be on %s", names[wanted]);
	sim_require(&cluster->sim, wanted == holder, "another node should hold it");
	sim_require(&cluster->sim,
		failure->what == PLAN_ALL_WELL || (before == holder) == (move->after_ns == 0),
		"moving takes time, and staying none");
}

static void run(uint64_t seed, bool story, void *arg)
{
	struct cluster cluster = draw(seed, story);
	const struct conf *confs[NODES];
	struct conf *loaded[NODES];
	char why[256];

	for (size_t n = 0; n < cluster.nodes; n++)
		confs[n] = loaded[n] = load(&cluster, n);
	struct plan *plan = plan_make(confs, names, cluster.nodes, why, sizeof why);
	sim_require(&cluster.sim, plan != NULL, "there is no plan");
	sim_require(&cluster.sim, plan->bundles_count == cluster.instances,
		"each address moves by itself");
	for (size_t i = 0; i < plan->moves_count; i++)
		judge(&cluster, plan, &plan->moves[i]);
	*(unsigned *)arg += cluster.judged;
	plan_free(plan);
	for (size_t n = 0; n < cluster.nodes; n++)
		conf_free(loaded[n]);
}

static void test_random_clusters(void **state)
{
	unsigned judged = 0;
	uint64_t worlds = sim_run(WORLDS, run, &judged);

	(void)state;
	print_message("%u moves judged\n", judged);
	if (worlds >= WORLDS)
		assert_true(judged > 10 * WORLDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_clusters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
