/* Messages between parentd and vrrpd. */
#ifndef HOLDFAST_PROTO_VRRP_H
#define HOLDFAST_PROTO_VRRP_H

#include "proto/proto_types.h"

/* ---- configuration items ---- */

struct conf_vrrp_global {
	uint32_t startup_delay_ms; /* vrrp_startup_delay */
	uint32_t garp_interval_us; /* least gap between two gratuitous ARPs on one interface, 0 none
				    */
	uint32_t gna_interval_us;
};

enum conf_vrrp_flags {
	CONF_VRRP_NOPREEMPT = 1 << 0,
	CONF_VRRP_UNICAST = 1 << 1, /* has peers: no multicast */
	CONF_VRRP_DONT_TRACK_PRIMARY = 1 << 2,
	CONF_VRRP_CHECK_UNICAST_SRC = 1 << 3,
	CONF_VRRP_SKIP_CHECK_ADV_ADDR = 1 << 4,
	CONF_VRRP_LOWER_PRIO_NO_ADVERT = 1 << 5,
	CONF_VRRP_HIGHER_PRIO_SEND_ADVERT = 1 << 6,
	CONF_VRRP_STRICT = 1 << 7,
	CONF_VRRP_CHECKSUM_AS_V2 = 1 << 8, /* v3 without pseudo header */
	CONF_VRRP_TRACK_SRC_IP = 1 << 9,
};

struct conf_vrrp_instance {
	char name[PROTO_NAME_LEN];
	char ifname[PROTO_IFNAME_LEN]; /* empty: unicast without an interface */
	uint32_t flags;
	uint8_t family; /* AF_INET */
	uint8_t vrid;
	uint8_t priority;
	uint8_t version;        /* 2 or 3 */
	uint16_t advert_int_cs; /* v2: a multiple of 100 */
	uint8_t auth_type;      /* 0 none, 1 PASS (RFC 2338 §5.3.6) */
	uint8_t unicast_ttl;
	uint8_t auth_data[8];
	uint32_t preempt_delay_ms;
	uint16_t down_timer_adverts;
	uint16_t tracked_things; /* number of CONF_VRRP_TRACK */
	uint32_t garp_delay_ms;
	uint32_t garp_repeat;
	uint32_t garp_refresh_ms; /* 0: no refresh */
	uint32_t garp_refresh_repeat;
	uint32_t garp_lower_prio_delay_ms;
	uint32_t garp_lower_prio_repeat;
	struct proto_addr
		source;          /* mcast_src_ip, unicast_src_ip; family 0: the interface's first */
	struct proto_addr group; /* multicast destination */
	/* numbers of the items that follow for this instance, which children verify */
	uint16_t addresses;
	uint16_t peers;
	uint16_t tracked_interfaces;
	uint16_t tracked_scripts;
};

enum conf_vrrp_address_flags {
	CONF_ADDRESS_EXCLUDED = 1 << 0, /* held, not advertised */
	CONF_ADDRESS_NO_TRACK = 1 << 1,
};

/* Items follow their instance directly, in the order of the configuration file. */
struct conf_vrrp_address {
	uint32_t instance; /* index of the instance, from 0 in order of sending */
	uint32_t flags;
	char ifname[PROTO_IFNAME_LEN]; /* dev; never empty */
	char label[PROTO_IFNAME_LEN];  /* empty: none */
	struct proto_addr address;
	struct proto_addr broadcast; /* family 0: none */
	uint8_t prefixlen;
	uint8_t scope; /* rtnetlink's RT_SCOPE_… */
	uint8_t reserved[2];
};

struct conf_vrrp_peer {
	uint32_t instance;
	struct proto_addr address;
	uint8_t min_ttl; /* 0: not checked */
	uint8_t max_ttl; /* 255: not checked */
	uint8_t reserved[2];
};

struct conf_vrrp_track_interface {
	uint32_t instance;
	char ifname[PROTO_IFNAME_LEN];
	int16_t weight; /* 0: its loss is FAULT */
	uint8_t reverse;
	uint8_t reserved;
};

/* All scripts come before the first instance; they are numbered from 0 in the order of sending. */
struct conf_vrrp_script {
	char name[PROTO_NAME_LEN];
	uint32_t verdict; /* enum proto_verdict, as it was when this was sent */
};

struct conf_vrrp_track_script {
	uint32_t instance;
	uint32_t script;
	int16_t weight; /* 0: FAULT while it fails */
	uint8_t reverse;
	uint8_t reserved;
};

enum proto_tracked { TRACKED_FILE = 1, TRACKED_PROCESS };

/* A file or a kind of process that instances track. All come before the first instance; they are
 * numbered from 0 in the order of sending. */
struct conf_vrrp_tracked {
	char name[PROTO_NAME_LEN];
	uint32_t kind; /* enum proto_tracked */
	uint32_t reserved;
	int64_t value; /* as it was when this was sent; as in vrrp_tracked_value */
};

struct conf_vrrp_track {
	uint32_t instance;
	uint32_t tracked;
	int16_t weight; /* of a file: what its value is multiplied by; 0: FAULT */
	uint8_t reverse;
	uint8_t reserved;
};

/* A sync group: instances that change their states together. Groups come behind the last instance,
 * numbered from 0 in the order of sending, each followed by its members. */
struct conf_vrrp_group {
	char name[PROTO_NAME_LEN];
	uint32_t members; /* number of CONF_VRRP_MEMBER */
};

struct conf_vrrp_member {
	uint32_t group;
	uint32_t instance; /* in no other group */
};

/* ---- verdicts, of the configuration in the header ---- */

struct vrrp_script_verdict {
	uint32_t script;
	uint32_t verdict;
};

struct vrrp_tracked_value {
	uint32_t tracked;
	uint32_t kind; /* enum proto_tracked */
	int64_t value; /* of a file: its number; of processes: enum proto_verdict */
};

/* ---- vrrpd -> parentd ---- */

/* Look at the state page. */
struct vrrp_changed {
	uint64_t number;  /* of the newest change in its history; 0: none yet */
	uint32_t records; /* 1: a record has another priority, or other reasons of its FAULT */
	uint32_t reserved;
};

/* A MASTER heard an advertisement with a lower priority. At most once a second for an instance. */
struct vrrp_heard_lower {
	char instance[PROTO_NAME_LEN];
	struct proto_addr source;
	uint32_t priority; /* ours, effective */
	uint32_t heard;
};

#endif
