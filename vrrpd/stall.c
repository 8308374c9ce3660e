#include "vrrpd/stall.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/log.h"
#include "vrrpd/daemon.h"
#include "vrrpd/group.h"
#include "vrrpd/instance.h"
#include "vrrpd/receive.h"

#define LATE_MIN_NS  (10 * NSEC_PER_MSEC) /* the shortest interval of all */
#define LINE_EACH_NS NSEC_PER_SEC

struct stall {
	uint64_t late_ns;
	uint64_t silence_ns; /* the longest of a MASTER */
	unsigned silent;
	unsigned gave_way;
	unsigned backups;
};

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NSEC_PER_SEC;
}

static uint64_t shortest_interval_ns(const struct vrrpd *vrrpd)
{
	uint64_t shortest_ns = UINT64_MAX;

	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++) {
		const struct instance *instance = vrrpd->instances[slot];
		if (instance == NULL)
			continue;
		uint64_t interval_ns = instance->fsm.master_adver_interval_cs * NSEC_PER_CSEC;
		if (interval_ns < shortest_ns)
			shortest_ns = interval_ns;
	}
	return shortest_ns;
}

/* Others wait for down_timer_adverts intervals and their skew before they take over. */
static void look_at(struct instance *instance, uint64_t now_ns, struct stall *stall)
{
	uint64_t patience_ns = instance->params.advert_interval_cs * NSEC_PER_CSEC *
			       instance->params.down_timer_adverts;
	uint64_t silence_ns = now_ns - instance->fsm.last_advert_ns;

	instance->silent = instance->fsm.state == VRRP_MASTER && silence_ns >= patience_ns;
	stall->backups += instance->fsm.state == VRRP_BACKUP;
	if (!instance->silent)
		return;
	stall->silent++;
	if (silence_ns > stall->silence_ns)
		stall->silence_ns = silence_ns;
}

static void tell(struct vrrpd *vrrpd, const struct stall *stall, uint64_t now_ns)
{
	char masters[160] = "", backups[80] = "";

	if (vrrpd->stall_logged_ns != 0 && now_ns - vrrpd->stall_logged_ns < LINE_EACH_NS)
		return;
	vrrpd->stall_logged_ns = now_ns;
	if (stall->silent > 0)
		snprintf(masters, sizeof masters,
			"; %u MASTER silent for up to %.3f s: %u announce their addresses again, "
			"%u gave way",
			stall->silent, seconds(stall->silence_ns), stall->silent - stall->gave_way,
			stall->gave_way);
	if (stall->backups > 0)
		snprintf(backups, sizeof backups, "; %u BACKUP listen before they take over",
			stall->backups);
	log_warnx("stood still for at least %.3f s (host paused, suspended or out of CPU?)%s%s",
		seconds(stall->late_ns), masters, backups);
}

bool stall_handle(struct vrrpd *vrrpd, uint64_t now_ns)
{
	uint64_t due_ns = timers_next(vrrpd->timers);
	struct stall stall = {0};

	if (now_ns < due_ns || now_ns - due_ns < LATE_MIN_NS ||
		now_ns - due_ns < shortest_interval_ns(vrrpd))
		return false;
	stall.late_ns = now_ns - due_ns;
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL)
			look_at(vrrpd->instances[slot], now_ns, &stall);
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL)
			receive_drain(vrrpd, vrrpd->instances[slot]->interface, now_ns);
	/* none announces again what its sync group gives up */
	groups_run(vrrpd, now_ns);
	timers_run(vrrpd->timers, now_ns);
	for (size_t slot = 0; slot < STATE_VRRP_INSTANCES; slot++)
		if (vrrpd->instances[slot] != NULL && vrrpd->instances[slot]->silent)
			stall.gave_way += vrrpd->instances[slot]->fsm.state != VRRP_MASTER;
	tell(vrrpd, &stall, now_ns);
	return true;
}
