#include "parentd/transaction.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

static uint32_t bit(enum proto_process process)
{
	return UINT32_C(1) << process;
}

void transaction_init(struct transaction *transaction, const struct transaction_ops *ops, void *arg,
	uint32_t last)
{
	*transaction = (struct transaction){.ops = ops, .arg = arg, .last = last};
}

bool transaction_busy(const struct transaction *transaction)
{
	return transaction->candidate != 0;
}

static void ask(struct transaction *transaction, enum proto_process process, uint32_t generation)
{
	struct transaction_peer *peer = &transaction->peers[process];

	peer->asked = generation;
	peer->accepted = false;
	peer->applying = false;
	transaction->ops->send(process, generation, transaction->arg);
}

/* What an idle process is asked next: the configuration in force before the one under way. */
static void ask_next(struct transaction *transaction, enum proto_process process)
{
	struct transaction_peer *peer = &transaction->peers[process];

	if (!peer->up || peer->asked != 0)
		return;
	if ((transaction->current_needs & bit(process)) != 0 && !peer->refused_current &&
		peer->in_force != transaction->current)
		ask(transaction, process, transaction->current);
	else if ((transaction->candidate_needs & bit(process)) != 0)
		ask(transaction, process, transaction->candidate);
}

static void apply(struct transaction *transaction, enum proto_process process)
{
	struct transaction_peer *peer = &transaction->peers[process];

	peer->applying = true;
	transaction->ops->apply(process, peer->asked, transaction->arg);
}

static void want(struct transaction *transaction, enum proto_process process, bool wanted)
{
	transaction->peers[process].wanted = wanted;
	transaction->ops->want(process, wanted, transaction->arg);
}

static void announce(struct transaction *transaction, bool patience_ended)
{
	if (transaction->announced || transaction->current == 0)
		return;
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END && !patience_ended; i++) {
		if ((transaction->current_needs & bit((enum proto_process)i)) != 0 &&
			transaction->peers[i].in_force != transaction->current)
			return;
	}
	transaction->announced = true;
	transaction->ops->in_force(transaction->current, transaction->arg);
}

static bool all_accepted(const struct transaction *transaction)
{
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		const struct transaction_peer *peer = &transaction->peers[i];
		if ((transaction->candidate_needs & bit((enum proto_process)i)) != 0 &&
			(peer->asked != transaction->candidate || !peer->accepted))
			return false;
	}
	return true;
}

static void commit_if_all_accepted(struct transaction *transaction)
{
	if (transaction->candidate == 0 || !all_accepted(transaction))
		return;
	transaction->current = transaction->candidate;
	transaction->current_needs = transaction->candidate_needs;
	transaction->candidate = 0;
	transaction->candidate_needs = 0;
	transaction->announced = false;
	transaction->ops->committed(transaction->current, transaction->arg);
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		enum proto_process process = (enum proto_process)i;
		transaction->peers[i].refused_current = false;
		transaction->peers[i].wanted_for = 0;
		if ((transaction->current_needs & bit(process)) != 0)
			apply(transaction, process);
		else if (transaction->peers[i].wanted)
			want(transaction, process, false);
	}
	announce(transaction, false);
}

/* Leaves every process as it was before the transaction. */
static void give_up(struct transaction *transaction, const char *reason)
{
	uint32_t given_up = transaction->candidate;

	transaction->candidate = 0;
	transaction->candidate_needs = 0;
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		struct transaction_peer *peer = &transaction->peers[i];
		if (peer->asked == given_up) {
			peer->asked = 0;
			peer->accepted = false;
			transaction->ops->abort((enum proto_process)i, given_up, transaction->arg);
		}
		if (peer->wanted_for == given_up && !peer->adopted)
			want(transaction, (enum proto_process)i, false);
		peer->wanted_for = 0;
	}
	transaction->ops->refused(given_up, reason, transaction->arg);
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++)
		ask_next(transaction, (enum proto_process)i);
}

