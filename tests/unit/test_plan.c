/* Plans of a few nodes, looked at one failure at a time: who holds an address, after how long, and
 * what is found to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"

#define NODES 3
#define MS    UINT64_C(1000000)
#define S     UINT64_C(1000000000)

static const char *const names[NODES] = {"a", "b", "c"};

struct cluster {
	struct conf *confs[NODES];
	struct plan *plan;
	size_t count;
};

/* What differs between nodes. */
struct node {
	const char *priority;
	const char *more; /* in the instance */
	const char *rest; /* of the file */
};

#define PLAIN(p)                                                                                   \
	{                                                                                          \
		.priority = (p)                                                                    \
	}
#define WITH(p, m)                                                                                 \
	{                                                                                          \
		.priority = (p), .more = (m)                                                       \
	}
#define FULL(p, m, r)                                                                              \
	{                                                                                          \
		.priority = (p), .more = (m), .rest = (r)                                          \
	}

#define TWO(one, other)         cluster((struct node[]){one, other}, 2)
#define THREE(one, two, others) cluster((struct node[]){one, two, others}, 3)

static struct cluster cluster(const struct node *nodes, size_t count)
{
	static const struct conf_options options = {.config_id = "plan"};
	struct cluster made = {.count = count};
	const struct conf *confs[NODES];
	char text[4096], why[256];

	for (size_t i = 0; i < count; i++) {
		int length = snprintf(text, sizeof text,
			"%s\nvrrp_instance web {\n\tstate BACKUP\n\tinterface eth0\n"
			"\tvirtual_router_id 51\n\tpriority %s\n%s\n"
			"\tvirtual_ipaddress {\n\t\t192.0.2.1/24\n\t}\n}\n",
			nodes[i].rest != NULL ? nodes[i].rest : "", nodes[i].priority,
			nodes[i].more != NULL ? nodes[i].more : "");
		made.confs[i] = conf_load_text(names[i], text, (size_t)length, &options, NULL);
		if (made.confs[i]->errors > 0)
			conf_report(made.confs[i], stderr, false);
		assert_int_equal(made.confs[i]->errors, 0);
		confs[i] = made.confs[i];
	}
	made.plan = plan_make(confs, names, count, why, sizeof why);
	assert_non_null(made.plan);
	return made;
}

static void release(struct cluster *cluster)
{
	plan_free(cluster->plan);
	for (size_t i = 0; i < cluster->count; i++)
		conf_free(cluster->confs[i]);
}

static const struct plan_move *find_move(const struct plan *plan, const char *failure)
{
	char text[PLAN_TEXT_LEN];

	for (size_t i = 0; i < plan->moves_count; i++)
		if (strcmp(plan_failure_text(plan, &plan->failures[plan->moves[i].failure], text),
			    failure) == 0)
			return &plan->moves[i];
	fail_msg("nothing is planned for: %s", failure);
	return NULL;
}

static void expect_holders(const struct cluster *cluster, const char *failure, const char *holders)
{
	char text[PLAN_TEXT_LEN];
	const struct plan_move *move = find_move(cluster->plan, failure);

	assert_int_equal(move->end, PLAN_SETTLED);
	assert_string_equal(plan_holders_text(cluster->plan, &move->after, text), holders);
}

static uint64_t takes_ns(const struct cluster *cluster, const char *failure)
{
	return find_move(cluster->plan, failure)->after_ns;
}

static bool is_found(const struct cluster *cluster, const char *part)
{
	const struct plan_finding *finding;
	bool found = false;

	TAILQ_FOREACH(finding, &cluster->plan->findings, entry)
	{
		char *text = plan_finding_text(finding);
		found |= strstr(text, part) != NULL;
		free(text);
	}
	return found;
}

static void expect_finding(const struct cluster *cluster, const char *part)
{
	if (!is_found(cluster, part))
		fail_msg("nothing is found like: %s", part);
}

/* ---- one address ---- */

/* Master_Down_Interval is three intervals and a skew; the dead node was heard at the last moment.
 */
