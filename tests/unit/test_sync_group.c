/* What the core of sync groups decides; groups at work are in test_sync_group_sim.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vrrpd/sync_group.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_master_together),
		cmocka_unit_test(goes_to_backup_together),
		cmocka_unit_test(is_in_fault_together),
		cmocka_unit_test(who_waits_holds_back_who_does_not_run),
		cmocka_unit_test(state_follows_from_the_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
