/* The configuration as a transaction, with processes and parentd dying between any two messages:
 * 20000 random histories. In none of them does a process work with what not all have accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "parentd/transaction.h"

#define ALL       ((1u << PROTO_VRRP) | (1u << PROTO_CHECK) | (1u << PROTO_IPVS))
#define QUEUE     64
#define HISTORIES 20000
#define STEPS     60

enum kind { ASK, APPLY, ABORT, ACCEPTED, REFUSED, APPLIED };

struct message {
	enum kind kind;
	uint32_t generation;
};

struct queue {
	struct message list[QUEUE];
	size_t count;
};

/* A process as common/child.c makes it. */
struct peer {
	bool alive;
	uint32_t in_force;
	uint32_t pending;
	bool accepted;
	bool busy; /* parentd has asked it, and neither had its last answer nor given up */
	struct queue down, up;
};

struct world {
	struct transaction transaction; /* parentd's */
	struct peer peers[PROTO_DAEMON_END];
	uint32_t kept;              /* the launcher's */
	uint32_t accepted_by[1024]; /* generation -> processes that accepted it as it is now */
	unsigned seed;
};

static void put(struct queue *queue, enum kind kind, uint32_t generation)
{
	assert_true(queue->count < QUEUE);
	queue->list[queue->count++] = (struct message){kind, generation};
}

static struct message take(struct queue *queue)
{
	struct message first = queue->list[0];

	memmove(queue->list, queue->list + 1, --queue->count * sizeof(first));
	return first;
}

static unsigned chance(struct world *world, unsigned sides)
{
	world->seed = world->seed * 1103515245u + 12345u;
	return (world->seed >> 16) % sides;
}

/* ---- what parentd does ---- */

static void want(enum proto_process process, bool wanted, void *arg)
{
	(void)process;
	(void)wanted;
	(void)arg;
}

static void send_down(
	struct world *world, enum proto_process process, enum kind kind, uint32_t generation)
{
	if (world->peers[process].alive)
		put(&world->peers[process].down, kind, generation);
}

static void ask(enum proto_process process, uint32_t generation, void *arg)
{
	struct world *world = arg;
	struct peer *peer = &world->peers[process];

	assert_false(peer->busy);
	assert_int_not_equal(peer->in_force, generation); /* it would be asked for nothing */
	peer->busy = true;
	send_down(world, process, ASK, generation);
}

static void apply(enum proto_process process, uint32_t generation, void *arg)
{
	struct world *world = arg;

	assert_int_equal(generation, world->kept); /* the launcher has it first */
	send_down(world, process, APPLY, generation);
}

static void abort_it(enum proto_process process, uint32_t generation, void *arg)
{
	struct world *world = arg;

	world->peers[process].busy = false;
	send_down(world, process, ABORT, generation);
}

static void committed(uint32_t generation, void *arg)
{
	struct world *world = arg;

	assert_true(generation > world->kept);
	assert_int_equal(world->accepted_by[generation], ALL);
	world->kept = generation;
}

static void in_force(uint32_t generation, void *arg)
{
	const struct world *world = arg;

	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++)
		assert_true(!world->peers[i].alive || world->peers[i].in_force == generation);
}

static void refused(uint32_t generation, const char *reason, void *arg)
{
	(void)generation;
	(void)reason;
	(void)arg;
}

static const struct transaction_ops ops = {
	want, ask, apply, abort_it, committed, in_force, refused};

static void begin(struct world *world)
{
	if (transaction_busy(&world->transaction))
		return;
	/* perhaps a number that a parentd before this one gave to something else */
	world->accepted_by[world->transaction.last + 1] = 0;
	transaction_begin(&world->transaction, ALL, 0);
}

/* ---- what the processes do ---- */

static void receive(struct world *world, int i)
{
	struct peer *peer = &world->peers[i];
	struct message message = take(&peer->down);
	bool agrees = message.generation == world->kept || chance(world, 8) != 0;

	switch (message.kind) {
	case ASK:
		peer->pending = message.generation;
		peer->accepted = agrees;
		if (agrees)
			world->accepted_by[message.generation] |= 1u << i;
		put(&peer->up, agrees ? ACCEPTED : REFUSED, message.generation);
		return;
	case APPLY:
		assert_true(peer->accepted);
		assert_int_equal(peer->pending, message.generation);
		peer->accepted = false;
		peer->in_force = message.generation;
		put(&peer->up, APPLIED, message.generation);
		return;
	case ABORT:
		peer->accepted = false;
		return;
	case ACCEPTED:
	case REFUSED:
	case APPLIED:
		fail(); /* goes the other way */
	}
}

