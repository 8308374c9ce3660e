/* States, faults and causes in words. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "vrrpd/vrrp_fsm.h"

#define TIME_TEXT 32

const char *vrrp_state_name(enum vrrp_state state)
{
	switch (state) {
	case VRRP_INIT:
		return "INIT";
	case VRRP_BACKUP:
		return "BACKUP";
	case VRRP_MASTER:
		return "MASTER";
	case VRRP_FAULT:
		return "FAULT";
	case VRRP_STATES:
		break;
	}
	return "unknown state";
}

void vrrp_fault_text(uint32_t faults, char *text, size_t size)
{
	static const struct {
		enum vrrp_fault fault;
		const char *words;
	} names[] = {
		{VRRP_FAULT_INTERFACE_MISSING, "interface missing"},
		{VRRP_FAULT_INTERFACE_DOWN, "interface down"},
		{VRRP_FAULT_NO_SOURCE, "no source address"},
		{VRRP_FAULT_TRACKED_INTERFACE, "tracked interface down"},
		{VRRP_FAULT_SOCKET, "refused by the kernel"},
		{VRRP_FAULT_SYNC_GROUP, "fault in its sync group"},
		{VRRP_FAULT_KEEPS_DYING, "vrrpd keeps dying"},
		{VRRP_FAULT_TRACKED_SCRIPT, "tracked script failed"},
		{VRRP_FAULT_TRACKED_FILE, "tracked file"},
		{VRRP_FAULT_TRACKED_PROCESS, "tracked processes without quorum"},
		{VRRP_FAULT_SCRIPT_PENDING, "waiting for the first result of a script"},
	};

	if (size == 0)
		return;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((faults & names[i].fault) == 0)
			continue;
		if (text[0] != '\0')
			strlcat(text, ", ", size);
		strlcat(text, names[i].words, size);
	}
	if (text[0] == '\0')
		strlcat(text, "no fault", size);
}

/* Seconds, with the digits that matter: hundredths, below one second thousandths. */
static void time_text(uint64_t ns, char *text, size_t size)
{
	uint64_t ms = (ns + 500000) / 1000000;
	uint64_t cs = (ms + 5) / 10;

	if (ms < 1000)
		snprintf(text, size, "0.%03" PRIu64 " s", ms);
	else
		snprintf(text, size, "%" PRIu64 ".%02" PRIu64 " s", cs / 100, cs % 100);
}

void vrrp_cause_text(const struct vrrp_action *change, uint32_t faults, char *text, size_t size)
{
	char other[INET_ADDRSTRLEN], silence[TIME_TEXT], before[128];

	inet_ntop(AF_INET, &change->other, other, sizeof(other));
	time_text(change->silence_ns, silence, sizeof(silence));
	switch (change->cause) {
	case VRRP_CAUSE_STARTED:
		strlcpy(text, "started", size);
		break;
	case VRRP_CAUSE_OWNER:
		strlcpy(text, "priority 255, we own the addresses", size);
		break;
	case VRRP_CAUSE_MASTER_DOWN:
		snprintf(text, size, "no advertisement from %s for %s", other, silence);
		break;
	case VRRP_CAUSE_NO_MASTER:
		snprintf(text, size, "no other router heard for %s", silence);
		break;
	case VRRP_CAUSE_MASTER_RELEASED:
		snprintf(text, size, "%s released the address (priority 0)", other);
		break;
	case VRRP_CAUSE_PREEMPTED_LOWER:
	case VRRP_CAUSE_HIGHER_PRIORITY:
		snprintf(text, size, "%s has priority %u, ours is %u", other,
			change->other_priority, change->priority);
		break;
	case VRRP_CAUSE_HIGHER_ADDRESS:
		snprintf(text, size, "%s has our priority %u and the higher address", other,
			change->priority);
		break;
	case VRRP_CAUSE_FAULT:
		vrrp_fault_text(faults, text, size);
		break;
	case VRRP_CAUSE_FAULT_CLEARED:
		vrrp_fault_text(change->cleared_faults, before, sizeof(before));
		snprintf(text, size, "no longer: %s", before);
		break;
	case VRRP_CAUSE_SHUTDOWN:
		strlcpy(text, "stopped", size);
		break;
	case VRRP_CAUSE_SYNC_GROUP:
		strlcpy(text, "its sync group went to BACKUP", size);
		break;
	}
}
