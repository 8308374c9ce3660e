/* The state machine, every event in every state, in virtual time. We are 10.0.0.2 with priority
 * 128 and an interval of 1 s, so Skew_Time is 500 ms and Master_Down_Interval 3500 ms. */
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
#define NOW          UINT64_C(1000000000000)
#define AT(ms)       ((uint64_t)((int64_t)NOW + (ms)*INT64_C(1000000)))

/* Addresses in host order: tables need constants. */
#define LOW  UINT32_C(0x0a000001)
#define OURS UINT32_C(0x0a000002)
#define HIGH UINT32_C(0x0a000003)
/* Where the order of the bytes matters: 9.0.0.255 is below ours, 11.0.0.1 above. */
#define LOW_NET  UINT32_C(0x090000ff)
#define HIGH_NET UINT32_C(0x0b000001)

/* How a row's parameters differ from the usual ones. */
enum {
	V3 = 1 << 0,
	OWNER = 1 << 1,
	PRIO_192 = 1 << 2, /* Skew_Time 250 ms */
	PRIO_64 = 1 << 3,  /* Skew_Time 750 ms */
	NOPREEMPT = 1 << 4,
	PREEMPT_DELAY = 1 << 5, /* 5 s */
	SLOW = 1 << 6,          /* interval 2 s */
	QUICK = 1 << 7,         /* interval 100 ms */
	REFRESH = 1 << 8,       /* every 60 s, 2 rounds */
	NO_ADVERT = 1 << 9,     /* lower_prio_no_advert */
	SEND_ADVERT = 1 << 10,  /* higher_prio_send_advert */
	NO_GARP = 1 << 11,
	GARP_ONCE = 1 << 12, /* no second burst */
	GROUPED = 1 << 13,   /* in a sync group */
};

static struct vrrp_params make_params(unsigned flags)
{
	struct vrrp_params params = {
		.version = (flags & V3) != 0 ? 3 : 2,
		.priority = 128,
		.preempt = (flags & NOPREEMPT) == 0,
		.grouped = (flags & GROUPED) != 0,
		.lower_prio_no_advert = (flags & NO_ADVERT) != 0,
		.higher_prio_send_advert = (flags & SEND_ADVERT) != 0,
		.advert_interval_cs = 100,
		.down_timer_adverts = 3,
		.preempt_delay_ns = (flags & PREEMPT_DELAY) != 0 ? UINT64_C(5000000000) : 0,
		.source = htonl(OURS),
		.garp_delay_ns = (flags & GARP_ONCE) != 0 ? 0 : UINT64_C(5000000000),
		.garp_repeat = (flags & NO_GARP) != 0 ? 0 : 5,
		.garp_refresh_ns = (flags & REFRESH) != 0 ? UINT64_C(60000000000) : 0,
		.garp_refresh_repeat = 2,
		.garp_lower_prio_delay_ns = (flags & GARP_ONCE) != 0 ? 0 : UINT64_C(2000000000),
		.garp_lower_prio_repeat = (flags & NO_GARP) != 0 ? 0 : 3,
	};
	if ((flags & OWNER) != 0)
		params.priority = 255;
	if ((flags & PRIO_192) != 0)
		params.priority = 192;
	if ((flags & PRIO_64) != 0)
		params.priority = 64;
	if ((flags & SLOW) != 0)
		params.advert_interval_cs = 200;
	if ((flags & QUICK) != 0)
		params.advert_interval_cs = 10;
	params.base_priority = params.priority;
	return params;
}

/* Where a row begins. */
enum start {
	INIT,
	BACKUP,             /* 10.0.0.3 with 150 was heard 500 ms ago */
	BACKUP_SLOW_MASTER, /* the same, and its interval is 2 s */
	BACKUP_DUE,         /* … 3500 ms ago: the Master_Down_Timer runs out now */
	BACKUP_ALONE,       /* nobody heard for 1500 ms */
	BACKUP_ALONE_DUE,
	BACKUP_LOWER,     /* 10.0.0.1 with 100 was heard 500 ms ago, the timer runs on */
	BACKUP_LOWER_DUE, /* … and runs out now */
	BACKUP_RELEASED,
	BACKUP_RELEASED_DUE,
	BACKUP_PREEMPT_DELAY,      /* runs for another 1000 ms */
	BACKUP_PREEMPT_DELAY_OVER, /* just */
	BACKUP_STARTUP_DELAY,      /* for another 10 s */
	BACKUP_WANTS,              /* 10.0.0.3 with 150 was heard 4000 ms ago */
	BACKUP_LOWER_WANTS,        /* 10.0.0.1 with 100 was heard 500 ms ago */
	MASTER,                    /* advertised 600 ms ago; second burst in 3000 ms */
	MASTER_DUE,
	MASTER_LATE,   /* by 400 ms */
	MASTER_MISSED, /* by 1200 ms: one interval is lost */
	MASTER_FROZEN, /* silent for 3000 ms */
	MASTER_GARP_DUE,
	MASTER_REFRESH_DUE,
	MASTER_REFRESHING, /* next in 30 s */
	MASTER_QUIET,      /* no burst planned */
	MASTER_ANSWERED,   /* the same, and has answered what was read with this */
	MASTER_BURST_SOON, /* second burst in 1000 ms */
	FAULT,             /* interface down; nobody heard */
	FAULT_HEARD,       /* interface down; 10.0.0.3 with 150 was heard 500 ms ago */
	FAULT_RELEASED,    /* … and said 0 */
};

