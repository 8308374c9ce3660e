/* The state machine: a table of handlers, one for each state and event. Section numbers are those
 * of RFC 9568, whose Active Router and Active_Down_Timer are the Master and Master_Down_Timer of
 * RFC 3768 and of this code. */
#include "vrrpd/vrrp_fsm.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "vrrpd/vrrp_timer.h"

#define PRIORITY_RELEASE 0 /* the Master stops taking part (§5.2.4) */
#define PRIORITY_OWNER   255

/* One event being handled. */
struct step {
	struct vrrp_fsm *fsm;
	const struct vrrp_params *params;
	const struct vrrp_event *event;
	uint64_t now_ns;
	struct vrrp_actions *actions;
};

static bool is_owner(const struct vrrp_params *params)
{
	return params->priority == PRIORITY_OWNER;
}

/* ---- actions ---- */

static struct vrrp_action *add_action(struct step *step, enum vrrp_action_type type)
{
	struct vrrp_actions *actions = step->actions;

	assert(actions->count < VRRP_ACTIONS_MAX);
	struct vrrp_action *action = &actions->list[actions->count++];
	*action = (struct vrrp_action){.type = type};
	return action;
}

static void send_advert(struct step *step, uint8_t priority)
{
	add_action(step, VRRP_ACTION_SEND_ADVERT)->priority = priority;
	step->fsm->last_advert_ns = step->now_ns;
}

static void announce_addresses(struct step *step);

/* Silent for so long that others may have taken over. */
static bool was_silent(const struct step *step)
{
	const struct vrrp_fsm *fsm = step->fsm;
	uint64_t interval_ns = vrrp_adver_interval_ns(fsm->master_adver_interval_cs);

	return fsm->state == VRRP_MASTER &&
	       step->now_ns - fsm->last_advert_ns >= step->params->down_timer_adverts * interval_ns;
}

/* After a silence the path to us is announced anew: switches and clients may have learnt another.
 */
static void advertise(struct step *step)
{
	bool silent = was_silent(step);

	send_advert(step, step->params->priority);
	if (silent)
		announce_addresses(step);
}

/* One out of turn: the next is due a whole Advertisement_Interval later. */
static void send_advert_now(struct step *step)
{
	advertise(step);
	step->fsm->timer_ns =
		step->now_ns + vrrp_adver_interval_ns(step->params->advert_interval_cs);
}

static void send_garp(struct step *step, uint32_t rounds)
{
	if (rounds > 0)
		add_action(step, VRRP_ACTION_GARP)->rounds = rounds;
}

/* A state change that the other router, as far as known, is the reason of. */
static struct vrrp_action *change_state(
	struct step *step, enum vrrp_state to, enum vrrp_cause cause)
{
	struct vrrp_fsm *fsm = step->fsm;
	struct vrrp_action *action = add_action(step, VRRP_ACTION_STATE_CHANGED);

	action->from = fsm->state;
	action->to = to;
	action->cause = cause;
	action->priority = step->params->priority;
	fsm->state = to;
	fsm->will = VRRP_LISTENS;
	return action;
}

/* ---- gratuitous ARP ---- */

/* A burst after delay_ns. One that is due before is made large enough to serve for both. */
static void plan_burst(struct step *step, uint64_t delay_ns, uint32_t rounds)
{
	struct vrrp_fsm *fsm = step->fsm;

	if (delay_ns == 0 || rounds == 0)
		return;
	uint64_t at = step->now_ns + delay_ns;
	fsm->garp_ns = fsm->garp_ns == 0 ? at : earlier(fsm->garp_ns, at);
	if (fsm->garp_rounds < rounds)
		fsm->garp_rounds = rounds;
}

static void plan_refresh(struct step *step)
{
	uint64_t refresh_ns = step->params->garp_refresh_ns;

	step->fsm->garp_rounds = 0;
	step->fsm->garp_ns = refresh_ns == 0 ? 0 : step->now_ns + refresh_ns;
}

