#include "vrrpd/release.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/timers.h"
#include "proto/state_tally.h"
#include "vrrpd/address.h"
#include "vrrpd/daemon.h"
#include "vrrpd/page.h"
#include "vrrpd/vrrp_fsm.h"

/* parentd pushes a configuration within milliseconds, if at all; meanwhile two nodes may have the
 * addresses. */
#define CONFIGURATION_LIMIT_NS (500 * NSEC_PER_MSEC)

_Noreturn void release_end(void)
{
	log_info("gave up what was held");
	_exit(0);
}

/* The successor is to find what happened, though no state machine ran. */
static void mark_fault(struct vrrpd *vrrpd, uint32_t slot, uint64_t now_ns)
{
	struct state_page *map = page_map(vrrpd->page);
	struct state_vrrp_instance record;

	if (state_vrrp_load(map, slot, &record) != 1 ||
		(record.state != VRRP_MASTER && record.state != VRRP_BACKUP))
		return;
	struct state_change change = {.from = record.state,
		.to = VRRP_FAULT,
		.vrid = record.vrid,
		.priority = record.effective_priority,
		.fault_reasons = record.fault_reasons | VRRP_FAULT_KEEPS_DYING,
		.at_ns = now_ns,
		.wall_s = (int64_t)time(NULL)};
	record.name[sizeof record.name - 1] = '\0';
	record.last_from = record.state;
	record.state = VRRP_FAULT;
	record.fault_reasons |= VRRP_FAULT_KEEPS_DYING;
	record.changed_ns = change.at_ns;
	record.changed_wall_s = change.wall_s;
	vrrp_fault_text(record.fault_reasons, record.reason, sizeof record.reason);
	proto_string_set(change.instance, sizeof change.instance, record.name);
	proto_string_set(change.reason, sizeof change.reason, record.reason);
	state_vrrp_store(map, slot, &record);
	state_tally_add(map, TALLY_CAUSES + slot, VRRP_CAUSE_FAULT, 1);
	page_change(vrrpd->page, &change);
	const char *from = vrrp_state_name((enum vrrp_state)change.from);
	log_change(LOG_NOTICE,
		&(struct log_change){.kind = LOG_VRRP_STATE,
			.instance = change.instance,
			.old_state = from,
			.state = "FAULT",
			.reason = change.reason},
		"%s: %s -> FAULT: %s", change.instance, from, change.reason);
}

static void release_unconfigured(void *arg, uint64_t now_ns)
{
	struct vrrpd *vrrpd = arg;

	log_warnx("no configuration has come: removing every address that is remembered");
	for (uint32_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		mark_fault(vrrpd, slot, now_ns);
	addresses_remove_leftovers(vrrpd->addresses);
	release_end();
}

void release_begin(struct vrrpd *vrrpd)
{
	vrrpd->releasing = true;
	log_info("started to give up what is held");
	timer_init(&vrrpd->release, release_unconfigured, vrrpd);
	timers_set(vrrpd->timers, &vrrpd->release, clock_now_ns() + CONFIGURATION_LIMIT_NS);
}