#define HEARD(state_, source_, priority_, ago_, timer_)                                            \
	.state = (state_), .master = (source_), .master_priority = (priority_),                    \
	.last_advert_ns = AT(-(ago_)), .timer_ns = (timer_)
#define SENT(ago_, timer_) HEARD(VRRP_MASTER, OURS, 128, (ago_), AT(timer_))

static const struct vrrp_fsm starts[] = {
	[INIT] = {.state = VRRP_INIT},
	[BACKUP] = {HEARD(VRRP_BACKUP, HIGH, 150, 500, AT(3000))},
	[BACKUP_SLOW_MASTER] = {HEARD(VRRP_BACKUP, HIGH, 150, 500, AT(6500)),
		.master_adver_interval_cs = 200},
	[BACKUP_DUE] = {HEARD(VRRP_BACKUP, HIGH, 150, 3500, AT(0))},
	[BACKUP_ALONE] = {HEARD(VRRP_BACKUP, 0, 0, 1500, AT(2000))},
	[BACKUP_ALONE_DUE] = {HEARD(VRRP_BACKUP, 0, 0, 3500, AT(0))},
	[BACKUP_LOWER] = {HEARD(VRRP_BACKUP, LOW, 100, 500, AT(1500))},
	[BACKUP_LOWER_DUE] = {HEARD(VRRP_BACKUP, LOW, 100, 500, AT(0))},
	[BACKUP_RELEASED] = {HEARD(VRRP_BACKUP, HIGH, 0, 300, AT(200))},
	[BACKUP_RELEASED_DUE] = {HEARD(VRRP_BACKUP, HIGH, 0, 500, AT(0))},
	[BACKUP_PREEMPT_DELAY] = {HEARD(VRRP_BACKUP, LOW, 100, 1000, AT(2500)),
		.preempt_ns = AT(1000)},
	[BACKUP_PREEMPT_DELAY_OVER] = {HEARD(VRRP_BACKUP, LOW, 100, 1000, AT(2500)),
		.preempt_ns = AT(0)},
	[BACKUP_STARTUP_DELAY] = {HEARD(VRRP_BACKUP, 0, 0, 1500, AT(13500)),
		.delayed_until_ns = AT(10000)},
	[BACKUP_WANTS] = {HEARD(VRRP_BACKUP, HIGH, 150, 4000, AT(3000)), .will = VRRP_WANTS},
	[BACKUP_LOWER_WANTS] = {HEARD(VRRP_BACKUP, LOW, 100, 500, AT(3000)), .will = VRRP_WANTS},
	[MASTER] = {SENT(600, 400), .garp_ns = AT(3000), .garp_rounds = 5},
	[MASTER_DUE] = {SENT(1000, 0), .garp_ns = AT(3000), .garp_rounds = 5},
	[MASTER_LATE] = {SENT(1400, -400), .garp_ns = AT(3000), .garp_rounds = 5},
	[MASTER_MISSED] = {SENT(2200, -1200), .garp_ns = AT(3000), .garp_rounds = 5},
	[MASTER_FROZEN] = {SENT(3000, -2000)},
	[MASTER_GARP_DUE] = {SENT(600, 400), .garp_ns = AT(0), .garp_rounds = 5},
	[MASTER_REFRESH_DUE] = {SENT(600, 400), .garp_ns = AT(0)},
	[MASTER_REFRESHING] = {SENT(600, 400), .garp_ns = AT(30000)},
	[MASTER_QUIET] = {SENT(600, 400)},
	[MASTER_ANSWERED] = {SENT(0, 1000), .answered_ns = NOW},
	[MASTER_BURST_SOON] = {SENT(600, 400), .garp_ns = AT(1000), .garp_rounds = 2},
	[FAULT] = {HEARD(VRRP_FAULT, 0, 0, 1500, 0), .fault_reasons = VRRP_FAULT_INTERFACE_DOWN},
	[FAULT_HEARD] = {HEARD(VRRP_FAULT, HIGH, 150, 500, 0),
		.fault_reasons = VRRP_FAULT_INTERFACE_DOWN},
	[FAULT_RELEASED] = {HEARD(VRRP_FAULT, HIGH, 0, 500, 0),
		.fault_reasons = VRRP_FAULT_INTERFACE_DOWN},
};

