/* Sync groups: what the core decides, and groups on simulated LANs in virtual time, where hosts
 * crash, freeze and lose cables, their processes are replaced, and reloads make and unmake groups.
 * All of it follows from a seed. Every member has a LAN of its own.
 *
 * What must hold, at every moment:
 * - all members of a group are MASTER or none is; only members that came together in a reload or a
 *   resumption may differ, and not for longer than a Master_Down_Interval, and one that waits for
 * the first result of a script;
 * - no member is anything but FAULT while another one has a fault;
 * - two nodes that hear each other do not both hold an address for longer than an advertisement and
 * its answer;
 * - once it has been quiet for long enough, exactly one node has all addresses, and it is the best.
 *
 * A failure prints the seed: HOLDFAST_SIM_SEED=seed runs that world alone and tells its story. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/vrrp_fsm_text.h"
#include "vrrpd/sync_group.h"
#include "vrrpd/vrrp_fsm.h"

#define US         UINT64_C(1000)
#define MS         UINT64_C(1000000)
#define S          UINT64_C(1000000000)
#define BEGIN      (1000 * S)
#define HOSTS      3
#define MEMBERS    3
#define FLIGHT_MAX 4096
#define WORLDS     500
#define STORY      (300 * S)
#define LATE       (2 * MS)
#define TRANSIT    (1500 * US)

/* ---- decisions ---- */

static const struct sync_member listening = {.state = VRRP_BACKUP};
static const struct sync_member wanting = {.state = VRRP_BACKUP, .will = VRRP_WANTS};
static const struct sync_member deferring = {.state = VRRP_BACKUP, .will = VRRP_DEFERS};
static const struct sync_member master = {.state = VRRP_MASTER};
static const struct sync_member faulty = {.state = VRRP_FAULT, .faulty = true};
static const struct sync_member pulled = {.state = VRRP_FAULT};
static const struct sync_member initial = {.state = VRRP_INIT};
static const struct sync_member pending = {.state = VRRP_FAULT, .initialising = true};

/* Another member beside one that changes. */
static unsigned change(const struct sync_member *other, const struct sync_member *before,
	const struct sync_member *after)
{
	struct sync_group group = {0};

	sync_group_add(&group, other);
	sync_group_add(&group, before);
	return sync_group_change(&group, before, after);
}

static void becomes_master_together(void **state)
{
	(void)state;
	assert_int_equal(change(&listening, &listening, &wanting), 0);
	assert_int_equal(change(&deferring, &listening, &wanting), 0);
	assert_int_equal(change(&initial, &listening, &wanting), 0);
	assert_int_equal(change(&pending, &listening, &wanting), 0);
	assert_int_equal(change(&pulled, &listening, &wanting), 0);
	assert_int_equal(change(&wanting, &listening, &wanting), SYNC_MASTER);
	assert_int_equal(change(&wanting, &wanting, &wanting), SYNC_MASTER);
	assert_int_equal(change(&master, &listening, &wanting), SYNC_MASTER);
	assert_int_equal(change(&wanting, &wanting, &deferring), 0);
}

static void goes_to_backup_together(void **state)
{
	(void)state;
	assert_int_equal(change(&master, &master, &listening), SYNC_BACKUP);
	assert_int_equal(change(&listening, &master, &listening), 0);
	assert_int_equal(change(&master, &listening, &deferring), SYNC_BACKUP);
	assert_int_equal(change(&master, &deferring, &deferring), SYNC_BACKUP);
	assert_int_equal(change(&master, &listening, &listening), 0);
	assert_int_equal(change(&master, &pending, &listening), SYNC_REVIEW);
}

static void is_in_fault_together(void **state)
{
	struct sync_group group = {0};

	(void)state;
	assert_int_equal(change(&master, &master, &faulty), SYNC_REVIEW);
	assert_int_equal(change(&faulty, &pulled, &faulty), 0);
	assert_int_equal(change(&faulty, &faulty, &pulled), 0);
	assert_int_equal(change(&pulled, &faulty, &listening), SYNC_REVIEW);
	assert_int_equal(change(&master, &initial, &pending), 0);
	assert_int_equal(change(&pulled, &pending, &faulty), SYNC_REVIEW);

	sync_group_add(&group, &faulty);
	assert_int_equal(sync_group_faults(&group, &faulty), 0);
	assert_int_equal(sync_group_faults(&group, &master), VRRP_FAULT_SYNC_GROUP);
	sync_group_add(&group, &faulty);
	assert_int_equal(sync_group_faults(&group, &faulty), VRRP_FAULT_SYNC_GROUP);
}