static void test_a_dead_node_is_followed(void **state)
{
	struct cluster two = TWO(PLAIN("100"), PLAIN("90"));
	uint64_t down_ns = 3 * S + (256 - 90) * S / 256;

	(void)state;
	expect_holders(&two, "all is well", "a");
	expect_holders(&two, "a dies", "b");
	expect_holders(&two, "a comes back", "a");
	expect_holders(&two, "b dies", "a");
	assert_in_range(takes_ns(&two, "a dies"), down_ns - MS, down_ns);
	assert_int_equal(takes_ns(&two, "b dies"), 0);
	assert_false(plan_is_wrong(two.plan));
	release(&two);
}

static void test_nopreempt_stays(void **state)
{
	struct cluster two = TWO(WITH("100", "nopreempt"), PLAIN("90"));

	(void)state;
	expect_holders(&two, "a dies", "b");
	expect_holders(&two, "a comes back", "b");
	assert_false(plan_is_wrong(two.plan));
	release(&two);
}

/* A delay that is long is not lived through, but takes as long. */
static void test_delays_are_counted(void **state)
{
	struct cluster soon = TWO(WITH("100", "preempt_delay 5"), PLAIN("90"));
	struct cluster late = TWO(WITH("100", "preempt_delay 805"), PLAIN("90"));
	static const char starts[] = "global_defs {\n vrrp_startup_delay 600\n}\n";
	struct cluster start = TWO(FULL("100", NULL, starts), FULL("90", NULL, starts));
	uint64_t soon_ns = takes_ns(&soon, "a comes back");

	(void)state;
	assert_in_range(soon_ns, 5 * S, 10 * S);
	assert_int_equal(takes_ns(&late, "a comes back"), soon_ns + 800 * S);
	assert_in_range(takes_ns(&start, "all is well"), 603 * S, 604 * S);
	assert_in_range(takes_ns(&start, "a comes back"), 600 * S, 605 * S);
	expect_holders(&start, "a comes back", "a");
	release(&soon);
	release(&late);
	release(&start);
}

static void test_equals_are_left_open(void **state)
{
	struct cluster two = TWO(PLAIN("100"), PLAIN("100"));
	struct cluster known =
		TWO(WITH("100", "mcast_src_ip 10.0.0.9"), WITH("100", "mcast_src_ip 10.0.0.10"));

	(void)state;
	expect_holders(&two, "all is well", "a or b");
	expect_holders(&two, "a dies", "b");
	expect_finding(&two, "the addresses of their interfaces decide");
	expect_holders(&known, "all is well", "b");
	expect_finding(&known, "b is preferred for its higher address");
	release(&two);
	release(&known);
}

/* ---- scripts and their like ---- */

#define SCRIPT(weight)                                                                             \
	"vrrp_script chk {\n script \"/bin/true\"\n interval 4\n fall 3\n weight " weight "\n}\n"
#define TRACKED "track_script {\n chk\n}"

static void test_scripts_move_by_weight(void **state)
{
	struct cluster light = TWO(FULL("100", TRACKED, SCRIPT("-10")), PLAIN("90"));
	struct cluster heavy = TWO(FULL("100", TRACKED, SCRIPT("-11")), PLAIN("90"));
	struct cluster fault = TWO(FULL("100", TRACKED, SCRIPT("0")), PLAIN("90"));

	(void)state;
	expect_holders(&light, "script chk fails on a", "a");
	expect_finding(&light, "weight -10 leaves a with priority 90, and b has 90; -11 or less");
	expect_holders(&heavy, "script chk fails on a", "b");
	assert_false(plan_is_wrong(heavy.plan));
	/* noticed after three turns; a released address is taken after the skew */
	assert_in_range(takes_ns(&heavy, "script chk fails on a"), 12 * S + 2 * S, 12 * S + 4 * S);
	assert_in_range(takes_ns(&fault, "script chk fails on a"), 12 * S, 12 * S + S);
	release(&light);
	release(&heavy);
	release(&fault);
}

