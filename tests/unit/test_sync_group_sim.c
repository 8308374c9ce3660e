/* Sync groups on simulated LANs in virtual time, where hosts crash, freeze and lose cables, their
 * processes are replaced, and reloads make and unmake groups. Every member has a LAN of its own.
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
 * tests/unit/sim.h says how to look at one that fails. */
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

#include "tests/unit/sim.h"
#include "tests/unit/vrrp_fsm_text.h"
#include "vrrpd/sync_group.h"
#include "vrrpd/vrrp_fsm.h"

#define HOSTS      3
#define MEMBERS    3
#define FLIGHT_MAX 4096
#define WORLDS     500

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
	struct sim sim;
	size_t members, flight_count;
	uint16_t interval_cs;
	uint64_t preempt_delay_ns;
	struct host hosts[HOSTS];
	struct flight flight[FLIGHT_MAX];
	unsigned loss_percent;
	uint64_t calm_ns, disturb_ns, two_since_ns[MEMBERS];
	unsigned changes, together;
};

/* Three intervals and a Skew_Time of at most one. */
static uint64_t down_ns(const struct world *world)
{
	return 4 * world->interval_cs * 10 * MS;
}

static bool is_running(const struct world *world, const struct host *host)
{
	return host->up && world->sim.now_ns >= host->busy_ns;
}