static void who_waits_holds_back_who_does_not_run(void **state)
{
	struct sync_group group = {0};

	(void)state;
	sync_group_add(&group, &pending);
	assert_int_equal(sync_group_faults(&group, &pending), 0);
	assert_int_equal(sync_group_faults(&group, &initial), VRRP_FAULT_SCRIPT_PENDING);
	assert_int_equal(sync_group_faults(&group, &pulled), VRRP_FAULT_SCRIPT_PENDING);
	assert_int_equal(sync_group_faults(&group, &listening), 0);
	assert_int_equal(sync_group_faults(&group, &master), 0);
}

static void state_follows_from_the_members(void **state)
{
	struct sync_group group = {0};

	(void)state;
	assert_int_equal(sync_group_state(&group), VRRP_INIT);
	sync_group_add(&group, &initial);
	assert_int_equal(sync_group_state(&group), VRRP_INIT);
	sync_group_add(&group, &listening);
	assert_int_equal(sync_group_state(&group), VRRP_BACKUP);
	sync_group_add(&group, &master);
	assert_int_equal(sync_group_state(&group), VRRP_MASTER);
	sync_group_add(&group, &pulled);
	assert_int_equal(sync_group_state(&group), VRRP_FAULT);
}

/* ---- the simulation ---- */

struct member {
	struct vrrp_params params;
	struct vrrp_fsm fsm;
	struct sync_member known;
	uint32_t own_faults;
	bool pending; /* a script has not had its first result */
	bool cable;
	int segment;
	bool addresses;
	uint64_t wake_ns;
};

struct host {
	struct member members[MEMBERS];
	struct sync_group group;
	unsigned todo;
	bool grouped;
	bool up;
	bool replaced;      /* a successor goes on at busy_ns */
	uint64_t busy_ns;   /* until then the process does not run */
	uint64_t differ_ns; /* until then its members may differ */
};

struct flight {
	uint64_t at_ns;
	size_t to, member;
	int segment;
	uint8_t priority;
	uint16_t interval_cs;
	uint32_t source;
};

struct world {
	uint64_t seed, random, now_ns;
	bool story;
	size_t members, flight_count;
	uint16_t interval_cs;
	uint64_t preempt_delay_ns;
	struct host hosts[HOSTS];
	struct flight flight[FLIGHT_MAX];
	unsigned loss_percent;
	uint64_t calm_ns, disturb_ns, two_since_ns[MEMBERS];
	unsigned changes, together;
};

