/* Whole routers on a simulated LAN, in virtual time. Each runs the daemon's packet and state
 * machine code; the LAN delays and loses packets and falls apart; hosts crash, freeze, lose their
 * cable, are stopped, and change their mind about their parameters. All of it follows from a seed.
 *
 * What must hold:
 * - addresses are held in MASTER and nowhere else, and priority 0 is said on giving them up only;
 * - a Master advertises without a gap longer than its interval;
 * - two Masters that hear each other do not last longer than an advertisement and its answer;
 * - no part of the LAN is without a Master for longer than a Master_Down_Interval;
 * - once it has been quiet for long enough, each part of the LAN has exactly one Master, and
 *   whoever has a higher priority is not allowed to preempt.
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
#include "vrrpd/vrrp_fsm.h"
#include "vrrpd/vrrp_packet.h"

#define NODES_MAX  5
#define FLIGHT_MAX 4096
#define WORLDS     1000
#define VRID       51

struct node {
	struct vrrp_params params;
	struct vrrp_fsm fsm;
	bool up;          /* the host runs */
	bool cable;       /* plugged */
	int segment;      /* the part of the LAN it is plugged into */
	bool addresses;   /* they are on its interface */
	uint64_t busy_ns; /* until then the process does not run: it is frozen or being replaced */
	bool replaced;    /* a successor goes on then */
	uint64_t wake_ns; /* when its timer is served */
	uint64_t sent_ns; /* last advertisement; 0 none since it became Master or was interrupted */
	uint64_t sent_interval_ns;
};

struct packet {
	uint64_t at_ns;
	size_t to;
	int segment;
	size_t length;
	uint8_t bytes[64];
};

struct world {
	struct sim sim;
	uint8_t version;
	uint16_t intervals_cs[2]; /* in use; version 2: both the same */
	uint64_t preempt_delay_ns;
	size_t nodes_count, flight_count;
	struct node nodes[NODES_MAX];
	struct packet flight[FLIGHT_MAX];
	unsigned loss_percent;
	uint64_t calm_ns; /* nothing was disturbed since */
	uint64_t none_since_ns[2], two_since_ns[2];
	uint64_t disturb_ns;
	unsigned changes;
};

static bool is_running(const struct world *world, const struct node *node)
{
	return node->up && world->sim.now_ns >= node->busy_ns;
}

static bool takes_part(const struct world *world, const struct node *node)
{
	return is_running(world, node) && node->cable;
}

static uint64_t longest_interval_ns(const struct world *world)
{
	uint16_t longest = world->intervals_cs[0] > world->intervals_cs[1] ? world->intervals_cs[0]
									   : world->intervals_cs[1];

	return longest * 10 * MS;
}

/* Master_Down_Interval is never longer: three intervals and a Skew_Time of at most one, or 1 s. */
static uint64_t longest_down_ns(const struct world *world)
{
	uint64_t interval_ns = longest_interval_ns(world);

	return 3 * interval_ns + (world->version == 2 ? S : interval_ns);
}

/* ---- the LAN ---- */

static void send_packet(struct world *world, const struct node *from, uint8_t priority)
{
	const struct vrrp_params *params = &from->params;
	uint32_t address = htonl(0x0a000064);
	struct vrrp_advert_template template = {
		.source = params->source,
		.destination = htonl(0xe0000012),
		.ttl = VRRP_TTL,
		.version = params->version,
		.vrid = VRID,
		.priority = priority,
		.interval_cs = params->advert_interval_cs,
		.addresses_count = 1,
		.addresses = &address,
	};

	for (size_t to = 0; to < world->nodes_count; to++) {
		if (&world->nodes[to] == from || !from->cable ||
			sim_draw(&world->sim, 100) < world->loss_percent)
			continue;
		assert_true(world->flight_count < FLIGHT_MAX);
		struct packet *packet = &world->flight[world->flight_count++];
		packet->at_ns =
			world->sim.now_ns + 20 * US + sim_draw(&world->sim, TRANSIT - 20 * US);
		packet->to = to;
		packet->segment = from->segment;
		packet->length =
			vrrp_packet_encode(&template, packet->bytes, sizeof(packet->bytes));
		assert_int_not_equal(packet->length, 0);
	}
}

/* ---- one node ---- */

