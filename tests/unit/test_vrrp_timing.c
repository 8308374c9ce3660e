/* What the state machine does over a stretch of virtual time, and the words and intervals around
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/vrrp_fsm_text.h"
#include "vrrpd/vrrp_fsm.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS           UINT64_C(1000000)
#define S            UINT64_C(1000000000)
#define BEGIN        (1000 * S)

/* One instance and its clock. The log holds every action with the time it was taken at. */
struct rig {
	struct vrrp_params params;
	struct vrrp_fsm fsm;
	uint64_t now_ns;
	char log[8192];
};

static void set_up_rig(struct rig *rig)
{
	*rig = (struct rig){
		.params =
			{
				.version = 2,
				.priority = 128,
				.preempt = true,
				.advert_interval_cs = 100,
				.down_timer_adverts = 3,
				.source = htonl(0x0a000002),
			},
		.now_ns = BEGIN,
	};
	vrrp_fsm_init(&rig->fsm, &rig->params);
}

static void give(struct rig *rig, const struct vrrp_event *event)
{
	struct vrrp_actions actions;
	char text[TEXT_MAX];

	vrrp_fsm_event(&rig->fsm, &rig->params, event, rig->now_ns, &actions);
	if (actions.count == 0)
		return;
	actions_text(&actions, rig->fsm.fault_reasons, text, sizeof(text));
	append(rig->log, sizeof(rig->log), "%" PRId64 ": %s\n", ms_from(BEGIN, rig->now_ns), text);
}

static void give_type(struct rig *rig, enum vrrp_event_type type)
{
	give(rig, &(struct vrrp_event){.type = type});
}

static void hear(struct rig *rig, uint32_t source, uint8_t priority)
{
	give(rig, &(struct vrrp_event){.type = VRRP_EVENT_ADVERT,
			  .source = htonl(source),
			  .priority = priority,
			  .interval_cs = 100});
}

/* Lets the clock run to a time, serving every timer late_ns after it is due. */
static void run_until(struct rig *rig, uint64_t until_ns, uint64_t late_ns)
{
	uint64_t due_ns;

	while ((due_ns = vrrp_fsm_deadline(&rig->fsm)) <= until_ns) {
		rig->now_ns = due_ns + late_ns;
		give_type(rig, VRRP_EVENT_TIMER);
	}
	rig->now_ns = until_ns;
}

static void become_master(struct rig *rig)
{
	give_type(rig, VRRP_EVENT_STARTUP);
	run_until(rig, BEGIN + 3500 * MS, 0);
	assert_int_equal(rig->fsm.state, VRRP_MASTER);
	rig->log[0] = '\0';
}

static void test_start_alone(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	give_type(&rig, VRRP_EVENT_STARTUP);
	run_until(&rig, BEGIN + 5 * S, 0);
	assert_string_equal(rig.log,
		"0: INIT -> BACKUP: started\n"
		"3500: advert 128; add; BACKUP -> MASTER: no other router heard for 3.50 s\n"
		"4500: advert 128\n");
}

static void test_bursts_and_refreshes(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	rig.params.advert_interval_cs = 4000;
	rig.params.priority = 255;
	rig.params.garp_repeat = 5;
	rig.params.garp_delay_ns = 5 * S;
	rig.params.garp_refresh_ns = 60 * S;
	rig.params.garp_refresh_repeat = 2;
	give_type(&rig, VRRP_EVENT_STARTUP);
	run_until(&rig, BEGIN + 190 * S, 0);
	assert_string_equal(rig.log,
		"0: advert 255; add; garp 5; INIT -> MASTER: priority 255, we own the addresses\n"
		"5000: garp 5\n"
		"40000: advert 255\n"
		"65000: garp 2\n"
		"80000: advert 255\n"
		"120000: advert 255\n"
		"125000: garp 2\n"
		"160000: advert 255\n"
		"185000: garp 2\n");
}

/* A process that is always 3 ms late still advertises a thousand times in a thousand seconds. */
static void test_lateness_does_not_add_up(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	become_master(&rig);
	uint64_t first_ns = rig.fsm.timer_ns;
	for (uint64_t i = 0; i < 1000; i++) {
		rig.log[0] = '\0';
		assert_int_equal(vrrp_fsm_deadline(&rig.fsm), first_ns + i * S);
		run_until(&rig, first_ns + i * S, 3 * MS);
		assert_non_null(strstr(rig.log, "advert 128"));
	}
}

