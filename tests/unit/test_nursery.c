/* The launcher against nurseries that do what they should not, and users that scripts may not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "parentd/launcher_children.h"
#include "parentd/launcher_nursery.h"
#include "runner/nursery_message.h"

#define SLOT PROTO_RUNNER_FIRST

struct fixture {
	struct launcher launcher;
	struct launcher_options options;
	int nursery; /* the other ends */
	int twin;
};

static int connect_nursery(struct launcher_nursery *nursery)
{
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	*nursery = (struct launcher_nursery){.fd = ends[0]};
	return ends[1];
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	launcher_children_init(&fixture->launcher);
	for (int process = 0; process < PROTO_PROCESS_END; process++)
		fixture->launcher.users[process] =
			(struct suite_user){(uid_t)(500 + process), (gid_t)(500 + process)};
	for (int slot = PROTO_RUNNER_FIRST; slot <= PROTO_RUNNER_LAST; slot++)
		fixture->launcher.users[slot] = (struct suite_user){0};
	fixture->launcher.options = &fixture->options;
	fixture->nursery = connect_nursery(&fixture->launcher.nurseries[0]);
	fixture->twin = connect_nursery(&fixture->launcher.nurseries[1]);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < LAUNCHER_NURSERIES; i++) {
		if (fixture->launcher.nurseries[i].fd != -1)
			close(fixture->launcher.nurseries[i].fd);
	}
	launcher_runner_forget(&fixture->launcher.children[SLOT]);
	close(fixture->nursery);
	close(fixture->twin);
	free(fixture);
	return 0;
}

static void want(struct fixture *fixture, uint32_t uid, uint32_t gid)
{
	struct parent_runner order = {.process = SLOT, .uid = uid, .gid = gid};

	proto_string_set(order.user, sizeof(order.user), "scripts");
	launcher_runner_wanted(&fixture->launcher, &order);
}

static void say(int fd, struct nursery_message message)
{
	assert_int_equal(nursery_send(fd, &message, NULL, 0, 0), 0);
}

static void dispatch(struct fixture *fixture)
{
	launcher_nursery_dispatch(&fixture->launcher, &fixture->launcher.nurseries[0]);
}

static bool is_twin(const struct fixture *fixture, int twin_fd)
{
	return fixture->launcher.nurseries[0].fd == twin_fd &&
	       fixture->launcher.nurseries[1].fd == -1;
}

/* ---- users ---- */

static void test_users(void **state)
{
	struct fixture *fixture = *state;
	struct launcher_child *child = &fixture->launcher.children[SLOT];

	want(fixture, 0, 1000);
	want(fixture, 1000, 0);
	want(fixture, 500 + PROTO_VRRP, 1000);
	assert_false(child->wanted);
	want(fixture, 1000, 1000);
	assert_true(child->wanted);
	assert_int_not_equal(child->start_at_ns, 0);
	assert_int_equal(fixture->launcher.users[SLOT].uid, 1000);
	/* The one that is there stays as it is when another one is refused. */
	want(fixture, 0, 0);
	assert_int_equal(fixture->launcher.users[SLOT].uid, 1000);
	fixture->options.allow_root_scripts = true;
	want(fixture, 500 + PROTO_LAUNCHER, 1000);
	assert_int_equal(fixture->launcher.users[SLOT].uid, 1000);
	want(fixture, 0, 0);
	assert_int_equal(fixture->launcher.users[SLOT].uid, 0);
	assert_true(child->page_is_old);
}

/* ---- messages ---- */