/* What follows becoming Master: a burst now, one after garp_delay, then the refreshes. */
static void announce_addresses(struct step *step)
{
	const struct vrrp_params *params = step->params;

	send_garp(step, params->garp_repeat);
	step->fsm->garp_ns = 0;
	step->fsm->garp_rounds = 0;
	plan_burst(step, params->garp_delay_ns, params->garp_repeat);
	if (step->fsm->garp_ns == 0)
		plan_refresh(step);
}

static void garp_due(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	bool refresh = fsm->garp_rounds == 0;

	send_garp(step, refresh ? step->params->garp_refresh_repeat : fsm->garp_rounds);
	plan_refresh(step);
}

/* ---- transitions ---- */

/* Nothing is sent before the end of the startup delay: timers count from here. */
static uint64_t timer_base(const struct vrrp_fsm *fsm, uint64_t now_ns)
{
	return later(now_ns, fsm->delayed_until_ns);
}

static void stop_timers(struct vrrp_fsm *fsm)
{
	fsm->timer_ns = 0;
	fsm->preempt_ns = 0;
	fsm->garp_ns = 0;
	fsm->garp_rounds = 0;
}

static void forget_master(struct step *step)
{
	step->fsm->master = 0;
	step->fsm->master_priority = 0;
	step->fsm->last_advert_ns = step->now_ns;
}

/* True while the last thing heard was a release: then the timer holds Skew_Time only. */
static bool was_released(const struct vrrp_fsm *fsm)
{
	return fsm->master != 0 && fsm->master_priority == PRIORITY_RELEASE;
}

/* §6.4.1 (120)-(150), §6.4.3 (735)-(760) */
static struct vrrp_action *enter_backup(struct step *step, enum vrrp_cause cause, uint64_t wait_ns)
{
	struct vrrp_fsm *fsm = step->fsm;
	struct vrrp_action *change = change_state(step, VRRP_BACKUP, cause);

	if (fsm->master == 0 || was_released(fsm))
		forget_master(step);
	stop_timers(fsm);
	fsm->timer_ns = timer_base(fsm, step->now_ns) + wait_ns;
	return change;
}

/* §6.4.1 (105)-(115), §6.4.2 (405)-(430). The advertisement goes first: it stops the others. */
static void become_master(struct step *step, enum vrrp_cause cause)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;
	uint32_t other = fsm->master;
	uint8_t other_priority = fsm->master_priority;
	uint64_t silence_ns = step->now_ns - fsm->last_advert_ns;

	stop_timers(fsm);
	send_advert_now(step);
	add_action(step, VRRP_ACTION_ADD_ADDRESSES);
	announce_addresses(step);
	fsm->master = params->source;
	fsm->master_priority = params->priority;
	fsm->master_adver_interval_cs = params->advert_interval_cs;
	struct vrrp_action *change = change_state(step, VRRP_MASTER, cause);
	change->other = other;
	change->other_priority = other_priority;
	change->silence_ns = silence_ns;
}

static void enter_fault(struct step *step)
{
	change_state(step, VRRP_FAULT, VRRP_CAUSE_FAULT);
	stop_timers(step->fsm);
	step->fsm->master_adver_interval_cs = step->params->advert_interval_cs;
}

static void leave_master(struct step *step)
{
	send_advert(step, PRIORITY_RELEASE);
	add_action(step, VRRP_ACTION_REMOVE_ADDRESSES);
	forget_master(step);
}

static void ignore(struct step *step)
{
	(void)step;
}

static void backup_timer(struct step *step);

/* ---- INIT: §6.4.1 ---- */

static void init_startup(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;

	fsm->fault_reasons = step->event->fault_reasons;
	fsm->delayed_until_ns = step->event->delayed_until_ns;
	fsm->master_adver_interval_cs = params->advert_interval_cs;
	forget_master(step);
	if (fsm->fault_reasons != 0)
		enter_fault(step);
	else if (!is_owner(params))
		enter_backup(step, VRRP_CAUSE_STARTED,
			vrrp_master_down_interval_ns(params, params->advert_interval_cs));
	else if (step->now_ns < fsm->delayed_until_ns || params->grouped)
		enter_backup(step, VRRP_CAUSE_STARTED, 0);
	else
		become_master(step, VRRP_CAUSE_OWNER);
	if (fsm->state == VRRP_BACKUP)
		backup_timer(step);
}

