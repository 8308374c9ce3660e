/* An instance outside of its events: before the first one, between two, and going on where a
 * process that died left it. */
#include <stdbool.h>
#include <stdint.h>

#include "vrrpd/vrrp_fsm.h"
#include "vrrpd/vrrp_timer.h"

#define INTERVAL_MAX_CS 0x0fff /* 12 bits on the wire */

void vrrp_fsm_init(struct vrrp_fsm *fsm, const struct vrrp_params *params)
{
	*fsm = (struct vrrp_fsm){
		.state = VRRP_INIT,
		.master_adver_interval_cs = params->advert_interval_cs,
	};
}

uint64_t vrrp_fsm_deadline(const struct vrrp_fsm *fsm)
{
	uint64_t deadline_ns = UINT64_MAX;

	if (fsm->timer_ns != 0)
		deadline_ns = fsm->timer_ns;
	if (fsm->garp_ns != 0)
		deadline_ns = earlier(deadline_ns, fsm->garp_ns);
	return deadline_ns;
}

static void resume_backup(struct vrrp_fsm *fsm, const struct vrrp_params *params, uint64_t now_ns)
{
	uint16_t interval_cs = fsm->master_adver_interval_cs;

	if (params->version == 2 || interval_cs == 0 || interval_cs > INTERVAL_MAX_CS)
		fsm->master_adver_interval_cs = params->advert_interval_cs;
	if (fsm->master_priority == 0) /* whoever released may be back, unheard */
		fsm->master = 0;
	if (fsm->preempt_ns != 0)
		fsm->preempt_ns = earlier(fsm->preempt_ns, now_ns + params->preempt_delay_ns);
	fsm->garp_ns = 0;
	fsm->garp_rounds = 0;
	/* The rest of the timer; but what was sent while nobody listened is lost, so wait for one
	 * more advertisement at least. */
	interval_cs = fsm->master_adver_interval_cs;
	uint64_t least_ns =
		vrrp_adver_interval_ns(interval_cs) + vrrp_skew_time_ns(params, interval_cs);
	uint64_t most_ns = vrrp_master_down_interval_ns(params, interval_cs);
	fsm->timer_ns = earlier(later(fsm->timer_ns, now_ns + least_ns), now_ns + most_ns);
}

static void resume_master(struct vrrp_fsm *fsm, const struct vrrp_params *params, uint64_t now_ns)
{
	uint64_t longest_ns = later(params->garp_refresh_ns,
		later(params->garp_delay_ns, params->garp_lower_prio_delay_ns));
	uint32_t largest = params->garp_repeat > params->garp_lower_prio_repeat
				   ? params->garp_repeat
				   : params->garp_lower_prio_repeat;

	fsm->master = params->source;
	fsm->master_priority = params->priority;
	fsm->master_adver_interval_cs = params->advert_interval_cs;
	fsm->timer_ns = now_ns;
	fsm->preempt_ns = 0;
	if (fsm->garp_ns != 0)
		fsm->garp_ns = earlier(fsm->garp_ns, now_ns + longest_ns);
	if (fsm->garp_rounds > largest)
		fsm->garp_rounds = largest;
}

static void resume_fault(struct vrrp_fsm *fsm, const struct vrrp_params *params)
{
	fsm->master_adver_interval_cs = params->advert_interval_cs;
	fsm->timer_ns = 0;
	fsm->preempt_ns = 0;
	fsm->garp_ns = 0;
	fsm->garp_rounds = 0;
}

bool vrrp_fsm_resume(struct vrrp_fsm *fsm, const struct vrrp_params *params, uint64_t now_ns)
{
	fsm->last_advert_ns = earlier(fsm->last_advert_ns, now_ns);
	fsm->delayed_until_ns = 0;
	switch (fsm->state) {
	case VRRP_BACKUP:
		fsm->fault_reasons = 0;
		resume_backup(fsm, params, now_ns);
		return true;
	case VRRP_MASTER:
		fsm->fault_reasons = 0;
		resume_master(fsm, params, now_ns);
		return true;
	case VRRP_FAULT:
		resume_fault(fsm, params);
		return true;
	case VRRP_INIT:
	case VRRP_STATES:
		break;
	}
	vrrp_fsm_init(fsm, params);
	return false;
}