static void test_bonus_must_be_had_by_both(void **state)
{
	struct cluster alone = TWO(FULL("100", TRACKED, SCRIPT("30")), PLAIN("90"));
	struct cluster both =
		TWO(FULL("100", TRACKED, SCRIPT("5")), FULL("90", TRACKED, SCRIPT("5")));
	struct cluster enough =
		TWO(FULL("100", TRACKED, SCRIPT("11")), FULL("90", TRACKED, SCRIPT("11")));

	(void)state;
	expect_finding(&alone, "a with priority 100, and b has 90; -11 or less would be enough");
	expect_finding(&both, "a with priority 100, and b has 95; 11 or more on both would be");
	expect_holders(&enough, "script chk fails on a", "b");
	release(&alone);
	release(&both);
	release(&enough);
}

static void test_nopreempt_outlives_weights(void **state)
{
	struct cluster two = TWO(FULL("100", TRACKED, SCRIPT("-50")), WITH("90", "nopreempt"));

	(void)state;
	expect_holders(&two, "script chk fails on a", "a");
	expect_finding(&two, "b has nopreempt");
	release(&two);
}

/* Who waits before preempting also waits when the master that lives gets worse. */
static void test_delays_hold_for_scripts_too(void **state)
{
	struct cluster two =
		TWO(FULL("100", TRACKED, SCRIPT("-50")), WITH("90", "preempt_delay 30"));

	(void)state;
	expect_holders(&two, "script chk fails on a", "b");
	assert_in_range(takes_ns(&two, "script chk fails on a"), 42 * S, 48 * S);
	expect_finding(&two, "preempt_delay of b holds for a master that lives, too");
	assert_false(plan_is_wrong(two.plan));
	release(&two);
}

/* A second instance of the same nodes, which nobody told of the script. */
static void test_what_is_tracked_for_others_only(void **state)
{
	static const char rest[] =
		SCRIPT("-50") "vrrp_instance other {\n interface eth0\n virtual_router_id 52\n"
			      " virtual_ipaddress {\n 192.0.2.2\n }\n}\n"
			      "virtual_server 192.0.2.3 80 {\n protocol TCP\n real_server 10.0.0.1 "
			      "80 {\n TCP_CHECK {\n }\n }\n}\n";
	struct cluster two = TWO(FULL("100", TRACKED, rest), FULL("90", TRACKED, rest));

	(void)state;
	expect_finding(&two, "what vrrp_instance web of a tracks fails: 192.0.2.2 stays");
	expect_finding(&two, "virtual server [192.0.2.3]:tcp:80 of a: no vrrp_instance there has");
	release(&two);
}

static void test_files_and_processes(void **state)
{
	static const char rest[] =
		"track_file load {\n file /run/load\n weight -3\n}\n"
		"track_file alive {\n file /run/alive\n weight 0 reverse\n}\n"
		"vrrp_track_process nginx {\n process nginx\n weight -20\n terminate_delay 2\n}\n";
	static const char more[] = "track_file {\n load\n alive\n}\ntrack_process {\n nginx\n}\n";
	struct cluster two = TWO(FULL("100", more, rest), PLAIN("90"));

	(void)state;
	expect_holders(&two, "all is well", "a");
	expect_holders(&two, "file load says 4 on a", "b");
	expect_holders(&two, "file alive says 0 on a", "b");
	expect_holders(&two, "process nginx is missing on a", "b");
	assert_in_range(takes_ns(&two, "process nginx is missing on a"), 4 * S, 6 * S);
	release(&two);
}

/* ---- networks ---- */

static void test_interfaces(void **state)
{
	struct cluster blind = TWO(WITH("100", "dont_track_primary"), PLAIN("90"));
	struct cluster two = TWO(WITH("100", "track_interface {\n eth1 weight -5\n}"), PLAIN("90"));

	(void)state;
	expect_holders(&blind, "eth0 goes down on a", "a and b");
	expect_finding(&blind, "dont_track_primary keeps a master");
	expect_holders(&two, "eth0 goes down on a", "b");
	expect_holders(&two, "eth1 goes down on a", "a");
	expect_finding(&two, "eth1 goes down on a: 192.0.2.1 does not move");
	release(&blind);
	release(&two);
}