/* ---- every running state ---- */

static void shut_down(struct step *step)
{
	change_state(step, VRRP_INIT, VRRP_CAUSE_SHUTDOWN);
	stop_timers(step->fsm);
	forget_master(step);
}

/* ---- BACKUP: §6.4.2 ---- */

static void backup_faults(struct step *step)
{
	step->fsm->fault_reasons = step->event->fault_reasons;
	if (step->fsm->fault_reasons != 0)
		enter_fault(step);
}

/* Why the Master_Down_Timer ran out. A Master of lower priority was heard within the interval, but
 * did not restart the timer. */
static enum vrrp_cause takeover_cause(const struct step *step)
{
	const struct vrrp_fsm *fsm = step->fsm;
	uint64_t silence_ns = step->now_ns - fsm->last_advert_ns;

	if (is_owner(step->params))
		return VRRP_CAUSE_OWNER;
	if (fsm->master == 0)
		return VRRP_CAUSE_NO_MASTER;
	if (was_released(fsm))
		return VRRP_CAUSE_MASTER_RELEASED;
	if (fsm->master_priority < step->params->priority &&
		silence_ns <
			vrrp_master_down_interval_ns(step->params, fsm->master_adver_interval_cs))
		return VRRP_CAUSE_PREEMPTED_LOWER;
	return VRRP_CAUSE_MASTER_DOWN;
}

/* §6.4.2 (405). A member of a sync group waits for the others, and for another turn. */
static void backup_timer(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;

	if (step->now_ns < fsm->timer_ns)
		return;
	if (!step->params->grouped) {
		become_master(step, takeover_cause(step));
		return;
	}
	fsm->will = VRRP_WANTS;
	fsm->timer_ns = step->now_ns +
			vrrp_master_down_interval_ns(step->params, fsm->master_adver_interval_cs);
}

static void backup_sync_master(struct step *step)
{
	if (step->fsm->will == VRRP_WANTS)
		become_master(step, takeover_cause(step));
}

static void note_master(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;

	fsm->master = step->event->source;
	fsm->master_priority = step->event->priority;
	fsm->last_advert_ns = step->now_ns;
}

/* §6.4.2 (450), (745): version 3 follows the Master's interval, version 2 has only one. */
static void adopt_interval(struct step *step)
{
	uint16_t heard_cs = step->event->interval_cs;

	if (step->params->version != 2 && heard_cs != 0)
		step->fsm->master_adver_interval_cs = heard_cs;
}

/* §6.4.2 (450)-(460) */
static void restart_master_down_timer(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;

	adopt_interval(step);
	fsm->will = VRRP_DEFERS;
	fsm->timer_ns = timer_base(fsm, step->now_ns) +
			vrrp_master_down_interval_ns(step->params, fsm->master_adver_interval_cs);
}

/* keepalived's preempt_delay counts from the first advertisement of lower priority. Once over it
 * stays over until a better Master is heard. */
static bool preempt_delay_runs(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;

	if (step->params->preempt_delay_ns == 0)
		return false;
	if (fsm->preempt_ns == 0)
		fsm->preempt_ns = step->now_ns + step->params->preempt_delay_ns;
	return step->now_ns < fsm->preempt_ns;
}

/* §6.4.2 (420)-(470) */
static void backup_advert(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;
	uint8_t priority = step->event->priority;

	note_master(step);
	if (fsm->will == VRRP_DEFERS)
		fsm->will = VRRP_LISTENS;
	if (priority == PRIORITY_RELEASE) {
		fsm->timer_ns = timer_base(fsm, step->now_ns) +
				vrrp_skew_time_ns(params, fsm->master_adver_interval_cs);
	} else if (priority >= params->priority) {
		fsm->preempt_ns = 0;
		restart_master_down_timer(step);
	} else if (!params->preempt || preempt_delay_runs(step)) {
		restart_master_down_timer(step);
	}
}

static uint64_t backup_wait_ns(
	const struct vrrp_fsm *fsm, const struct vrrp_params *params, uint16_t interval_cs)
{
	return was_released(fsm) ? vrrp_skew_time_ns(params, interval_cs)
				 : vrrp_master_down_interval_ns(params, interval_cs);
}