static void test_order(void **state)
{
	struct fixture *fixture = *state;
	struct launcher_child *child = &fixture->launcher.children[SLOT];
	struct nursery_message order;
	int fds[NURSERY_FDS];
	unsigned count;

	want(fixture, 1000, 1001);
	child->page_is_old = false; /* there is no page */
	child->page_fd = child->program_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	launcher_runner_start(&fixture->launcher, child);
	assert_int_not_equal(child->starting_fd, -1);
	assert_int_equal(nursery_receive(fixture->nursery, &order, fds, &count), NURSERY_MESSAGE);
	assert_int_equal(count, NURSERY_FDS);
	assert_int_equal(order.type, NURSERY_START);
	assert_int_equal(order.slot, SLOT);
	assert_int_equal(order.uid, 1000);
	assert_int_equal(order.gid, 1001);
	assert_string_equal(order.user, "scripts");
	while (count > 0)
		close(fds[--count]);
	/* An answer to an order that was taken back is none. */
	say(fixture->nursery, (struct nursery_message){.type = NURSERY_STARTED,
				      .slot = SLOT,
				      .serial = order.serial + 1,
				      .pid = 4711});
	dispatch(fixture);
	assert_int_equal(child->pid, 0);
	assert_int_not_equal(child->starting_fd, -1);
	/* It could not: another time. */
	child->start_at_ns = 0;
	say(fixture->nursery, (struct nursery_message){.type = NURSERY_STARTED,
				      .slot = SLOT,
				      .serial = order.serial,
				      .status = EAGAIN});
	dispatch(fixture);
	assert_int_equal(child->starting_fd, -1);
	assert_int_not_equal(child->start_at_ns, 0);
	assert_int_equal(fixture->launcher.nursery_patience_ns == 0,
		fixture->launcher.nurseries[1].pid != 0);
	close(child->page_fd);
}

static void test_a_death_leaves_orders_to_the_twin(void **state)
{
	struct fixture *fixture = *state;
	struct launcher_child *child = &fixture->launcher.children[SLOT];
	int twin = fixture->launcher.nurseries[1].fd;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	child->wanted = true;
	child->starting_fd = ends[0];
	shutdown(fixture->nursery, SHUT_RDWR);
	dispatch(fixture);
	assert_true(is_twin(fixture, twin));
	assert_int_equal(child->starting_fd, -1);
	assert_int_not_equal(child->start_at_ns, 0);
	assert_int_not_equal(fixture->launcher.spare_at_ns, 0);
}

static void test_violations(void **state)
{
	static const struct nursery_message wrong[] = {
		{.type = NURSERY_READY, .pid = 0},
		{.type = NURSERY_READY, .pid = -1},
		{.type = NURSERY_STARTED, .slot = PROTO_VRRP, .pid = 4711},
		{.type = NURSERY_STARTED, .slot = PROTO_PROCESS_END, .pid = 4711},
		{.type = NURSERY_STARTED, .slot = UINT32_MAX, .pid = 4711},
		{.type = NURSERY_ENDED, .pid = -1},
		{.type = NURSERY_START, .slot = SLOT},
		{.type = 0},
		{.type = UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct fixture *fixture = *state;
		int twin = fixture->launcher.nurseries[1].fd;
		say(fixture->nursery, wrong[i]);
		dispatch(fixture);
		assert_true(is_twin(fixture, twin));
		tear_down(state);
		set_up(state);
	}
}

static void test_records_that_are_none(void **state)
{
	static const size_t lengths[] = {1, 63, 65, 500};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct fixture *fixture = *state;
		int twin = fixture->launcher.nurseries[1].fd;
		char record[500] = {0};
		struct nursery_message right = {.magic = NURSERY_MAGIC,
			.version = NURSERY_VERSION,
			.type = NURSERY_READY,
			.pid = 1};
		memcpy(record, &right, sizeof(right));
		assert_int_equal(send(fixture->nursery, record, lengths[i], 0), lengths[i]);
		dispatch(fixture);
		assert_true(is_twin(fixture, twin));
		tear_down(state);
		set_up(state);
	}
}

static void test_another_version_and_an_endless_name(void **state)
{
	struct nursery_message message = {.magic = NURSERY_MAGIC,
		.version = NURSERY_VERSION + 1,
		.type = NURSERY_READY,
		.pid = 1};
	int fds[NURSERY_FDS];
	unsigned count;
	struct fixture *fixture = *state;

	assert_int_equal(send(fixture->nursery, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(nursery_receive(fixture->launcher.nurseries[0].fd, &message, fds, &count),
		NURSERY_GONE);
	message.version = NURSERY_VERSION;
	memset(message.user, 'x', sizeof(message.user));
	assert_int_equal(send(fixture->nursery, &message, sizeof(message), 0), sizeof(message));
	assert_int_equal(nursery_receive(fixture->launcher.nurseries[0].fd, &message, fds, &count),
		NURSERY_GONE);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_death_leaves_orders_to_the_twin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_violations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_records_that_are_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_another_version_and_an_endless_name, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