static void test_no_flood_after_a_pause(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	become_master(&rig);
	rig.now_ns += 60 * S;
	give_type(&rig, VRRP_EVENT_TIMER);
	run_until(&rig, rig.now_ns + 1500 * MS, 0);
	assert_string_equal(rig.log, "63500: advert 128\n64500: advert 128\n");
}

/* 10.0.0.1 with priority 100 advertises every second from the start; the delay is 5 s. */
static void test_preempt_delay(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	rig.params.preempt_delay_ns = 5 * S;
	give_type(&rig, VRRP_EVENT_STARTUP);
	for (uint64_t t = 0; t <= 7; t++) {
		run_until(&rig, BEGIN + t * S, 0);
		hear(&rig, 0x0a000001, 100);
	}
	run_until(&rig, BEGIN + 8 * S, 0);
	/* The last one that restarted the timer was that at 4 s. */
	assert_string_equal(rig.log, "0: INIT -> BACKUP: started\n"
				     "7500: advert 128; add; BACKUP -> MASTER: 10.0.0.1 has "
				     "priority 100, ours is 128\n");
}

static void test_preempt_delay_does_not_wait_for_the_dead(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	rig.params.preempt_delay_ns = 1000 * S;
	give_type(&rig, VRRP_EVENT_STARTUP);
	run_until(&rig, BEGIN + 1 * S, 0);
	hear(&rig, 0x0a000001, 100);
	run_until(&rig, BEGIN + 5 * S, 0);
	assert_string_equal(rig.log, "0: INIT -> BACKUP: started\n"
				     "4500: advert 128; add; BACKUP -> MASTER: no advertisement "
				     "from 10.0.0.1 for 3.50 s\n");
}

static void test_nopreempt_waits_as_long_as_it_hears(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	rig.params.preempt = false;
	give_type(&rig, VRRP_EVENT_STARTUP);
	for (uint64_t t = 0; t <= 60; t++) {
		run_until(&rig, BEGIN + t * S, 0);
		hear(&rig, 0x0a000001, 1);
	}
	run_until(&rig, BEGIN + 64 * S, 0);
	assert_string_equal(rig.log, "0: INIT -> BACKUP: started\n"
				     "63500: advert 128; add; BACKUP -> MASTER: no advertisement "
				     "from 10.0.0.1 for 3.50 s\n");
}

static void test_startup_delay(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	give(&rig, &(struct vrrp_event){
			   .type = VRRP_EVENT_STARTUP, .delayed_until_ns = BEGIN + 10 * S});
	run_until(&rig, BEGIN + 2 * S, 0);
	hear(&rig, 0x0a000003, 150); /* and then no more */
	give(&rig, &(struct vrrp_event){
			   .type = VRRP_EVENT_FAULTS, .fault_reasons = VRRP_FAULT_NO_SOURCE});
	give_type(&rig, VRRP_EVENT_FAULTS);
	run_until(&rig, BEGIN + 14 * S, 0);
	assert_string_equal(rig.log, "0: INIT -> BACKUP: started\n"
				     "2000: BACKUP -> FAULT: no source address\n"
				     "2000: FAULT -> BACKUP: no longer: no source address\n"
				     "13500: advert 128; add; BACKUP -> MASTER: no advertisement "
				     "from 10.0.0.3 for 11.50 s\n");
}

/* A priority that changes while we wait ends in the same deadline as one that was so before. */
static void test_priority_change_moves_the_timer(void **state)
{
	struct rig changed, constant;

	(void)state;
	for (int to = 1; to < 255; to++) {
		set_up_rig(&changed);
		set_up_rig(&constant);
		constant.params.priority = (uint8_t)to;
		give_type(&constant, VRRP_EVENT_STARTUP);
		give_type(&changed, VRRP_EVENT_STARTUP);
		struct vrrp_params previous = changed.params;
		changed.params.priority = (uint8_t)to;
		changed.now_ns += 700 * MS;
		give(&changed,
			&(struct vrrp_event){.type = VRRP_EVENT_PARAMS, .previous = &previous});
		assert_int_equal(changed.fsm.timer_ns, constant.fsm.timer_ns);
	}
}