/* The running timer moves by as much as its length changes. */
static void move_master_down_timer(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;
	uint64_t before = backup_wait_ns(fsm, step->event->previous, fsm->master_adver_interval_cs);

	if (params->version == 2 || fsm->master == 0)
		fsm->master_adver_interval_cs = params->advert_interval_cs;
	uint64_t moved = fsm->timer_ns + backup_wait_ns(fsm, params, fsm->master_adver_interval_cs);
	moved = moved > before ? moved - before : 0;
	fsm->timer_ns = later(moved, timer_base(fsm, step->now_ns));
}

static void backup_params(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;
	const struct vrrp_params *previous = step->event->previous;

	if (is_owner(params) && !is_owner(previous)) {
		fsm->timer_ns = timer_base(fsm, step->now_ns);
		backup_timer(step);
		return;
	}
	move_master_down_timer(step);
	if (params->grouped != previous->grouped)
		fsm->will = VRRP_LISTENS; /* what it heard so far concerned it alone */
	if (fsm->preempt_ns == 0)
		return;
	uint64_t since_ns = fsm->preempt_ns - previous->preempt_delay_ns;
	fsm->preempt_ns = params->preempt_delay_ns == 0 ? 0 : since_ns + params->preempt_delay_ns;
}

/* ---- MASTER: §6.4.3 ---- */

/* §6.4.3 (605)-(615) */
static void master_shutdown(struct step *step)
{
	leave_master(step);
	shut_down(step);
}

static void master_faults(struct step *step)
{
	step->fsm->fault_reasons = step->event->fault_reasons;
	if (step->fsm->fault_reasons == 0)
		return;
	leave_master(step);
	enter_fault(step);
}

/* §6.4.3 (650)-(660). The deadline follows from the previous one, so that lateness does not add
 * up. */
static void advert_due(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	uint64_t interval_ns = vrrp_adver_interval_ns(step->params->advert_interval_cs);

	advertise(step);
	fsm->timer_ns += interval_ns;
	if (fsm->timer_ns <= step->now_ns)
		fsm->timer_ns = step->now_ns + interval_ns;
}

static void master_timer(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;

	if (step->now_ns >= fsm->timer_ns)
		advert_due(step);
	if (fsm->garp_ns != 0 && step->now_ns >= fsm->garp_ns)
		garp_due(step);
}

/* §6.4.3 (735)-(760); no release: the other is Master already. */
static void yield_to(struct step *step, enum vrrp_cause cause)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;

	if (params->higher_prio_send_advert)
		send_advert(step, params->priority);
	add_action(step, VRRP_ACTION_REMOVE_ADDRESSES);
	note_master(step);
	adopt_interval(step);
	struct vrrp_action *change = enter_backup(
		step, cause, vrrp_master_down_interval_ns(params, fsm->master_adver_interval_cs));
	change->other = fsm->master;
	change->other_priority = fsm->master_priority;
}

/* Without a better router the addresses are released, so that another node takes them all soon. */
static void master_sync_backup(struct step *step)
{
	const struct vrrp_params *params = step->params;

	leave_master(step);
	enter_backup(step, VRRP_CAUSE_SYNC_GROUP,
		vrrp_master_down_interval_ns(params, params->advert_interval_cs));
}

/* §6.4.3 (770)-(775), and the addresses as well: switches may have learnt the wrong path. What was
 * read together (many, after a stall) is answered once: nothing has left in between. */
static void assert_mastery(struct step *step)
{
	const struct vrrp_params *params = step->params;

	if (step->fsm->answered_ns == step->now_ns)
		return;
	step->fsm->answered_ns = step->now_ns;
	if (was_silent(step)) {
		send_advert_now(step);
		return;
	}
	if (!params->lower_prio_no_advert)
		send_advert_now(step);
	send_garp(step, params->garp_lower_prio_repeat);
	plan_burst(step, params->garp_lower_prio_delay_ns, params->garp_lower_prio_repeat);
}

/* Addresses compare as numbers in network order (§6.4.3 (730)). */
static bool address_above(uint32_t a, uint32_t b)
{
	return memcmp(&a, &b, sizeof(a)) > 0;
}

