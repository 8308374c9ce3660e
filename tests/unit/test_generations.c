/* The two-phase transaction against processes that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parentd/transaction.h"

#define VRRP (UINT32_C(1) << PROTO_VRRP)

/* What was ordered last. */
struct orders {
	uint32_t sent;
	uint32_t applied;
	uint32_t in_force;
};

static void want(enum proto_process process, bool wanted, void *arg)
{
	(void)process;
	(void)wanted;
	(void)arg;
}

static void send_conf(enum proto_process process, uint32_t generation, void *arg)
{
	struct orders *orders = arg;

	(void)process;
	orders->sent = generation;
}

static void apply(enum proto_process process, uint32_t generation, void *arg)
{
	struct orders *orders = arg;

	(void)process;
	orders->applied = generation;
}

static void ignored_abort(enum proto_process process, uint32_t generation, void *arg)
{
	(void)process;
	(void)generation;
	(void)arg;
}

static void committed(uint32_t generation, void *arg)
{
	(void)generation;
	(void)arg;
}

static void in_force(uint32_t generation, void *arg)
{
	struct orders *orders = arg;

	orders->in_force = generation;
}

static void refused(uint32_t generation, const char *reason, void *arg)
{
	(void)generation;
	(void)reason;
	(void)arg;
}

static const struct transaction_ops ops = {
	want, send_conf, apply, ignored_abort, committed, in_force, refused};

/* Goes through a transaction in which vrrpd does all it should. */
static void go_through(struct transaction *transaction, struct orders *orders, uint32_t generation)
{
	assert_int_equal(transaction_begin(transaction, VRRP, 0), generation);
	assert_int_equal(orders->sent, generation);
	transaction_accepted(transaction, PROTO_VRRP, generation);
	assert_int_equal(orders->applied, generation);
	transaction_applied(transaction, PROTO_VRRP, generation);
	assert_int_equal(orders->in_force, generation);
}

static void test_a_process_that_claims_any_generation(void **state)
{
	struct transaction transaction;
	struct orders orders = {0};

	(void)state;
	transaction_init(&transaction, &ops, &orders, 0);
	transaction_hello(&transaction, PROTO_VRRP, 0);
	go_through(&transaction, &orders, 1);
	transaction_gone(&transaction, PROTO_VRRP);
	transaction_hello(&transaction, PROTO_VRRP, UINT32_MAX);
	assert_int_equal(orders.sent, 1); /* it gets what is in force */
	transaction_accepted(&transaction, PROTO_VRRP, 1);
	transaction_applied(&transaction, PROTO_VRRP, 1);
	go_through(&transaction, &orders, 2);
	/* one that a parentd before this one gave it, and could not tell anybody about, is not used
	 * again */
	transaction_gone(&transaction, PROTO_VRRP);
	transaction_hello(&transaction, PROTO_VRRP, 3);
	transaction_accepted(&transaction, PROTO_VRRP, 2);
	transaction_applied(&transaction, PROTO_VRRP, 2);
	go_through(&transaction, &orders, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process_that_claims_any_generation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