static void sent_advert(struct world *world, struct node *node, uint8_t priority)
{
	if (priority != 0 && node->sent_ns != 0)
		sim_require(&world->sim,
			world->sim.now_ns - node->sent_ns <= node->sent_interval_ns + LATE,
			"a gap between advertisements");
	node->sent_ns = world->sim.now_ns;
	node->sent_interval_ns = node->params.advert_interval_cs * 10 * MS;
	send_packet(world, node, priority);
}

static void carry_out(struct world *world, struct node *node, const struct vrrp_action *action)
{
	switch (action->type) {
	case VRRP_ACTION_SEND_ADVERT:
		sim_require(&world->sim,
			(action->priority == 0) == (node->fsm.state != VRRP_MASTER) ||
				node->params.higher_prio_send_advert,
			"priority 0 belongs to giving up, and only there");
		sent_advert(world, node, action->priority);
		break;
	case VRRP_ACTION_ADD_ADDRESSES:
		sim_require(&world->sim, !node->addresses, "addresses added twice");
		node->addresses = true;
		break;
	case VRRP_ACTION_REMOVE_ADDRESSES:
		sim_require(&world->sim, node->addresses, "addresses removed that were not there");
		node->addresses = false;
		break;
	case VRRP_ACTION_GARP:
		sim_require(&world->sim, action->rounds > 0 && node->addresses,
			"gratuitous ARP for addresses that are not there");
		break;
	case VRRP_ACTION_STATE_CHANGED:
		world->changes++;
		break;
	}
}

static void plan_wake(struct world *world, struct node *node)
{
	uint64_t deadline_ns = vrrp_fsm_deadline(&node->fsm);

	if (!node->up || deadline_ns == UINT64_MAX) {
		node->wake_ns = UINT64_MAX;
		return;
	}
	if (deadline_ns < world->sim.now_ns)
		deadline_ns = world->sim.now_ns;
	node->wake_ns = deadline_ns + sim_draw(&world->sim, LATE);
	/* Once it runs again, it reads its socket first. */
	if (node->wake_ns <= node->busy_ns)
		node->wake_ns = node->busy_ns + 1;
}

static void give(struct world *world, struct node *node, const struct vrrp_event *event)
{
	struct vrrp_actions actions;
	char text[TEXT_MAX];
	uint64_t due_ns = vrrp_fsm_deadline(&node->fsm);

	vrrp_fsm_event(&node->fsm, &node->params, event, world->sim.now_ns, &actions);
	for (size_t i = 0; i < actions.count; i++) {
		const struct vrrp_action *action = &actions.list[i];
		text[0] = '\0';
		action_text(action, node->fsm.fault_reasons, text, sizeof(text));
		if (action->type == VRRP_ACTION_STATE_CHANGED)
			sim_tell(&world->sim, "node %td: %s", node - world->nodes + 1, text);
		carry_out(world, node, action);
	}
	if (node->fsm.state != VRRP_MASTER)
		node->sent_ns = 0;
	sim_require(&world->sim, node->addresses == (node->fsm.state == VRRP_MASTER),
		"addresses and MASTER do not go together");
	if (event->type == VRRP_EVENT_TIMER)
		sim_require(&world->sim, vrrp_fsm_deadline(&node->fsm) > world->sim.now_ns,
			"a timer that is due stays due");
	if (vrrp_fsm_deadline(&node->fsm) != due_ns || event->type == VRRP_EVENT_TIMER)
		plan_wake(world, node);
}

static void give_faults(struct world *world, struct node *node, enum vrrp_event_type type)
{
	give(world, node,
		&(struct vrrp_event){
			.type = type,
			.fault_reasons = node->cable ? 0 : VRRP_FAULT_INTERFACE_DOWN,
		});
}

static void deliver(struct world *world, struct packet packet)
{
	struct node *node = &world->nodes[packet.to];
	struct vrrp_advert advert;
	struct vrrp_expect expect = {
		.version = node->params.version,
		.interval_cs = node->params.advert_interval_cs,
		.group = htonl(0xe0000012),
		.own_address = node->params.source,
	};

	if (!takes_part(world, node) || node->segment != packet.segment)
		return;
	assert_int_equal(vrrp_packet_decode(packet.bytes, packet.length, &advert), VRRP_ACCEPT);
	assert_int_equal(advert.vrid, VRID);
	assert_int_equal(vrrp_packet_check(&advert, &expect), VRRP_ACCEPT);
	give(world, node,
		&(struct vrrp_event){
			.type = VRRP_EVENT_ADVERT,
			.priority = advert.priority,
			.interval_cs = advert.interval_cs,
			.source = advert.source,
		});
}