static void test_apart_both_are_master(void **state)
{
	struct cluster two = TWO(PLAIN("100"), PLAIN("90"));
	struct cluster three = THREE(PLAIN("100"), PLAIN("90"), PLAIN("80"));

	(void)state;
	expect_holders(&two, "a and b apart on eth0", "a and b");
	expect_holders(&three, "a cut off on eth0", "a and b");
	expect_holders(&three, "b cut off on eth0", "a and b");
	expect_holders(&three, "c cut off on eth0", "a and c");
	expect_finding(&two, "each takes the other for dead");
	assert_false(plan_is_wrong(two.plan));
	release(&two);
	release(&three);
}

/* Who is called how follows from what the others list. */
static void test_unicast_without_sources(void **state)
{
	struct cluster three = THREE(WITH("100", "unicast_peer {\n 10.0.0.2\n 10.0.0.3\n}"),
		WITH("90", "unicast_peer {\n 10.0.0.1\n 10.0.0.3\n}"),
		WITH("80", "unicast_peer {\n 10.0.0.1\n 10.0.0.2\n}"));
	struct cluster lacking = TWO(WITH("100", "unicast_src_ip 10.0.0.1\nunicast_peer {\n "
						 "10.0.0.2\n}"),
		WITH("90", "unicast_src_ip 10.0.0.4\nunicast_peer {\n 10.0.0.1\n}"));

	(void)state;
	expect_holders(&three, "all is well", "a");
	expect_holders(&three, "a dies", "b");
	assert_false(plan_is_wrong(three.plan));
	expect_holders(&lacking, "all is well", "a and b");
	expect_finding(&lacking, "unicast_peer of a lacks 10.0.0.4, from which b sends");
	release(&three);
	release(&lacking);
}

/* ---- many ---- */

static struct conf *load_many(size_t node, unsigned instances)
{
	static const struct conf_options options = {.config_id = "plan"};
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "vrrp_script chk {\n script \"/bin/true\"\n weight -30\n}\n");
	for (unsigned i = 1; i <= instances; i++)
		fprintf(out,
			"vrrp_instance V%u {\n interface v%u\n virtual_router_id %u\n priority "
			"%zu\n track_script {\n chk\n }\n virtual_ipaddress {\n 10.0.%u.1/24\n "
			"}\n}\n",
			i, i, i, 120 - 10 * node, i);
	fclose(out);
	struct conf *conf = conf_load_text(names[node], text, size, &options, NULL);
	free(text);
	return conf;
}

/* 255 networks, each of which can fail on each node; not one is given up for being too much. */
static void test_many(void **state)
{
	const struct conf *confs[NODES];
	struct conf *loaded[NODES];
	char why[256];

	(void)state;
	for (size_t i = 0; i < NODES; i++)
		confs[i] = loaded[i] = load_many(i, 255);
	struct plan *plan = plan_make(confs, names, NODES, why, sizeof why);
	assert_non_null(plan);
	assert_int_equal(plan->bundles_count, 255);
	assert_false(plan_is_wrong(plan));
	for (size_t i = 0; i < plan->moves_count; i++)
		assert_int_equal(plan->moves[i].end, PLAN_SETTLED);
	plan_free(plan);
	for (size_t i = 0; i < NODES; i++)
		conf_free(loaded[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dead_node_is_followed),
		cmocka_unit_test(test_nopreempt_stays),
		cmocka_unit_test(test_delays_are_counted),
		cmocka_unit_test(test_equals_are_left_open),
		cmocka_unit_test(test_scripts_move_by_weight),
		cmocka_unit_test(test_bonus_must_be_had_by_both),
		cmocka_unit_test(test_nopreempt_outlives_weights),
		cmocka_unit_test(test_delays_hold_for_scripts_too),
		cmocka_unit_test(test_what_is_tracked_for_others_only),
		cmocka_unit_test(test_files_and_processes),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_apart_both_are_master),
		cmocka_unit_test(test_unicast_without_sources),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