static void test_fault_forgets_being_master(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	become_master(&rig);
	give(&rig, &(struct vrrp_event){
			   .type = VRRP_EVENT_FAULTS, .fault_reasons = VRRP_FAULT_INTERFACE_DOWN});
	run_until(&rig, BEGIN + 10 * S, 0);
	give_type(&rig, VRRP_EVENT_FAULTS);
	run_until(&rig, BEGIN + 14 * S, 0);
	assert_string_equal(rig.log,
		"3500: advert 0; remove; MASTER -> FAULT: interface down\n"
		"10000: FAULT -> BACKUP: no longer: interface down\n"
		"13500: advert 128; add; BACKUP -> MASTER: no other router heard for 3.50 s\n");
}

/* ---- resuming ---- */

static void test_resume_master_advertises_at_once(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	become_master(&rig);
	struct vrrp_fsm left = rig.fsm;
	left.timer_ns += 3000 * S; /* nothing that would make it fall silent is believed */
	left.garp_ns = BEGIN + 9000 * S;
	left.garp_rounds = UINT32_MAX;
	left.last_advert_ns = BEGIN + 9000 * S;
	left.fault_reasons = VRRP_FAULT_SOCKET;
	rig.fsm = left;
	rig.params.garp_repeat = 5;
	rig.params.garp_delay_ns = 5 * S;
	rig.now_ns += 400 * MS;
	assert_true(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
	run_until(&rig, rig.now_ns + 6 * S, 0);
	assert_memory_equal(rig.log, "3900: advert 128\n", 17);
	assert_non_null(strstr(rig.log, "8900: advert 128; garp 5\n"));
	assert_int_equal(rig.fsm.fault_reasons, 0);
}

static void test_resume_backup_listens_first(void **state)
{
	struct rig rig;

	(void)state;
	set_up_rig(&rig);
	rig.params.preempt_delay_ns = 5 * S;
	rig.fsm = (struct vrrp_fsm){
		.state = VRRP_BACKUP,
		.master = htonl(0x0a000003),
		.master_priority = 150,
		.master_adver_interval_cs = 9,
		.timer_ns = BEGIN - 10 * S,
		.preempt_ns = BEGIN + 500 * S,
		.garp_ns = BEGIN,
		.last_advert_ns = BEGIN - S,
	};
	assert_true(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
	char text[TEXT_MAX];
	fsm_text(&rig.fsm, BEGIN, text, sizeof(text));
	assert_string_equal(text, "BACKUP, timer 1500, preempt 5000, 10.0.0.3 has 150");
	rig.params.version = 3;
	rig.fsm.master_adver_interval_cs = 200;
	rig.fsm.preempt_ns = 0;
	assert_true(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
	fsm_text(&rig.fsm, BEGIN, text, sizeof(text));
	assert_string_equal(text, "BACKUP, timer 3000, interval 200, 10.0.0.3 has 150");

	rig.fsm.master_adver_interval_cs = 0x1000;
	rig.fsm.master_priority = 0;
	assert_true(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
	fsm_text(&rig.fsm, BEGIN, text, sizeof(text));
	assert_string_equal(text, "BACKUP, timer 3000");
}

/* left_ms: of the Master_Down_Timer; as it was written down, which may be anything */
static void test_resume_backup_waits_the_rest(void **state)
{
	static const struct {
		int64_t left_ms, waits_ms;
	} rows[] = {
		{3499, 3499},
		{2700, 2700},
		{1501, 1501},
		{1499, 1500}, /* one more advertisement */
		{-500, 1500},
		{3501, 3500},
		{1000000, 3500},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig rig;
		set_up_rig(&rig);
		rig.fsm = (struct vrrp_fsm){
			.state = VRRP_BACKUP,
			.master = htonl(0x0a000003),
			.master_priority = 150,
			.master_adver_interval_cs = 100,
			.timer_ns = (uint64_t)((int64_t)BEGIN + rows[i].left_ms * (int64_t)MS),
			.last_advert_ns = BEGIN - S,
		};
		assert_true(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
		assert_int_equal(ms_from(BEGIN, rig.fsm.timer_ns), rows[i].waits_ms);
	}
}

static void test_resume_fault_and_nonsense(void **state)
{
	struct rig rig;
	char text[TEXT_MAX];

	(void)state;
	set_up_rig(&rig);
	rig.fsm = (struct vrrp_fsm){.state = VRRP_FAULT,
		.fault_reasons = VRRP_FAULT_INTERFACE_DOWN,
		.timer_ns = BEGIN,
		.preempt_ns = BEGIN,
		.garp_ns = BEGIN};
	assert_true(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
	fsm_text(&rig.fsm, BEGIN, text, sizeof(text));
	assert_string_equal(text, "FAULT, timer none");
	assert_int_equal(vrrp_fsm_deadline(&rig.fsm), UINT64_MAX);

	static const enum vrrp_state others[] = {VRRP_INIT, VRRP_STATES, (enum vrrp_state)77};
	for (size_t i = 0; i < COUNT(others); i++) {
		rig.fsm = (struct vrrp_fsm){.state = others[i], .timer_ns = BEGIN, .master = 1};
		assert_false(vrrp_fsm_resume(&rig.fsm, &rig.params, rig.now_ns));
		fsm_text(&rig.fsm, BEGIN, text, sizeof(text));
		assert_string_equal(text, "INIT, timer none");
	}
}

/* ---- intervals and words ---- */

static void test_intervals(void **state)
{
	static const struct {
		uint8_t version, priority;
		uint16_t interval_cs, adverts;
		uint64_t skew_us, down_us;
	} rows[] = {
		{2, 100, 100, 3, 609375, 3609375},
		{2, 254, 100, 3, 7812, 3007812},
		{2, 255, 500, 3, 3906, 15003906},
		{2, 1, 100, 3, 996093, 3996093},
		{2, 128, 200, 5, 500000, 10500000},
		{3, 100, 100, 3, 609375, 3609375},
		{3, 100, 1, 3, 6093, 36093},
		{3, 1, 4095, 3, 40790039, 163640039},
		{3, 255, 10, 1, 390, 100390},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vrrp_params params = {.version = rows[i].version,
			.priority = rows[i].priority,
			.down_timer_adverts = rows[i].adverts,
			.advert_interval_cs = 1};
		uint16_t interval_cs = rows[i].interval_cs;
		assert_int_equal(vrrp_skew_time_ns(&params, interval_cs) / 1000, rows[i].skew_us);
		assert_int_equal(
			vrrp_master_down_interval_ns(&params, interval_cs) / 1000, rows[i].down_us);
	}
}

static void test_deadline_is_the_earlier_timer(void **state)
{
	struct vrrp_fsm fsm = {0};

	(void)state;
	assert_int_equal(vrrp_fsm_deadline(&fsm), UINT64_MAX);
	fsm.garp_ns = 7;
	assert_int_equal(vrrp_fsm_deadline(&fsm), 7);
	fsm.timer_ns = 9;
	assert_int_equal(vrrp_fsm_deadline(&fsm), 7);
	fsm.garp_ns = 0;
	assert_int_equal(vrrp_fsm_deadline(&fsm), 9);
	fsm.preempt_ns = 1; /* no event is due at its end */
	assert_int_equal(vrrp_fsm_deadline(&fsm), 9);
}

static void test_cause_texts(void **state)
{
	static const struct {
		enum vrrp_cause cause;
		uint64_t silence_ns;
		const char *text;
	} rows[] = {
		{VRRP_CAUSE_STARTED, 0, "started"},
		{VRRP_CAUSE_OWNER, 0, "priority 255, we own the addresses"},
		{VRRP_CAUSE_MASTER_DOWN, 3609375000, "no advertisement from 10.0.0.3 for 3.61 s"},
		{VRRP_CAUSE_MASTER_DOWN, 36093750, "no advertisement from 10.0.0.3 for 0.036 s"},
		{VRRP_CAUSE_MASTER_DOWN, 999600000, "no advertisement from 10.0.0.3 for 1.00 s"},
		{VRRP_CAUSE_MASTER_DOWN, 61005000000, "no advertisement from 10.0.0.3 for 61.01 s"},
		{VRRP_CAUSE_NO_MASTER, 3500000000, "no other router heard for 3.50 s"},
		{VRRP_CAUSE_MASTER_RELEASED, 0, "10.0.0.3 released the address (priority 0)"},
		{VRRP_CAUSE_PREEMPTED_LOWER, 0, "10.0.0.3 has priority 120, ours is 100"},
		{VRRP_CAUSE_HIGHER_PRIORITY, 0, "10.0.0.3 has priority 120, ours is 100"},
		{VRRP_CAUSE_HIGHER_ADDRESS, 0,
			"10.0.0.3 has our priority 100 and the higher address"},
		{VRRP_CAUSE_FAULT, 0, "no source address, tracked interface down"},
		{VRRP_CAUSE_FAULT_CLEARED, 0, "no longer: interface down"},
		{VRRP_CAUSE_SHUTDOWN, 0, "stopped"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct vrrp_action change = {
			.type = VRRP_ACTION_STATE_CHANGED,
			.cause = rows[i].cause,
			.priority = 100,
			.silence_ns = rows[i].silence_ns,
			.other = htonl(0x0a000003),
			.other_priority = 120,
			.cleared_faults = VRRP_FAULT_INTERFACE_DOWN,
		};
		char text[160], tiny[6];

		vrrp_cause_text(&change, VRRP_FAULT_NO_SOURCE | VRRP_FAULT_TRACKED_INTERFACE, text,
			sizeof(text));
		assert_string_equal(text, rows[i].text);
		vrrp_cause_text(&change, VRRP_FAULT_NO_SOURCE, tiny, sizeof(tiny));
		assert_int_equal(strlen(tiny), sizeof(tiny) - 1);
	}
}

static void test_fault_texts(void **state)
{
	char text[160], tiny[4] = "abc";

	(void)state;
	vrrp_fault_text(VRRP_FAULT_INTERFACE_MISSING | VRRP_FAULT_INTERFACE_DOWN |
				VRRP_FAULT_NO_SOURCE | VRRP_FAULT_TRACKED_INTERFACE |
				VRRP_FAULT_SOCKET,
		text, sizeof(text));
	assert_string_equal(text, "interface missing, interface down, no source address, "
				  "tracked interface down, refused by the kernel");
	vrrp_fault_text(0, text, sizeof(text));
	assert_string_equal(text, "no fault");
	vrrp_fault_text(VRRP_FAULT_SOCKET, tiny, 0);
	assert_string_equal(tiny, "abc");
	vrrp_fault_text(VRRP_FAULT_SOCKET, tiny, sizeof(tiny));
	assert_string_equal(tiny, "ref");
}

static void test_state_names(void **state)
{
	(void)state;
	assert_string_equal(vrrp_state_name(VRRP_INIT), "INIT");
	assert_string_equal(vrrp_state_name(VRRP_BACKUP), "BACKUP");
	assert_string_equal(vrrp_state_name(VRRP_MASTER), "MASTER");
	assert_string_equal(vrrp_state_name(VRRP_FAULT), "FAULT");
	assert_string_equal(vrrp_state_name(VRRP_STATES), "unknown state");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_alone),
		cmocka_unit_test(test_bursts_and_refreshes),
		cmocka_unit_test(test_lateness_does_not_add_up),
		cmocka_unit_test(test_no_flood_after_a_pause),
		cmocka_unit_test(test_preempt_delay),
		cmocka_unit_test(test_preempt_delay_does_not_wait_for_the_dead),
		cmocka_unit_test(test_nopreempt_waits_as_long_as_it_hears),
		cmocka_unit_test(test_startup_delay),
		cmocka_unit_test(test_priority_change_moves_the_timer),
		cmocka_unit_test(test_fault_forgets_being_master),
		cmocka_unit_test(test_resume_master_advertises_at_once),
		cmocka_unit_test(test_resume_backup_listens_first),
		cmocka_unit_test(test_resume_backup_waits_the_rest),
		cmocka_unit_test(test_resume_fault_and_nonsense),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_deadline_is_the_earlier_timer),
		cmocka_unit_test(test_cause_texts),
		cmocka_unit_test(test_fault_texts),
		cmocka_unit_test(test_state_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