uint32_t transaction_begin(struct transaction *transaction, uint32_t needs, uint64_t now_ns)
{
	if (transaction_busy(transaction))
		return 0;
	uint32_t generation = ++transaction->last;
	transaction->candidate = generation;
	transaction->candidate_needs = needs;
	transaction->timed_out = false;
	transaction->deadline_ns = now_ns + TRANSACTION_LIMIT_MS * NSEC_PER_MSEC;
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		enum proto_process process = (enum proto_process)i;
		if ((needs & bit(process)) != 0 && !transaction->peers[i].wanted) {
			transaction->peers[i].wanted_for = generation;
			want(transaction, process, true);
		}
	}
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++)
		ask_next(transaction, (enum proto_process)i);
	commit_if_all_accepted(transaction);
	return generation;
}

void transaction_restore(
	struct transaction *transaction, uint32_t generation, uint32_t needs, uint64_t now_ns)
{
	transaction->current = generation;
	transaction->current_needs = needs;
	transaction->deadline_ns = now_ns + TRANSACTION_LIMIT_MS * NSEC_PER_MSEC;
	if (transaction->last < generation)
		transaction->last = generation;
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		enum proto_process process = (enum proto_process)i;
		bool needed = (needs & bit(process)) != 0;
		if (transaction->peers[i].wanted != needed)
			want(transaction, process, needed);
		ask_next(transaction, process);
	}
	announce(transaction, false);
}

void transaction_adopt(struct transaction *transaction, enum proto_process process)
{
	transaction->peers[process].wanted = true;
	transaction->peers[process].adopted = true;
}

void transaction_hello(
	struct transaction *transaction, enum proto_process process, uint32_t generation)
{
	struct transaction_peer *peer = &transaction->peers[process];

	/* Nobody gave it that: a process that lies must not use up the numbers. */
	if (generation > transaction->last && generation - transaction->last > 1)
		generation = 0;
	peer->up = true;
	peer->in_force = generation;
	peer->asked = 0;
	peer->refused_current = false;
	if (transaction->last < generation)
		transaction->last = generation;
	announce(transaction, false);
	ask_next(transaction, process);
}

void transaction_gone(struct transaction *transaction, enum proto_process process)
{
	struct transaction_peer *peer = &transaction->peers[process];

	peer->up = false;
	peer->accepted = false;
	peer->applying = false;
	peer->in_force = 0;
	peer->asked = 0;
}

void transaction_accepted(
	struct transaction *transaction, enum proto_process process, uint32_t generation)
{
	struct transaction_peer *peer = &transaction->peers[process];

	if (generation == 0 || generation != peer->asked || peer->applying)
		return;
	peer->accepted = true;
	if (generation == transaction->current)
		apply(transaction, process);
	else
		commit_if_all_accepted(transaction);
}

void transaction_refused(struct transaction *transaction, enum proto_process process,
	uint32_t generation, const char *reason)
{
	struct transaction_peer *peer = &transaction->peers[process];
	char text[PROTO_REASON_LEN + 64];

	if (generation == 0 || generation != peer->asked || peer->applying)
		return;
	snprintf(text, sizeof(text), "%s refuses it: %s", proto_process_name(process), reason);
	if (generation == transaction->candidate) {
		give_up(transaction, text);
		return;
	}
	/* It refuses what it accepted once: it goes on without, and the operator hears of it. */
	peer->asked = 0;
	peer->refused_current = true;
	transaction->ops->refused(generation, text, transaction->arg);
	ask_next(transaction, process);
}

void transaction_applied(
	struct transaction *transaction, enum proto_process process, uint32_t generation)
{
	struct transaction_peer *peer = &transaction->peers[process];

	if (generation == 0 || generation != peer->asked || !peer->applying)
		return;
	peer->in_force = generation;
	peer->asked = 0;
	peer->accepted = false;
	peer->applying = false;
	announce(transaction, false);
	ask_next(transaction, process);
}

void transaction_tick(struct transaction *transaction, uint64_t now_ns)
{
	char text[128] = "no answer within the time limit from";

	if (now_ns < transaction->deadline_ns)
		return;
	announce(transaction, true);
	if (transaction->candidate == 0)
		return;
	for (int i = PROTO_VRRP; i < PROTO_DAEMON_END; i++) {
		const struct transaction_peer *peer = &transaction->peers[i];
		if ((transaction->candidate_needs & bit((enum proto_process)i)) != 0 &&
			!peer->accepted) {
			strlcat(text, " ", sizeof(text));
			strlcat(text, proto_process_name((enum proto_process)i), sizeof(text));
		}
	}
	transaction->timed_out = true;
	give_up(transaction, text);
}