/* splitmix64 */
static uint64_t draw(struct world *world, uint64_t below)
{
	uint64_t z = (world->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

__attribute__((format(printf, 2, 3))) static void tell(
	const struct world *world, const char *format, ...)
{
	va_list arguments;

	if (!world->story)
		return;
	printf("%12.6f ", (double)(world->now_ns - BEGIN) / (double)S);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void require(const struct world *world, bool condition, const char *what)
{
	if (!condition)
		fail_msg("seed %" PRIu64 ", at %.6f s: %s (HOLDFAST_SIM_SEED=%" PRIu64 ")",
			world->seed, (double)(world->now_ns - BEGIN) / (double)S, what,
			world->seed);
}

/* Three intervals and a Skew_Time of at most one. */
static uint64_t down_ns(const struct world *world)
{
	return 4 * world->interval_cs * 10 * MS;
}

static bool is_running(const struct world *world, const struct host *host)
{
	return host->up && world->now_ns >= host->busy_ns;
}

static void send_advert(struct world *world, const struct host *from, size_t m, uint8_t priority)
{
	const struct member *member = &from->members[m];

	for (size_t to = 0; to < HOSTS; to++) {
		if (&world->hosts[to] == from || !member->cable ||
			draw(world, 100) < world->loss_percent)
			continue;
		assert_true(world->flight_count < FLIGHT_MAX);
		world->flight[world->flight_count++] = (struct flight){
			.at_ns = world->now_ns + 20 * US + draw(world, TRANSIT - 20 * US),
			.to = to,
			.member = m,
			.segment = member->segment,
			.priority = priority,
			.interval_cs = member->params.advert_interval_cs,
			.source = member->params.source};
	}
}

static struct sync_member see(const struct member *member)
{
	return (struct sync_member){.state = member->fsm.state,
		.will = member->fsm.will,
		.faulty = (member->own_faults & VRRP_FAULT_INTERFACE_DOWN) != 0,
		.initialising = member->own_faults == VRRP_FAULT_SCRIPT_PENDING};
}

/* Whoever runs is not disturbed by a script without a result. */
static uint32_t find_faults(const struct member *member)
{
	bool waits = member->fsm.state == VRRP_INIT ||
		     (member->fsm.fault_reasons & VRRP_FAULT_SCRIPT_PENDING) != 0;

	return (member->cable ? 0 : VRRP_FAULT_INTERFACE_DOWN) |
	       (member->pending && waits ? VRRP_FAULT_SCRIPT_PENDING : 0);
}

static void changed(struct host *host, struct member *member)
{
	struct sync_member before = member->known;

	member->known = see(member);
	if (host->grouped)
		host->todo |= sync_group_change(&host->group, &before, &member->known);
}

static void carry_out(
	struct world *world, struct host *host, size_t m, const struct vrrp_action *action)
{
	struct member *member = &host->members[m];
	char text[TEXT_MAX] = "";

	if (action->type == VRRP_ACTION_SEND_ADVERT)
		send_advert(world, host, m, action->priority);
	else if (action->type == VRRP_ACTION_ADD_ADDRESSES)
		member->addresses = true;
	else if (action->type == VRRP_ACTION_REMOVE_ADDRESSES)
		member->addresses = false;
	if (action->type != VRRP_ACTION_STATE_CHANGED)
		return;
	world->changes++;
	action_text(action, member->fsm.fault_reasons, text, sizeof(text));
	tell(world, "host %td member %zu: %s", host - world->hosts + 1, m + 1, text);
}

static void plan_wake(struct world *world, struct host *host, struct member *member)
{
	uint64_t deadline_ns = vrrp_fsm_deadline(&member->fsm);

	member->wake_ns = UINT64_MAX;
	if (!host->up || deadline_ns == UINT64_MAX)
		return;
	if (deadline_ns < world->now_ns)
		deadline_ns = world->now_ns;
	member->wake_ns = deadline_ns + draw(world, LATE);
	if (member->wake_ns <= host->busy_ns)
		member->wake_ns = host->busy_ns + 1;
}

static void give(struct world *world, struct host *host, size_t m, const struct vrrp_event *event)
{
	struct member *member = &host->members[m];
	struct vrrp_actions actions;

	vrrp_fsm_event(&member->fsm, &member->params, event, world->now_ns, &actions);
	for (size_t i = 0; i < actions.count; i++)
		carry_out(world, host, m, &actions.list[i]);
	require(world, member->addresses == (member->fsm.state == VRRP_MASTER),
		"addresses and MASTER do not go together");
	plan_wake(world, host, member);
	changed(host, member);
}

static void review(struct world *world, struct host *host, size_t m, enum vrrp_event_type type)
{
	struct member *member = &host->members[m];
	struct vrrp_event event = {.type = type, .fault_reasons = find_faults(member)};

	member->own_faults = event.fault_reasons;
	changed(host, member);
	if (host->grouped)
		event.fault_reasons |= sync_group_faults(&host->group, &member->known);
	if (type == VRRP_EVENT_STARTUP || event.fault_reasons != member->fsm.fault_reasons)
		give(world, host, m, &event);
}

/* As vrrpd/group.c does it. */
static void run_group(struct world *world, struct host *host)
{
	while (host->todo != 0) {
		unsigned todo = host->todo;

		host->todo = 0;
		for (size_t m = 0; (todo & SYNC_REVIEW) && m < world->members; m++)
			review(world, host, m, VRRP_EVENT_FAULTS);
		for (size_t m = 0; (todo & SYNC_BACKUP) && m < world->members; m++)
			give(world, host, m, &(struct vrrp_event){.type = VRRP_EVENT_SYNC_BACKUP});
		if ((todo & SYNC_MASTER) == 0 || !sync_group_may_master(&host->group))
			continue;
		world->together++;
		for (size_t m = 0; m < world->members; m++)
			give(world, host, m, &(struct vrrp_event){.type = VRRP_EVENT_SYNC_MASTER});
	}
}

/* A configuration is applied, and members that were apart may come together. */
static void make_group(struct world *world, struct host *host)
{
	host->group = (struct sync_group){0};
	host->todo = 0;
	host->differ_ns = world->now_ns + down_ns(world) + LATE;
	for (size_t m = 0; m < world->members; m++) {
		host->members[m].own_faults = find_faults(&host->members[m]);
		host->members[m].known = see(&host->members[m]);
		sync_group_add(&host->group, &host->members[m].known);
	}
}

static void start_host(struct world *world, struct host *host)
{
	host->up = true;
	host->busy_ns = world->now_ns;
	host->replaced = false;
	for (size_t m = 0; m < world->members; m++) {
		vrrp_fsm_init(&host->members[m].fsm, &host->members[m].params);
		host->members[m].addresses = false;
		host->members[m].pending = draw(world, 6) == 0;
	}
	make_group(world, host);
	for (size_t m = 0; m < world->members; m++)
		review(world, host, m, VRRP_EVENT_STARTUP);
	run_group(world, host);
}

static void resume_host(struct world *world, struct host *host)
{
	bool resumed[MEMBERS];

	host->replaced = false;
	make_group(world, host);
	for (size_t m = 0; m < world->members; m++)
		resumed[m] = vrrp_fsm_resume(
			&host->members[m].fsm, &host->members[m].params, world->now_ns);
	for (size_t m = 0; m < world->members; m++) {
		plan_wake(world, host, &host->members[m]);
		review(world, host, m, resumed[m] ? VRRP_EVENT_FAULTS : VRRP_EVENT_STARTUP);
	}
	run_group(world, host);
}

/* ---- disturbances ---- */

static void crash_or_start(struct world *world, struct host *host)
{
	tell(world, "host %td %s", host - world->hosts + 1, host->up ? "dies" : "starts");
	if (!host->up) {
		start_host(world, host);
		return;
	}
	host->up = false;
	for (size_t m = 0; m < world->members; m++) {
		vrrp_fsm_init(&host->members[m].fsm, &host->members[m].params);
		host->members[m].addresses = false;
		host->members[m].wake_ns = UINT64_MAX;
	}
}

static void pull_or_plug(struct world *world, struct host *host)
{
	size_t m = draw(world, world->members);
	struct member *member = &host->members[m];

	member->cable = !member->cable;
	tell(world, "host %td: cable %zu %s", host - world->hosts + 1, m + 1,
		member->cable ? "plugged" : "pulled");
	if (!host->up)
		return;
	review(world, host, m, VRRP_EVENT_FAULTS);
	run_group(world, host);
}

/* One that was waited for starts, though the others may be MASTER already. */
static void get_results(struct world *world, struct host *host)
{
	host->differ_ns = world->now_ns + down_ns(world) + LATE;
	for (size_t m = 0; m < world->members; m++) {
		host->members[m].pending = false;
		if (host->up)
			review(world, host, m, VRRP_EVENT_FAULTS);
	}
	run_group(world, host);
}

/* A switch of one LAN fails or comes back. */
static void move(struct world *world, struct host *host)
{
	size_t m = draw(world, world->members);

	host->members[m].segment = 1 - host->members[m].segment;
	tell(world, "host %td: segment %zu is %d", host - world->hosts + 1, m + 1,
		host->members[m].segment);
}

static void change_params(struct world *world, struct host *host)
{
	uint8_t priority = (uint8_t)(1 + draw(world, 254));
	bool preempt = draw(world, 3) > 0;

	tell(world, "host %td: priority %u, preempt %d", host - world->hosts + 1, priority,
		preempt);
	for (size_t m = 0; m < world->members; m++) {
		struct vrrp_params previous = host->members[m].params;
		host->members[m].params.priority = priority;
		host->members[m].params.preempt = preempt;
		if (host->up)
			give(world, host, m,
				&(struct vrrp_event){
					.type = VRRP_EVENT_PARAMS, .previous = &previous});
	}
	run_group(world, host);
}

static void regroup(struct world *world, struct host *host)
{
	host->grouped = !host->grouped;
	tell(world, "host %td: %s", host - world->hosts + 1,
		host->grouped ? "a group" : "no group");
	make_group(world, host);
	for (size_t m = 0; m < world->members; m++) {
		struct vrrp_params previous = host->members[m].params;
		host->members[m].params.grouped = host->grouped;
		if (!host->up)
			continue;
		review(world, host, m, VRRP_EVENT_FAULTS);
		give(world, host, m,
			&(struct vrrp_event){.type = VRRP_EVENT_PARAMS, .previous = &previous});
	}
	run_group(world, host);
}

static void freeze(struct world *world, struct host *host)
{
	host->busy_ns = world->now_ns + 10 * MS + draw(world, 6 * S);
	if (host->differ_ns > world->now_ns)
		host->differ_ns += host->busy_ns - world->now_ns;
	tell(world, "host %td: frozen until %.6f", host - world->hosts + 1,
		(double)(host->busy_ns - BEGIN) / (double)S);
	for (size_t m = 0; m < world->members; m++)
		plan_wake(world, host, &host->members[m]);
}

static void replace(struct world *world, struct host *host)
{
	if (!host->up)
		return;
	freeze(world, host);
	host->busy_ns = world->now_ns + 5 * MS + draw(world, 400 * MS);
	host->replaced = true;
	for (size_t m = 0; m < world->members; m++)
		host->members[m].wake_ns = host->busy_ns;
}

static void lose_or_not(struct world *world, struct host *host)
{
	(void)host;
	world->loss_percent = world->loss_percent == 0 ? (unsigned)(5 + draw(world, 60)) : 0;
	tell(world, "%u %% loss", world->loss_percent);
}

static void mend(struct world *world, struct host *host)
{
	if (!host->up)
		crash_or_start(world, host);
	for (size_t m = 0; m < world->members; m++) {
		host->members[m].segment = 0;
		host->members[m].cable = true;
	}
	get_results(world, host);
	if (!host->grouped)
		regroup(world, host);
	if (world->loss_percent != 0)
		lose_or_not(world, host);
}

static void disturb(struct world *world)
{
	static void (*const disturbances[])(struct world *, struct host *) = {crash_or_start,
		pull_or_plug, pull_or_plug, get_results, move, change_params, regroup, freeze,
		replace, replace, lose_or_not, mend, mend, mend, mend, mend, mend, mend, mend};
	struct host *host = &world->hosts[draw(world, HOSTS)];

	if (world->now_ns >= host->busy_ns)
		disturbances[draw(world, sizeof(disturbances) / sizeof(disturbances[0]))](
			world, host);
	if (world->calm_ns < world->now_ns)
		world->calm_ns = world->now_ns;
	if (world->calm_ns < host->busy_ns)
		world->calm_ns = host->busy_ns;
	world->disturb_ns =
		world->now_ns + (draw(world, 3) == 0 ? draw(world, 100 * MS) : draw(world, 40 * S));
}

/* ---- what must hold ---- */

static size_t count_state(const struct world *world, const struct host *host, enum vrrp_state state)
{
	size_t count = 0;

	for (size_t m = 0; m < world->members; m++)
		count += host->members[m].fsm.state == state;
	return count;
}

/* Of its own, not of its group. */
static bool has_fault(const struct world *world, const struct host *host, uint32_t faults)
{
	for (size_t m = 0; m < world->members; m++)
		if ((host->members[m].own_faults & faults) != 0)
			return true;
	return false;
}

static void check_group(const struct world *world, const struct host *host)
{
	size_t masters = count_state(world, host, VRRP_MASTER);
	bool waits = has_fault(world, host, VRRP_FAULT_SCRIPT_PENDING);

	if (!is_running(world, host) || !host->grouped || host->replaced)
		return;
	require(world,
		masters == 0 || masters == world->members || waits ||
			world->now_ns <= host->differ_ns,
		"some members are MASTER and some are not");
	require(world,
		!has_fault(world, host, VRRP_FAULT_INTERFACE_DOWN) ||
			count_state(world, host, VRRP_FAULT) == world->members,
		"a member does not follow another one to FAULT");
	require(world,
		has_fault(world, host, UINT32_MAX) || count_state(world, host, VRRP_FAULT) == 0,
		"FAULT without a fault");
}

static void check_pairs(struct world *world, size_t m)
{
	size_t masters[2] = {0, 0};

	for (size_t h = 0; h < HOSTS; h++) {
		const struct host *host = &world->hosts[h];
		if (is_running(world, host) && host->members[m].cable &&
			host->members[m].fsm.state == VRRP_MASTER)
			masters[host->members[m].segment]++;
	}
	if (masters[0] < 2 && masters[1] < 2)
		world->two_since_ns[m] = UINT64_MAX;
	else if (world->two_since_ns[m] == UINT64_MAX)
		world->two_since_ns[m] = world->now_ns;
	uint64_t since_ns = world->two_since_ns[m];
	if (since_ns == UINT64_MAX || world->loss_percent > 0 || world->now_ns < world->calm_ns)
		return;
	since_ns = since_ns > world->calm_ns ? since_ns : world->calm_ns;
	require(world,
		world->now_ns - since_ns <= world->interval_cs * 10 * MS + 2 * (LATE + TRANSIT),
		"two nodes that hear each other hold an address");
}

/* Nothing is broken but cables, and all nodes that run have the group. */
static bool is_whole(const struct world *world)
{
	for (size_t h = 0; h < HOSTS; h++) {
		const struct host *host = &world->hosts[h];
		if (!host->up)
			continue;
		if (!host->grouped || !is_running(world, host) || host->replaced ||
			has_fault(world, host, VRRP_FAULT_SCRIPT_PENDING))
			return false;
		for (size_t m = 0; m < world->members; m++)
			if (host->members[m].segment != 0)
				return false;
	}
	return world->loss_percent == 0;
}

static void check_settled(const struct world *world)
{
	const struct host *holder = NULL;
	size_t holders = 0, able = 0;

	if (world->now_ns < world->calm_ns + world->preempt_delay_ns + 4 * down_ns(world) ||
		!is_whole(world))
		return;
	for (size_t h = 0; h < HOSTS; h++) {
		const struct host *host = &world->hosts[h];
		able += host->up && !has_fault(world, host, UINT32_MAX);
		if (count_state(world, host, VRRP_MASTER) == 0)
			continue;
		holder = host;
		holders++;
	}
	require(world, holders == (able > 0), "not one node holds the addresses");
	for (size_t h = 0; h < HOSTS && holder != NULL; h++) {
		const struct host *host = &world->hosts[h];
		if (host->up && !has_fault(world, host, UINT32_MAX) &&
			host->members[0].params.preempt)
			require(world,
				host->members[0].params.priority <=
					holder->members[0].params.priority,
				"a better node does not hold the addresses");
	}
}

/* ---- the clock ---- */

static void deliver(struct world *world, const struct flight *packet)
{
	struct host *host = &world->hosts[packet->to];
	const struct member *member = &host->members[packet->member];

	if (!is_running(world, host) || host->replaced || !member->cable ||
		member->segment != packet->segment)
		return;
	give(world, host, packet->member,
		&(struct vrrp_event){.type = VRRP_EVENT_ADVERT,
			.priority = packet->priority,
			.interval_cs = packet->interval_cs,
			.source = packet->source});
	run_group(world, host);
}

static void wake(struct world *world, struct host *host, size_t m)
{
	if (host->replaced)
		resume_host(world, host);
	else
		give(world, host, m, &(struct vrrp_event){.type = VRRP_EVENT_TIMER});
	run_group(world, host);
}

static struct flight *next_packet(struct world *world, uint64_t *next_ns)
{
	struct flight *arriving = NULL;

	for (size_t i = 0; i < world->flight_count; i++) {
		struct flight *packet = &world->flight[i];
		const struct host *to = &world->hosts[packet->to];
		if (packet->at_ns < to->busy_ns && to->up && !to->replaced)
			packet->at_ns = to->busy_ns;
		if (packet->at_ns <= *next_ns) {
			arriving = packet;
			*next_ns = packet->at_ns;
		}
	}
	return arriving;
}

static void step(struct world *world)
{
	uint64_t next_ns = world->disturb_ns;
	struct host *waking = NULL;
	size_t member = 0;

	for (size_t h = 0; h < HOSTS; h++)
		for (size_t m = 0; m < world->members; m++)
			if (world->hosts[h].members[m].wake_ns < next_ns) {
				waking = &world->hosts[h];
				member = m;
				next_ns = waking->members[m].wake_ns;
			}
	struct flight *arriving = next_packet(world, &next_ns);
	world->now_ns = next_ns;
	if (arriving != NULL) {
		struct flight packet = *arriving;
		*arriving = world->flight[--world->flight_count];
		deliver(world, &packet);
	} else if (waking != NULL) {
		wake(world, waking, member);
	} else {
		disturb(world);
	}
}

static void make_world(struct world *world, uint64_t seed)
{
	static const uint16_t intervals_cs[] = {10, 50, 100};

	*world = (struct world){.seed = seed, .random = seed, .now_ns = BEGIN, .calm_ns = BEGIN};
	world->members = 2 + draw(world, MEMBERS - 1);
	world->interval_cs = intervals_cs[draw(world, 3)];
	world->preempt_delay_ns = draw(world, 3) * 2 * S;
	world->disturb_ns = BEGIN + 12 * S;
	for (size_t h = 0; h < HOSTS; h++) {
		struct host *host = &world->hosts[h];
		uint8_t priority = (uint8_t)(1 + draw(world, 254));
		host->grouped = true;
		for (size_t m = 0; m < MEMBERS; m++) {
			host->members[m].cable = true;
			host->members[m].wake_ns = UINT64_MAX;
			host->members[m].params = (struct vrrp_params){.version = 3,
				.priority = priority,
				.preempt = true,
				.grouped = true,
				.advert_interval_cs = world->interval_cs,
				.down_timer_adverts = 3,
				.preempt_delay_ns = world->preempt_delay_ns,
				.source = htonl(0x0a000001 + (uint32_t)(m << 8 | h)),
				.garp_repeat = 1};
		}
	}
	for (size_t m = 0; m < MEMBERS; m++)
		world->two_since_ns[m] = UINT64_MAX;
}

static void run_world(struct world *world, uint64_t seed, bool story)
{
	make_world(world, seed);
	world->story = story;
	for (size_t h = 0; h < HOSTS; h++)
		start_host(world, &world->hosts[h]);
	while (world->now_ns < BEGIN + STORY) {
		step(world);
		for (size_t h = 0; h < HOSTS; h++)
			check_group(world, &world->hosts[h]);
		for (size_t m = 0; m < world->members; m++)
			check_pairs(world, m);
		check_settled(world);
	}
}

static void test_worlds(void **state)
{
	static struct world world;
	const char *seed = getenv("HOLDFAST_SIM_SEED");
	const char *worlds = getenv("HOLDFAST_SIM_WORLDS");
	uint64_t changes = 0, together = 0;
	uint64_t count = worlds != NULL ? strtoull(worlds, NULL, 10) : WORLDS;

	(void)state;
	if (seed != NULL) {
		run_world(&world, strtoull(seed, NULL, 10), true);
		return;
	}
	for (uint64_t i = 1; i <= count; i++) {
		run_world(&world, i, false);
		changes += world.changes;
		together += world.together;
	}
	/* Worlds in which nothing happens would prove nothing. */
	assert_true(changes > count * 20 && together > count * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_master_together),
		cmocka_unit_test(goes_to_backup_together),
		cmocka_unit_test(is_in_fault_together),
		cmocka_unit_test(who_waits_holds_back_who_does_not_run),
		cmocka_unit_test(state_follows_from_the_members),
		cmocka_unit_test(test_worlds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