static void send_advert(struct world *world, const struct host *from, size_t m, uint8_t priority)
{
	const struct member *member = &from->members[m];

	for (size_t to = 0; to < HOSTS; to++) {
		if (&world->hosts[to] == from || !member->cable ||
			sim_draw(&world->sim, 100) < world->loss_percent)
			continue;
		assert_true(world->flight_count < FLIGHT_MAX);
		world->flight[world->flight_count++] =
			(struct flight){.at_ns = world->sim.now_ns + 20 * US +
						 sim_draw(&world->sim, TRANSIT - 20 * US),
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
	sim_tell(&world->sim, "host %td member %zu: %s", host - world->hosts + 1, m + 1, text);
}

static void plan_wake(struct world *world, struct host *host, struct member *member)
{
	uint64_t deadline_ns = vrrp_fsm_deadline(&member->fsm);

	member->wake_ns = UINT64_MAX;
	if (!host->up || deadline_ns == UINT64_MAX)
		return;
	if (deadline_ns < world->sim.now_ns)
		deadline_ns = world->sim.now_ns;
	member->wake_ns = deadline_ns + sim_draw(&world->sim, LATE);
	if (member->wake_ns <= host->busy_ns)
		member->wake_ns = host->busy_ns + 1;
}

static void give(struct world *world, struct host *host, size_t m, const struct vrrp_event *event)
{
	struct member *member = &host->members[m];
	struct vrrp_actions actions;

	vrrp_fsm_event(&member->fsm, &member->params, event, world->sim.now_ns, &actions);
	for (size_t i = 0; i < actions.count; i++)
		carry_out(world, host, m, &actions.list[i]);
	sim_require(&world->sim, member->addresses == (member->fsm.state == VRRP_MASTER),
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
	host->differ_ns = world->sim.now_ns + down_ns(world) + LATE;
	for (size_t m = 0; m < world->members; m++) {
		host->members[m].own_faults = find_faults(&host->members[m]);
		host->members[m].known = see(&host->members[m]);
		sync_group_add(&host->group, &host->members[m].known);
	}
}

static void start_host(struct world *world, struct host *host)
{
	host->up = true;
	host->busy_ns = world->sim.now_ns;
	host->replaced = false;
	for (size_t m = 0; m < world->members; m++) {
		vrrp_fsm_init(&host->members[m].fsm, &host->members[m].params);
		host->members[m].addresses = false;
		host->members[m].pending = sim_draw(&world->sim, 6) == 0;
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
			&host->members[m].fsm, &host->members[m].params, world->sim.now_ns);
	for (size_t m = 0; m < world->members; m++) {
		plan_wake(world, host, &host->members[m]);
		review(world, host, m, resumed[m] ? VRRP_EVENT_FAULTS : VRRP_EVENT_STARTUP);
	}
	run_group(world, host);
}

/* ---- disturbances ---- */

static void crash_or_start(struct world *world, struct host *host)
{
	sim_tell(&world->sim, "host %td %s", host - world->hosts + 1, host->up ? "dies" : "starts");
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
	size_t m = sim_draw(&world->sim, world->members);
	struct member *member = &host->members[m];

	member->cable = !member->cable;
	sim_tell(&world->sim, "host %td: cable %zu %s", host - world->hosts + 1, m + 1,
		member->cable ? "plugged" : "pulled");
	if (!host->up)
		return;
	review(world, host, m, VRRP_EVENT_FAULTS);
	run_group(world, host);
}

/* One that was waited for starts, though the others may be MASTER already. */
static void get_results(struct world *world, struct host *host)
{
	host->differ_ns = world->sim.now_ns + down_ns(world) + LATE;
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
	size_t m = sim_draw(&world->sim, world->members);

	host->members[m].segment = 1 - host->members[m].segment;
	sim_tell(&world->sim, "host %td: segment %zu is %d", host - world->hosts + 1, m + 1,
		host->members[m].segment);
}

static void change_params(struct world *world, struct host *host)
{
	uint8_t priority = (uint8_t)(1 + sim_draw(&world->sim, 254));
	bool preempt = sim_draw(&world->sim, 3) > 0;

	sim_tell(&world->sim, "host %td: priority %u, preempt %d", host - world->hosts + 1,
		priority, preempt);
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
	sim_tell(&world->sim, "host %td: %s", host - world->hosts + 1,
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
	host->busy_ns = world->sim.now_ns + 10 * MS + sim_draw(&world->sim, 6 * S);
	if (host->differ_ns > world->sim.now_ns)
		host->differ_ns += host->busy_ns - world->sim.now_ns;
	sim_tell(&world->sim, "host %td: frozen until %.6f", host - world->hosts + 1,
		(double)(host->busy_ns - BEGIN) / (double)S);
	for (size_t m = 0; m < world->members; m++)
		plan_wake(world, host, &host->members[m]);
}

static void replace(struct world *world, struct host *host)
{
	if (!host->up)
		return;
	freeze(world, host);
	host->busy_ns = world->sim.now_ns + 5 * MS + sim_draw(&world->sim, 400 * MS);
	host->replaced = true;
	for (size_t m = 0; m < world->members; m++)
		host->members[m].wake_ns = host->busy_ns;
}

static void lose_or_not(struct world *world, struct host *host)
{
	(void)host;
	world->loss_percent =
		world->loss_percent == 0 ? (unsigned)(5 + sim_draw(&world->sim, 60)) : 0;
	sim_tell(&world->sim, "%u %% loss", world->loss_percent);
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
	struct host *host = &world->hosts[sim_draw(&world->sim, HOSTS)];

	if (world->sim.now_ns >= host->busy_ns)
		disturbances[sim_draw(&world->sim, sizeof(disturbances) / sizeof(disturbances[0]))](
			world, host);
	if (world->calm_ns < world->sim.now_ns)
		world->calm_ns = world->sim.now_ns;
	if (world->calm_ns < host->busy_ns)
		world->calm_ns = host->busy_ns;
	world->disturb_ns =
		world->sim.now_ns + (sim_draw(&world->sim, 3) == 0 ? sim_draw(&world->sim, 100 * MS)
								   : sim_draw(&world->sim, 40 * S));
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
	sim_require(&world->sim,
		masters == 0 || masters == world->members || waits ||
			world->sim.now_ns <= host->differ_ns,
		"some members are MASTER and some are not");
	sim_require(&world->sim,
		!has_fault(world, host, VRRP_FAULT_INTERFACE_DOWN) ||
			count_state(world, host, VRRP_FAULT) == world->members,
		"a member does not follow another one to FAULT");
	sim_require(&world->sim,
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
		world->two_since_ns[m] = world->sim.now_ns;
	uint64_t since_ns = world->two_since_ns[m];
	if (since_ns == UINT64_MAX || world->loss_percent > 0 || world->sim.now_ns < world->calm_ns)
		return;
	since_ns = since_ns > world->calm_ns ? since_ns : world->calm_ns;
	sim_require(&world->sim,
		world->sim.now_ns - since_ns <= world->interval_cs * 10 * MS + 2 * (LATE + TRANSIT),
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

	if (world->sim.now_ns < world->calm_ns + world->preempt_delay_ns + 4 * down_ns(world) ||
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
	sim_require(&world->sim, holders == (able > 0), "not one node holds the addresses");
	for (size_t h = 0; h < HOSTS && holder != NULL; h++) {
		const struct host *host = &world->hosts[h];
		if (host->up && !has_fault(world, host, UINT32_MAX) &&
			host->members[0].params.preempt)
			sim_require(&world->sim,
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
	world->sim.now_ns = next_ns;
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

static void make_world(struct world *world, uint64_t seed, bool story)
{
	static const uint16_t intervals_cs[] = {10, 50, 100};

	*world = (struct world){.sim = sim_new(seed, story), .calm_ns = BEGIN};
	world->members = 2 + sim_draw(&world->sim, MEMBERS - 1);
	world->interval_cs = intervals_cs[sim_draw(&world->sim, 3)];
	world->preempt_delay_ns = sim_draw(&world->sim, 3) * 2 * S;
	world->disturb_ns = BEGIN + 12 * S;
	for (size_t h = 0; h < HOSTS; h++) {
		struct host *host = &world->hosts[h];
		uint8_t priority = (uint8_t)(1 + sim_draw(&world->sim, 254));
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

struct happened {
	uint64_t changes, together;
};

static void run_world(uint64_t seed, bool story, void *arg)
{
	static struct world worlds;
	struct world *world = &worlds;
	struct happened *happened = arg;

	make_world(world, seed, story);
	for (size_t h = 0; h < HOSTS; h++)
		start_host(world, &world->hosts[h]);
	while (world->sim.now_ns < BEGIN + STORY) {
		step(world);
		for (size_t h = 0; h < HOSTS; h++)
			check_group(world, &world->hosts[h]);
		for (size_t m = 0; m < world->members; m++)
			check_pairs(world, m);
		check_settled(world);
	}
	happened->changes += world->changes;
	happened->together += world->together;
}

static void test_worlds(void **state)
{
	struct happened happened = {0};

	(void)state;
	uint64_t count = sim_run(WORLDS, run_world, &happened);
	/* Worlds in which nothing happens would prove nothing. */
	assert_true(count == 0 || (happened.changes > count * 20 && happened.together > count * 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_worlds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