/* §6.4.3 (700)-(775). Two owners are decided in the same way. */
static void master_advert(struct step *step)
{
	const struct vrrp_event *event = step->event;
	const struct vrrp_params *params = step->params;

	if (event->priority == PRIORITY_RELEASE)
		send_advert_now(step);
	else if (event->priority > params->priority)
		yield_to(step, VRRP_CAUSE_HIGHER_PRIORITY);
	else if (event->priority == params->priority &&
		 address_above(event->source, params->source))
		yield_to(step, VRRP_CAUSE_HIGHER_ADDRESS);
	else
		assert_mastery(step);
}

/* What others must know is told at once; otherwise the Adver_Timer runs on. */
static void master_params(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;
	const struct vrrp_params *previous = step->event->previous;

	fsm->master = params->source;
	fsm->master_priority = params->priority;
	if (params->priority != previous->priority ||
		params->advert_interval_cs != previous->advert_interval_cs)
		send_advert_now(step);
	fsm->master_adver_interval_cs = params->advert_interval_cs;
	if (params->garp_refresh_ns != previous->garp_refresh_ns && fsm->garp_rounds == 0)
		plan_refresh(step);
}

/* ---- FAULT: not in the RFC, keepalived's ---- */

/* Back to BACKUP with a whole Master_Down_Interval; the owner listens for one advertisement. */
static void fault_faults(struct step *step)
{
	struct vrrp_fsm *fsm = step->fsm;
	const struct vrrp_params *params = step->params;
	uint16_t interval_cs = params->advert_interval_cs;
	uint32_t cleared = fsm->fault_reasons;

	fsm->fault_reasons = step->event->fault_reasons;
	if (fsm->fault_reasons != 0)
		return;
	uint64_t wait_ns = is_owner(params) ? vrrp_adver_interval_ns(interval_cs) +
						      vrrp_skew_time_ns(params, interval_cs)
					    : vrrp_master_down_interval_ns(params, interval_cs);
	fsm->master_adver_interval_cs = interval_cs;
	enter_backup(step, VRRP_CAUSE_FAULT_CLEARED, wait_ns)->cleared_faults = cleared;
}

/* ---- the table ---- */

typedef void handler(struct step *step);

/* An instance with a fault still listens, so that it can say who is Master. */
/* clang-format off */
static handler *const handlers[VRRP_STATES][VRRP_EVENTS] = {
/*                 STARTUP        SHUTDOWN         TIMER         ADVERT         FAULTS         PARAMS         SYNC_MASTER         SYNC_BACKUP */
[VRRP_INIT]   = { init_startup,  ignore,          ignore,       ignore,        ignore,        ignore,        ignore,             ignore },
[VRRP_BACKUP] = { backup_faults, shut_down,       backup_timer, backup_advert, backup_faults, backup_params, backup_sync_master, ignore },
[VRRP_MASTER] = { master_faults, master_shutdown, master_timer, master_advert, master_faults, master_params, ignore,             master_sync_backup },
[VRRP_FAULT]  = { fault_faults,  shut_down,       ignore,       note_master,   fault_faults,  ignore,        ignore,             ignore },
};
/* clang-format on */
static_assert(VRRP_EVENT_STARTUP == 0 && VRRP_EVENT_SHUTDOWN == 1 && VRRP_EVENT_TIMER == 2 &&
		      VRRP_EVENT_ADVERT == 3 && VRRP_EVENT_FAULTS == 4 && VRRP_EVENT_PARAMS == 5 &&
		      VRRP_EVENT_SYNC_MASTER == 6 && VRRP_EVENT_SYNC_BACKUP == 7,
	"the columns above");

void vrrp_fsm_event(struct vrrp_fsm *fsm, const struct vrrp_params *params,
	const struct vrrp_event *event, uint64_t now_ns, struct vrrp_actions *actions)
{
	struct step step = {fsm, params, event, now_ns, actions};

	actions->count = 0;
	if (event->type == VRRP_EVENT_ADVERT && event->source == params->source)
		return; /* an echo of our own says nothing about others */
	handlers[fsm->state][event->type](&step);
}
