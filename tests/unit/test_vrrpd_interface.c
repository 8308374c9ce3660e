/* What the kernel tells of links and addresses, and what follows from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vrrpd/interface.h"

#define INDEX 5
#define UP    (IFF_UP | IFF_RUNNING)

struct fixture {
	struct interfaces interfaces;
	struct interface *eth0;
};

static struct rtnl_link link_of(int index, const char *name, unsigned flags)
{
	struct rtnl_link link = {.index = index,
		.flags = flags,
		.mtu = 1500,
		.mac = {2, 0, 0, 0, 0, 1},
		.has_mac = true};

	strlcpy(link.name, name, sizeof link.name);
	return link;
}

static void tell(struct fixture *fixture, const struct rtnl_link *link)
{
	interfaces_link(&fixture->interfaces, link);
}

/* eth0 exists, is up, and its socket is bound to it. */
static int set_up(void **state)
{
	static struct fixture fixture;
	const struct rtnl_link link = link_of(INDEX, "eth0", UP);
	bool is_new = false;
	unsigned changes;

	memset(&fixture, 0, sizeof fixture);
	interfaces_init(&fixture.interfaces);
	fixture.eth0 = interface_get(&fixture.interfaces, "eth0", &is_new);
	assert_true(is_new);
	tell(&fixture, &link);
	while (interfaces_next_changed(&fixture.interfaces, &changes) != NULL)
		;
	fixture.eth0->receive_index = fixture.eth0->index;
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	interface_put(&fixture->interfaces, fixture->eth0);
	return 0;
}

static unsigned changes_of(struct fixture *fixture)
{
	unsigned changes = 0;

	assert_ptr_equal(interfaces_next_changed(&fixture->interfaces, &changes), fixture->eth0);
	return changes;
}

static void the_same_again_is_no_change(void **state)
{
	struct fixture *fixture = *state;
	const struct rtnl_link link = link_of(INDEX, "eth0", UP);
	unsigned changes;

	tell(fixture, &link);
	assert_null(interfaces_next_changed(&fixture->interfaces, &changes));
}

/* Moved to another namespace and back: its groups are gone, its index may be the same. */
static void another_one_of_the_same_index_needs_another_socket(void **state)
{
	struct fixture *fixture = *state;
	struct rtnl_link link = link_of(INDEX, "eth0", UP);

	link.gone = true;
	tell(fixture, &link);
	assert_false(interface_exists(fixture->eth0));
	link.gone = false;
	tell(fixture, &link);
	assert_true(interface_up(fixture->eth0));
	assert_int_not_equal(fixture->eth0->receive_index, fixture->eth0->index);
}

static void a_renamed_one_is_not_ours(void **state)
{
	struct fixture *fixture = *state;
	const struct rtnl_link away = link_of(INDEX, "was0", UP);
	const struct rtnl_link back = link_of(INDEX, "eth0", UP);

	tell(fixture, &away);
	assert_int_equal(fixture->eth0->index, 0);
	assert_null(interface_find_index(&fixture->interfaces, INDEX));
	tell(fixture, &back);
	assert_int_equal(fixture->eth0->index, INDEX);
}

/* Even when both were told before anybody drew a conclusion. */
static void down_and_up_is_not_nothing(void **state)
{
	struct fixture *fixture = *state;
	const struct rtnl_link down = link_of(INDEX, "eth0", IFF_UP);
	const struct rtnl_link up = link_of(INDEX, "eth0", UP);

	tell(fixture, &down);
	assert_int_not_equal(fixture->eth0->down_ns, 0);
	tell(fixture, &up);
	assert_int_equal(fixture->eth0->down_ns, 0);
	assert_int_equal(changes_of(fixture), INTERFACE_LINK | INTERFACE_RETURNED);
}

static void down_once_counts_from_the_first_time(void **state)
{
	struct fixture *fixture = *state;
	const struct rtnl_link no_carrier = link_of(INDEX, "eth0", IFF_UP);
	const struct rtnl_link down = link_of(INDEX, "eth0", 0);
	uint64_t since_ns;

	tell(fixture, &no_carrier);
	since_ns = fixture->eth0->down_ns;
	tell(fixture, &down);
	assert_int_equal(fixture->eth0->down_ns, since_ns);
	assert_int_equal(changes_of(fixture), INTERFACE_LINK);
}