static void answer(struct world *world, int i)
{
	struct message message = take(&world->peers[i].up);
	enum proto_process process = (enum proto_process)i;

	if (message.kind != ACCEPTED && message.generation == world->transaction.peers[i].asked)
		world->peers[i].busy = false;
	if (message.kind == ACCEPTED)
		transaction_accepted(&world->transaction, process, message.generation);
	else if (message.kind == REFUSED)
		transaction_refused(&world->transaction, process, message.generation, "no");
	else
		transaction_applied(&world->transaction, process, message.generation);
	if (message.kind == REFUSED) /* one is enough */
		assert_int_not_equal(world->transaction.candidate, message.generation);
}

/* ---- deaths ---- */

static void kill_process(struct world *world, int i)
{
	world->peers[i] = (struct peer){0};
	transaction_gone(&world->transaction, (enum proto_process)i);
}

static void start_process(struct world *world, int i)
{
	world->peers[i].alive = true;
	transaction_hello(&world->transaction, (enum proto_process)i, 0);
}

/* Its successor knows what the launcher kept, and reads the file. */
static void kill_parent(struct world *world)
{
	transaction_init(&world->transaction, &ops, world, world->kept);
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		struct peer *peer = &world->peers[i];
		peer->accepted = peer->busy = false;
		peer->down.count = peer->up.count = 0;
		if (peer->alive)
			transaction_adopt(&world->transaction, (enum proto_process)i);
	}
	if (world->kept != 0)
		transaction_restore(&world->transaction, world->kept, ALL, 0);
	if (chance(world, 2) != 0)
		begin(world);
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++)
		if (world->peers[i].alive)
			transaction_hello(&world->transaction, (enum proto_process)i,
				world->peers[i].in_force);
}

/* ---- histories ---- */

static void one_step(struct world *world)
{
	int i = PROTO_VRRP + (int)chance(world, PROTO_DAEMON_END - PROTO_VRRP);
	struct peer *peer = &world->peers[i];

	switch (chance(world, 16)) {
	case 0:
		kill_parent(world);
		return;
	case 1:
		kill_process(world, i);
		return;
	case 2:
		begin(world);
		return;
	default:
		if (!peer->alive)
			start_process(world, i);
		else if (peer->down.count > 0 && (peer->up.count == 0 || chance(world, 2) != 0))
			receive(world, i);
		else if (peer->up.count > 0)
			answer(world, i);
	}
}

/* Nothing dies any more: all that is still to be said is said. */
static void settle(struct world *world)
{
	bool busy = true;

	while (busy) {
		busy = false;
		for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
			struct peer *peer = &world->peers[i];
			busy = busy || !peer->alive || peer->down.count + peer->up.count > 0;
			if (!peer->alive)
				start_process(world, i);
			else if (peer->down.count > 0)
				receive(world, i);
			else if (peer->up.count > 0)
				answer(world, i);
		}
	}
}

static void test_nothing_is_ever_half_applied(void **state)
{
	static struct world world;
	unsigned together = 0;
	(void)state;

	for (unsigned seed = 1; seed <= HISTORIES; seed++) {
		world = (struct world){.seed = seed};
		transaction_init(&world.transaction, &ops, &world, 0);
		begin(&world);
		for (int step = 0; step < STEPS; step++)
			one_step(&world);
		settle(&world);
		assert_false(transaction_busy(&world.transaction));
		assert_int_equal(world.transaction.current, world.kept);
		for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++)
			assert_int_equal(world.peers[i].in_force, world.kept);
		together += world.kept > 0;
	}
	assert_true(together > HISTORIES / 2); /* not only refusals */
}

static void test_no_answer_is_a_refusal(void **state)
{
	static struct world world;
	(void)state;

	world = (struct world){.seed = 1};
	transaction_init(&world.transaction, &ops, &world, 0);
	begin(&world);
	start_process(&world, PROTO_VRRP);
	transaction_tick(&world.transaction, (TRANSACTION_LIMIT_MS - 1) * NSEC_PER_MSEC);
	assert_true(transaction_busy(&world.transaction));
	transaction_tick(&world.transaction, TRANSACTION_LIMIT_MS * NSEC_PER_MSEC);
	assert_false(transaction_busy(&world.transaction));
	assert_true(world.transaction.timed_out);
	assert_int_equal(world.peers[PROTO_VRRP].down.list[1].kind, ABORT);
	assert_int_equal(world.kept, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_ever_half_applied),
		cmocka_unit_test(test_no_answer_is_a_refusal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