struct row {
	enum start start;
	unsigned flags;
	struct vrrp_event event;
	unsigned previous; /* PARAMS: the flags before */
	const char *actions;
	const char *after;
};

#define STARTUP                                                                                    \
	{                                                                                          \
		.type = VRRP_EVENT_STARTUP                                                         \
	}
#define STARTUP_FAULT(why)                                                                         \
	{                                                                                          \
		.type = VRRP_EVENT_STARTUP, .fault_reasons = (why)                                 \
	}
#define STARTUP_DELAYED(ms)                                                                        \
	{                                                                                          \
		.type = VRRP_EVENT_STARTUP, .delayed_until_ns = AT(ms)                             \
	}
#define SHUTDOWN                                                                                   \
	{                                                                                          \
		.type = VRRP_EVENT_SHUTDOWN                                                        \
	}
#define TIMER                                                                                      \
	{                                                                                          \
		.type = VRRP_EVENT_TIMER                                                           \
	}
#define FAULTS(why)                                                                                \
	{                                                                                          \
		.type = VRRP_EVENT_FAULTS, .fault_reasons = (why)                                  \
	}
#define PARAMS                                                                                     \
	{                                                                                          \
		.type = VRRP_EVENT_PARAMS                                                          \
	}
#define SYNC_MASTER                                                                                \
	{                                                                                          \
		.type = VRRP_EVENT_SYNC_MASTER                                                     \
	}
#define SYNC_BACKUP                                                                                \
	{                                                                                          \
		.type = VRRP_EVENT_SYNC_BACKUP                                                     \
	}
#define ADVERT(from, prio) ADVERT_EVERY(from, prio, 100)
#define ADVERT_EVERY(from, prio, cs)                                                               \
	{                                                                                          \
		.type = VRRP_EVENT_ADVERT, .source = (from), .priority = (prio),                   \
		.interval_cs = (cs)                                                                \
	}
#define DOWN    VRRP_FAULT_INTERFACE_DOWN
#define MISSING VRRP_FAULT_INTERFACE_MISSING