static void start_node(struct world *world, struct node *node)
{
	node->up = true;
	node->addresses = false;
	node->sent_ns = 0;
	node->replaced = false;
	node->busy_ns = world->sim.now_ns;
	vrrp_fsm_init(&node->fsm, &node->params);
	give_faults(world, node, VRRP_EVENT_STARTUP);
}

/* ---- disturbances ---- */

static void crash_or_start(struct world *world, struct node *node)
{
	sim_tell(&world->sim, "node %td: host %s", node - world->nodes + 1,
		node->up ? "dies" : "starts");
	if (!node->up) {
		start_node(world, node);
		return;
	}
	node->up = false;
	node->addresses = false;
	node->wake_ns = UINT64_MAX;
	vrrp_fsm_init(&node->fsm, &node->params);
}

static void stop_or_start(struct world *world, struct node *node)
{
	if (node->up)
		give(world, node, &(struct vrrp_event){.type = VRRP_EVENT_SHUTDOWN});
	crash_or_start(world, node);
}

static void pull_or_plug(struct world *world, struct node *node)
{
	node->cable = !node->cable;
	sim_tell(&world->sim, "node %td: cable %s", node - world->nodes + 1,
		node->cable ? "plugged" : "pulled");
	if (node->up)
		give_faults(world, node, VRRP_EVENT_FAULTS);
}

/* A switch fails or comes back: no interface goes down. */
static void move_to_other_segment(struct world *world, struct node *node)
{
	node->segment = 1 - node->segment;
	sim_tell(&world->sim, "node %td: segment %d", node - world->nodes + 1, node->segment);
}

static void change_params(struct world *world, struct node *node)
{
	struct vrrp_params previous = node->params;

	switch (sim_draw(&world->sim, 4)) {
	case 0:
		node->params.preempt = !node->params.preempt;
		break;
	case 1:
		node->params.advert_interval_cs = world->intervals_cs[sim_draw(&world->sim, 2)];
		break;
	case 2:
		node->params.garp_refresh_ns = sim_draw(&world->sim, 3) * 5 * S;
		break;
	default:
		node->params.priority = (uint8_t)(1 + sim_draw(&world->sim, 255));
		break;
	}
	sim_tell(&world->sim, "node %td: priority %u, preempt %d, interval %u",
		node - world->nodes + 1, node->params.priority, node->params.preempt,
		node->params.advert_interval_cs);
	if (node->up)
		give(world, node,
			&(struct vrrp_event){.type = VRRP_EVENT_PARAMS, .previous = &previous});
}

static void freeze(struct world *world, struct node *node)
{
	if (!node->up)
		return;
	node->busy_ns = world->sim.now_ns + 10 * MS + sim_draw(&world->sim, 6 * S);
	node->sent_ns = 0;
	sim_tell(&world->sim, "node %td: frozen until %.6f", node - world->nodes + 1,
		(double)(node->busy_ns - BEGIN) / (double)S);
	plan_wake(world, node);
}

/* The process is killed; a successor comes and finds what the machine has left behind. */
static void replace(struct world *world, struct node *node)
{
	if (!node->up)
		return;
	node->busy_ns = world->sim.now_ns + 5 * MS + sim_draw(&world->sim, 400 * MS);
	node->sent_ns = 0;
	node->replaced = true;
	node->wake_ns = node->busy_ns;
	sim_tell(&world->sim, "node %td: process killed until %.6f", node - world->nodes + 1,
		(double)(node->busy_ns - BEGIN) / (double)S);
}

static void lose_or_not(struct world *world, struct node *node)
{
	(void)node;
	world->loss_percent =
		world->loss_percent == 0 ? (unsigned)(5 + sim_draw(&world->sim, 60)) : 0;
	sim_tell(&world->sim, "%u %% loss", world->loss_percent);
}

/* Else everything would be broken most of the time. */
static void mend(struct world *world, struct node *node)
{
	if (!node->up)
		crash_or_start(world, node);
	if (!node->cable)
		pull_or_plug(world, node);
	if (node->segment != 0)
		move_to_other_segment(world, node);
	if (world->loss_percent != 0)
		lose_or_not(world, node);
}

