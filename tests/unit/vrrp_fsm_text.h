/* The state machine's outcome as one line of text, so that a test's expectation can be read. */
#ifndef HOLDFAST_TESTS_VRRP_FSM_TEXT_H
#define HOLDFAST_TESTS_VRRP_FSM_TEXT_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "vrrpd/vrrp_fsm.h"

#define TEXT_MAX 512

__attribute__((format(printf, 3, 4))) static inline void append(
	char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

static inline void action_text(
	const struct vrrp_action *action, uint32_t faults, char *text, size_t size)
{
	char cause[TEXT_MAX];

	switch (action->type) {
	case VRRP_ACTION_SEND_ADVERT:
		append(text, size, "advert %u", action->priority);
		break;
	case VRRP_ACTION_ADD_ADDRESSES:
		append(text, size, "add");
		break;
	case VRRP_ACTION_REMOVE_ADDRESSES:
		append(text, size, "remove");
		break;
	case VRRP_ACTION_GARP:
		append(text, size, "garp %" PRIu32, action->rounds);
		break;
	case VRRP_ACTION_STATE_CHANGED:
		vrrp_cause_text(action, faults, cause, sizeof(cause));
		append(text, size, "%s -> %s: %s", vrrp_state_name(action->from),
			vrrp_state_name(action->to), cause);
		break;
	}
}

/* "advert 128; add; garp 5; BACKUP -> MASTER: …" */
static inline void actions_text(
	const struct vrrp_actions *actions, uint32_t faults, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < actions->count; i++) {
		if (i > 0)
			append(text, size, "; ");
		action_text(&actions->list[i], faults, text, size);
	}
}

static inline int64_t ms_from(uint64_t now_ns, uint64_t time_ns)
{
	return ((int64_t)time_ns - (int64_t)now_ns) / 1000000;
}

/* "MASTER, timer 1000, garp 5 in 5000, 10.0.0.2 has 128": times in milliseconds from now; the
 * master's interval only when it is not 1 s. */
static inline void fsm_text(const struct vrrp_fsm *fsm, uint64_t now_ns, char *text, size_t size)
{
	char master[INET_ADDRSTRLEN];

	text[0] = '\0';
	append(text, size, "%s, timer ", vrrp_state_name(fsm->state));
	if (fsm->timer_ns == 0)
		append(text, size, "none");
	else
		append(text, size, "%" PRId64, ms_from(now_ns, fsm->timer_ns));
	if (fsm->state > VRRP_INIT && fsm->state < VRRP_FAULT &&
		fsm->master_adver_interval_cs != 100)
		append(text, size, ", interval %u", fsm->master_adver_interval_cs);
	if (fsm->preempt_ns != 0)
		append(text, size, ", preempt %" PRId64, ms_from(now_ns, fsm->preempt_ns));
	if (fsm->garp_ns != 0 && fsm->garp_rounds == 0)
		append(text, size, ", refresh in %" PRId64, ms_from(now_ns, fsm->garp_ns));
	else if (fsm->garp_ns != 0)
		append(text, size, ", garp %" PRIu32 " in %" PRId64, fsm->garp_rounds,
			ms_from(now_ns, fsm->garp_ns));
	if (fsm->master != 0)
		append(text, size, ", %s has %u",
			inet_ntop(AF_INET, &fsm->master, master, sizeof(master)),
			fsm->master_priority);
	if (fsm->will == VRRP_WANTS)
		append(text, size, ", wants");
}

#endif