static void another_mac_is_a_move(void **state)
{
	struct fixture *fixture = *state;
	struct rtnl_link link = link_of(INDEX, "eth0", UP);

	link.mac[5]++;
	tell(fixture, &link);
	assert_int_equal(changes_of(fixture), INTERFACE_LINK | INTERFACE_MOVED);
	assert_memory_equal(fixture->eth0->mac, link.mac, sizeof link.mac);
}

/* Below 68 bytes the kernel takes IPv4 off the link, and the groups with it. */
static void ipv4_taken_off_the_link_needs_another_socket(void **state)
{
	struct fixture *fixture = *state;
	struct rtnl_link link = link_of(INDEX, "eth0", UP);

	link.mtu = 1400;
	tell(fixture, &link);
	assert_int_equal(changes_of(fixture), INTERFACE_LINK);
	assert_int_equal(fixture->eth0->receive_index, INDEX);
	link.mtu = 67;
	tell(fixture, &link);
	link.mtu = 68;
	tell(fixture, &link);
	assert_int_equal(changes_of(fixture), INTERFACE_LINK);
	assert_int_equal(fixture->eth0->receive_index, 0);
}

static void lost_changes_need_another_socket(void **state)
{
	struct fixture *fixture = *state;

	interfaces_missed(&fixture->interfaces);
	assert_int_equal(fixture->eth0->receive_index, 0);
	assert_int_equal(changes_of(fixture), INTERFACE_LINK);
}

static void a_lifetime_is_a_change(void **state)
{
	struct fixture *fixture = *state;
	struct rtnl_address address = {.index = INDEX, .address = 0x3200004d, .prefixlen = 24};
	unsigned changes;

	assert_ptr_equal(interfaces_address(&fixture->interfaces, &address), fixture->eth0);
	assert_int_equal(changes_of(fixture), INTERFACE_ADDRESSES);
	interfaces_address(&fixture->interfaces, &address);
	assert_null(interfaces_next_changed(&fixture->interfaces, &changes));
	address.expires = true;
	interfaces_address(&fixture->interfaces, &address);
	assert_int_equal(changes_of(fixture), INTERFACE_ADDRESSES);
	assert_true(fixture->eth0->addresses[0].expires);
	assert_int_equal(fixture->eth0->addresses_count, 1);
}

/* An address that the first reading finds was there before us; one that comes later was not, be it
 * told or found after changes were lost. */
static void who_was_there_first(void **state)
{
	struct fixture *fixture = *state;
	struct rtnl_link link = link_of(INDEX, "eth0", UP);
	struct rtnl_address address = {.index = INDEX, .address = 1, .prefixlen = 24};

	interfaces_dumping(&fixture->interfaces);
	tell(fixture, &link);
	interfaces_address(&fixture->interfaces, &address);
	interfaces_dumped(&fixture->interfaces);
	address.prefixlen = 25;
	interfaces_address(&fixture->interfaces, &address);
	interfaces_missed(&fixture->interfaces);
	interfaces_dumping(&fixture->interfaces);
	tell(fixture, &link);
	for (address.prefixlen = 24; address.prefixlen < 27; address.prefixlen++)
		interfaces_address(&fixture->interfaces, &address);
	interfaces_dumped(&fixture->interfaces);
	assert_int_equal(fixture->eth0->addresses_count, 3);
	assert_true(fixture->eth0->addresses[0].tolerated);
	assert_false(fixture->eth0->addresses[1].tolerated);
	assert_false(fixture->eth0->addresses[2].tolerated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_again_is_no_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			another_one_of_the_same_index_needs_another_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_renamed_one_is_not_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(down_and_up_is_not_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			down_once_counts_from_the_first_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_mac_is_a_move, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			ipv4_taken_off_the_link_needs_another_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			lost_changes_need_another_socket, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lifetime_is_a_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_was_there_first, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