static void disturb(struct world *world)
{
	static void (*const disturbances[])(struct world *, struct node *) = {crash_or_start,
		stop_or_start, pull_or_plug, move_to_other_segment, change_params, change_params,
		freeze, replace, lose_or_not, mend, mend, mend, mend, mend, mend};
	struct node *node = &world->nodes[sim_draw(&world->sim, world->nodes_count)];

	if (world->sim.now_ns >= node->busy_ns)
		disturbances[sim_draw(&world->sim, sizeof(disturbances) / sizeof(disturbances[0]))](
			world, node);
	if (world->calm_ns < world->sim.now_ns)
		world->calm_ns = world->sim.now_ns;
	if (world->calm_ns < node->busy_ns)
		world->calm_ns = node->busy_ns;
	/* Now and then, a burst of them; now and then, time to settle. */
	world->disturb_ns =
		world->sim.now_ns + (sim_draw(&world->sim, 3) == 0 ? sim_draw(&world->sim, 100 * MS)
								   : sim_draw(&world->sim, 40 * S));
}

/* ---- what must hold ---- */

static void check_advertising(const struct world *world)
{
	for (size_t i = 0; i < world->nodes_count; i++) {
		const struct node *node = &world->nodes[i];
		if (is_running(world, node) && node->sent_ns != 0)
			sim_require(&world->sim,
				world->sim.now_ns - node->sent_ns <= node->sent_interval_ns + LATE,
				"a Master is silent");
	}
}

/* Nobody who may preempt is better than the Master. */
static void check_best(const struct world *world, int segment, const struct node *master)
{
	for (size_t i = 0; i < world->nodes_count; i++) {
		const struct node *node = &world->nodes[i];
		if (takes_part(world, node) && node->segment == segment && node->params.preempt)
			sim_require(&world->sim, node->params.priority <= master->params.priority,
				"a better router stays in BACKUP");
	}
}

static void since(uint64_t *since_ns, bool holds, uint64_t now_ns)
{
	if (!holds)
		*since_ns = UINT64_MAX;
	else if (*since_ns == UINT64_MAX)
		*since_ns = now_ns;
}

static bool lasts_longer(const struct world *world, uint64_t since_ns, uint64_t than_ns)
{
	uint64_t from_ns = since_ns > world->calm_ns ? since_ns : world->calm_ns;

	return world->loss_percent == 0 && since_ns != UINT64_MAX && world->sim.now_ns >= from_ns &&
	       world->sim.now_ns - from_ns > than_ns;
}

static void check_segment(struct world *world, int segment)
{
	size_t members = 0, masters = 0;
	const struct node *master = NULL;

	for (size_t i = 0; i < world->nodes_count; i++) {
		const struct node *node = &world->nodes[i];
		if (!takes_part(world, node) || node->segment != segment)
			continue;
		members++;
		if (node->fsm.state != VRRP_MASTER)
			continue;
		masters++;
		master = node;
	}
	since(&world->none_since_ns[segment], members > 0 && masters == 0, world->sim.now_ns);
	since(&world->two_since_ns[segment], masters > 1, world->sim.now_ns);
	sim_require(&world->sim,
		!lasts_longer(world, world->none_since_ns[segment],
			longest_down_ns(world) + LATE + TRANSIT),
		"nobody is Master");
	sim_require(&world->sim,
		!lasts_longer(world, world->two_since_ns[segment],
			longest_interval_ns(world) + 2 * (LATE + TRANSIT)),
		"two Masters hear each other");
	uint64_t settled_ns = world->preempt_delay_ns + 2 * longest_down_ns(world);
	if (members > 0 && lasts_longer(world, 0, settled_ns)) {
		sim_require(&world->sim, masters == 1, "not one Master in a quiet network");
		check_best(world, segment, master);
	}
}

/* ---- the clock ---- */

static void wake(struct world *world, struct node *node)
{
	if (!node->replaced) {
		give(world, node, &(struct vrrp_event){.type = VRRP_EVENT_TIMER});
		return;
	}
	node->replaced = false;
	if (vrrp_fsm_resume(&node->fsm, &node->params, world->sim.now_ns))
		plan_wake(world, node);
	give_faults(world, node, VRRP_EVENT_STARTUP);
}

