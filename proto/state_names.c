#include "proto/state_page.h"

static const char *const names[VRRP_COUNTERS] = {
	[VRRP_COUNT_SENT] = "sent",
	[VRRP_COUNT_SEND_ERRORS] = "send_errors",
	[VRRP_COUNT_RECEIVED] = "received",
	[VRRP_COUNT_PRIORITY_ZERO_SENT] = "priority_zero_sent",
	[VRRP_COUNT_PRIORITY_ZERO_RECEIVED] = "priority_zero_received",
	[VRRP_COUNT_BECAME_MASTER] = "became_master",
	[VRRP_COUNT_GARP_SENT] = "garp_sent",
	[VRRP_COUNT_ADDRESS_LIST_MISMATCH] = "address_list_mismatch",
	[VRRP_COUNT_DROP_LENGTH] = "drop_length",
	[VRRP_COUNT_DROP_TTL] = "drop_ttl",
	[VRRP_COUNT_DROP_VERSION] = "drop_version",
	[VRRP_COUNT_DROP_TYPE] = "drop_type",
	[VRRP_COUNT_DROP_CHECKSUM] = "drop_checksum",
	[VRRP_COUNT_DROP_VRID] = "drop_vrid",
	[VRRP_COUNT_DROP_AUTH_TYPE] = "drop_auth_type",
	[VRRP_COUNT_DROP_AUTH_DATA] = "drop_auth_data",
	[VRRP_COUNT_DROP_INTERVAL] = "drop_interval",
	[VRRP_COUNT_DROP_DESTINATION] = "drop_destination",
	[VRRP_COUNT_DROP_SOURCE] = "drop_source",
};

const char *vrrp_counter_name(enum vrrp_counter counter)
{
	unsigned index = (unsigned)counter;
	return index < VRRP_COUNTERS ? names[index] : NULL;
}