/* clang-format off */
static const struct row rows[] = {
/* ---- INIT (RFC 9568 §6.4.1) ---- */
{INIT, 0, STARTUP, 0, "INIT -> BACKUP: started", "BACKUP, timer 3500"},
{INIT, PRIO_192, STARTUP, 0, "INIT -> BACKUP: started", "BACKUP, timer 3250"},
{INIT, V3 | QUICK, STARTUP, 0, "INIT -> BACKUP: started", "BACKUP, timer 350, interval 10"},
{INIT, OWNER, STARTUP, 0,
	"advert 255; add; garp 5; INIT -> MASTER: priority 255, we own the addresses",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 255"},
{INIT, 0, STARTUP_FAULT(DOWN | MISSING), 0,
	"INIT -> FAULT: interface missing, interface down", "FAULT, timer none"},
{INIT, OWNER, STARTUP_FAULT(DOWN), 0, "INIT -> FAULT: interface down", "FAULT, timer none"},
{INIT, 0, STARTUP_DELAYED(10000), 0, "INIT -> BACKUP: started", "BACKUP, timer 13500"},
{INIT, OWNER, STARTUP_DELAYED(10000), 0, "INIT -> BACKUP: started", "BACKUP, timer 10000"},
{INIT, OWNER, STARTUP_DELAYED(-1), 0,
	"advert 255; add; garp 5; INIT -> MASTER: priority 255, we own the addresses",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 255"},
{INIT, 0, SHUTDOWN, 0, "", "INIT, timer none"},
{INIT, 0, TIMER, 0, "", "INIT, timer none"},
{INIT, 0, ADVERT(HIGH, 150), 0, "", "INIT, timer none"},
{INIT, 0, FAULTS(DOWN), 0, "", "INIT, timer none"},
{INIT, OWNER, PARAMS, 0, "", "INIT, timer none"},

/* ---- BACKUP: starting again changes nothing but the faults ---- */
{BACKUP, 0, STARTUP, 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP, 0, STARTUP_FAULT(DOWN), 0,
	"BACKUP -> FAULT: interface down", "FAULT, timer none, 10.0.0.3 has 150"},
{BACKUP, 0, SHUTDOWN, 0, "BACKUP -> INIT: stopped", "INIT, timer none"},
{BACKUP_PREEMPT_DELAY, PREEMPT_DELAY, SHUTDOWN, 0, "BACKUP -> INIT: stopped", "INIT, timer none"},

/* ---- BACKUP: Master_Down_Timer (§6.4.2 (405)) ---- */
{BACKUP, 0, TIMER, 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP_DUE, 0, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 3.50 s",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP_ALONE_DUE, 0, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no other router heard for 3.50 s",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP_RELEASED_DUE, 0, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: 10.0.0.3 released the address (priority 0)",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP_LOWER_DUE, 0, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: 10.0.0.1 has priority 100, ours is 128",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP_ALONE_DUE, OWNER, TIMER, 0,
	"advert 255; add; garp 5; BACKUP -> MASTER: priority 255, we own the addresses",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 255"},
/* the preempt delay never delays taking over from a dead master */
{BACKUP_DUE, PREEMPT_DELAY, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 3.50 s",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP_DUE, NO_GARP, TIMER, 0,
	"advert 128; add; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 3.50 s",
	"MASTER, timer 1000, 10.0.0.2 has 128"},
{BACKUP_DUE, GARP_ONCE, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 3.50 s",
	"MASTER, timer 1000, 10.0.0.2 has 128"},
{BACKUP_DUE, GARP_ONCE | REFRESH, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 3.50 s",
	"MASTER, timer 1000, refresh in 60000, 10.0.0.2 has 128"},
/* Master takes its own interval again */
{BACKUP_DUE, V3 | QUICK, TIMER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 3.50 s",
	"MASTER, timer 100, interval 10, garp 5 in 5000, 10.0.0.2 has 128"},

/* ---- BACKUP: advertisements (§6.4.2 (420)-(470)) ---- */
{BACKUP, 0, ADVERT(HIGH, 0), 0, "", "BACKUP, timer 500, 10.0.0.3 has 0"},
{BACKUP, V3 | QUICK, ADVERT_EVERY(HIGH, 0, 10), 0, "", "BACKUP, timer 50, interval 10, 10.0.0.3 has 0"},
{BACKUP_SLOW_MASTER, V3, ADVERT_EVERY(HIGH, 0, 200), 0, "", "BACKUP, timer 1000, interval 200, 10.0.0.3 has 0"},
{BACKUP, NOPREEMPT, ADVERT(HIGH, 0), 0, "", "BACKUP, timer 500, 10.0.0.3 has 0"},
{BACKUP_PREEMPT_DELAY, PREEMPT_DELAY, ADVERT(LOW, 0), 0, "",
	"BACKUP, timer 500, preempt 1000, 10.0.0.1 has 0"},
{BACKUP, 0, ADVERT(HIGH, 150), 0, "", "BACKUP, timer 3500, 10.0.0.3 has 150"},
{BACKUP, 0, ADVERT(LOW, 128), 0, "", "BACKUP, timer 3500, 10.0.0.1 has 128"},
{BACKUP, 0, ADVERT(LOW, 129), 0, "", "BACKUP, timer 3500, 10.0.0.1 has 129"},
{BACKUP, 0, ADVERT(LOW, 255), 0, "", "BACKUP, timer 3500, 10.0.0.1 has 255"},
{BACKUP_ALONE, OWNER, ADVERT(LOW, 254), 0, "", "BACKUP, timer 2000, 10.0.0.1 has 254"},
{BACKUP, 0, ADVERT(HIGH, 127), 0, "", "BACKUP, timer 3000, 10.0.0.3 has 127"},
{BACKUP, 0, ADVERT(HIGH, 1), 0, "", "BACKUP, timer 3000, 10.0.0.3 has 1"},
{BACKUP, NOPREEMPT, ADVERT(LOW, 1), 0, "", "BACKUP, timer 3500, 10.0.0.1 has 1"},
{BACKUP_RELEASED, 0, ADVERT(LOW, 150), 0, "", "BACKUP, timer 3500, 10.0.0.1 has 150"},
/* version 3 follows the master's interval, version 2 does not, and 0 is none */
{BACKUP, V3, ADVERT_EVERY(HIGH, 150, 200), 0, "", "BACKUP, timer 7000, interval 200, 10.0.0.3 has 150"},
{BACKUP, 0, ADVERT_EVERY(HIGH, 150, 200), 0, "", "BACKUP, timer 3500, 10.0.0.3 has 150"},
{BACKUP, V3, ADVERT_EVERY(HIGH, 150, 0), 0, "", "BACKUP, timer 3500, 10.0.0.3 has 150"},
{BACKUP, V3, ADVERT_EVERY(LOW, 100, 200), 0, "", "BACKUP, timer 3000, 10.0.0.1 has 100"},
{BACKUP, V3 | NOPREEMPT, ADVERT_EVERY(LOW, 100, 200), 0, "", "BACKUP, timer 7000, interval 200, 10.0.0.1 has 100"},
/* preempt delay: begins, runs, is over, is stopped */
{BACKUP, PREEMPT_DELAY, ADVERT(LOW, 100), 0, "", "BACKUP, timer 3500, preempt 5000, 10.0.0.1 has 100"},
{BACKUP_PREEMPT_DELAY, PREEMPT_DELAY, ADVERT(LOW, 100), 0, "",
	"BACKUP, timer 3500, preempt 1000, 10.0.0.1 has 100"},
{BACKUP_PREEMPT_DELAY_OVER, PREEMPT_DELAY, ADVERT(LOW, 100), 0, "",
	"BACKUP, timer 2500, preempt 0, 10.0.0.1 has 100"},
{BACKUP_PREEMPT_DELAY, PREEMPT_DELAY, ADVERT(HIGH, 128), 0, "", "BACKUP, timer 3500, 10.0.0.3 has 128"},
{BACKUP_PREEMPT_DELAY_OVER, PREEMPT_DELAY, ADVERT(HIGH, 150), 0, "",
	"BACKUP, timer 3500, 10.0.0.3 has 150"},
/* within the startup delay timers count from its end */
{BACKUP_STARTUP_DELAY, 0, ADVERT(HIGH, 150), 0, "", "BACKUP, timer 13500, 10.0.0.3 has 150"},
{BACKUP_STARTUP_DELAY, 0, ADVERT(HIGH, 0), 0, "", "BACKUP, timer 10500, 10.0.0.3 has 0"},
/* our own, come back */
{BACKUP, 0, ADVERT(OURS, 200), 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},

/* ---- BACKUP: faults and parameters ---- */
{BACKUP, 0, FAULTS(0), 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP_PREEMPT_DELAY, PREEMPT_DELAY, FAULTS(VRRP_FAULT_NO_SOURCE), 0,
	"BACKUP -> FAULT: no source address", "FAULT, timer none, 10.0.0.1 has 100"},
{BACKUP_SLOW_MASTER, V3, FAULTS(DOWN), 0,
	"BACKUP -> FAULT: interface down", "FAULT, timer none, 10.0.0.3 has 150"},
{BACKUP, 0, PARAMS, 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP, PRIO_192, PARAMS, 0, "", "BACKUP, timer 2750, 10.0.0.3 has 150"},
{BACKUP, PRIO_64, PARAMS, 0, "", "BACKUP, timer 3250, 10.0.0.3 has 150"},
{BACKUP_SLOW_MASTER, V3 | PRIO_192, PARAMS, V3, "", "BACKUP, timer 6000, interval 200, 10.0.0.3 has 150"},
{BACKUP_RELEASED, PRIO_192, PARAMS, 0, "", "BACKUP, timer 0, 10.0.0.3 has 0"},
{BACKUP_RELEASED, PRIO_64, PARAMS, 0, "", "BACKUP, timer 450, 10.0.0.3 has 0"},
{BACKUP, SLOW, PARAMS, 0, "", "BACKUP, timer 6000, interval 200, 10.0.0.3 has 150"},
{BACKUP, V3 | SLOW, PARAMS, V3, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP_ALONE, V3 | SLOW, PARAMS, V3, "", "BACKUP, timer 5500, interval 200"},
{BACKUP_ALONE, V3 | QUICK, PARAMS, V3, "", "BACKUP, timer 0, interval 10"},
{BACKUP_STARTUP_DELAY, V3 | QUICK, PARAMS, V3, "", "BACKUP, timer 10350, interval 10"},
{BACKUP, OWNER, PARAMS, 0,
	"advert 255; add; garp 5; BACKUP -> MASTER: priority 255, we own the addresses",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 255"},
{BACKUP_STARTUP_DELAY, OWNER, PARAMS, 0, "", "BACKUP, timer 10000"},
{BACKUP_PREEMPT_DELAY, 0, PARAMS, PREEMPT_DELAY, "", "BACKUP, timer 2500, 10.0.0.1 has 100"},
{BACKUP_PREEMPT_DELAY, PREEMPT_DELAY, PARAMS, PREEMPT_DELAY, "",
	"BACKUP, timer 2500, preempt 1000, 10.0.0.1 has 100"},

/* ---- MASTER (§6.4.3): starting again changes nothing but the faults ---- */
{MASTER, 0, STARTUP, 0, "", "MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, 0, STARTUP_FAULT(DOWN), 0,
	"advert 0; remove; MASTER -> FAULT: interface down", "FAULT, timer none"},
{MASTER, 0, SHUTDOWN, 0, "advert 0; remove; MASTER -> INIT: stopped", "INIT, timer none"},

/* ---- MASTER: Adver_Timer (§6.4.3 (650)-(660)) ---- */
{MASTER, 0, TIMER, 0, "", "MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER_DUE, 0, TIMER, 0, "advert 128", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER_DUE, V3 | QUICK, TIMER, 0, "advert 128; garp 5",
	"MASTER, timer 100, interval 10, garp 5 in 5000, 10.0.0.2 has 128"},
{MASTER_LATE, 0, TIMER, 0, "advert 128", "MASTER, timer 600, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER_MISSED, 0, TIMER, 0, "advert 128", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER_FROZEN, 0, TIMER, 0, "advert 128; garp 5",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{MASTER_GARP_DUE, 0, TIMER, 0, "garp 5", "MASTER, timer 400, 10.0.0.2 has 128"},
{MASTER_GARP_DUE, REFRESH, TIMER, 0, "garp 5", "MASTER, timer 400, refresh in 60000, 10.0.0.2 has 128"},
{MASTER_REFRESH_DUE, REFRESH, TIMER, 0, "garp 2", "MASTER, timer 400, refresh in 60000, 10.0.0.2 has 128"},

/* ---- MASTER: advertisements (§6.4.3 (700)-(775)) ---- */
{MASTER, 0, ADVERT(LOW, 0), 0, "advert 128", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, 0, ADVERT(HIGH, 0), 0, "advert 128", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, 0, ADVERT(LOW, 129), 0,
	"remove; MASTER -> BACKUP: 10.0.0.1 has priority 129, ours is 128",
	"BACKUP, timer 3500, 10.0.0.1 has 129"},
{MASTER, SEND_ADVERT, ADVERT(LOW, 129), 0,
	"advert 128; remove; MASTER -> BACKUP: 10.0.0.1 has priority 129, ours is 128",
	"BACKUP, timer 3500, 10.0.0.1 has 129"},
{MASTER, NOPREEMPT, ADVERT(LOW, 255), 0,
	"remove; MASTER -> BACKUP: 10.0.0.1 has priority 255, ours is 128",
	"BACKUP, timer 3500, 10.0.0.1 has 255"},
{MASTER, 0, ADVERT(HIGH, 128), 0,
	"remove; MASTER -> BACKUP: 10.0.0.3 has our priority 128 and the higher address",
	"BACKUP, timer 3500, 10.0.0.3 has 128"},
{MASTER, OWNER, ADVERT(HIGH, 255), 0,
	"remove; MASTER -> BACKUP: 10.0.0.3 has our priority 255 and the higher address",
	"BACKUP, timer 3003, 10.0.0.3 has 255"},
{MASTER, V3, ADVERT_EVERY(HIGH, 200, 200), 0,
	"remove; MASTER -> BACKUP: 10.0.0.3 has priority 200, ours is 128",
	"BACKUP, timer 7000, interval 200, 10.0.0.3 has 200"},
{MASTER_QUIET, OWNER, ADVERT(LOW, 255), 0, "advert 255; garp 3",
	"MASTER, timer 1000, garp 3 in 2000, 10.0.0.2 has 128"},
{MASTER_QUIET, 0, ADVERT(LOW, 128), 0, "advert 128; garp 3",
	"MASTER, timer 1000, garp 3 in 2000, 10.0.0.2 has 128"},
{MASTER_QUIET, 0, ADVERT(LOW_NET, 128), 0, "advert 128; garp 3",
	"MASTER, timer 1000, garp 3 in 2000, 10.0.0.2 has 128"},
{MASTER_QUIET, 0, ADVERT(HIGH_NET, 128), 0,
	"remove; MASTER -> BACKUP: 11.0.0.1 has our priority 128 and the higher address",
	"BACKUP, timer 3500, 11.0.0.1 has 128"},
{MASTER_QUIET, 0, ADVERT(HIGH, 127), 0, "advert 128; garp 3",
	"MASTER, timer 1000, garp 3 in 2000, 10.0.0.2 has 128"},
{MASTER_QUIET, NO_ADVERT, ADVERT(HIGH, 127), 0, "garp 3",
	"MASTER, timer 400, garp 3 in 2000, 10.0.0.2 has 128"},
{MASTER_ANSWERED, 0, ADVERT(HIGH, 127), 0, "", "MASTER, timer 1000, 10.0.0.2 has 128"},
{MASTER_ANSWERED, 0, ADVERT(LOW, 129), 0,
	"remove; MASTER -> BACKUP: 10.0.0.1 has priority 129, ours is 128",
	"BACKUP, timer 3500, 10.0.0.1 has 129"},
/* others may have taken over meanwhile: the path is announced in full, whoever speaks first */
{MASTER_FROZEN, 0, ADVERT(HIGH, 127), 0, "advert 128; garp 5",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{MASTER_FROZEN, NO_ADVERT, ADVERT(HIGH, 127), 0, "advert 128; garp 5",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{MASTER_FROZEN, 0, ADVERT(LOW, 0), 0, "advert 128; garp 5",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{MASTER_FROZEN, PRIO_192, PARAMS, 0, "advert 192; garp 5",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 192"},
{MASTER_FROZEN, 0, ADVERT(LOW, 129), 0,
	"remove; MASTER -> BACKUP: 10.0.0.1 has priority 129, ours is 128",
	"BACKUP, timer 3500, 10.0.0.1 has 129"},
{MASTER_QUIET, NO_GARP, ADVERT(HIGH, 127), 0, "advert 128", "MASTER, timer 1000, 10.0.0.2 has 128"},
{MASTER_QUIET, GARP_ONCE, ADVERT(HIGH, 127), 0, "advert 128; garp 3", "MASTER, timer 1000, 10.0.0.2 has 128"},
/* two bursts planned: one that serves both, at the earlier time */
{MASTER, 0, ADVERT(HIGH, 127), 0, "advert 128; garp 3",
	"MASTER, timer 1000, garp 5 in 2000, 10.0.0.2 has 128"},
{MASTER_BURST_SOON, 0, ADVERT(HIGH, 127), 0, "advert 128; garp 3",
	"MASTER, timer 1000, garp 3 in 1000, 10.0.0.2 has 128"},
{MASTER_REFRESHING, REFRESH, ADVERT(HIGH, 127), 0, "advert 128; garp 3",
	"MASTER, timer 1000, garp 3 in 2000, 10.0.0.2 has 128"},
{MASTER, 0, ADVERT(OURS, 200), 0, "", "MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},

/* ---- MASTER: faults and parameters ---- */
{MASTER, 0, FAULTS(0), 0, "", "MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, 0, FAULTS(DOWN | VRRP_FAULT_TRACKED_INTERFACE), 0,
	"advert 0; remove; MASTER -> FAULT: interface down, tracked interface down",
	"FAULT, timer none"},
{MASTER, 0, PARAMS, 0, "", "MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, NOPREEMPT | PREEMPT_DELAY | NO_ADVERT, PARAMS, 0, "",
	"MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, PRIO_192, PARAMS, 0, "advert 192", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 192"},
{MASTER, PRIO_64, PARAMS, 0, "advert 64", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 64"},
{MASTER, 0, PARAMS, OWNER, "advert 128", "MASTER, timer 1000, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, SLOW, PARAMS, 0, "advert 128",
	"MASTER, timer 2000, interval 200, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, V3 | QUICK, PARAMS, V3, "advert 128",
	"MASTER, timer 100, interval 10, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER, REFRESH, PARAMS, 0, "", "MASTER, timer 400, garp 5 in 3000, 10.0.0.2 has 128"},
{MASTER_QUIET, REFRESH, PARAMS, 0, "", "MASTER, timer 400, refresh in 60000, 10.0.0.2 has 128"},
{MASTER_REFRESHING, 0, PARAMS, REFRESH, "", "MASTER, timer 400, 10.0.0.2 has 128"},
{MASTER_REFRESHING, REFRESH, PARAMS, REFRESH, "", "MASTER, timer 400, refresh in 30000, 10.0.0.2 has 128"},

/* ---- FAULT ---- */
{FAULT, 0, STARTUP_FAULT(DOWN), 0, "", "FAULT, timer none"},
{FAULT, 0, STARTUP, 0, "FAULT -> BACKUP: no longer: interface down", "BACKUP, timer 3500"},
{FAULT, 0, SHUTDOWN, 0, "FAULT -> INIT: stopped", "INIT, timer none"},
{FAULT, 0, TIMER, 0, "", "FAULT, timer none"},
{FAULT, 0, ADVERT(HIGH, 150), 0, "", "FAULT, timer none, 10.0.0.3 has 150"},
{FAULT_HEARD, 0, ADVERT(LOW, 0), 0, "", "FAULT, timer none, 10.0.0.1 has 0"},
{FAULT, 0, FAULTS(DOWN | MISSING), 0, "", "FAULT, timer none"},
{FAULT, 0, FAULTS(MISSING), 0, "", "FAULT, timer none"},
{FAULT, 0, FAULTS(0), 0, "FAULT -> BACKUP: no longer: interface down", "BACKUP, timer 3500"},
{FAULT_HEARD, 0, FAULTS(0), 0,
	"FAULT -> BACKUP: no longer: interface down", "BACKUP, timer 3500, 10.0.0.3 has 150"},
{FAULT_RELEASED, 0, FAULTS(0), 0,
	"FAULT -> BACKUP: no longer: interface down", "BACKUP, timer 3500"},
{FAULT, OWNER, FAULTS(0), 0, "FAULT -> BACKUP: no longer: interface down", "BACKUP, timer 1003"},
{FAULT, V3 | QUICK, FAULTS(0), 0,
	"FAULT -> BACKUP: no longer: interface down", "BACKUP, timer 350, interval 10"},
{FAULT, PRIO_192, PARAMS, 0, "", "FAULT, timer none"},
{FAULT, OWNER, PARAMS, 0, "", "FAULT, timer none"},

/* ---- in a sync group: who wants to be MASTER waits for the others ---- */
{INIT, GROUPED | OWNER, STARTUP, 0, "INIT -> BACKUP: started", "BACKUP, timer 3003, wants"},
{INIT, GROUPED, STARTUP, 0, "INIT -> BACKUP: started", "BACKUP, timer 3500"},
{INIT, GROUPED | OWNER, STARTUP_DELAYED(10000), 0, "INIT -> BACKUP: started", "BACKUP, timer 10000"},
{BACKUP, GROUPED, TIMER, 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP_DUE, GROUPED, TIMER, 0, "", "BACKUP, timer 3500, 10.0.0.3 has 150, wants"},
{BACKUP_RELEASED_DUE, GROUPED, TIMER, 0, "", "BACKUP, timer 3500, 10.0.0.3 has 0, wants"},
/* … until somebody better is heard; not when it is somebody worse, or who gives up */
{BACKUP_WANTS, GROUPED, ADVERT(HIGH, 150), 0, "", "BACKUP, timer 3500, 10.0.0.3 has 150"},
{BACKUP_WANTS, GROUPED, ADVERT(LOW, 100), 0, "", "BACKUP, timer 3000, 10.0.0.1 has 100, wants"},
{BACKUP_WANTS, GROUPED | NOPREEMPT, ADVERT(LOW, 100), 0, "", "BACKUP, timer 3500, 10.0.0.1 has 100"},
{BACKUP_WANTS, GROUPED, ADVERT(HIGH, 0), 0, "", "BACKUP, timer 500, 10.0.0.3 has 0, wants"},
{BACKUP_WANTS, GROUPED, STARTUP_FAULT(DOWN), 0,
	"BACKUP -> FAULT: interface down", "FAULT, timer none, 10.0.0.3 has 150"},
/* it comes into a group, or leaves one */
{BACKUP_WANTS, 0, PARAMS, GROUPED, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{BACKUP_LOWER, GROUPED, PARAMS, 0, "", "BACKUP, timer 1500, 10.0.0.1 has 100"},
{BACKUP, GROUPED | OWNER, PARAMS, GROUPED, "", "BACKUP, timer 3003, 10.0.0.3 has 150, wants"},
/* the group says when */
{BACKUP_WANTS, GROUPED, SYNC_MASTER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: no advertisement from 10.0.0.3 for 4.00 s",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP_LOWER_WANTS, GROUPED, SYNC_MASTER, 0,
	"advert 128; add; garp 5; BACKUP -> MASTER: 10.0.0.1 has priority 100, ours is 128",
	"MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128"},
{BACKUP, GROUPED, SYNC_MASTER, 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150"},
{MASTER_QUIET, GROUPED, SYNC_MASTER, 0, "", "MASTER, timer 400, 10.0.0.2 has 128"},
{INIT, GROUPED, SYNC_MASTER, 0, "", "INIT, timer none"},
{FAULT, GROUPED, SYNC_MASTER, 0, "", "FAULT, timer none"},
/* another member went to BACKUP: nobody took over here, so it is released */
{MASTER, GROUPED, SYNC_BACKUP, 0,
	"advert 0; remove; MASTER -> BACKUP: its sync group went to BACKUP", "BACKUP, timer 3500"},
{BACKUP_WANTS, GROUPED, SYNC_BACKUP, 0, "", "BACKUP, timer 3000, 10.0.0.3 has 150, wants"},
{INIT, GROUPED, SYNC_BACKUP, 0, "", "INIT, timer none"},
{FAULT, GROUPED, SYNC_BACKUP, 0, "", "FAULT, timer none"},
};
/* clang-format on */

/* False when the outcome is not as the row says. */
static bool as_said(const char *what, size_t number, const char *text, const char *said)
{
	if (strcmp(text, said) == 0)
		return true;
	print_error("row %zu: %s: \"%s\" instead of \"%s\"\n", number, what, text, said);
	return false;
}

static bool run_row(const struct row *row, size_t number)
{
	struct vrrp_params params = make_params(row->flags);
	struct vrrp_params previous = make_params(row->previous);
	bool has_previous = row->event.type == VRRP_EVENT_PARAMS;
	struct vrrp_fsm fsm = starts[row->start];
	struct vrrp_event event = row->event;
	struct vrrp_actions actions;
	char text[TEXT_MAX];

	fsm.master = htonl(fsm.master);
	if (fsm.master_adver_interval_cs == 0)
		fsm.master_adver_interval_cs =
			has_previous ? previous.advert_interval_cs : params.advert_interval_cs;
	event.source = htonl(event.source);
	event.previous = has_previous ? &previous : NULL;
	vrrp_fsm_event(&fsm, &params, &event, NOW, &actions);
	actions_text(&actions, fsm.fault_reasons, text, sizeof(text));
	bool right = as_said("actions", number, text, row->actions);
	fsm_text(&fsm, NOW, text, sizeof(text));
	return as_said("afterwards", number, text, row->after) && right;
}

static void test_every_row(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		wrong += run_row(&rows[i], i) ? 0 : 1;
	assert_int_equal(wrong, 0);
}

static void test_the_rows_cover_every_cell(void **state)
{
	bool covered[VRRP_STATES][VRRP_EVENTS] = {{false}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		covered[starts[rows[i].start].state][rows[i].event.type] = true;
	for (int s = 0; s < VRRP_STATES; s++)
		for (int e = 0; e < VRRP_EVENTS; e++)
			if (!covered[s][e])
				fail_msg("no row for event %d in %s", e,
					vrrp_state_name((enum vrrp_state)s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_the_rows_cover_every_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