/* The next thing that happens: a packet arrives, a timer is served, something breaks. */
static void step(struct world *world)
{
	uint64_t next_ns = world->disturb_ns;
	struct node *waking = NULL;
	struct packet *arriving = NULL;

	for (size_t i = 0; i < world->nodes_count; i++) {
		if (world->nodes[i].wake_ns < next_ns) {
			waking = &world->nodes[i];
			next_ns = waking->wake_ns;
		}
	}
	for (size_t i = 0; i < world->flight_count; i++) {
		struct packet *packet = &world->flight[i];
		const struct node *to = &world->nodes[packet->to];
		/* A frozen host's kernel keeps it; a killed process has no socket. */
		if (packet->at_ns < to->busy_ns && to->up && !to->replaced)
			packet->at_ns = to->busy_ns;
		if (packet->at_ns <= next_ns) {
			arriving = packet;
			next_ns = packet->at_ns;
		}
	}
	world->sim.now_ns = next_ns;
	if (arriving != NULL) {
		struct packet packet = *arriving;
		*arriving = world->flight[--world->flight_count];
		deliver(world, packet);
	} else if (waking != NULL) {
		wake(world, waking);
	} else {
		disturb(world);
	}
}

static void make_world(struct world *world, uint64_t seed, bool story)
{
	static const uint16_t intervals_cs[] = {1, 10, 50, 100, 300};

	*world = (struct world){.sim = sim_new(seed, story), .calm_ns = BEGIN};
	world->version = (uint8_t)(2 + sim_draw(&world->sim, 2));
	world->intervals_cs[0] = world->version == 2 ? 100 : intervals_cs[sim_draw(&world->sim, 5)];
	world->intervals_cs[1] = world->version == 2 || sim_draw(&world->sim, 2) == 0
					 ? world->intervals_cs[0]
					 : intervals_cs[sim_draw(&world->sim, 5)];
	world->preempt_delay_ns = sim_draw(&world->sim, 3) * 3 * S;
	world->nodes_count = 2 + sim_draw(&world->sim, NODES_MAX - 1);
	world->disturb_ns = BEGIN + 12 * S;
	for (int segment = 0; segment < 2; segment++)
		world->none_since_ns[segment] = world->two_since_ns[segment] = UINT64_MAX;
	bool equals = sim_draw(&world->sim, 4) == 0, nopreempt = sim_draw(&world->sim, 4) == 0;
	/* With unequal intervals, an advertisement sent while yielding tells the third router an
	 * interval that the new Master does not keep: keepalived's two options may then flap. */
	bool options = world->intervals_cs[0] == world->intervals_cs[1];
	for (size_t i = 0; i < world->nodes_count; i++) {
		struct node *node = &world->nodes[i];
		node->cable = true;
		node->params = (struct vrrp_params){
			.version = world->version,
			.priority = equals ? 100 : (uint8_t)(1 + sim_draw(&world->sim, 255)),
			.preempt = !nopreempt,
			.lower_prio_no_advert = options && sim_draw(&world->sim, 4) == 0,
			.higher_prio_send_advert = options && sim_draw(&world->sim, 4) == 0,
			.advert_interval_cs = world->intervals_cs[sim_draw(&world->sim, 2)],
			.down_timer_adverts = 3,
			.preempt_delay_ns = world->preempt_delay_ns,
			.source = htonl(0x0a000001 + (uint32_t)i),
			.garp_delay_ns = sim_draw(&world->sim, 2) * 5 * S,
			.garp_repeat = (uint32_t)sim_draw(&world->sim, 6),
			.garp_refresh_ns = sim_draw(&world->sim, 2) * 10 * S,
			.garp_refresh_repeat = 1,
			.garp_lower_prio_delay_ns = sim_draw(&world->sim, 2) * S,
			.garp_lower_prio_repeat = (uint32_t)sim_draw(&world->sim, 3),
		};
	}
}

static void run_world(uint64_t seed, bool story, void *changes)
{
	static struct world worlds;
	struct world *world = &worlds;

	make_world(world, seed, story);
	for (size_t i = 0; i < world->nodes_count; i++) {
		sim_tell(&world->sim, "node %zu: version %u, priority %u, preempt %d, interval %u",
			i + 1, world->version, world->nodes[i].params.priority,
			world->nodes[i].params.preempt, world->nodes[i].params.advert_interval_cs);
		start_node(world, &world->nodes[i]);
	}
	while (world->sim.now_ns < BEGIN + STORY) {
		step(world);
		check_advertising(world);
		check_segment(world, 0);
		check_segment(world, 1);
	}
	*(uint64_t *)changes += world->changes;
}

static void test_worlds(void **state)
{
	uint64_t changes = 0;

	(void)state;
	uint64_t count = sim_run(WORLDS, run_world, &changes);
	/* A network in which nothing happens would prove nothing. */
	assert_true(count == 0 || changes > count * 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_worlds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
